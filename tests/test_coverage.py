"""Coverage: which record cites which line of the source, and what is left over."""

from pathlib import Path

import pytest

from seisaku.config import BASE
from seisaku.coverage import coverage, segments
from seisaku.errors import SourceMismatch, Unreadable
from seisaku.load import load


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
