"""Diff and review: what two datasets say differently, record by record."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse, serialize

from seisaku import cli, review
from seisaku.build import build
from seisaku.config import Config
from seisaku.diff import Difference, compare, read
from seisaku.errors import Unreadable

PREFIXES = """
    @prefix dcterms: <http://purl.org/dc/terms/> .
    @prefix ex: <https://w3id.org/seisaku/id/example/> .
    @prefix g: <https://w3id.org/seisaku/graph/> .
    @prefix owl: <http://www.w3.org/2002/07/owl#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix ssk: <https://w3id.org/seisaku/def#> .
    g:ontology {
        ex:p1 sh:prefix "ex" ; sh:namespace "https://w3id.org/seisaku/id/example/" .
        ex:p2 sh:prefix "ssk" ; sh:namespace "https://w3id.org/seisaku/def#" .
        ex:p3 sh:prefix "rdfs" ; sh:namespace "http://www.w3.org/2000/01/rdf-schema#" .
        ex:p4 sh:prefix "owl" ; sh:namespace "http://www.w3.org/2002/07/owl#" .
        ex:p5 sh:prefix "xsd" ; sh:namespace "http://www.w3.org/2001/XMLSchema#" .
        ssk:Hub a owl:Class ; rdfs:label "拠点"@ja , "hub"@en .
    }
