"""Load: one graph per layer, or an error that says where."""

from pathlib import Path

import pytest
from rdflib import RDFS, Namespace, URIRef

from seisaku import load as module
from seisaku.config import BASE
from seisaku.errors import Deprecated, ImpossibleValue, InputError, Undeclared, Unreadable
from seisaku.kept import Kept
from seisaku.load import load
from seisaku.ntriples import Triple, triples

EX = Namespace(BASE + "id/example/")
HUBS = Path("data/document/hubs.ttl")


def append(root: Path, text: str) -> None:
    with (root / HUBS).open("a", encoding="utf-8") as file:
        file.write(text)


def last_line(root: Path) -> int:
    return (root / HUBS).read_text(encoding="utf-8").count("\n")


def test_each_folder_becomes_its_layer(root: Path) -> None:
    asserted = load(root)
    assert list(asserted.layers) == ["ontology", "document", "curated", "external"]
    assert (EX.tohoku, None, None) in asserted.layers["document"]
    assert (EX.tohoku, None, None) not in asserted.layers["ontology"]


def test_shapes_are_no_layer(root: Path) -> None:
    asserted = load(root)
    shape = URIRef(BASE + "shapes#Designation")
    assert (shape, None, None) in asserted.shapes
    assert (shape, None, None) not in asserted.union


def test_prefixes_are_those_that_the_root_ontology_declares(root: Path) -> None:
    assert load(root).prefixes["ex"] == str(EX)


def test_a_syntax_error_is_told_with_file_line_and_column(root: Path) -> None:
    append(root, "ex:東北 a ssk:Hub ;; ] .\n")
    with pytest.raises(Unreadable) as caught:
        load(root)
    assert caught.value.file.endswith("hubs.ttl")
    assert caught.value.line == last_line(root)
    assert caught.value.column == 20
    assert str(caught.value).startswith(f"{root / HUBS}:{last_line(root)}:20: ] is not")


def test_an_unbound_prefix_is_an_error_with_its_line(root: Path) -> None:
    append(root, "nope:x a ssk:Hub .\n")
    with pytest.raises(Unreadable) as caught:
        load(root)
    assert caught.value.line == last_line(root)


def test_a_prefix_that_is_not_declared_is_an_error_with_its_place(root: Path) -> None:
    append(root, "@prefix nope: <https://example.org/> .\n")
    with pytest.raises(Undeclared, match=rf"{HUBS}:{last_line(root)}:9: prefix nope: is not"):
        load(root)


def test_a_prefix_bound_to_another_namespace_is_an_error(root: Path) -> None:
    append(root, "@prefix dcterms: <http://purl.org/dc/terms#> .\n")
    with pytest.raises(Undeclared, match=r"dcterms: is <http://purl\.org/dc/terms/>, not"):
        load(root)


@pytest.mark.parametrize(
    ("statement", "term"),
    [
        ("ex:tohoku ssk:hasTeir ex:tohoku-2 .", "def#hasTeir"),
        ("ex:new a ssk:Hubb .", "def#Hubb"),
        ("ex:tohoku-2 ssk:designatesHub ex:tohku .", "id/example/tohku"),
        ("ex:nameless rdfs:label 'x'@en .", "id/example/nameless"),
        (
            "ex:tohoku-2 ssk:designatesHub <https://w3id.org/seisaku/id/example/written-out> .",
            "id/example/written-out",
        ),
    ],
)
def test_a_term_of_ours_that_nothing_declares_is_an_error_with_its_place(
    root: Path, statement: str, term: str
) -> None:
    append(root, statement + "\n")
    with pytest.raises(Undeclared, match=rf"{HUBS}:{last_line(root)}:\d+: <{BASE}{term}> is now"):
        load(root)


@pytest.mark.parametrize(
    ("statement", "term"),
    [
        ("ex:tohoku rdfs:lable 'x'@en .", "http://www.w3.org/2000/01/rdf-schema#lable"),
        ("ex:tohoku dcterms:titel 'x'@en .", "http://purl.org/dc/terms/titel"),
        ("ex:new a <http://www.w3.org/2002/07/owl#Klass> .", "http://www.w3.org/2002/07/owl#Klass"),
        ("ex:new a <https://example.org/Hub> .", "https://example.org/Hub"),
        ("ex:tohoku <https://example.org/near> ex:tohoku .", "https://example.org/near"),
    ],
)
def test_a_foreign_property_or_class_that_nothing_declares_is_an_error_with_its_place(
    root: Path, statement: str, term: str
) -> None:
    append(root, statement + "\n")
    with pytest.raises(Undeclared, match=rf"{HUBS}:{last_line(root)}:\d+: <{term}> is nowhere"):
        load(root)


