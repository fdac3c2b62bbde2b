"""Reference: the same facts for people, for BibTeX and for CSL-JSON."""

import json
from dataclasses import replace
from datetime import date

import pytest

from seisaku.reference import FORMS, Reference, bibtex, csl_json, text

FOUND = Reference(
    lang="en",
    iri="https://w3id.org/seisaku/id/hub/tokyo",
    title="R&D in 100% of #1",
    container="Seisaku",
    author="Seisaku maintainers",
    year=2026,
    version="version 0.1.0, data abc",
    document="Slides",
    lines=((172, 173), (253, 253)),
    licence="CC BY 4.0",
    accessed=date(2026, 3, 4),
)
JAPANESE = replace(
    FOUND, lang="ja", title="東京圏", container="政策", version="0.1.0版", document="資料"
)


def test_english_reads_as_a_reference() -> None:
    assert text(FOUND) == (
        "Seisaku maintainers (2026). “R&D in 100% of #1”. In: Seisaku (version 0.1.0, data abc). "
        "Based on “Slides”, lines 172–173, 253. CC BY 4.0. https://w3id.org/seisaku/id/hub/tokyo "
        "(accessed 4 March 2026)."
    )


def test_japanese_reads_as_a_reference() -> None:
    assert text(JAPANESE) == (
        "「東京圏」『政策』（0.1.0版）、Seisaku maintainers、2026年、"
        "根拠：「資料」172〜173・253行目、CC BY 4.0、"
        "https://w3id.org/seisaku/id/hub/tokyo（2026年3月4日閲覧）。"
    )


@pytest.mark.parametrize(("lines", "said"), [(((7, 7),), "line 7."), (((7, 8),), "lines 7–8.")])
def test_one_line_is_a_line_and_two_are_lines(lines: tuple[tuple[int, int]], said: str) -> None:
    assert said in text(replace(FOUND, lines=lines))


def test_what_rests_on_no_line_says_none() -> None:
    assert "line" not in text(replace(FOUND, lines=(), document=None))


def test_bibtex_escapes_what_is_its_own() -> None:
    written = bibtex(FOUND)
    assert written.startswith("@misc{seisaku-id-hub-tokyo,\n")
    assert r"title = {{R\&D in 100\% of \#1}}" in written
    assert "urldate = {2026-03-04}" in written
    assert written.count("{") - written.count(r"\{") == written.count("}") - written.count(r"\}")


def test_csl_json_has_the_dates_in_parts() -> None:
    (item,) = json.loads(csl_json(JAPANESE))
    assert item["accessed"] == {"date-parts": [[2026, 3, 4]]}
    assert item["issued"] == {"date-parts": [[2026]]}
    assert (item["title"], item["language"], item["URL"]) == ("東京圏", "ja", FOUND.iri)
    assert item["author"] == [{"literal": "Seisaku maintainers"}]


def test_a_dataset_without_a_date_is_cited_without_one() -> None:
    found = replace(FOUND, year=None)
    assert "issued" not in json.loads(csl_json(found))[0]
    assert text(found).startswith("Seisaku maintainers. ")


def test_each_form_has_a_media_type() -> None:
    assert {suffix: media_type for suffix, (media_type, _) in FORMS.items()} == {
        "txt": "text/plain",
        "bib": "application/x-bibtex",
        "json": "application/vnd.citationstyles.csl+json",
    }