"""
TOHOKU = 'ex:tohoku a ssk:Hub ; rdfs:label "東北圏"@ja , "Tohoku"@en'
NOW = TOHOKU.replace("東北圏", "東北")

Told = Callable[[str, str], Difference]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """The difference of two datasets that are written in TriG."""

    def tell(before: str, after: str) -> Difference:
        sides = []
        for name, text in (("before", before), ("after", after)):
            file = tmp_path / f"{name}.nq"
            serialize(parse(PREFIXES + text, format=RdfFormat.TRIG), file, RdfFormat.N_QUADS)
            sides.append(read(name, file))
        return compare(*sides)

    return tell


def lines(difference: Difference, *, inferred: bool = False) -> list[str]:
    """The lines that a person reads, but for the first two, which name the sides."""
    return [line for line in list(review.text(difference, inferred=inferred))[2:] if line]


def document(statements: str) -> str:
    return f"g:document {{ {statements} }}"


def test_the_same_dataset_twice_is_no_difference(told: Told) -> None:
    text = document(f"{TOHOKU} . [] a owl:AllDifferent ; owl:distinctMembers ( ex:a ex:b ) .")
    assert lines(told(text, text)) == ["no difference"]


def test_an_added_record_is_told_with_all_that_it_says(told: Told) -> None:
    found = told(document(f"{TOHOKU} ."), document(f"{TOHOKU} . ex:a a ssk:Hub ; ssk:n 5 ."))
    assert lines(found) == [
        "document: 1 added",
        "  ssk:Hub  拠点 / hub",
        "  + ex:a",
        "      + <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ssk:Hub  拠点 / hub",
        '      + ssk:n "5"^^xsd:integer',
        "records: > 0 renamed, ! 0 deprecated, - 0 removed, + 1 added, ~ 0 changed",
        "axioms of several that changed: 0",
        "inferred statements: - 0 removed, + 0 added",
    ]


def test_a_removed_record_is_told_by_the_name_that_it_had(told: Told) -> None:
    found = told(document(f"{TOHOKU} ; ssk:n 1 ."), "")
    assert "  - ex:tohoku  東北圏 / Tohoku" in lines(found)
    assert '      - ssk:n "1"^^xsd:integer' in lines(found)
    assert found.counts["removed"] == 1


def test_a_changed_record_is_told_with_the_values_before_and_after(told: Told) -> None:
    found = told(
        document(f"{TOHOKU} ; ssk:n 1 ; ssk:near ex:a . ex:a rdfs:label 'A'@en ."),
        document(f"{NOW} ; ssk:n 1 ; ssk:near ex:b . ex:a rdfs:label 'A'@en ."),
    )
    assert lines(found)[1:7] == [
        "  ssk:Hub  拠点 / hub",
        "  ~ ex:tohoku  東北 / Tohoku",
        '      - rdfs:label "東北圏"@ja',
        '      + rdfs:label "東北"@ja',
        "      - ssk:near ex:a  A",
        "      + ssk:near ex:b",
    ]


def test_a_record_that_another_layer_adds_to_is_changed_and_not_added(told: Told) -> None:
    before = document(f"{TOHOKU} .")
    found = told(before, f"{before} g:curated {{ ex:tohoku ssk:theme ex:a }}")
    assert found.counts == {"renamed": 0, "deprecated": 0, "removed": 0, "added": 0, "changed": 1}
    assert lines(found)[:2] == ["curated: 1 changed", "  ssk:Hub  拠点 / hub"]


def test_a_record_is_counted_once_however_many_layers_speak_of_it(told: Told) -> None:
    after = document(f"{TOHOKU} .") + "g:curated { ex:tohoku ssk:theme ex:a }"
    assert told("", after).counts["added"] == 1


def test_the_inferred_layer_is_counted_and_told_when_asked(told: Told) -> None:
    before = document(f"{TOHOKU} .")
    found = told(before, f"{before} g:inferred {{ ex:tohoku ssk:in ex:a , ex:b }}")
    assert lines(found)[-1] == (
        "inferred statements: - 0 removed, + 2 added (--inferred lists them)"
    )
    assert not any("ssk:in" in line for line in lines(found))
    assert "      + ssk:in ex:b" in lines(found, inferred=True)


AXIOM = """
    ex:tohoku ssk:follows ex:a .
    [] a owl:Axiom ; owl:annotatedSource ex:tohoku ; owl:annotatedProperty ssk:follows ;
        owl:annotatedTarget ex:a ; rdfs:comment "{}"@en ."""


def test_what_an_axiom_says_of_a_statement_is_a_change_of_its_subject(told: Told) -> None:
    found = told(
        document(TOHOKU + "." + AXIOM.format("as it says")),
        document(TOHOKU + "." + AXIOM.format("by elimination")),
    )
    assert lines(found)[2:5] == [
        "  ~ ex:tohoku  東北圏 / Tohoku",
        '      - ssk:follows ex:a » rdfs:comment "as it says"@en',
        '      + ssk:follows ex:a » rdfs:comment "by elimination"@en',
    ]
    assert found.axioms == 0


def test_a_member_more_in_a_list_of_different_things_is_told_as_one_member(told: Told) -> None:
    text = (
        "[] a owl:AllDifferent ; owl:distinctMembers ( ex:a ex:b ) ."
        "[] a owl:AllDifferent ; owl:distinctMembers ( ex:c ex:d {} ) ."
    )
    found = told(document(text.format("")), document(text.format("ex:e")))
    assert lines(found)[1:4] == [
        "  owl:AllDifferent",
        "  ~ an axiom of several",
        "      + owl:distinctMembers ex:e",
    ]
    assert found.axioms == 1


def test_an_axiom_like_no_other_is_added_or_removed(told: Told) -> None:
    text = "[] a owl:AllDifferent ; owl:distinctMembers ( {} ) ."
    found = told(document(text.format("ex:a ex:b")), document(text.format("ex:c ex:d")))
    assert [each.how for each in found.written] == ["removed", "added"]


RESTRICTION = """ssk:Big a owl:Class ; rdfs:subClassOf [ owl:unionOf ( ex:a ex:b ) ] ,
    [ a owl:Restriction ; owl:onProperty ssk:n ; owl:hasValue {} ]"""


def test_a_blank_node_is_known_by_what_it_says(told: Told) -> None:
    found = told(
        f"g:ontology {{ {RESTRICTION.format(1)} }}", f"g:ontology {{ {RESTRICTION.format(2)} }}"
    )
    said = [line for line in lines(found) if "subClassOf" in line]
    assert len(said) == 2
    assert "- rdfs:subClassOf [ " in said[0]
    assert 'owl:hasValue "1"^^xsd:integer' in said[0]
    assert 'owl:hasValue "2"^^xsd:integer' in said[1]


def test_a_blank_node_within_itself_ends(told: Told) -> None:
    text = document("ex:a ssk:p _:x . _:x ssk:p _:y . _:y ssk:p _:x .")
    assert "      + ssk:p [ ssk:p [ ssk:p [] ] ]" in lines(told("", text))


RENAMED = document(
    'ex:b a ssk:Hub ; rdfs:label "東北"@ja . ex:c ssk:near ex:b . ex:d ex:b 1 .'
    'ex:a a owl:NamedIndividual ; rdfs:label "旧"@ja ; owl:deprecated true ;'
    'dcterms:isReplacedBy ex:b ; ssk:deprecatedSince "0.2.0" .'
)


def test_a_deprecated_name_with_one_successor_is_a_renamed_record(told: Told) -> None:
    before = document('ex:a a ssk:Hub ; rdfs:label "東北"@ja . ex:c ssk:near ex:a . ex:d ex:a 1 .')
    found = told(before, RENAMED)
    assert lines(found)[:4] == [
        "document: 1 renamed",
        "  ssk:Hub  拠点 / hub",
        "  > ex:a → ex:b  東北",
        "      ex:a is deprecated since 0.2.0",
    ]
    assert found.counts == {"renamed": 1, "deprecated": 0, "removed": 0, "added": 0, "changed": 0}


def test_what_a_renamed_record_says_otherwise_is_told_too(told: Told) -> None:
    found = told(document('ex:a a ssk:Hub ; rdfs:label "奥州"@ja .'), RENAMED)
    assert '      - rdfs:label "奥州"@ja' in lines(found)
    assert '      + rdfs:label "東北"@ja' in lines(found)


def test_a_name_that_was_deprecated_before_is_not_renamed_again(told: Told) -> None:
    assert lines(told(RENAMED, RENAMED)) == ["no difference"]


def test_a_record_that_is_deprecated_without_successor_says_so(told: Told) -> None:
    found = told(
        document(f"{TOHOKU} ; ssk:n 1 ."),
        document(f"{TOHOKU.replace('ssk:Hub', 'owl:NamedIndividual')} ; owl:deprecated true ."),
    )
    assert lines(found)[0] == "document: 1 deprecated"
    assert "  ! ex:tohoku  東北圏 / Tohoku" in lines(found)
    assert '      + owl:deprecated "true"^^xsd:boolean' in lines(found)


def test_the_order_does_not_depend_on_that_of_the_files(told: Told) -> None:
    one = document("ex:b ssk:n 1 , 2 . ex:a a ssk:Hub . [] a owl:AllDifferent . [] ssk:n 3 .")
    other = document("[] ssk:n 3 . [] a owl:AllDifferent . ex:a a ssk:Hub . ex:b ssk:n 2 , 1 .")
    assert lines(told("", one)) == lines(told("", other))
    assert lines(told(one, other)) == ["no difference"]


def test_brief_names_the_records_and_no_more(told: Told) -> None:
    found = told("", document(f"{TOHOKU} ."))
    said = list(review.text(found, brief=True))
    assert "  + ex:tohoku  東北圏 / Tohoku" in said
    assert not any("rdfs:label" in line for line in said)


def test_a_new_line_record_is_named_and_not_spelt_out_and_line_9_comes_before_line_12(
    told: Told,
) -> None:
    lines_ = "ex:L12 a ssk:SourceSegment ; ssk:startLine 12 . ex:L9 a ssk:SourceSegment ."
    assert lines(told("", document(lines_)))[:4] == [
        "document: 2 added",
        "  ssk:SourceSegment",
        "  + ex:L9",
        "  + ex:L12",
    ]
    moved = document(lines_.replace("startLine 12", "startLine 11"))
    assert '      + ssk:startLine "11"^^xsd:integer' in lines(told(document(lines_), moved))


def test_json_gives_values_as_sparql_does(told: Told) -> None:
    found = told(
        document(f"{TOHOKU} ; ssk:n 1 ."),
        document(f"{TOHOKU} ; ssk:n 2 , [ ssk:n 3 ] ; ssk:in ex:tohoku ." + AXIOM.format("so")),
    )
    (change,) = json.loads(json.dumps(review.json(found)))["layers"]["document"]
    tohoku = {
        "type": "uri",
        "value": "https://w3id.org/seisaku/id/example/tohoku",
        "label": {"ja": "東北圏", "en": "Tohoku"},
    }
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    assert change["change"] == "changed"
    assert change["record"] == tohoku
    by_property = {
        each["property"]["value"].rpartition("#")[2]: each for each in change["statements"]
    }
    assert by_property["n"]["removed"] == [{"type": "literal", "value": "1", "datatype": integer}]
    assert by_property["n"]["added"] == [
        {"type": "literal", "value": "2", "datatype": integer},
        {"type": "bnode", "value": '[ ssk:n "3"^^xsd:integer ]'},
    ]
    assert by_property["in"]["added"] == [tohoku]
    assert by_property["comment"]["added"] == [{"type": "literal", "value": "so", "xml:lang": "en"}]
    assert by_property["comment"]["of"]["property"]["value"].endswith("#follows")


def test_a_file_of_other_graphs_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.nq"
    file.write_text("<urn:a> <urn:b> <urn:c> <urn:g> .\n", encoding="utf-8")
    with pytest.raises(Unreadable, match="<urn:g> is not the graph of a layer"):
        read("mine", file)


def test_a_file_that_is_no_n_quads_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "mine.nq"
    file.write_text("\n<urn:a> .\n", encoding="utf-8")
    with pytest.raises(Unreadable, match=r"mine\.nq:2:\d+: "):
        read("mine", file)


# The command, on real snapshots of the small graph


@pytest.fixture
def next_year(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another checkout of the small graph, in which a hub has a new name."""
    monkeypatch.setenv("SEISAKU_ROOT", str(config.root))
    monkeypatch.setenv("SEISAKU_SNAPSHOTS", str(config.snapshots))
    root = Path(shutil.copytree(config.root, tmp_path / "next"))
    hubs = root / "data" / "document" / "hubs.ttl"
    text = hubs.read_text(encoding="utf-8").replace('"東北圏"@ja', '"東北"@ja')
    hubs.write_text(text, encoding="utf-8")
    return root


