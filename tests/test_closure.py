"""Closure: by joins the same follows as by the reference reasoner, triple for triple."""

import random
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph
import pytest
from ibis.expr.types import IntegerValue, StringValue
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, Namespace
from rdflib.collection import Collection
from rdflib.term import Node

from conftest import REPOSITORY, left_out
from seisaku.config import BASE
from seisaku.errors import Contradiction, NumberedAlike, UnknownAxiom, Unreadable
from seisaku.load import Asserted
from seisaku.reason import reason
from test_rules import PREFIXES

try:
    from seisaku import closure
except ImportError:
    pytest.skip("Ibis: install the extra `size`", allow_module_level=True)

TIER = """
    :E owl:equivalentClass [
        owl:intersectionOf (:C [ owl:onProperty :p ; owl:hasValue {} ])
    ] .
"""
DIFFERENT = "[] a owl:AllDifferent ; owl:distinctMembers (:y :z) ."
CLUSTER = (
    "--master local-cluster[2,1,1024] --conf spark.sql.shuffle.partitions=2 "
    "--conf spark.sql.codegen.wholeStage=false --conf spark.sql.adaptive.enabled=false "
    "pyspark-shell"
)
"""Two workers, and as few pieces of work as small graphs need: 200 a join would take minutes."""

EX = Namespace("https://example.org/")
SSK = Namespace(BASE + "def#")


@pytest.fixture
def duckdb(tmp_path: Path) -> closure.Engine:
    return closure.DuckDB(tmp_path, 1 << 30)


def graph(turtle: str) -> Graph:
    return Graph(bind_namespaces="none").parse(data=PREFIXES + turtle, format="turtle")


def outcome(reasoned: Callable[[], Graph]) -> set[tuple[Node, ...]] | str:
    """Give what follows, or only that it cannot be: who finds what first tells it differently."""
    try:
        return set(reasoned())
    except Contradiction:
        return "a contradiction"


def at_random(choose: random.Random) -> Graph:
    """Make an ontology of few terms, with axioms of every kind that adds, and data to match."""
    classes = [EX[f"C{number}"] for number in range(6)]
    properties = [EX[f"p{number}"] for number in range(6)]
    things = [EX[f"x{number}"] for number in range(8)]
    values = [
        *things,
        Literal(1),
        Literal("東京", lang="ja"),
        Literal("2026-11-24", datatype=XSD.date),
    ]
    made = Graph(bind_namespaces="none")
    for each in properties:
        kind = choose.choice([None, None, OWL.TransitiveProperty, OWL.SymmetricProperty])
        made.add((each, RDF.type, kind or OWL.ObjectProperty))
    for _ in range(4):
        made.add((choose.choice(properties), RDFS.subPropertyOf, choose.choice(properties)))
        made.add((choose.choice(properties), RDFS.domain, choose.choice(classes)))
        made.add((choose.choice(properties), RDFS.range, choose.choice([*classes, XSD.date])))
        made.add((choose.choice(classes), RDFS.subClassOf, choose.choice(classes)))
    made.add((choose.choice(properties), OWL.inverseOf, choose.choice(properties)))
    made.add((choose.choice(classes), OWL.equivalentClass, choose.choice(classes)))
    chain = BNode()
    Collection(made, chain, choose.choices(properties, k=choose.choice([2, 3])))
    made.add((choose.choice(properties), OWL.propertyChainAxiom, chain))
    value, both, parts = BNode(), BNode(), BNode()
    made.add((value, OWL.onProperty, choose.choice(properties)))
    made.add((value, OWL.hasValue, choose.choice(values)))
    Collection(made, parts, [value, *choose.choices(classes, k=choose.choice([1, 2]))])
    made.add((both, OWL.intersectionOf, parts))
    made.add((choose.choice(classes), OWL.equivalentClass, both))
    for _ in range(12):
        made.add((choose.choice(things), choose.choice(properties), choose.choice(values)))
        made.add((choose.choice(things), RDF.type, choose.choice(classes)))
    made.add((BNode(), choose.choice(properties), choose.choice(things)))
    return made


@pytest.fixture(scope="module")
def axioms(asserted: Asserted) -> Graph:
    """What the ontology says of terms, and not what it says to people."""
    silent = {RDFS.isDefinedBy, OWL.imports, OWL.annotatedSource, OWL.annotatedProperty}
    made = Graph(bind_namespaces="none")
    made += (
        each
        for each in asserted.layers["ontology"]
        if not isinstance(each[2], Literal) and each[1] not in silent
    )
    return made


