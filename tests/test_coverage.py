"""Coverage: which record cites which line of the source, and what is left over."""

import hashlib
from pathlib import Path

import pytest

from seisaku.config import BASE
from seisaku.coverage import coverage, segments
from seisaku.errors import SourceMismatch, Unreadable
from seisaku.load import Asserted, load


def test_each_line_that_is_not_blank_tells_what_cites_it(root: Path) -> None:
    found = coverage(load(root), root / "source.txt")
    assert found.lines == {
        1: [f"{BASE}id/example/tohoku"],
        3: [f"{BASE}id/example/tohoku-2"],
        4: [f"{BASE}id/example/tohoku-2"],
        5: [],
    }
    assert found.uncited == [5]


def test_a_record_without_a_line_is_named(root: Path) -> None:
    with (root / "data/document/hubs.ttl").open("a", encoding="utf-8") as file:
        file.write("ex:kansai a ssk:Hub .\n")
    found = coverage(load(root), root / "source.txt")
    assert found.without_line == [f"{BASE}id/example/kansai"]


def test_another_document_is_refused(root: Path) -> None:
    (root / "source.txt").write_text("another\n", encoding="utf-8")
    with pytest.raises(SourceMismatch, match="no record cites this document"):
        coverage(load(root), root / "source.txt")


def test_a_segment_whose_lines_changed_is_refused(root: Path) -> None:
    hubs = root / "data/document/hubs.ttl"
    text = hubs.read_text(encoding="utf-8")
    hubs.write_text(text.replace("ssk:startLine 3", "ssk:startLine 4"), encoding="utf-8")
    with pytest.raises(SourceMismatch, match="L3-L4: its lines are not the ones on record"):
        coverage(load(root), root / "source.txt")


def test_a_document_of_another_number_of_lines_is_refused(root: Path) -> None:
    hubs = root / "data/document/hubs.ttl"
    text = hubs.read_text(encoding="utf-8")
    lines = (root / "source.txt").read_text(encoding="utf-8").count("\n")
    document = "src:text a ssk:SourceDocument ;"
    assert document in text
    for count in (lines, lines + 1):
        counted = text.replace(document, f"{document} ssk:lineCount {count} ;")
        hubs.write_text(counted, encoding="utf-8")
        if count == lines:
            coverage(load(root), root / "source.txt")
    with pytest.raises(SourceMismatch, match=rf"{lines} lines; on record: {lines + 1}"):
        coverage(load(root), root / "source.txt")


def test_a_missing_source_is_an_error(root: Path) -> None:
    with pytest.raises(Unreadable, match=r"gone.txt: No such file"):
        coverage(load(root), root / "gone.txt")


def test_a_source_that_is_not_utf_8_is_an_error(root: Path) -> None:
    (root / "source.txt").write_bytes(b"\xff")
    with pytest.raises(Unreadable, match="not UTF-8 at byte 0"):
        coverage(load(root), root / "source.txt")


def test_line_records_are_made_for_every_segment_that_the_data_mention(root: Path) -> None:
    with (root / "data/document/hubs.ttl").open("a", encoding="utf-8") as file:
        file.write("ex:kansai a ssk:Hub ; ssk:isStatedIn seg:L5 .\n")
    made = segments(root, root / "source.txt")
    assert [line.split()[0] for line in made.splitlines() if line.startswith("seg:")] == [
        "seg:L1",
        "seg:L3-L4",
        "seg:L5",
    ]
    assert 'ssk:fragmentValue "line=4,5"' in made


def test_a_segment_past_the_end_is_refused(root: Path) -> None:
    with (root / "data/document/hubs.ttl").open("a", encoding="utf-8") as file:
        file.write("ex:kansai a ssk:Hub ; ssk:isStatedIn seg:L5-L9 .\n")
    with pytest.raises(SourceMismatch, match="seg:L5-L9"):
        segments(root, root / "source.txt")


SECOND = """
src:more a ssk:SourceDocument ;
    rdfs:label "続き"@ja , "The sequel"@en ;
    dcterms:identifier "sha256:{digest}" .

ex:kansai a ssk:Hub ; ssk:isStatedIn seg:more-L1 , seg:more-L2-L3 .
"""


@pytest.fixture
def two(root: Path) -> Path:
    """The small graph with a second document, `more.txt`, that has no line records yet."""
    (root / "more.txt").write_text("関西圏\n第2期\n選定\n", encoding="utf-8")
    digest = hashlib.sha256((root / "more.txt").read_bytes()).hexdigest()
    with (root / "data/document/hubs.ttl").open("a", encoding="utf-8") as file:
        file.write(SECOND.format(digest=digest))
    with (root / "ontology/seisaku.ttl").open("a", encoding="utf-8") as file:
        file.write("<https://w3id.org/seisaku/ont/core> a owl:Ontology .\n")
    return root


def test_line_records_of_a_second_document_are_named_after_it(two: Path) -> None:
    made = segments(two, two / "more.txt")
    assert [line.split()[0] for line in made.splitlines() if line.startswith("seg:")] == [
        "seg:more-L1",
        "seg:more-L2-L3",
    ]
    assert "<https://w3id.org/seisaku/ont/data/document/more-segments> a owl:Ontology" in made
    assert 'rdfs:label "続きの2〜3行目"@ja , "Lines 2–3 of The sequel"@en ;' in made
    assert "ssk:isSegmentOf src:more ;" in made
    assert 'ssk:fragmentValue "line=1,3"' in made


def test_line_records_of_the_first_document_stay_as_they_are(two: Path) -> None:
    made = segments(two, two / "source.txt")
    assert [line.split()[0] for line in made.splitlines() if line.startswith("seg:")] == [
        "seg:L1",
        "seg:L3-L4",
    ]


def test_each_of_two_documents_is_covered_on_its_own(two: Path) -> None:
    before = coverage(load_with_records(two), two / "source.txt").lines
    assert before[1] == [f"{BASE}id/example/tohoku"]
    after = coverage(load_with_records(two), two / "more.txt")
    assert after.document == f"{BASE}id/source/more"
    assert after.lines == {line: [f"{BASE}id/example/kansai"] for line in (1, 2, 3)}
    assert after.without_line == []


def load_with_records(root: Path) -> Asserted:
    made = segments(root, root / "more.txt")
    (root / "data/document/more-segments.ttl").write_text(made, encoding="utf-8")
    return load(root)


def test_a_name_without_document_belongs_to_none_when_two_have_no_records(two: Path) -> None:
    hubs = two / "data/document/hubs.ttl"
    text = hubs.read_text(encoding="utf-8")
    without, _, rest = text.partition("seg:L1 a ssk:SourceSegment")
    hubs.write_text(without + rest[rest.index("ex:tohoku a") :], encoding="utf-8")
    for source in ("source.txt", "more.txt"):
        assert "seg:L1 " not in segments(two, two / source)


def test_a_name_that_is_kept_after_its_record_has_gone_needs_no_line(root: Path) -> None:
    with (root / "data/document/hubs.ttl").open("a", encoding="utf-8") as file:
        file.write("@prefix owl: <http://www.w3.org/2002/07/owl#> .\n")
        file.write("ex:old a owl:NamedIndividual ; owl:deprecated true .\n")
    assert coverage(load(root), root / "source.txt").without_line == []
