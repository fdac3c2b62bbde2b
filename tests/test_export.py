"""Export: the dataset in every format, each the same statements when read again."""

from pathlib import Path

import pytest
from pyoxigraph import parse
from rdflib import Graph
from rdflib.compare import isomorphic

from seisaku import snapshot
from seisaku.build import build
from seisaku.config import Config
from seisaku.errors import Unreadable
from seisaku.export import export


@pytest.fixture
def dataset(config: Config) -> Path:
    return build(config, lambda _step, _what: None) / snapshot.DATASET


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is")  # inside rdflib's JSON-LD parser
@pytest.mark.parametrize(
    ("extension", "form"), [("ttl", "turtle"), ("nt", "nt"), ("rdf", "xml"), ("jsonld", "json-ld")]
)
def test_each_graph_says_what_the_layers_say(
    dataset: Path, tmp_path: Path, extension: str, form: str
) -> None:
    export(dataset, tmp_path / "out")
    written = (tmp_path / "out" / f"seisaku.{extension}").read_bytes()
    triples = "".join(f"{quad.triple} .\n" for quad in parse(path=dataset))
    assert isomorphic(
        Graph().parse(data=written, format=form), Graph().parse(data=triples, format="nt")
    )


@pytest.mark.parametrize("extension", ["nq", "trig"])
def test_each_dataset_keeps_the_layers_apart(dataset: Path, tmp_path: Path, extension: str) -> None:
    export(dataset, tmp_path / "out")
    assert set(parse(path=tmp_path / "out" / f"seisaku.{extension}")) == set(parse(path=dataset))


def test_turtle_uses_the_prefixes_of_the_ontology(dataset: Path, tmp_path: Path) -> None:
    export(dataset, tmp_path / "out")
    text = (tmp_path / "out" / "seisaku.ttl").read_text(encoding="utf-8")
    assert "ssk:designatesHub ex:tohoku" in text


def test_a_folder_that_cannot_be_written_is_an_error(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(Unreadable, match="out: File exists"):
        export(dataset, tmp_path / "out")


def test_nothing_half_written_stays(dataset: Path, tmp_path: Path) -> None:
    export(dataset, tmp_path / "out")
    dataset.write_text("<https://example.org/a> <", encoding="utf-8")
    with pytest.raises(SyntaxError):
        export(dataset, tmp_path / "out")
    assert all(not file.name.startswith(".") for file in (tmp_path / "out").iterdir())
