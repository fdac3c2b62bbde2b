"""Questions: the query files of `data/queries/`, what their headers say, and their parameters.

A file is a header of comment lines, `# key: value` or `# key@lang: value`, an empty line, and a
SPARQL query that runs as it stands. README lists the keys.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from .config import LANGUAGES
from .errors import BadRequest, InputError, Unreadable

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("D", "D*", "X", "N")
"""What an answer rests on: the source; the source and a mapping of ours; other sources; nothing,
because the source does not state it."""

ASKERS = ("analyst", "journalist", "investor", "official", "researcher", "agent")
"""Who asks the questions that users ask."""

PLAIN = ("id", "who", "class", "featured", "parameter")
"""Keys without a language; `parameter` may be there more than once."""

TEXTS = ("title", "note", "columns", "parameter-label")
"""Keys that have a value in each language."""

HEADER = re.compile(r"# ([a-z-]+)(?:@([a-z]+))?: (\S.*)")
NAMED = re.compile(r"(\w+)=(.+)")
PREFIX = re.compile(r"^PREFIX ([\w-]*:) <([^>]*)>$", re.MULTILINE)
VALUES = r"VALUES \?{name} {{ (\S+) }}"
"""How a query says the default of a parameter: this line is what `Question.asking` replaces."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a reader may choose in a question: a variable of its query, and whence the choices."""

    name: str
    source: str
    """IRI of the class, or of the concept scheme, that has the choices."""
    default: str
    """IRI of the choice that the query makes as it stands."""
    labels: dict[str, str]

    @property
    def choices(self) -> str:
        """The query for what may be chosen: each `?choice` with its `?label_ja` and `?label_en`."""
        return f"""\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT DISTINCT ?choice ?label_ja ?label_en {{
  {{ ?choice a <{self.source}> }} UNION {{ ?choice skos:inScheme <{self.source}> }}
  ?choice rdfs:label|skos:prefLabel ?label_ja , ?label_en .
  FILTER(LANG(?label_ja) = "ja" && LANG(?label_en) = "en")
}}
ORDER BY ?choice
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A query file: its query, and what its header says. Texts are by language, `ja` and `en`."""

    text: str
    id: str
    titles: dict[str, str]
    notes: dict[str, str] = field(default_factory=dict)
    """What a reader must know to read the answer rightly."""
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    """Headings by variable; of `?x_ja` and `?x_en`, by `x`."""
    who: str | None = None
    classes: tuple[str, ...] = ()
    """Some of `CLASSES`; none for a competency question."""
    featured: bool = False
    parameters: tuple[Parameter, ...] = ()

    def asking(self, **chosen: str) -> str:
        """Give the query with the parameters in `chosen` set to those IRIs, the rest as they are.

        Raises `BadRequest` for a parameter that the question has not, and for a value that is not
        an absolute IRI: nothing else gets into the query.
        """
        names = [each.name for each in self.parameters]
        if foreign := sorted(chosen.keys() - set(names)):
            if not names:
                raise BadRequest("no-parameters", question=self.id, given=foreign[0])
            known = ", ".join(names)
            raise BadRequest("parameter", question=self.id, given=foreign[0], known=known)
        text = self.text
        for name, iri in chosen.items():
            # An IRI has no backslash, so that nothing in it is read as a reference of `re.sub`.
            line = f"VALUES ?{name} {{ {_node(name, iri)} }}"
            text = re.sub(VALUES.format(name=name), line, text)
        return text


def read(folder: Path) -> list[Question]:
    """Read the query files of `folder`, in the order of their names.

    Raises an `InputError` that tells the first fault of each file that has one, with its line.
    """
    found: list[Question] = []
    faults: list[str] = []
    files: dict[str, Path] = {}
    for file in sorted(folder.glob("*.rq")):
        try:
            question = _question(file)
        except InputError as error:
            faults.append(str(error))
            continue
        first = files.setdefault(question.id, file)
        if first is not file:
            faults.append(f"{file}: the id {question.id} is that of {first.name} too")
        found.append(question)
    if faults:
        raise InputError.listing(faults)
    return found


@dataclass(frozen=True, slots=True)
class _Header:
    """The lines of a header by key, each with its number, and the file for what is wrong."""

    file: Path
    plain: dict[str, list[tuple[int, str]]]
    texts: dict[str, dict[str, tuple[int, str]]]

    def fault(self, line: int, what: str) -> Unreadable:
        return Unreadable(self.file, what, line)

    def one(self, key: str) -> str | None:
        return self.plain[key][0][1] if key in self.plain else None

    def text(self, key: str) -> dict[str, str]:
        return {lang: value for lang, (_, value) in self.texts[key].items()}

    def named(self, key: str) -> dict[str, dict[str, str]]:
        """Read values that are lists, `name=text, name=text`, one in each language."""
        return {lang: self._named(line, text) for lang, (line, text) in self.texts[key].items()}

    def _named(self, line: int, text: str) -> dict[str, str]:
        pairs = [NAMED.fullmatch(each) for each in text.split(", ")]
        if not all(pairs):
            raise self.fault(line, f"{text!r} is not a list of name=text, name=text")
        return {each[1]: each[2] for each in pairs if each}


