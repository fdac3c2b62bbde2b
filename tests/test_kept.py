"""Kept: what a build leaves for the next one is used whole or not at all, and takes little room."""

import os
from pathlib import Path

import pytest

from seisaku import kept as module
from seisaku.kept import Kept


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "kept", "a" * 64)


def test_what_is_put_is_there_for_the_same_input_only(kept: Kept) -> None:
    kept.put("rules", "of", "these", value={"東京": [1]})
    assert kept.get("rules", "of", "these") == {"東京": [1]}
    assert kept.get("rules", "ofthese") is None
    assert kept.get("query", "of", "these") is None


def test_what_other_code_has_written_is_not_used_and_is_removed(tmp_path: Path) -> None:
    Kept(tmp_path, "a" * 64).put("rules", "x", value=1)
    other = Kept(tmp_path, "b" * 64)
    assert other.get("rules", "x") is None
    other.prune()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"1", b'{"a":', b"\0\0\0", b"\xff", b"0" * 64 + b"\n2"])
def test_a_file_that_a_crash_has_spoilt_is_as_good_as_none(
    kept: Kept, tmp_path: Path, content: bytes
) -> None:
    kept.put("rules", "x", value=1)
    (file,) = (tmp_path / "kept").iterdir()
    file.write_bytes(content)
    assert kept.get("rules", "x") is None
    kept.put("rules", "x", value=2)
    assert kept.get("rules", "x") == 2


def test_a_value_that_cannot_be_written_leaves_nothing(kept: Kept, tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        kept.put("rules", "x", value=object())
    assert not (tmp_path / "kept").exists()


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file", encoding="utf-8")
    kept = Kept(tmp_path / "kept", "a" * 64)
    kept.put("rules", "x", value=1)
    assert kept.get("rules", "x") is None


def test_what_was_used_last_the_longest_ago_goes_when_there_is_too_much(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        kept.put("rules", name, value=name * 100)
    for file in (tmp_path / "kept").iterdir():
        os.utime(file, (1, 1))
    assert kept.get("rules", "b")
    monkeypatch.setattr(module, "MOST", 250)
    kept.prune()
    assert [kept.get("rules", each) is None for each in "abc"] == [True, False, True]
