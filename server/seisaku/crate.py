"""Crate: what the files of the export are, in a RO-Crate (1.3) that is the folder itself."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

from .citation import AUTHOR, KEYWORDS, said
from .config import BASE
from .distribution import Distribution, Source
from .tables import LICENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]

NAME = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.3/context"
PROFILE = "https://w3id.org/ro/crate/1.3"
MAINTAINERS = f"{BASE}id/agent/maintainers"


def distributions() -> Iterator[Distribution]:
    """Give the metadata of the crate."""
    titles = {"ja": "ファイル全体の記述（RO-Crate）", "en": "What the files are, as a RO-Crate"}
    yield Distribution(NAME, "application/ld+json", "forms", titles, _write)


def _write(source: Source, file: IO[bytes]) -> None:
    """Describe the files that have been written before this one."""
    graph = [_descriptor(), _root(source), *_others(), *map(_file, source.written)]
    text = json.dumps({"@context": CONTEXT, "@graph": graph}, ensure_ascii=False, indent=1)
    file.write(text.encode() + b"\n")


def _descriptor() -> Json:
    return {
        "@id": NAME,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": PROFILE},
    }


def _root(source: Source) -> Json:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": said(source, "title", "en"),
        "alternateName": said(source, "title", "ja"),
        "description": said(source, "description", "en"),
        "datePublished": source.modified,
        "version": source.version,
        "url": BASE,
        "license": {"@id": LICENCE},
        "author": {"@id": MAINTAINERS},
        "publisher": {"@id": MAINTAINERS},
        "inLanguage": ["ja", "en"],
        "keywords": list(KEYWORDS),
        "hasPart": [{"@id": each["name"]} for each in source.written],
    }


def _others() -> Iterator[Json]:
    yield {"@id": MAINTAINERS, "@type": "Organization", "name": AUTHOR, "url": BASE}
    yield {
        "@id": LICENCE,
        "@type": "CreativeWork",
        "name": "Creative Commons Attribution 4.0 International",
        "description": "Share and adapt for any purpose, with attribution.",
    }


def _file(entry: Json) -> Json:
    return {
        "@id": entry["name"],
        "@type": "File",
        "name": entry["name"],
        "description": f"{entry['title']['en']} / {entry['title']['ja']}",
        "encodingFormat": entry["mediaType"],
        "contentSize": str(entry["bytes"]),
        "sha256": entry["sha256"],
    }
