"""Settings: one field each, from the environment, and a misspelt one is refused."""

from dataclasses import fields
from pathlib import Path

import pytest

from seisaku.config import PREFIX, Config
from seisaku.errors import UsageError


def test_defaults_are_those_of_the_fields() -> None:
    assert Config.from_environment({}) == Config()


def test_a_setting_is_read_from_the_environment() -> None:
    given = {"SEISAKU_PORT": "0", "SEISAKU_DEADLINE": "2.5", "SEISAKU_ROOT": "/x", "HOME": "/y"}
    config = Config.from_environment(given)
    assert (config.port, config.deadline, config.root) == (0, 2.5, Path("/x"))


@pytest.mark.parametrize(
    ("value", "meant"), [("1", True), ("true", True), ("No", False), ("0", False)]
)
def test_a_truth_is_said_in_the_usual_ways(value: str, meant: bool) -> None:
    assert Config.from_environment({"SEISAKU_LOG_QUERIES": value}).log_queries is meant


def test_a_misspelt_setting_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"no such setting: SEISAKU_DEADLNE\. Known: .*DEADLINE"):
        Config.from_environment({"SEISAKU_DEADLNE": "2"})


def test_a_value_of_the_wrong_kind_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="SEISAKU_PORT: 'x' is not int"):
        Config.from_environment({"SEISAKU_PORT": "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKERS", "0"),
        ("DEADLINE", "0"),
        ("DEADLINE", "nan"),
        ("MEMORY", "-1"),
        ("QUEUE", "-1"),
        ("PORT", "65536"),
        ("PROXIES", "-1"),
        ("STOP_SECONDS", "-1"),
        ("STOP_SECONDS", "nan"),
        ("LOG_LEVEL", "loud"),
        ("REASONER", "hermit"),
        ("VALIDATOR", "jena"),
        ("LOG_QUERIES", "perhaps"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=PREFIX + name):
        Config.from_environment({PREFIX + name: value})


@pytest.mark.parametrize("each", fields(Config), ids=lambda each: each.name)
def test_every_setting_says_what_it_is(each: object) -> None:
    assert getattr(each, "metadata")["help"].endswith(".")  # noqa: B009  # a Field has no type here
