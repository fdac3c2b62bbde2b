"""Export: the files of a snapshot, the same bytes each time, each there whole or not at all."""

import gzip
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from seisaku import cli, snapshot
from seisaku.build import build
from seisaku.config import Config
from seisaku.distribution import GROUPS, INDEX, SUMS
from seisaku.errors import Unreadable, UsageError
from seisaku.export import distributions, export


@pytest.fixture
def dataset(config: Config) -> Path:
    return build(config, lambda _step, _what: None) / snapshot.DATASET


def test_the_same_dataset_gives_the_same_bytes(built: Path, exported: Path, tmp_path: Path) -> None:
    again = export(built / snapshot.DATASET, tmp_path)
    assert {each.name for each in again} == {each.name for each in exported.iterdir()}
    for file in again:
        assert file.read_bytes() == (exported / file.name).read_bytes(), file.name


def test_each_file_is_listed_with_its_size_digest_and_what_it_is_for(exported: Path) -> None:
    listed = json.loads((exported / INDEX).read_text(encoding="utf-8"))["files"]
    assert [each["name"] for each in listed] == [each.name for each in distributions()]
    for each in listed:
        content = (exported / each["name"]).read_bytes()
        assert each["bytes"] == len(content) > 0
        assert each["sha256"] == hashlib.sha256(content).hexdigest()
        assert each["group"] in GROUPS
        assert all(each["title"][lang] for lang in ("ja", "en"))
        if "gzip" in each:
            packed = (exported / each["gzip"]["name"]).read_bytes()
            assert gzip.decompress(packed) == content
            assert each["gzip"]["sha256"] == hashlib.sha256(packed).hexdigest()


def test_the_digests_are_those_that_sha256sum_checks(exported: Path) -> None:
    command = ["sha256sum", "--check", "--strict", "--quiet", SUMS]
    assert subprocess.run(command, cwd=exported, check=False).returncode == 0
    lines = (exported / SUMS).read_text(encoding="utf-8").splitlines()
    assert {line.split()[1] for line in lines} == {
        each.name for each in exported.iterdir() if each.name not in (SUMS, INDEX)
    }


def test_what_else_is_in_the_folder_stays(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "seisaku.nq").write_text("old", encoding="utf-8")
    export(dataset, tmp_path)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "seisaku.nq").read_bytes() == dataset.read_bytes()


def test_a_folder_that_is_a_file_is_an_error(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(Unreadable, match="out: File exists"):
        export(dataset, tmp_path / "out")


def test_nothing_half_written_stays(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "seisaku.trig").mkdir(parents=True)  # in the way of a file
    with pytest.raises(Unreadable, match="out: Is a directory"):
        export(dataset, tmp_path / "out")
    assert {each.name for each in (tmp_path / "out").iterdir()} == {
        *("seisaku.nq", "seisaku.nq.gz", "seisaku.trig")
    }


def test_a_dataset_that_is_none_is_an_error_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "dataset.nq").write_text("<urn:a> <urn:b> 1 .", encoding="utf-8")
    with pytest.raises(Unreadable, match=r"dataset\.nq:1:"):
        export(tmp_path / "dataset.nq", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_writes_the_files_of_the_groups_asked_for(
    config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SEISAKU_ROOT", str(config.root))
    monkeypatch.setenv("SEISAKU_SNAPSHOTS", str(config.snapshots))
    assert cli.main(["export", str(tmp_path / "out"), "--only", "dumps", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert {Path(each).name for each in files} == {
        each.name for each in (tmp_path / "out").iterdir()
    }
    names = {each["name"] for each in json.loads((tmp_path / "out" / INDEX).read_text())["files"]}
    assert names == {each.name for each in distributions() if each.group == "dumps"}


@pytest.mark.parametrize(
    "arguments", [["export"], ["export", "out", "--only", "pictures"], ["export", "out", "--bon"]]
)
def test_a_wrong_call_is_refused_and_writes_nothing(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        cli._parser().parse_args(arguments)
    assert cli.main(arguments) == 2
    assert not list(tmp_path.iterdir())
