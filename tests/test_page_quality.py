"""The quality page: what is known of the snapshot that is served, and nothing else."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import LANGUAGES, LAYERS, Config
from seisaku.conformance import Conformance
from seisaku.workers import WorkerPool

SOURCE = REPOSITORY.parent / "shared" / "source" / "strategy-slides.txt"


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config(snapshots=built.parent)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config, None, built.name).test_client()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[FlaskClient]:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    with WorkerPool([tmp_path / "a.ttl"], Config()) as pool:
        yield create_app(pool, Config(), digest="0" * 64).test_client()


def test_it_says_version_digest_and_the_number_of_statements_of_each_layer(
    client: FlaskClient, built: Path
) -> None:
    page = client.get("/en/quality").text
    manifest = snapshot.manifest(built)
    assert f"<code>{built.name}</code>" in page
    assert f"pyshacl {manifest['versions']['pyshacl']}" in page
    for layer in LAYERS:
        assert f'<td class="number">{manifest["triples"][layer]:,}</td>' in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_rule_stands_at_its_anchor_in_the_language_of_the_page(
    client: FlaskClient, built: Path, lang: str
) -> None:
    page = client.get(f"/{lang}/quality").text
    anchors = re.findall(r'\bid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    rules = {rule.iri: rule for shape in Conformance(built).shapes for rule in shape.rules}
    said = unescape(page)
    for iri, rule in rules.items():
        assert iri.rpartition("#")[2] in anchors
        assert rule.messages[lang] in said
    assert f"{len(rules)} rules" in page or f"規則{len(rules)}件" in page


def test_it_lists_what_the_source_does_not_state_with_its_lines(client: FlaskClient) -> None:
    page = client.get("/en/quality").text
    listed = re.search(r'<ul class="matters">.*?</ul>', page, re.DOTALL)
    assert listed
    assert listed[0].count("<li>") == 42
    assert 'href="/en/id/unstated-matter/budgets-total"' in listed[0]
    assert 'href="/en/source/strategy-slides#L134"' in listed[0]


def test_it_lists_the_external_sources_with_the_day_they_were_seen(client: FlaskClient) -> None:
    page = client.get("/en/quality").text
    assert page.count('<td class="day">2026-') == 44
    assert 'href="https://www.cao.go.jp/press/new_wave/20251003.html"' in page


def test_it_counts_the_english_names_by_who_they_come_from(client: FlaskClient) -> None:
    rows = re.findall(
        r">(official|semi-official|ours)</a>.*?number\">(\d+)<", client.get("/en/quality").text
    )
    assert {name for name, _ in rows} == {"official", "semi-official", "ours"}
    assert all(int(count) > 0 for _, count in rows)


def test_it_says_by_which_rules_the_inferred_statements_follow(client: FlaskClient) -> None:
    page = client.get("/en/quality").text
    row = re.search(r"<tr><td><a[^>]+#occursIn.*?</tr>", page)
    assert row
    assert "chain of properties" in row[0]
    assert "another rule" not in page


def test_blank_lines_are_told_apart_only_where_the_text_is_at_hand(
    client: FlaskClient, built: Path
) -> None:
    assert "how many cannot be told here" in client.get("/en/quality").text
    config = Config(snapshots=built.parent, source=(SOURCE,))
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        page = create_app(pool, config, None, built.name).test_client().get("/en/quality").text
    assert "<strong>239 / 239</strong>" in page
    assert "156 of the 395 lines are blank" in page


def test_the_number_of_gates_is_that_of_the_list() -> None:
    gates = (REPOSITORY / "docs" / "gates.md").read_text(encoding="utf-8")
    count = len(re.findall(r"^\| \d+ \|", gates, re.MULTILINE))
    words = (REPOSITORY / "server/seisaku/translations/quality.toml").read_text(encoding="utf-8")
    assert f"{count} quality gates" in words
    assert f"（{count}項目）" in words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_of_other_peoples_data_nothing_is_claimed(bare: FlaskClient, lang: str) -> None:
    found = bare.get(f"/{lang}/quality")
    assert found.status_code == 200
    for claim in ("Conforms", "適合", "rdflib", "SHACL", "239"):
        assert claim not in found.text
    assert f"<code>{'0' * 64}</code>" in found.text
