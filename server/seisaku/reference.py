"""Reference: how to cite a record or a line, for people and for reference managers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

JAPAN = timezone(timedelta(hours=9), "JST")
"""Whose calendar says which day it is: the data are of Japan, and a page is the same for a day."""

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What is said of what is cited, in one language."""

    lang: str
    iri: str
    """The permalink."""
    title: str
    container: str
    """The name of the dataset."""
    author: str
    year: int | None
    version: str
    """The version of the data: its number, and the beginning of its digest."""
    document: str | None
    """The name of the source document that it rests on."""
    lines: tuple[tuple[int, int], ...]
    """The lines of it, both ends included."""
    licence: str
    accessed: date

    @property
    def key(self) -> str:
        """The name by which a bibliography calls it."""
        local = re.sub(r"^https?://[^/]+/|[^A-Za-z0-9]+", "-", self.iri).strip("-")
        ends = f"-L{self.lines[0][0]}" if "/source/" in self.iri and self.lines else ""
        return local + ends


def today() -> date:
    """Give the day on which something is looked at."""
    return datetime.now(JAPAN).date()


def text(found: Reference) -> str:
    """Write a citation for a text, in its language."""
    return _japanese(found) if found.lang == "ja" else _english(found)


def bibtex(found: Reference) -> str:
    """Write a citation as an entry of BibTeX."""
    fields = {
        "author": f"{{{_escaped(found.author)}}}",
        "title": f"{{{_escaped(found.title)}}}",
        "howpublished": _escaped(found.container),
        "year": str(found.year or found.accessed.year),
        "version": _escaped(found.version),
        "url": found.iri,
        "urldate": found.accessed.isoformat(),
        "note": _escaped(_note(found)),
        "langid": {"ja": "japanese", "en": "english"}[found.lang],
    }
    written = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{found.key},\n{written}\n}}\n"


def csl_json(found: Reference) -> str:
    """Write a citation as an item of CSL-JSON, as Zotero and citeproc read it."""
    day = found.accessed
    item: dict[str, Any] = {
        "id": found.key,
        "type": "dataset",
        "title": found.title,
        "container-title": found.container,
        "author": [{"literal": found.author}],
        "issued": {"date-parts": [[found.year]]} if found.year else None,
        "accessed": {"date-parts": [[day.year, day.month, day.day]]},
        "version": found.version,
        "URL": found.iri,
        "note": _note(found),
        "language": found.lang,
    }
    told = [
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in item.items()
        if value
    ]
    return "[{\n" + ",\n".join(told) + "\n}]\n"


FORMS: dict[str, tuple[str, Callable[[Reference], str]]] = {
    "txt": ("text/plain", text),
    "bib": ("application/x-bibtex", bibtex),
    "json": ("application/vnd.citationstyles.csl+json", csl_json),
}
"""The forms of a citation by the suffix of its address: the media type, and what writes it."""


def _japanese(found: Reference) -> str:
    day = found.accessed
    parts = [
        f"「{found.title}」『{found.container}』（{found.version}）",
        found.author,
        f"{found.year}年" if found.year else "",
        _note(found),
        found.iri,
    ]
    seen = f"（{day.year}年{day.month}月{day.day}日閲覧）"
    return "、".join(filter(None, parts)) + seen + "。"


def _english(found: Reference) -> str:
    day = found.accessed
    year = f" ({found.year})" if found.year else ""
    seen = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return (
        f"{found.author}{year}. “{found.title}”. In: {found.container} ({found.version})."
        f" {_note(found)}. {found.iri} (accessed {seen})."
    )


def _note(found: Reference) -> str:
    """Say on which lines it rests, and under which licence it may be used."""
    if found.lang == "ja":
        lines = "・".join(_range(each, "〜") for each in found.lines)
        grounds = f"根拠：「{found.document}」{lines}行目" if found.document and lines else ""
        return "、".join(filter(None, (grounds, found.licence)))
    lines = ", ".join(_range(each, "–") for each in found.lines)
    word = "line" if len(found.lines) == 1 and len(set(found.lines[0])) == 1 else "lines"
    grounds = f"Based on “{found.document}”, {word} {lines}" if found.document and lines else ""
    return ". ".join(filter(None, (grounds, found.licence)))


def _range(ends: tuple[int, int], dash: str) -> str:
    first, last = ends
    return str(first) if first == last else f"{first}{dash}{last}"


def _escaped(value: str) -> str:
    """Escape what BibTeX would take for its own."""
    value = value.replace("\\", r"\textbackslash{}")
    return re.sub(r"([&%$#_{}])", r"\\\1", value)