def test_a_foreign_thing_needs_no_declaration(root: Path) -> None:
    append(root, "ex:tohoku rdfs:seeAlso <https://example.org/tohoku> .\n")
    assert load(root).files == 5


def test_a_misspelt_constraint_of_a_shape_is_an_error(root: Path) -> None:
    with (root / "shapes" / "designation.ttl").open("a", encoding="utf-8") as file:
        file.write("shape:Designation sh:propery shape:Designation .\n")
    with pytest.raises(Undeclared, match="shacl#propery> is nowhere declared"):
        load(root)


@pytest.mark.parametrize(
    ("value", "datatype"),
    [("一", "integer"), ("2026-13-01", "date"), ("0.x", "decimal"), ("yes", "boolean")],
)
def test_a_value_that_its_datatype_does_not_have_is_an_error_with_its_place(
    root: Path, value: str, datatype: str
) -> None:
    append(
        root,
        f'ex:tohoku ssk:startLine "{value}"^^<http://www.w3.org/2001/XMLSchema#{datatype}> .\n',
    )
    with pytest.raises(ImpossibleValue) as caught:
        load(root)
    assert str(caught.value) == f'{HUBS}:{last_line(root)}:25: "{value}" is not xsd:{datatype}'


def test_a_misspelt_target_of_a_shape_is_an_error(root: Path) -> None:
    shape = root / "shapes" / "designation.ttl"
    text = shape.read_text(encoding="utf-8")
    shape.write_text(text.replace("ssk:Designation ;", "ssk:Designatoin ;"), encoding="utf-8")
    with pytest.raises(Undeclared, match="def#Designatoin"):
        load(root)


def test_a_version_iri_needs_no_declaration(root: Path) -> None:
    assert load(root).files == 5


def test_an_iri_with_a_blank_in_it_is_an_error(root: Path) -> None:
    append(root, "ex:tohoku rdfs:seeAlso <https://example.org/a b> .\n")
    with pytest.raises(Unreadable, match=f":{last_line(root)}:24: Invalid IRI"):
        load(root)


def test_text_that_is_not_utf_8_is_an_error(root: Path) -> None:
    (root / HUBS).write_bytes("# 東北\n".encode("shift_jis"))
    with pytest.raises(Unreadable, match="not UTF-8 at byte 2"):
        load(root)


def test_text_that_is_not_in_normal_form_c_is_an_error_with_its_line(root: Path) -> None:
    append(root, 'ex:tohoku rdfs:comment "か\u3099"@ja .\n')
    with pytest.raises(Unreadable, match=f":{last_line(root)}: not in Unicode normal form C"):
        load(root)


def test_a_byte_order_mark_is_an_error_with_its_place(root: Path) -> None:
    text = (root / HUBS).read_text(encoding="utf-8")
    (root / HUBS).write_text("\ufeff" + text, encoding="utf-8")
    with pytest.raises(Unreadable, match=r"hubs.ttl:1:1:"):
        load(root)


def test_a_missing_folder_is_an_error_that_names_it(root: Path) -> None:
    (root / "shapes" / "designation.ttl").unlink()
    (root / "shapes").rmdir()
    with pytest.raises(Unreadable, match=r"shapes: no such folder"):
        load(root)


def test_a_folder_that_is_no_layer_is_an_error(root: Path) -> None:
    (root / "data" / "documents").mkdir()
    with pytest.raises(Unreadable, match="documents: not a layer"):
        load(root)


def test_a_missing_root_ontology_is_an_error(root: Path) -> None:
    (root / "ontology" / "seisaku.ttl").unlink()
    with pytest.raises(Unreadable, match=r"ontology/seisaku.ttl: no such file"):
        load(root)


def test_a_file_that_cannot_be_read_is_an_error(root: Path) -> None:
    (root / HUBS).unlink()
    (root / HUBS).symlink_to(root / "gone.ttl")
    with pytest.raises(Unreadable, match=r"hubs.ttl: No such file"):
        load(root)


def test_blank_nodes_of_two_files_stay_apart(root: Path) -> None:
    for name in ("one", "two"):
        file = root / "data" / "curated" / f"{name}.ttl"
        file.write_text(
            "<https://example.org/x> <http://www.w3.org/2000/01/rdf-schema#seeAlso> _:b .\n",
            encoding="utf-8",
        )
    assert len(load(root).layers["curated"]) == 2


