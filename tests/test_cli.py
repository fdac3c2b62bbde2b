"""The command line: what it prints, where, and its exit codes 0, 1 (input) and 2 (call)."""

import json
import os
import pty
import subprocess
import sys
from dataclasses import Field, fields
from pathlib import Path

import pytest

from seisaku import cli
from seisaku.config import Config
from seisaku.query import FORMATS

HUBS = "SELECT ?hub { ?hub a <https://w3id.org/seisaku/def#Hub> }"
COMMANDS = ("check", "build", "serve", "query", "search", "mcp", "export", "coverage", "diff")


@pytest.fixture
def environment(config: Config, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("SEISAKU_ROOT", str(config.root))
    monkeypatch.setenv("SEISAKU_SNAPSHOTS", str(config.snapshots))
    return config


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "mine.ttl"
    file.write_text("<urn:a> <urn:b> '東北'@ja .\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_examples(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([command, "--help"])
    assert caught.value.code == 0
    assert f"  seisaku {command}" in capsys.readouterr().out


def test_no_command_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "COMMAND" in capsys.readouterr().err


def test_an_unknown_option_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--jsn"]) == 2
    assert "--jsn" in capsys.readouterr().err


def test_a_misspelt_setting_is_a_wrong_call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEISAKU_DEADLNE", "1")
    assert cli.main(["check"]) == 2
    assert "SEISAKU_DEADLNE" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--deadlne", "--dead", "--answer_bytes"])
def test_a_flag_that_is_misspelt_or_cut_short_is_a_wrong_call(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", flag, "5"]) == 2
    assert flag in capsys.readouterr().err


def test_a_flag_goes_before_its_setting_and_is_read_as_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEISAKU_WORKERS", "2")
    assert cli.main(["serve", "--workers", "none"]) == 2
    assert "SEISAKU_WORKERS: 'none' is not int" in capsys.readouterr().err


@pytest.mark.parametrize("each", fields(Config), ids=lambda each: each.name)
def test_each_setting_is_a_flag_of_serve(
    each: Field[object], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])
    assert f"--{each.name.replace('_', '-')} VALUE" in capsys.readouterr().out


def test_check_says_that_the_graph_is_sound_and_writes_nothing(
    environment: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check"]) == 0
    out = capsys.readouterr()
    assert out.out.startswith("The graph is sound: ")
    assert out.err == ""
    assert not environment.snapshots.exists()


def test_check_prints_json_for_a_machine(
    environment: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert environment
    assert cli.main(["check", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["conforms"] is True
    assert said["triples"]["document"] == 23


def test_check_of_a_broken_file_is_exit_1_with_its_place(
    environment: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    hubs = environment.root / "data/document/hubs.ttl"
    hubs.write_text("ex:a .", encoding="utf-8")
    assert cli.main(["check"]) == 1
    out = capsys.readouterr()
    assert out.err.startswith(f"seisaku: {hubs}:1:1: ")
    assert out.out == ""


def test_build_prints_the_folder_of_the_snapshot(
    environment: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["build"]) == 0
    folder = Path(capsys.readouterr().out.strip())
    assert folder.parent == environment.snapshots
    assert cli.main(["build", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["digest"] == folder.name


def test_query_builds_what_is_missing_and_prints_csv_when_piped(
    environment: Config, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert environment
    assert cli.main(["query", HUBS]) == 0
    assert capfdbinary.readouterr().out == (
        b"hub\r\nhttps://w3id.org/seisaku/id/example/tohoku\r\n"
    )


def test_query_reads_a_file(
    data: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "f.rq"
    file.write_text("ASK { ?s ?p '東北'@ja }", encoding="utf-8")
    assert cli.main(["query", "--file", str(file), "--data", str(data), "--format", "json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["boolean"] is True


def test_query_prints_a_graph_as_turtle_when_no_format_is_asked(
    data: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert cli.main(["query", "--data", str(data), "CONSTRUCT WHERE { ?s ?p ?o }"]) == 0
    assert capfdbinary.readouterr().out.decode() == '<urn:a> <urn:b> "東北"@ja .\n'


def test_query_prints_a_table_on_a_terminal(data: Path) -> None:
    printed = _on_a_terminal("query", "--data", str(data), "SELECT ?o { ?s ?p ?o }")
    assert "│ 東北 │" in printed
    assert "1 row" in printed


def test_progress_is_told_on_a_terminal(environment: Config) -> None:
    assert environment
    printed = _on_a_terminal("check")
    for step in ("load", "validate", "reason"):
        assert step in printed


def _on_a_terminal(*arguments: str) -> str:
    """Run the command with a terminal as its output and give what it showed."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "seisaku.cli", *arguments]
    with subprocess.Popen(command, stdout=follower, stderr=follower) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                shown += os.read(leader, 65536)
            except OSError:  # Linux: the last writer closed the terminal
                break
        os.close(leader)
        assert process.wait() == 0
    return shown.decode()


def test_a_table_shows_an_ask_as_true_or_false() -> None:
    assert cli.table({"head": {}, "boolean": False}) == "false"


def test_a_table_leaves_an_unbound_cell_empty() -> None:
    results = {"head": {"vars": ["a", "b"]}, "results": {"bindings": [{"a": {"value": "x"}}]}}
    assert "│ x │   │" in cli.table(results)


def test_a_malformed_query_is_exit_1_with_line_and_column(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["query", "--data", str(data), "SELECT *\nWHERE { ?s ?p }"]) == 1
    assert capsys.readouterr().err.startswith("seisaku: query:2:16: ")


def test_a_format_that_the_answer_cannot_have_is_exit_1(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["query", "--data", str(data), "--format", "turtle", "ASK {}"]) == 1
    assert "application/sparql-results+json" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], [HUBS, "--file", "f.rq"]])
def test_query_takes_just_one_query(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["query", *arguments]) == 2
    assert "give one query" in capsys.readouterr().err


def test_a_query_file_that_is_missing_is_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["query", "--file", "gone.rq"]) == 1
    assert capsys.readouterr().err == "seisaku: gone.rq: No such file or directory\n"


def test_a_query_file_that_is_not_utf_8_is_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f.rq").write_bytes(b"\xff")
    assert cli.main(["query", "--file", str(tmp_path / "f.rq")]) == 1
    assert "not UTF-8" in capsys.readouterr().err


def test_a_data_file_that_does_not_parse_is_exit_1_with_its_place(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data.write_text("<urn:a> <urn:b> ] .", encoding="utf-8")
    assert cli.main(["query", "--data", str(data), "ASK {}"]) == 1
    assert capsys.readouterr().err.startswith(f"seisaku: {data}:1:17: ")


def test_data_are_served_with_plain_dataset_semantics(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "two.nq"
    file.write_text("<urn:a> <urn:b> <urn:c> <urn:g> .\n<urn:a> <urn:b> <urn:d> .\n", "utf-8")
    assert cli.main(["query", "--data", str(file), "SELECT ?o { ?s ?p ?o }"]) == 0
    assert capfdbinary.readouterr().out == b"o\r\nurn:d\r\n"


def test_export_writes_every_format(
    environment: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert environment
    assert cli.main(["export", str(tmp_path / "out")]) == 0
    written = capsys.readouterr().out.splitlines()
    suffixes = {Path(line).suffix for line in written}
    assert {".jsonld", ".nq", ".nt", ".rdf", ".trig", ".ttl", ".csv", ".xlsx"} <= suffixes
    assert cli.main(["export", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"] == written


def test_coverage_lists_each_line_and_what_is_left_over(
    environment: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["coverage", "--source", str(environment.root / "source.txt")]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "L1 id/example/tohoku"
    assert out[-3:] == [
        "3 of 4 lines are cited by a record",
        "lines without a record: L5",
        "records without a line: none",
    ]


def test_coverage_that_must_be_complete_and_is_not_is_exit_1(
    environment: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(environment.root / "source.txt")
    assert cli.main(["coverage", "--source", source, "--complete", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["uncited"] == [5]


def test_coverage_prints_the_line_records(
    environment: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(environment.root / "source.txt")
    assert cli.main(["coverage", "--source", source, "--segments"]) == 0
    assert "seg:L3-L4 a ssk:SourceSegment ;" in capsys.readouterr().out


def test_a_reader_that_goes_away_is_no_error_of_ours(environment: Config) -> None:
    source = str(environment.root / "source.txt")
    command = f"{sys.executable} -m seisaku.cli coverage --source {source} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True)
    assert b"Traceback" not in done.stderr


def test_the_formats_are_those_of_the_endpoint() -> None:
    assert set(cli.QUERY_FORMATS) == {"table", *FORMATS}


def test_search_prints_hits_and_their_number(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data.write_text(
        "<urn:a> <http://www.w3.org/2000/01/rdf-schema#label> '東北'@ja , 'Tohoku'@en .\n"
        "<urn:b> <http://www.w3.org/2000/01/rdf-schema#label> '東北大学'@ja .\n",
        encoding="utf-8",
    )
    assert cli.main(["search", "東北", "--lang", "en", "--limit", "1", "--data", str(data)]) == 0
    said = capsys.readouterr()
    assert said.out == "Tohoku\t\texact\turn:a\n"
    assert said.err == "1 found, of 2\n"
    assert cli.main(["search", "東北", "--json", "--data", str(data)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["iri"] for each in found["results"]] == ["urn:a", "urn:b"]


def test_a_search_that_cannot_be_is_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["search", "a", "--kind", "Hub", "--data", str(data)]) == 1
    assert "no kind “Hub”" in capsys.readouterr().err
    assert cli.main(["search", "a", "--limit", "0", "--data", str(data)]) == 2
    assert "no number from 1 on" in capsys.readouterr().err
