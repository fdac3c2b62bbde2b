"""The Umaka score of a server of ours, computed from outside."""

import json
import subprocess
import sys

import pytest

from conftest import REPOSITORY

SCRIPT = REPOSITORY / "bench" / "umaka.py"


def told(*arguments: str) -> str:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def parts(served: str) -> dict[str, dict[str, float]]:
    read = json.loads(told(f"{served.replace('127.0.0.1', 'localhost')}/sparql", "--json"))
    parts: dict[str, dict[str, float]] = read["parts"]
    return parts


def test_it_is_alive_and_describes_itself(parts: dict[str, dict[str, float]]) -> None:
    assert parts["availability"]["score"] == 100
    assert parts["operation"]["score"] == 100


def test_it_is_useful_by_its_classes_and_vocabularies(parts: dict[str, dict[str, float]]) -> None:
    assert parts["usefulness"]["score"] > 80


def test_its_iris_are_cool_but_for_the_port_of_the_test(parts: dict[str, dict[str, float]]) -> None:
    assert parts["validity"]["score"] >= 50
    assert parts["freshness"]["score"] >= 30
    assert 0 <= parts["performance"]["score"] <= 100


def test_a_server_that_is_not_there_gets_the_lowest_rank() -> None:
    printed = told("http://127.0.0.1:9/sparql")
    assert "not alive" in printed
    assert printed.splitlines()[-1].endswith("rank E")
