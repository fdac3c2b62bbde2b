"""Crate: a RO-Crate that its validator accepts, with each file of the folder."""

import json
import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest
import rocrate
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.utils.http import HttpRequester

from seisaku.crate import CONTEXT, NAME
from seisaku.distribution import INDEX


def graph(folder: Path) -> dict[str, Any]:
    read = json.loads((folder / NAME).read_text(encoding="utf-8"))
    return {each["@id"]: each for each in read["@graph"]}


def test_each_file_is_described_with_what_the_list_says_of_it(exported: Path) -> None:
    listed = json.loads((exported / INDEX).read_text(encoding="utf-8"))["files"]
    described = graph(exported)
    others = [each for each in listed if each["name"] != NAME]
    assert [each["@id"] for each in described["./"]["hasPart"]] == [e["name"] for e in others]
    for each in others:
        entity = described[each["name"]]
        assert entity["@type"] == "File"
        assert entity["encodingFormat"] == each["mediaType"]
        assert entity["contentSize"] == str(each["bytes"])
        assert entity["sha256"] == each["sha256"]


class Context:
    """The context of RO-Crate as the RO-Crate library carries it: nothing is fetched."""

    status_code = 200
    from_cache = True
    headers: ClassVar = {"Content-Type": "application/ld+json"}
    text = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_text(encoding="utf-8")

    def json(self) -> Any:  # noqa: ANN401
        return json.loads(self.text)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(_self: object, uri: str, **_: object) -> Context:
        assert uri == CONTEXT, uri
        return Context()

    monkeypatch.setattr(HttpRequester, "get", get, raising=False)


def faults(folder: Path) -> list[str]:
    """What the validator finds against what RO-Crate 1.3 requires."""
    settings = ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="ro-crate-1.3",
        requirement_severity=Severity.REQUIRED,
    )
    return [str(issue.message) for issue in services.validate(settings).get_issues()]


@pytest.mark.filterwarnings("default")  # of the validator's libraries
def test_the_validator_accepts_it(exported: Path) -> None:
    assert faults(exported) == []


@pytest.mark.filterwarnings("default")
def test_the_validator_refuses_what_is_wrong(exported: Path, tmp_path: Path) -> None:
    for name in (NAME, "hubs.csv"):
        shutil.copy(exported / name, tmp_path)
    assert faults(tmp_path)  # files are missing
