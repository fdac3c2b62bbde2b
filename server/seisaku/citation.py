"""Citation: how to cite the dataset, in CFF, BibTeX and CSL-JSON, from the ontology's header."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from .config import BASE
from .distribution import DCTERMS, Distribution, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

AUTHOR = "Seisaku maintainers"
CFF = "CITATION.cff"
KEYWORDS = ("science, technology and innovation policy", "knowledge graph", "linked data", "Japan")
MONTHS = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)


def distributions() -> Iterator[Distribution]:
    """Give the three files; the first lies in the root of the repository too."""
    for name, media_type, write, ja, en in (
        (
            CFF,
            "application/yaml",
            _write_cff,
            "CFF形式（GitHub、Zotero等）",
            "CFF, for GitHub and Zotero",
        ),
        ("seisaku.bib", "text/x-bibtex", _write_bibtex, "BibTeX形式", "BibTeX"),
        (
            "seisaku.csl.json",
            "application/vnd.citationstyles.csl+json",
            _write_csl,
            "CSL-JSON形式",
            "CSL-JSON",
        ),
    ):
        yield Distribution(name, media_type, "citation", {"ja": ja, "en": en}, write)


def _write_cff(source: Source, file: IO[bytes]) -> None:
    """Write the Citation File Format 1.2.0; a text in JSON is a text in YAML."""
    lines = [
        "cff-version: 1.2.0",
        'message: "If you use these data, please cite them so."',
        "type: dataset",
        f"title: {_quoted(said(source, 'title', 'en'))}",
        f"abstract: {_quoted(said(source, 'description', 'en'))}",
        "authors:",
        f"  - name: {_quoted(AUTHOR)}",
        f"version: {_quoted(source.version)}",
        f"date-released: {source.modified}",
        f"url: {_quoted(BASE)}",
        "license: CC-BY-4.0",
        "keywords:",
        *(f"  - {_quoted(each)}" for each in KEYWORDS),
    ]
    file.write("".join(f"{line}\n" for line in lines).encode())


def _write_bibtex(source: Source, file: IO[bytes]) -> None:
    year, month, _ = _date(source)
    fields = {
        "author": f"{{{AUTHOR}}}",
        "title": f"{{{said(source, 'title', 'en')}}}",
        "year": str(year),
        "version": source.version,
        "url": BASE,
        "note": f"Version {source.version}. CC BY 4.0",
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    lines.insert(3, f"  month = {MONTHS[month - 1]},")
    file.write(("@misc{seisaku,\n" + "\n".join(lines) + "\n}\n").encode())


def _write_csl(source: Source, file: IO[bytes]) -> None:
    item = {
        "id": "seisaku",
        "type": "dataset",
        "title": said(source, "title", "en"),
        "author": [{"literal": AUTHOR}],
        "issued": {"date-parts": [_date(source)]},
        "version": source.version,
        "URL": BASE,
        "note": "CC BY 4.0",
    }
    file.write(json.dumps([item], ensure_ascii=False, indent=2).encode() + b"\n")


def _date(source: Source) -> list[int]:
    return [int(each) for each in (source.modified or "1980-01-01").split("-")]


def said(source: Source, name: str, lang: str) -> str:
    """Give a text of the root ontology's header."""
    query = f"""SELECT ?said {{ <{BASE}ont> <{DCTERMS}{name}> ?said
        FILTER(LANG(?said) = "{lang}") }}"""
    return next(
        (str(getattr(said, "value", "")) for (said,) in source.graph.rows(query)), "Seisaku"
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
