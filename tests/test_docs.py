"""README says what the code does: settings, routes, commands, targets, files."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask

from conftest import REPOSITORY
from seisaku import cli, errors
from seisaku.app import create_app
from seisaku.config import GRAPH, LAYERS, PREFIX, Config
from seisaku.errors import RequestError
from seisaku.query import FORMATS
from seisaku.questions import ASKERS, CLASSES, PLAIN, TEXTS, read
from seisaku.workers import WorkerPool

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


@pytest.mark.parametrize("setting", fields(Config), ids=lambda each: each.name)
def test_each_setting_is_documented_with_its_help(setting: object) -> None:
    name, help_ = getattr(setting, "name"), getattr(setting, "metadata")["help"]  # noqa: B009
    rows = [row for row in README.splitlines() if row.startswith(f"| `{PREFIX}{name.upper()}` |")]
    assert len(rows) == 1
    assert rows[0].endswith(f"| {help_} |")


def test_no_setting_is_documented_that_is_not_there() -> None:
    documented = set(re.findall(rf"`{PREFIX}(\w+)`", README))
    assert documented == {each.name.upper() for each in fields(Config)}


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_each_command_is_documented(command: str) -> None:
    assert f"`seisaku {command}" in README


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_is_documented(layer: str) -> None:
    assert f"{GRAPH}…" in README
    assert f"| `{layer}` |" in README


def test_each_target_of_make_is_documented_and_helped() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]
    helped = subprocess.run(
        ["make", "--silent", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[1] for line in helped.splitlines()} == targets
    for target in targets:
        assert (
            f"`{target}`" in README or f"`make {target}`" in README or f"make {target} " in README
        )


def test_each_route_is_documented() -> None:
    routes = set()
    for rule in _application().url_map.iter_rules():
        route = rule.rule.replace("<any(ja, en):lang>", "{ja,en}")
        route = re.sub("<path:[a-z]+>", "…", route)
        route = re.sub(
            r"<any\(([^)]*)\):[a-z]+>", lambda any_: f"{{{any_[1].replace(' ', '')}}}", route
        )
        routes.add(route)
    assert routes == set(re.findall(r"^\| `(/[^`]*)` \|", README, re.MULTILINE))


def _application() -> Flask:
    with WorkerPool([], Config()) as pool:
        return create_app(pool, Config())


def test_each_error_is_documented_with_its_status() -> None:
    documented = set(re.findall(r"^\| (\d+) \| `([a-z-]+)` \|", README, re.MULTILINE))
    assert documented == {
        (str(int(error.status)), error.problem) for error in RequestError.__subclasses__()
    }


def test_each_problem_has_its_texts_in_both_languages_with_the_same_places() -> None:
    problems = {error.problem for error in RequestError.__subclasses__()}
    said = {name for name in errors.messages() if not name.startswith("http-")}
    assert said == problems
    for reasons in errors.messages().values():
        assert "title" in reasons
        for texts in reasons.values():
            assert texts.keys() == {"ja", "en"}
            places = [set(re.findall(r"{(\w+)", text)) for text in texts.values()]
            assert places[0] == places[1]


def test_each_reason_that_the_code_gives_has_a_text_and_each_text_is_given() -> None:
    given = {("too-slow", "body"), ("bad-query", "unexpected"), ("bad-query", "end")}
    given |= {("bad-query", "unexpected-one-of"), ("bad-query", "end-one-of")}
    names = {error.__name__: error.problem for error in RequestError.__subclasses__()}
    for file in (REPOSITORY / "server" / "seisaku").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        found = re.findall(r'\b([A-Z]\w+)\(\s*"([a-z0-9-]+)"', text)
        given |= {(names[error], reason) for error, reason in found if error in names}
    given |= {("queue-full", reason) for reason in ("no-worker", "waiting", "stopping")}
    written = {
        (problem, reason)
        for problem, reasons in errors.messages().items()
        for reason in reasons
        if not problem.startswith("http-") and reason != "title"
    }
    assert given == written


def test_each_error_is_in_the_tree_that_is_drawn() -> None:
    drawn = set(re.findall(r"[-+*] ([A-Z]\w+)", errors.__doc__ or ""))
    there = {
        name
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, errors.SeisakuError)
    }
    assert drawn == there


def test_each_format_is_documented() -> None:
    assert " ".join(FORMATS) in " ".join(README.split())


def test_each_key_of_a_question_file_is_documented_with_its_values() -> None:
    section = README.partition("\n## Questions\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+)`", " ".join(rows))) == {*PLAIN, *TEXTS}
    for value in (*ASKERS, *CLASSES):
        assert f"`{value}`" in section
    assert f"has {len(read(REPOSITORY / 'data' / 'queries'))} questions" in section


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_each_file_that_a_page_names_or_shows_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:data|docs|bench|ontology|shapes|server|tests)/[^`<]*)`", text)
    assert named
    for name in named:
        assert list(REPOSITORY.glob(name.partition("::")[0])), name
    for picture in re.findall(r"!\[[^]]+\]\(([^)]+)\)", text):
        assert (page.parent / picture).stat().st_size < 200_000, picture
