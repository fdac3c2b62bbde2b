"""Why: the page that explains a statement."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import BASE, LANGUAGES, Config
from seisaku.explain import RULES
from seisaku.pages.frame import words
from seisaku.workers import WorkerPool

DEF, ID = BASE + "def#", BASE + "id/"
LISTED = {
    "subject": ID + "designation/tokyo-p2",
    "predicate": DEF + "hasListedGovernment",
    "object": f"<{ID}area/08000>",
}


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config(workers=1)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config).test_client()


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["Tokyo area", "has listed government", "prp-spo2", "is the inverse of", ">L310<"]),
        ("ja", ["東京圏", "列挙された自治体", "prp-spo2", "逆の性質", ">L310<"]),
    ],
)
def test_an_inferred_statement_is_explained_to_its_line(
    client: FlaskClient, lang: str, said: list[str]
) -> None:
    found = client.get(f"/{lang}/why", query_string=LISTED)
    assert found.status_code == 200
    for each in said:
        assert each in found.text


def test_a_statement_that_people_wrote_is_told_to_be_so(client: FlaskClient) -> None:
    asked = {
        "subject": ID + "designation/tokyo-p2",
        "predicate": DEF + "designatesHub",
        "object": f"<{ID}hub/tokyo>",
    }
    assert "is not inferred" in client.get("/en/why", query_string=asked).text


def test_an_inferred_statement_that_no_rule_gives_is_told_to_be_so(tmp_path: Path) -> None:
    data = f"GRAPH <{BASE}graph/inferred> {{ <urn:a> <urn:p> <urn:b> }}"
    (tmp_path / "a.trig").write_text(data, encoding="utf-8")
    asked = {"subject": "urn:a", "predicate": "urn:p", "object": "<urn:b>"}
    with WorkerPool([tmp_path / "a.trig"], Config(workers=1), union_default_graph=True) as pool:
        found = create_app(pool, Config()).test_client().get("/en/why", query_string=asked)
    assert "we cannot show by which rule" in found.text


@pytest.mark.parametrize(
    "changed",
    [{"object": f"<{ID}area/47000>"}, {"object": "x"}, {"subject": ""}, {"predicate": "a b"}],
)
def test_what_the_dataset_does_not_say_is_not_found(
    client: FlaskClient, changed: dict[str, str]
) -> None:
    assert client.get("/en/why", query_string=LISTED | changed).status_code == 404


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_rule_is_told_in_words(lang: str) -> None:
    told = {each for each in words("why")[lang] if each.startswith("rule_")}
    assert told == {f"rule_{each.name.replace('-', '_')}" for each in RULES}
