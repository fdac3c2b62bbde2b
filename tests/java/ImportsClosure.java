import java.io.File;
import java.net.Socket;
import javax.xml.catalog.Catalog;
import javax.xml.catalog.CatalogFeatures;
import javax.xml.catalog.CatalogManager;
import org.semanticweb.owlapi.apibinding.OWLManager;
import org.semanticweb.owlapi.model.IRI;
import org.semanticweb.owlapi.model.OWLOntology;
import org.semanticweb.owlapi.model.OWLOntologyIRIMapper;
import org.semanticweb.owlapi.model.OWLOntologyManager;

/** An ontology with its imports, found by the catalog beside it and nowhere else. */
final class ImportsClosure {
    private ImportsClosure() {}

    static OWLOntology load(File root) throws Exception {
        Socket.setSocketImplFactory(
                () -> {
                    throw new IllegalStateException("an import is asked of the network");
                });
        File file = new File(root.getAbsoluteFile().getParentFile(), "catalog-v001.xml");
        Catalog catalog = CatalogManager.catalog(CatalogFeatures.defaults(), file.toURI());
        OWLOntologyIRIMapper mapper =
                name -> {
                    String document = catalog.matchURI(name.toString());
                    return document == null ? null : IRI.create(document);
                };
        OWLOntologyManager manager = OWLManager.createOWLOntologyManager();
        manager.getIRIMappers().add(mapper);
        return manager.loadOntologyFromOntologyDocument(root);
    }
}