def test_diff_compares_checkouts_snapshots_digests_and_exports(
    config: Config, next_year: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = build(config, lambda _step, _what: None)
    assert cli.main(["export", str(tmp_path / "dumps")]) == 0
    capsys.readouterr()
    dump = tmp_path / "dumps" / "seisaku.nq"
    told = set()
    for side in (config.root, before, before.name, before.name[:8], dump):
        assert cli.main(["diff", str(side), str(next_year)]) == 0
        told.add("\n".join(capsys.readouterr().out.splitlines()[2:]))
    (only,) = told
    assert '- rdfs:label "東北圏"@ja' in only
    assert '+ rdfs:label "東北"@ja' in only
    assert cli.main(["diff", str(before), str(dump)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "no difference"


def test_diff_prints_json_for_a_machine(
    config: Config, next_year: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["diff", str(config.root), str(next_year), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["records"]["changed"] == 1
    assert list(said["layers"]) == ["ontology", "document", "curated", "external"]


def test_what_is_no_snapshot_is_exit_1(
    config: Config, next_year: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = str(next_year)
    assert cli.main(["diff", "0123abcd", there]) == 1
    assert "0123abcd: no such file, and no such snapshot in" in capsys.readouterr().err
    assert cli.main(["diff", str(tmp_path), there]) == 1
    assert "neither a snapshot nor a folder that holds a graph" in capsys.readouterr().err
    for name in ("ab1", "ab2"):
        (config.snapshots / name).mkdir(parents=True)
        (config.snapshots / name / "manifest.json").write_text("{}", encoding="utf-8")
    assert cli.main(["diff", "ab", there]) == 1
    assert "ab: not the beginning of one digest only: ab1, ab2" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["a"], ["a", "b", "--terms", "--inferred"], ["a", "b", "--brief", "--json"]]
)
def test_a_wrong_call_of_diff_is_exit_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["diff", *arguments]) == 2
    assert "usage: seisaku diff" in capsys.readouterr().err