def _question(file: Path) -> Question:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(file, f"cannot be read: {error}") from error
    head, _, body = text.partition("\n\n")
    header = _header(file, head.splitlines())
    if not body.strip():
        raise header.fault(head.count("\n") + 1, "no empty line and query after the header")
    for key, lang in (("id", None), ("title", "ja"), ("title", "en")):
        if key not in header.plain and lang not in header.texts[key]:
            raise header.fault(1, f"no {f'{key}@{lang}' if lang else key} in the header")
    return Question(
        text=body,
        id=header.one("id") or "",
        titles=header.text("title"),
        notes=header.text("note"),
        columns=header.named("columns"),
        who=_who(header),
        classes=_classes(header),
        featured="featured" in header.plain,
        parameters=_parameters(header, body),
    )


def _header(file: Path, lines: list[str]) -> _Header:
    header = _Header(file, {}, defaultdict(dict))
    for number, line in enumerate(lines, start=1):
        found = HEADER.fullmatch(line)
        if found is None:
            raise header.fault(number, "a header line is `# key: value` or `# key@lang: value`")
        key, lang, value = found.groups()
        if key not in (*PLAIN, *TEXTS):
            raise header.fault(number, f"no such key: {key}; there are {', '.join(PLAIN + TEXTS)}")
        if lang not in (LANGUAGES if key in TEXTS else (None,)):
            known = f"{key}@ja and {key}@en" if key in TEXTS else key
            raise header.fault(number, f"write {known} for this key")
        if key in TEXTS:
            if lang in header.texts[key]:
                raise header.fault(number, f"{key}@{lang} is there twice")
            header.texts[key][lang] = number, value
        else:
            if key in header.plain and key != "parameter":
                raise header.fault(number, f"{key} is there twice")
            header.plain.setdefault(key, []).append((number, value))
    return header


def _who(header: _Header) -> str | None:
    for line, value in header.plain.get("who", []):
        if value not in ASKERS:
            raise header.fault(line, f"no such asker: {value}; there are {', '.join(ASKERS)}")
    return header.one("who")


def _classes(header: _Header) -> tuple[str, ...]:
    for line, value in header.plain.get("class", []):
        if foreign := [each for each in value.split() if each not in CLASSES]:
            known = ", ".join(CLASSES)
            raise header.fault(line, f"no such class: {foreign[0]}; there are {known}")
    return tuple((header.one("class") or "").split())


def _parameters(header: _Header, body: str) -> tuple[Parameter, ...]:
    """Read the parameters: each has its choices, its label in both languages and its default."""
    prefixes = dict(PREFIX.findall(body))
    labels = header.named("parameter-label")
    found: list[Parameter] = []
    for line, value in header.plain.get("parameter", []):
        name, _, source = value.partition(" ")
        defaults = set(re.findall(VALUES.format(name=re.escape(name)), body))
        if not source or len(defaults) != 1:
            raise header.fault(
                line, f"write `name prefix:Class`, and `VALUES ?{name} {{ … }}` in the query"
            )
        own = {lang: texts[name] for lang, texts in labels.items() if name in texts}
        if own.keys() != set(LANGUAGES):
            raise header.fault(line, f"the parameter {name} needs a parameter-label@ja and @en")
        iris = [_expanded(header, line, each, prefixes) for each in (source, defaults.pop())]
        found.append(Parameter(name, iris[0], iris[1], own))
    names = {each.name for each in found}
    for lang, texts in labels.items():
        if foreign := sorted(texts.keys() - names):
            line = header.texts["parameter-label"][lang][0]
            raise header.fault(line, f"a label for {foreign[0]}, which is no parameter")
    return tuple(found)


def _expanded(header: _Header, line: int, name: str, prefixes: dict[str, str]) -> str:
    """Give the IRI of a prefixed name of the query, or of `<an IRI>`."""
    if name.startswith("<"):
        return name.strip("<>")
    prefix, colon, local = name.partition(":")
    if prefix + colon not in prefixes:
        raise header.fault(line, f"the query declares no prefix for {name}")
    return prefixes[prefix + colon] + local


def _node(name: str, iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError:
        raise BadRequest("parameter-iri", name=name, given=iri) from None