def generated(axioms: Graph, triples: int, seed: int, folder: Path) -> Graph:
    """Give a graph of the shape of ours, as the measurements make it."""
    file = folder / "generated.nt"
    command = [sys.executable, str(REPOSITORY / "bench/generate.py"), str(triples), str(file)]
    subprocess.run([*command, "--seed", str(seed)], check=True, capture_output=True)
    made = Graph(bind_namespaces="none").parse(file)
    made += axioms
    return made


def test_the_shipped_graph_has_the_same_inferred_layer(
    asserted: Asserted, duckdb: closure.Engine
) -> None:
    assert set(closure.infer(asserted.union, duckdb)) == set(reason(asserted.union))


@pytest.mark.parametrize(
    ("turtle", "expected"),
    [
        (":p rdfs:subPropertyOf :q . :x :p :y .", ":x :q :y"),
        (':p rdfs:subPropertyOf rdfs:label . :x :p "東京"@ja .', ':x rdfs:label "東京"@ja'),
        (":p owl:inverseOf :q . :x :p :y .", ":y :q :x"),
        (":p owl:inverseOf :q . :x :q :y .", ":y :p :x"),
        (":p a owl:SymmetricProperty . :x :p :y .", ":y :p :x"),
        (":p a owl:TransitiveProperty . :a :p :b . :b :p :c . :c :p :d . :d :p :e .", ":a :p :e"),
        (":r owl:propertyChainAxiom (:p :q) . :x :p :y . :y :q :z .", ":x :r :z"),
        (":r owl:propertyChainAxiom (:p :q :p) . :x :p :y . :y :q :z . :z :p :x .", ":x :r :x"),
        (':r owl:propertyChainAxiom (:p :q) . :x :p :y . :y :q "z" .', ':x :r "z"'),
        (":p rdfs:domain :C . :x :p 1 .", ":x a :C"),
        (":p rdfs:range :C . :x :p :y .", ":y a :C"),
        (":p rdfs:range xsd:anyURI . :x :p :y .", ":y a xsd:anyURI"),
        (":C rdfs:subClassOf :D . :D rdfs:subClassOf :E . :x a :C .", ":x a :E"),
        (":C owl:equivalentClass :D . :x a :D .", ":x a :C"),
        (":E owl:intersectionOf (:C :D) . :x a :C , :D .", ":x a :E"),
        (":E owl:intersectionOf (:B :C :D) . :x a :B , :C , :D .", ":x a :E"),
        (":E owl:intersectionOf (:C :D) . :x a :E .", ":x a :D"),
        (f"{TIER.format(':v')} :x a :C ; :p :v .", ":x a :E"),
        (f"{TIER.format('1')} :x a :E .", ":x :p 1"),
        (":p owl:inverseOf :q . :q rdfs:range :C . :x :p 1 .", ":x a :C"),
        (":p rdfs:domain :C . [] :p :x . :p rdfs:range :D .", ":x a :D"),
    ],
)
def test_each_kind_of_rule_gives_what_the_reference_gives(
    turtle: str, expected: str, duckdb: closure.Engine
) -> None:
    given = graph(turtle)
    inferred = closure.infer(given, duckdb)
    assert set(graph(f"{expected} .")) <= set(inferred)
    assert set(inferred) == set(reason(given))


