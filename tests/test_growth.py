"""Growth: a second document joins by adding files, and nothing of the first changes.

`growth/` holds a made-up second document: its text, and the files that it adds to the graph.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results
from rdflib import RDF, Graph, Namespace, URIRef

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.build import build
from seisaku.config import BASE, Config
from seisaku.coverage import coverage, segments
from seisaku.diff import Difference, compare, read
from seisaku.load import Asserted, load
from seisaku.query import answer
from seisaku.workers import WorkerPool

GROWTH = REPOSITORY / "tests" / "growth"
SOURCE = GROWTH / "source.txt"
FIRST = REPOSITORY.parent / "shared" / "source" / "strategy-slides.txt"
SSK = Namespace(BASE + "def#")
SUFFIXES = {".py", ".html", ".toml", ".css", ".ttl"}


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's graph and, added to it by files only, that of the second document."""
    root = tmp_path_factory.mktemp("grown")
    for folder in ("ontology", "data", "shapes"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    for file in GROWTH.rglob("*.ttl"):
        place = root / file.relative_to(GROWTH)
        assert not place.exists()
        shutil.copy(file, place)
    made = segments(root, SOURCE)
    (root / "data/document/slides-2031-segments.ttl").write_text(made, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def grown_snapshot(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is built of the grown graph: it passes the check."""
    config = Config(root=grown, snapshots=tmp_path_factory.mktemp("snapshots"))
    return build(config, lambda _step, _what: None)


@pytest.fixture(scope="module")
def difference(built: Path, grown_snapshot: Path) -> Difference:
    """From the repository's graph to the grown one."""
    before, after = (read(each.name, each / snapshot.DATASET) for each in (built, grown_snapshot))
    return compare(before, after)


@pytest.fixture(scope="module")
def pool(grown_snapshot: Path) -> Iterator[WorkerPool]:
    """The grown graph, served."""
    files = [grown_snapshot / snapshot.DATASET]
    with WorkerPool(files, Config(), union_default_graph=True) as opened:
        yield opened


def _asked(pool: WorkerPool, query: str) -> set[tuple[str, ...]]:
    prefixes = "PREFIX ssk: <https://w3id.org/seisaku/def#>\n"
    found = answer(pool, prefixes + query, lambda _offered: "text/tab-separated-values")
    read = parse_query_results(found.body, format=QueryResultsFormat.TSV)
    assert isinstance(read, QuerySolutions)
    return {tuple(getattr(term, "value", "") for term in row) for row in read}


def _added(grown: Path) -> set[str]:
    """Every IRI that the second document's files describe."""
    names = [file.relative_to(GROWTH) for file in GROWTH.rglob("*.ttl")]
    names.append(Path("data/document/slides-2031-segments.ttl"))
    graphs = [Graph().parse(grown / name) for name in names]
    return {str(each) for graph in graphs for each in graph.subjects() if isinstance(each, URIRef)}


def test_the_difference_is_the_new_records_and_nothing_else(
    grown: Path, difference: Difference
) -> None:
    changes = difference.written
    assert {each.how for each in changes} == {"added"}
    assert {each.record.value for each in changes if each.record} == _added(grown)
    assert difference.axioms == 0


def test_nothing_that_followed_before_no_longer_follows(difference: Difference) -> None:
    gone, come = difference.inferred
    assert gone == 0
    assert come > 0


def test_the_new_strategy_joins_the_series_with_lines_of_its_own(pool: WorkerPool) -> None:
    query = """
        SELECT ?strategy ?document ?line {
          ?strategy ssk:isIssueOf ?series ; ssk:isStatedIn ?segment .
          ?older ssk:isIssueOf ?series .
          ?segment ssk:isSegmentOf ?document ; ssk:startLine ?line
          FILTER(?strategy = <https://w3id.org/seisaku/id/strategy/2031>)
          FILTER(?older = <https://w3id.org/seisaku/id/strategy/2024>)
        }"""
    assert _asked(pool, query) == {
        (f"{BASE}id/strategy/2031", f"{BASE}id/source/slides-2031", "1"),
    }


def test_the_new_hub_is_designated_in_a_new_phase_and_lists_an_area(pool: WorkerPool) -> None:
    query = """
        SELECT ?hub ?phase ?area {
          ?designation ssk:designatesHub ?hub ; ssk:isMadeInPhase ?phase ;
            ssk:hasListedGovernment ?area .
          FILTER(?phase = <https://w3id.org/seisaku/id/phase/startup-hubs-3>)
        }"""
    assert _asked(pool, query) == {
        (f"{BASE}id/hub/naha-yaeyama", f"{BASE}id/phase/startup-hubs-3", f"{BASE}id/area/47000"),
    }


def test_the_new_programme_has_its_budget(pool: WorkerPool) -> None:
    query = """
        SELECT ?programme ?amount {
          ?allocation ssk:allocatesTo ?programme ; ssk:amountInYen ?amount ;
            ssk:isStatedIn/ssk:isSegmentOf <https://w3id.org/seisaku/id/source/slides-2031>
        }"""
    ((programme, amount),) = _asked(pool, query)
    assert programme == f"{BASE}id/program/deep-sea-tech"
    assert float(amount) == 1_200_000_000


def test_the_second_document_is_covered_on_its_own(grown: Path) -> None:
    found = coverage(load(grown), SOURCE)
    assert found.document == f"{BASE}id/source/slides-2031"
    assert found.uncited == []
    assert found.lines[1] == [f"{BASE}id/strategy/2031"]


def test_the_first_document_is_covered_as_before(grown: Path, asserted: Asserted) -> None:
    if not FIRST.is_file():
        pytest.skip("the source document is not beside the checkout")
    assert coverage(load(grown), FIRST) == coverage(asserted, FIRST)
    kept = REPOSITORY / "data" / "document" / "strategy-slides-segments.ttl"
    assert segments(grown, FIRST) == kept.read_text(encoding="utf-8")


def test_neither_the_server_nor_a_shape_names_a_record_of_a_document(asserted: Asserted) -> None:
    document = asserted.layers["document"]
    records = {each for each in document.subjects(RDF.type) if isinstance(each, URIRef)}
    namespaces = {namespace: prefix for prefix, namespace in asserted.prefixes.items()}
    names = set()
    for record in records:
        namespace, slash, local = str(record).rpartition("/")
        if prefix := namespaces.get(namespace + slash):
            names |= {str(record), f"{prefix}:{local}"}
    assert len(names) > 200
    for file in _program_and_shapes():
        text = file.read_text(encoding="utf-8")
        mentioned = set(re.findall(r"[a-z]+:[\w-]+|https://w3id\.org/seisaku/[\w/#-]+", text))
        assert mentioned & names == set(), file


def test_neither_the_server_nor_a_shape_knows_how_long_a_document_is_or_what_it_is_called(
    asserted: Asserted,
) -> None:
    document = asserted.layers["document"]
    sources = set(document.subjects(RDF.type, SSK.SourceDocument))
    assert sources
    for source in sources:
        parts = document.subjects(SSK.isSegmentOf, source)
        length = max(int(str(document.value(each, SSK.endLine))) for each in parts)
        slug = str(source).rpartition("/")[2]
        pattern = re.compile(rf"\b({re.escape(slug)}|{length})\b")
        for file in _program_and_shapes():
            assert not pattern.search(file.read_text(encoding="utf-8")), file


def _program_and_shapes() -> list[Path]:
    folders = (REPOSITORY / "server", REPOSITORY / "shapes")
    files = [file for folder in folders for file in folder.rglob("*") if file.suffix in SUFFIXES]
    assert len(files) > 30
    return files
