import java.io.File;
import javax.xml.parsers.DocumentBuilderFactory;
import org.semanticweb.owlapi.apibinding.OWLManager;
import org.semanticweb.owlapi.model.IRI;
import org.semanticweb.owlapi.model.OWLOntology;
import org.semanticweb.owlapi.model.OWLOntologyManager;
import org.semanticweb.owlapi.profiles.OWL2DLProfile;
import org.semanticweb.owlapi.profiles.OWL2RLProfile;
import org.semanticweb.owlapi.profiles.OWLProfile;
import org.semanticweb.owlapi.profiles.OWLProfileReport;
import org.semanticweb.owlapi.util.SimpleIRIMapper;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Loads an ontology with its imports by the catalog beside it; prints each profile's violations. */
public class ProfileCheck {
    public static void main(String[] arguments) throws Exception {
        File root = new File(arguments[0]);
        OWLOntologyManager manager = OWLManager.createOWLOntologyManager();
        NodeList entries =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new File(root.getParentFile(), "catalog-v001.xml"))
                        .getElementsByTagName("uri");
        for (int i = 0; i < entries.getLength(); i++) {
            Element entry = (Element) entries.item(i);
            File file = new File(root.getParentFile(), entry.getAttribute("uri"));
            manager.getIRIMappers()
                    .add(
                            new SimpleIRIMapper(
                                    IRI.create(entry.getAttribute("name")),
                                    IRI.create(file.getCanonicalFile())));
        }
        OWLOntology ontology = manager.loadOntologyFromOntologyDocument(root);
        System.out.println("closure " + ontology.importsClosure().count());
        for (OWLProfile profile : new OWLProfile[] {new OWL2DLProfile(), new OWL2RLProfile()}) {
            OWLProfileReport report = profile.checkOntology(ontology);
            System.out.println(profile.getName() + ": " + report.getViolations().size());
            report.getViolations().stream().limit(20).forEach(System.out::println);
        }
    }
}
