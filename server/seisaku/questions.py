"""Questions: the queries of `data/queries/`, each with what its header says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import Unreadable

if TYPE_CHECKING:
    from pathlib import Path

HEADER = re.compile(r"^# ([\w-]+)(?:@(ja|en))?: (.*)$", re.MULTILINE)
"""A line of a header: `# name: value` or `# name@language: value`. The first blank line ends it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query of `data/queries/`: its text, and what its header says."""

    text: str
    id: str
    titles: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    featured: bool = False


def questions(folder: Path) -> list[Question]:
    """Read the queries of `folder`, in the order of their names; none when there is no folder."""
    return [_question(file) for file in sorted(folder.glob("*.rq"))]


def _question(file: Path) -> Question:
    try:
        header, _, text = file.read_text(encoding="utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise Unreadable(file, f"not UTF-8 at byte {error.start}") from error
    said: dict[str, str] = {}
    titles: dict[str, str] = {}
    columns: dict[str, dict[str, str]] = {}
    for name, lang, value in HEADER.findall(header):
        if name == "title":
            titles[lang] = value
        elif name == "columns":
            columns[lang] = dict(each.split("=", 1) for each in value.split(", "))
        else:
            said[name] = value
    if "id" not in said:
        raise Unreadable(file, "its header has no line `# id: …`")
    return Question(text, said["id"], titles, columns, featured="featured" in said)