@pytest.mark.parametrize(
    ("turtle", "named"),
    [
        (":p a owl:FunctionalProperty . :x :p :y , :z .", r"have to be one: <.*/y> <.*/z>"),
        (":p a owl:FunctionalProperty . :x :p 1 , 2 .", 'have to be one: "1"'),
        (':p a owl:FunctionalProperty . :x :p "a"@ja , "a"@en .', 'have to be one: "a"@en "a"@ja'),
        (
            ":p a owl:FunctionalProperty . :x :q :z ; :p :y . :q rdfs:subPropertyOf :p .",
            "have to be one",
        ),
        (":x owl:sameAs :y .", "have to be one: <.*/x> <.*/y>"),
        (
            f"{DIFFERENT} :p a owl:FunctionalProperty . :x :p :y , :z .",
            "have to be one: <.*/y> <.*/z>",
        ),
        (
            ":p a owl:IrreflexiveProperty . :x :p :x .",
            "Irreflexive property used on .*/x.* with .*/p",
        ),
        (
            ":p a owl:IrreflexiveProperty , owl:TransitiveProperty . :x :p :y . :y :p :x .",
            "Irreflexive",
        ),
        (
            ":p a owl:AsymmetricProperty . :x :p :y . :y :p :x .",
            "asymmetric property .*/p.* on .*/x.* and .*/y",
        ),
        (
            ":C owl:disjointWith :D . :x a :C , :D .",
            "classes .*/C.* and .*/D.* have a common individual .*/x",
        ),
        (
            "[] a owl:AllDisjointClasses ; owl:members (:B :C :D) . :x a :C , :D .",
            "classes .*/C.* and .*/D.* have",
        ),
        (
            ":C owl:disjointWith :D . :p rdfs:domain :D . :x a :C ; :p :y .",
            "have a common individual .*/x",
        ),
        (
            ':p rdfs:range xsd:dateTime . :x :p true ; :q "2026-11-24T00:00:00"^^xsd:dateTime .',
            "(literal|individual) .*true",
        ),
        (
            ":C owl:disjointWith :D . :p rdfs:range :C . :q rdfs:range :D . :x :p 1 ; :q 1 .",
            "individual .*1",
        ),
    ],
)
def test_each_contradiction_is_told_with_the_names_of_the_things(
    turtle: str, named: str, duckdb: closure.Engine
) -> None:
    given = graph(turtle)
    with pytest.raises(Contradiction, match=named):
        reason(given)
    with pytest.raises(Contradiction, match=named):
        closure.infer(given, duckdb)


def test_an_axiom_without_a_rule_stops_it(duckdb: closure.Engine) -> None:
    with pytest.raises(UnknownAxiom, match=r"hasKey.*/C>"):
        closure.infer(graph(":C owl:hasKey (:p) . :x a :C ."), duckdb)


def test_nothing_follows_from_nothing(duckdb: closure.Engine) -> None:
    assert set(closure.infer(Graph(), duckdb)) == set(reason(Graph()))


@pytest.mark.parametrize("seed", range(8))
def test_graphs_at_random_have_the_same_closure(seed: int, duckdb: closure.Engine) -> None:
    given = at_random(random.Random(seed))  # noqa: S311
    assert set(closure.infer(given, duckdb)) == set(reason(given))


@pytest.mark.parametrize("seed", range(2))
def test_generated_graphs_have_the_same_closure(
    seed: int, axioms: Graph, duckdb: closure.Engine, tmp_path: Path
) -> None:
    given = generated(axioms, 1_000, seed, tmp_path)
    assert set(closure.infer(given, duckdb)) == set(reason(given))


def test_a_contradiction_in_a_generated_graph_is_found_by_both(
    axioms: Graph, duckdb: closure.Engine, tmp_path: Path
) -> None:
    given = generated(axioms, 300, 3, tmp_path)
    strategy = next(given.subjects(RDF.type, SSK.AnnualStrategy))
    given.add((strategy, RDF.type, SSK.BasicPlan))
    with pytest.raises(Contradiction, match=f"BasicPlan.*{strategy}"):
        reason(given)
    with pytest.raises(Contradiction, match=f"BasicPlan.*{strategy}"):
        closure.infer(given, duckdb)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A graph in three files, in as many formats, two of which have a blank node `_:b`."""
    texts = {
        "ontology.ttl": PREFIXES + ":p rdfs:domain :C ; a owl:TransitiveProperty . _:b :p :x .",
        "data.nt": "<https://example.org/x> <https://example.org/p> <https://example.org/y> .\n",
        "more.nq": """\