DEPRECATED = """
ssk:OldHub a owl:Class ;
    owl:deprecated true ;
    <http://purl.org/dc/terms/isReplacedBy> ssk:Hub .
"""


def test_a_shape_that_uses_what_is_deprecated_is_an_error_with_its_place(root: Path) -> None:
    with (root / "ontology/seisaku.ttl").open("a", encoding="utf-8") as file:
        file.write(DEPRECATED)
    assert load(root)
    shapes = root / "shapes/designation.ttl"
    text = shapes.read_text(encoding="utf-8").replace("sh:class ssk:Hub", "sh:class ssk:OldHub")
    shapes.write_text(text, encoding="utf-8")
    with pytest.raises(Deprecated) as caught:
        load(root)
    assert str(caught.value) == (
        f"shapes/designation.ttl:11:14: <{BASE}def#OldHub> is deprecated: use <{BASE}def#Hub>"
    )


@pytest.mark.parametrize("name", ["old:OldHub", f"<{BASE}def#OldHub>"])
def test_a_query_that_uses_what_is_deprecated_is_an_error_with_its_place(
    name: str, root: Path
) -> None:
    with (root / "ontology/seisaku.ttl").open("a", encoding="utf-8") as file:
        file.write(DEPRECATED)
    (root / "data/queries").mkdir(exist_ok=True)
    query = f"PREFIX old: <{BASE}def#>\nSELECT ?hub {{ ?hub a {name} }}\n"
    (root / "data/queries/hubs.rq").write_text(query, encoding="utf-8")
    with pytest.raises(Deprecated, match=r"data/queries/hubs\.rq:2:22: .* is deprecated: use "):
        load(root)


def test_what_is_marked_as_not_deprecated_may_be_used(root: Path) -> None:
    with (root / "ontology/seisaku.ttl").open("a", encoding="utf-8") as file:
        file.write("ssk:Hub owl:deprecated false .\n")
    assert load(root)


def test_only_the_file_that_is_edited_is_parsed_again(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(tmp_path / "kept", "code")
    first = load(root, kept)
    parsed: list[str] = []
    parse = module._parsed

    def noted(file: Path, text: str) -> list[Triple]:
        parsed.append(file.name)
        return parse(file, text)

    monkeypatch.setattr(module, "_parsed", noted)
    again = load(root, kept)
    assert parsed == []
    assert {layer: triples(each) for layer, each in again.layers.items()} == {
        layer: triples(each) for layer, each in first.layers.items()
    }
    assert triples(again.shapes) == triples(first.shapes)
    append(root, "ex:tohoku rdfs:seeAlso <https://example.org/tohoku> .\n")
    assert (EX.tohoku, RDFS.seeAlso, None) in load(root, kept).layers["document"]
    assert parsed == ["hubs.ttl"]


@pytest.mark.parametrize(
    ("file", "text", "error"),
    [
        (HUBS, "ex:tohoku-2 ssk:designatesHub ex:tohku .", Undeclared),
        (HUBS, "@prefix dcterms: <http://purl.org/dc/terms#> .", Undeclared),
        (
            HUBS,
            'ex:tohoku rdfs:label "x"^^<http://www.w3.org/2001/XMLSchema#int> .',
            ImpossibleValue,
        ),
        ("shapes/designation.ttl", "shape:Designation sh:propery shape:Designation .", Undeclared),
    ],
)
def test_a_fault_in_a_file_that_is_kept_is_told_again(
    root: Path, tmp_path: Path, file: Path, text: str, error: type[InputError]
) -> None:
    kept = Kept(tmp_path / "kept", "code")
    with (root / file).open("a", encoding="utf-8") as opened:
        opened.write(text + "\n")
    told = []
    for _ in range(2):
        with pytest.raises(error) as caught:
            load(root, kept)
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_a_term_that_is_gone_is_missed_in_the_files_that_are_kept(
    root: Path, tmp_path: Path
) -> None:
    kept = Kept(tmp_path / "kept", "code")
    load(root, kept)
    text = (root / HUBS).read_text(encoding="utf-8")
    (root / HUBS).write_text(text.replace("ex:tohoku a ssk:Hub ;", "ex:tohoku"), encoding="utf-8")
    with pytest.raises(Undeclared, match="id/example/tohoku> is nowhere declared"):
        load(root, kept)
