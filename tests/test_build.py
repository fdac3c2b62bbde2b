"""Build: load, validate, reason, describe, snapshot, in this order."""

import pytest

from seisaku import snapshot
from seisaku.build import build, close
from seisaku.config import Config
from seisaku.errors import InvalidData


def test_each_step_says_what_came_of_it_in_order(config: Config) -> None:
    told: list[tuple[str, str]] = []
    build(config, lambda step, what: told.append((step, what)))
    assert [step for step, _ in told] == ["load", "validate", "reason", "describe", "snapshot"]
    assert "from 5 files" in told[0][1]


def test_the_data_are_validated_before_anything_is_inferred(config: Config) -> None:
    with (config.root / "data/document/hubs.ttl").open("a", encoding="utf-8") as file:
        file.write("ex:new a ssk:Designation ; ssk:designatesHub seg:L1 .\n")
    told: list[str] = []
    with pytest.raises(InvalidData):
        build(config, lambda step, _: told.append(step))
    assert told == ["load"]


def test_a_check_writes_nothing(config: Config) -> None:
    layers, *_ = close(config.root, lambda _step, _what: None)
    assert layers["inferred"]
    assert not config.snapshots.exists()
    assert snapshot.find(config.snapshots, snapshot.digest(config.root)) is None
