"""A source document is the very file that the records cite, or none."""

from pathlib import Path

import pytest

from conftest import REPOSITORY
from seisaku.errors import SourceMismatch, Unreadable
from seisaku.source import no_such_document, read

SMALL = REPOSITORY / "tests" / "small" / "source.txt"


def test_lines_count_from_1_and_a_passage_holds_both_its_ends() -> None:
    source = read(SMALL)
    assert source.passage(1, 1) == source.lines[0]
    assert source.passage(3, 4) == f"{source.lines[2]}\n{source.lines[3]}"


def test_a_segment_is_held_to_its_digest() -> None:
    source = read(SMALL)
    source.holds("seg:L1", 1, 1, source.digest(1, 1))
    with pytest.raises(SourceMismatch, match="seg:L1: its lines are not the ones on record"):
        source.holds("seg:L1", 1, 1, source.digest(3, 4))


def test_another_document_is_told_with_its_own_digest_and_those_that_are_cited() -> None:
    source = read(SMALL)
    told = str(no_such_document(source, ["sha256:0"]))
    assert source.identifier in told
    assert "cited: sha256:0" in told


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"gone.txt: No such file"):
        read(tmp_path / "gone.txt")


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a\xff")
    with pytest.raises(Unreadable, match="not UTF-8 at byte 1"):
        read(tmp_path / "a.txt")
