import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.semanticweb.owlapi.model.IRI;
import org.semanticweb.owlapi.model.OWLAnnotationProperty;
import org.semanticweb.owlapi.model.OWLEntity;
import org.semanticweb.owlapi.model.OWLOntology;
import org.semanticweb.owlapi.model.parameters.Imports;
import org.semanticweb.owlapi.search.EntitySearcher;
import org.semanticweb.owlapi.util.AnnotationValueShortFormProvider;
import org.semanticweb.owlapi.util.ShortFormProvider;

/**
 * Loads an ontology with its imports and prints what Protégé shows of it, a line each: `module`
 * and its IRI; or an entity's kind, IRI, name in Japanese, name in English, and the classes that
 * it is said to belong to. A name is empty where Protégé would show a piece of the IRI.
 */
public class Renderings {
    /** Protégé's own order: rdfs:label before skos:prefLabel. */
    private static final List<String> NAMES =
            List.of(
                    "http://www.w3.org/2000/01/rdf-schema#label",
                    "http://www.w3.org/2004/02/skos/core#prefLabel");

    public static void main(String[] arguments) throws Exception {
        OWLOntology ontology = ImportsClosure.load(new File(arguments[0]));
        ShortFormProvider ja = names(ontology, "ja");
        ShortFormProvider en = names(ontology, "en");
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        ontology.importsClosure()
                .forEach(each -> out.println("module\t" + each.getOntologyID().getOntologyIRI().get()));
        ontology.signature(Imports.INCLUDED)
                .filter(each -> !each.isBuiltIn())
                .distinct()
                .forEach(
                        each ->
                                out.println(
                                        String.join(
                                                "\t",
                                                each.getEntityType().getName(),
                                                each.getIRI().toString(),
                                                ja.getShortForm(each),
                                                en.getShortForm(each),
                                                classes(each, ontology))));
    }

    private static ShortFormProvider names(OWLOntology ontology, String language) {
        List<OWLAnnotationProperty> properties =
                NAMES.stream()
                        .map(IRI::create)
                        .map(ontology.getOWLOntologyManager().getOWLDataFactory()::getOWLAnnotationProperty)
                        .collect(Collectors.toList());
        Map<OWLAnnotationProperty, List<String>> languages =
                properties.stream().collect(Collectors.toMap(each -> each, each -> List.of(language)));
        return new AnnotationValueShortFormProvider(
                properties, languages, ontology.getOWLOntologyManager(), entity -> "");
    }

    private static String classes(OWLEntity entity, OWLOntology ontology) {
        if (!entity.isOWLNamedIndividual()) {
            return "";
        }
        return EntitySearcher.getTypes(entity.asOWLNamedIndividual(), ontology.importsClosure())
                .filter(each -> each.isNamed())
                .map(each -> each.asOWLClass().getIRI().toString())
                .collect(Collectors.joining(" "));
    }
}
