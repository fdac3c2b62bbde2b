import java.io.File;
import org.semanticweb.owlapi.model.OWLOntology;
import org.semanticweb.owlapi.profiles.OWL2DLProfile;
import org.semanticweb.owlapi.profiles.OWL2RLProfile;
import org.semanticweb.owlapi.profiles.OWLProfile;
import org.semanticweb.owlapi.profiles.OWLProfileReport;

/** Loads an ontology with its imports by the catalog beside it; prints each profile's violations. */
public class ProfileCheck {
    public static void main(String[] arguments) throws Exception {
        OWLOntology ontology = ImportsClosure.load(new File(arguments[0]));
        System.out.println("closure " + ontology.importsClosure().count());
        for (OWLProfile profile : new OWLProfile[] {new OWL2DLProfile(), new OWL2RLProfile()}) {
            OWLProfileReport report = profile.checkOntology(ontology);
            System.out.println(profile.getName() + ": " + report.getViolations().size());
            report.getViolations().stream().limit(20).forEach(System.out::println);
        }
    }
}