<https://example.org/y> <https://example.org/p> <https://example.org/z> <https://example.org/g> .
<https://example.org/y> <https://example.org/q> "a \\" <b> ."@ja <https://example.org/g> .
<https://example.org/z> <https://example.org/p> _:b _:g .
""",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [tmp_path / name for name in texts]


def union(files: list[Path]) -> Graph:
    """Give the files' statements as one graph, each file's blank nodes its own."""
    whole = Graph(bind_namespaces="none")
    for file in files:
        whole += Graph().parse(
            pyoxigraph.serialize(
                (each.triple for each in pyoxigraph.parse(path=file)),
                format=pyoxigraph.RdfFormat.N_TRIPLES,
            ),
            format="nt",
        )
    return whole


def test_what_follows_from_files_is_written(files: list[Path], duckdb: closure.Engine) -> None:
    output = files[0].parent / "inferred.nt"
    count = closure.write_inferred(files, output, duckdb)
    lines = output.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines)) == count
    assert set(Graph().parse(output)) == set(reason(union(files)))
    assert [each.name for each in files[0].parent.iterdir() if each.name[0] == "."] == []


def test_lines_in_another_spelling_are_parsed(files: list[Path], duckdb: closure.Engine) -> None:
    files[1].write_text(
        "# the same, otherwise\n"
        r"<https://example.org/\u0078>  <https://example.org/p> <https://example.org/y>."
        "\r\n<https://example.org/y> <https://example.org/q> "
        '"1"^^<http://www.w3.org/2001/XMLSchema#string> .',
        encoding="utf-8",
    )
    output = files[0].parent / "inferred.nt"
    closure.write_inferred(files, output, duckdb)
    assert set(Graph().parse(output)) == set(reason(union(files)))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "broken.nt",
            b"<https://example.org/x> <https://example.org/p> .\n",
            r"broken\.nt:1:\d+: ",
        ),
        ("broken.ttl", b"\n:x :p :y .", r"broken\.ttl:2:\d+: "),
        ("bytes.nt", b'<https://example.org/x> <https://example.org/p> "\xff" .\n', r"bytes\.nt:1"),
        ("list.xlsx", b"", r"list\.xlsx: no RDF format is known by this name"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_told_and_nothing_written(
    name: str, text: bytes, told: str, files: list[Path], duckdb: closure.Engine
) -> None:
    broken = files[0].parent / name
    broken.write_bytes(text)
    output = files[0].parent / "inferred.nt"
    with pytest.raises(Unreadable, match=told):
        closure.write_inferred([*files, broken], output, duckdb)
    assert not output.exists()


def test_a_file_that_is_missing_is_told(tmp_path: Path, duckdb: closure.Engine) -> None:
    with pytest.raises(Unreadable, match=r"missing\.nt: No such file"):
        closure.write_inferred([tmp_path / "missing.nt"], tmp_path / "inferred.nt", duckdb)


def test_a_contradiction_in_files_leaves_nothing_written(
    files: list[Path], duckdb: closure.Engine
) -> None:
    with files[0].open("a", encoding="utf-8") as file:
        file.write(":p a owl:IrreflexiveProperty . :z :p :x .")
    output = files[0].parent / "inferred.nt"
    with pytest.raises(Contradiction, match="Irreflexive"):
        closure.write_inferred(files, output, duckdb)
    assert not output.exists()


def test_terms_that_one_number_would_stand_for_are_told(tmp_path: Path) -> None:
    class Coarse(closure.DuckDB):
        def hash(self, term: StringValue) -> IntegerValue:
            return super().hash(term) % 3

    with pytest.raises(NumberedAlike, match=r"^<.*>$"):
        closure.infer(graph(":p rdfs:domain :C . :x :p :y ."), Coarse(tmp_path, 1 << 30))


@pytest.fixture(scope="module")
def spark() -> Iterator[closure.Engine]:
    """Spark in its local-cluster mode: a master and two workers, each a process of its own."""
    try:
        import pyspark
    except ImportError:
        left_out("PySpark: install the extra `spark`")
    assert pyspark
    if shutil.which("java") is None:
        left_out("Java, which Spark runs on: install the Debian package default-jre-headless")
    with (
        pytest.MonkeyPatch.context() as environment,
        warnings.catch_warnings(action="ignore"),
    ):
        environment.setenv("PYSPARK_SUBMIT_ARGS", CLUSTER)
        with closure.engine("spark") as engine:
            yield engine


@pytest.mark.filterwarnings("ignore")  # PySpark and Ibis give several
def test_spark_gives_what_duckdb_gives(spark: closure.Engine, duckdb: closure.Engine) -> None:
    given = at_random(random.Random(1))  # noqa: S311
    assert set(closure.infer(given, spark)) == set(closure.infer(given, duckdb))


@pytest.mark.filterwarnings("ignore")  # PySpark and Ibis give several
def test_spark_reads_the_same_files(files: list[Path], spark: closure.Engine) -> None:
    output = files[0].parent / "inferred.nt"
    closure.write_inferred(files, output, spark)
    assert set(Graph().parse(output)) == set(reason(union(files)))


@pytest.mark.filterwarnings("ignore")  # PySpark and Ibis give several
def test_spark_tells_the_same_contradiction(spark: closure.Engine) -> None:
    with pytest.raises(Contradiction, match=r"have to be one: <.*/y> <.*/z>"):
        closure.infer(graph(":p a owl:FunctionalProperty . :x :p :y , :z ."), spark)
