"""Files: RDF in any format, packed or not, read quad by quad, with the place of what is wrong."""

import gzip
from pathlib import Path

import pytest

from seisaku.errors import Unreadable
from seisaku.files import reading

LINES = b"<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b> _:x .\n"


def read(file: Path) -> tuple[int, str]:
    with reading(file) as opened:
        return sum(1 for _ in opened.quads), opened.said


def test_a_packed_file_says_the_same_as_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.nt").write_bytes(LINES)
    (tmp_path / "b.nt.gz").write_bytes(gzip.compress(LINES))
    assert read(tmp_path / "a.nt") == read(tmp_path / "b.nt.gz")


def test_what_is_said_of_a_file_changes_with_what_it_holds_and_not_with_its_name(
    tmp_path: Path,
) -> None:
    for name, text in (("a.nt", LINES), ("b.nt", LINES), ("c.nt", LINES + b"# more\n")):
        (tmp_path / name).write_bytes(text)
    said = [read(tmp_path / name)[1] for name in ("a.nt", "b.nt", "c.nt")]
    assert said[0] == said[1] != said[2]


def test_where_iris_are_relative_the_place_of_the_file_is_part_of_what_is_said(
    tmp_path: Path,
) -> None:
    for name in ("a.ttl", "b.ttl"):
        (tmp_path / name).write_text("<> a <urn:c> .", encoding="utf-8")
    assert read(tmp_path / "a.ttl")[1] != read(tmp_path / "b.ttl")[1]


@pytest.mark.parametrize(
    ("name", "stored", "what"),
    [
        ("a.nt", LINES + b"<urn:a> <urn:b> .\n", r"a\.nt:3:\d+: "),
        ("a.nt.gz", gzip.compress(LINES + b"<urn:a> <urn:b> .\n"), r"a\.nt\.gz:3:\d+: "),
        ("a.nt.gz", gzip.compress(LINES * 9999)[:-20], r"a\.nt\.gz: Compressed file ended"),
        ("a.nt.gz", LINES, r"a\.nt\.gz: Not a gzipped file"),
        ("a.nt", b"\xff", r"a\.nt:1:\d+: "),
        ("a.gz", gzip.compress(LINES), r"a\.gz: no RDF format has this extension"),
        ("a.csv", LINES, r"a\.csv: no RDF format has this extension"),
    ],
    ids=["line", "packed", "cut", "unpacked", "encoding", "no-format", "other-format"],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, name: str, stored: bytes, what: str
) -> None:
    (tmp_path / name).write_bytes(stored)
    with pytest.raises(Unreadable, match=what):
        read(tmp_path / name)
