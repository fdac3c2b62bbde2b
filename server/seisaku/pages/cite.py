"""Cite: how to cite a thing or a line, to be copied or downloaded."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Response, abort, url_for

from ..config import BASE, LANGUAGES
from ..description import served
from ..documents import ONTOLOGY
from ..reference import FORMS, Reference, bibtex, csl_json, text, today
from .facts import LEFT_OPEN_IN, STATED_IN, Near
from .frame import in_order, page, pages, rows
from .outline import Line, Outline, outline
from .thing import known

if TYPE_CHECKING:
    from ..description import Description

LICENCES = {"https://creativecommons.org/licenses/by/4.0/": "CC BY 4.0"}
DIGEST = 12
"""So many characters of the data's digest tell versions apart."""


@pages.get(
    "/<any(ja, en):lang>/cite/<any(id, scheme, ont):kind>/<path:name>.<any(txt, bib, json):form>"
)
def cite_thing(lang: str, kind: str, name: str, form: str) -> Response:
    """Give the citation of a thing as text, in BibTeX or in CSL-JSON."""
    return _response(of_thing(known(kind, name), lang), form)


@pages.get("/<any(ja, en):lang>/cite/source/<slug>/L<int:number>.<any(txt, bib, json):form>")
def cite_line(lang: str, slug: str, number: int, form: str) -> Response:
    """Give the citation of a line of a source document as text, in BibTeX or in CSL-JSON."""
    found = outline(slug, lang)
    if found is None or not 1 <= number <= found.count:
        abort(404)
    return _response(of_line(found, found.lines[number - 1], lang), form)


def of_thing(iri: str, lang: str, near: Near | None = None) -> Reference:
    """Give the citation of a thing; `near` is what is known of it in `lang`, if it is."""
    near = near or Near([iri], lang)
    terms = [*near.said(iri, STATED_IN), *near.said(iri, LEFT_OPEN_IN)]
    known_ = served().description.passages
    passages = [known_[each] for each in in_order({term["value"] for term in terms})]
    document = passages[0].document if passages else ""
    near.read([document] if document else [])
    lines = tuple((each.first, each.last) for each in passages if each.document == document)
    title, name = (near.labels.get(each) for each in (iri, document))
    return _cited(iri, title.text if title else iri, lang, name.text if name else None, lines)


def of_line(found: Outline, line: Line, lang: str) -> Reference:
    """Give the citation of a line, by the permalink of the shortest passage that it lies in."""
    place = {"ja": f"、{line.number}行目", "en": f", line {line.number}"}[lang]
    iri = line.segments[0] if line.segments else found.iri
    return _cited(iri, found.title.text + place, lang, None, ((line.number, line.number),))


def box(citations: list[Reference], lang: str, addresses: dict[str, str]) -> str:
    """Write the section of a page that shows how to cite: `citations` by language, ours first.

    `addresses` are those of the downloads, by suffix.
    """
    ours = citations[0]
    forms = [("BibTeX", bibtex(ours), "bib"), ("CSL-JSON", csl_json(ours), "json")]
    texts = [(each.lang, text(each)) for each in citations]
    return page("cite", lang, texts=texts, forms=forms, addresses=addresses)


def box_of_thing(iri: str, lang: str, near: Near) -> str:
    """Write the section that shows how to cite a thing; `near` is what is known of it in `lang`."""
    kind, _, name = iri.removeprefix(BASE).partition("/")
    if kind == "graph" or not name:
        return ""
    return box(
        [of_thing(iri, each, near if each == lang else None) for each in _ours_first(lang)],
        lang,
        {
            each: url_for("pages.cite_thing", lang=lang, kind=kind, name=name, form=each)
            for each in FORMS
        },
    )


def box_of_line(slug: str, number: int, lang: str) -> str:
    """Write the section that shows how to cite a line."""
    found = [(each, outline(slug, each)) for each in _ours_first(lang)]
    return box(
        [of_line(each, each.lines[number - 1], other) for other, each in found if each],
        lang,
        {
            each: url_for("pages.cite_line", lang=lang, slug=slug, number=number, form=each)
            for each in FORMS
        },
    )


def _ours_first(lang: str) -> list[str]:
    return sorted(LANGUAGES, key=lambda each: each != lang)


def _cited(
    iri: str,
    title: str,
    lang: str,
    document: str | None,
    lines: tuple[tuple[int, int], ...],
) -> Reference:
    told = _dataset(served().description, lang)
    number = {"ja": f"{told['version']}版", "en": f"version {told['version']}"}[lang]
    digest = served().digest[:DIGEST]
    data = {"ja": f"データ{digest}", "en": f"data {digest}"}[lang] if digest else ""
    return Reference(
        lang=lang,
        iri=iri,
        title=title,
        container=told["title"],
        author=told["publisher"],
        year=int(told["modified"][:4]) if told["modified"] else None,
        version=", ".join(filter(None, (number if told["version"] else "", data))),
        document=document,
        lines=lines,
        licence=LICENCES.get(told["license"], told["license"]),
        accessed=today(),
    )


@lru_cache(maxsize=4)
def _dataset(_description: Description, lang: str) -> dict[str, str]:
    """Give what the header of the root ontology says of the whole."""
    found = dict.fromkeys(("title", "publisher", "modified", "version", "license"), "")
    for row in rows(HEADER):
        value = row["o"]
        name = row["p"]["value"].replace("#", "/").rpartition("/")[2].removesuffix("Info")
        if name in found and value.get("xml:lang", lang) == lang:
            found[name] = value["value"]
    return found


def _response(found: Reference, form: str) -> Response:
    media_type, write = FORMS[form]
    response = Response(write(found), content_type=f"{media_type}; charset=utf-8")
    name = f"{found.key}.{form}"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


HEADER = f"SELECT ?p ?o {{ <{ONTOLOGY}> ?p ?o }}"
