"""Index: finds things of a dataset by what they are called and what is said of them.

An SQLite database in memory. A snapshot has it as a file, made when the snapshot is; of other files
it is made when they are served. Of a dataset on disk it is a file that is asked where it lies, made
thing by thing, so that memory does not grow with the data. A full-text table (FTS5) holds the
folded words of each thing, pairs of characters for Japanese; a second one their English stems; a
third table the whole names, for what is found exactly or by its beginning.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pyoxigraph import BlankNode, NamedNode, RdfFormat, parse
from pyoxigraph import Literal as RdfLiteral

from . import disk, snapshot
from .config import GRAPH, LAYERS
from .errors import BadRequest, DeadlineExceeded, Unreadable
from .files import reading
from .folding import fold, phrase, squashed, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
    from pathlib import Path

    from pyoxigraph import Quad, Store

Rank: TypeAlias = Literal["exact", "prefix", "name", "body", "near"]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
OWL = "http://www.w3.org/2002/07/owl#"
SSK = "https://w3id.org/seisaku/def#"

TYPE = RDF + "type"

FIELDS: dict[str, tuple[str, ...]] = {
    "name": (
        RDFS + "label",
        SKOS + "prefLabel",
        DCTERMS + "title",
        "http://xmlns.com/foaf/0.1/name",
    ),
    "other": (SKOS + "altLabel", SKOS + "hiddenLabel", SSK + "wording", SSK + "expandedForm"),
    "reading": (SSK + "reading",),
    "code": (
        *(DCTERMS + "identifier", SKOS + "notation", SSK + "isoCode"),
        *(SSK + "localGovernmentCode", SSK + "standardAreaCode"),
    ),
    "body": (
        *(SKOS + each for each in ("definition", "scopeNote", "note", "example")),
        *(RDFS + "comment", DCTERMS + "description", SSK + "tagline"),
    ),
}
"""What is searched: the properties of each field, the weightier fields first."""

FIELD = {each: name for name, properties in FIELDS.items() for each in properties}
COLUMNS = ("name", "other", "reading", "code", "kind", "body")
"""The columns of the full text: the fields, and the names of a thing's classes."""

WEIGHTS = (10.0, 6.0, 5.0, 5.0, 2.0, 1.0)
"""What a word counts in each column, as BM25 weighs it."""

WORDING = SSK + "wording"
MENTIONING = SSK + "mentionsConcept"
"""A mention's wording is another name of the concept that it mentions: 再エネ."""

CITING = (SSK + "isStatedIn", SSK + "isLeftOpenIn")
"""How a thing cites the lines that it rests on."""

AFTER = {
    **dict.fromkeys(
        (
            *("HubDesignation", "Mention", "IndicatorValue", "StatedCount", "UnstatedMatter"),
            *("LocalGovernmentListing", "SourceSegment", "ProgressItem", "PolicyStatement"),
            *("Milestone", "BudgetAllocation"),
        ),
        1,
    ),
    **dict.fromkeys(("ExternalSource", "SourceDocument"), 2),
}
AFTER_IRIS = {SSK + name: rank for name, rank in AFTER.items()} | dict.fromkeys(
    (
        *(OWL + each for each in ("Class", "ObjectProperty", "DatatypeProperty", "Ontology")),
        *(OWL + "AnnotationProperty", "http://www.w3.org/ns/shacl#SPARQLExecutable"),
        *("http://rdfs.org/ns/void#Dataset", SKOS + "ConceptScheme"),
    ),
    2,
)
"""Classes of what is named after other things, and comes after them where both are found alike."""

KIND_NAMES = {
    OWL + "Class": {"ja": "クラス", "en": "class"},
    OWL + "ObjectProperty": {"ja": "プロパティー", "en": "property"},
    OWL + "DatatypeProperty": {"ja": "プロパティー", "en": "property"},
    OWL + "AnnotationProperty": {"ja": "注釈", "en": "annotation"},
    OWL + "Ontology": {"ja": "オントロジー", "en": "ontology"},
    "http://www.w3.org/ns/shacl#SPARQLExecutable": {"ja": "質問", "en": "question"},
    "http://rdfs.org/ns/void#Dataset": {"ja": "データセット", "en": "dataset"},
}
"""What classes of other vocabularies are called that the dataset does not name."""

RANKS: tuple[Rank, ...] = ("exact", "prefix", "name", "body", "near")
"""How well a thing is found: its whole name, the beginning of a name, words of its names, of what
is said of it; `near` when nothing has all that is looked for, by half of it at least."""

LONGEST = 200
"""Characters of a text that is looked for."""

SECONDS = 2.0
"""Seconds that one search may take; a look-up takes milliseconds."""

MOST = 1000
"""So many things are ranked; a text that finds more is one letter or so."""

STEPS = 20_000
"""SQLite's instructions between two looks at the clock."""

TABLES = """
CREATE TABLE things (
    id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, links INTEGER NOT NULL,
    after INTEGER NOT NULL);
CREATE TABLE texts (thing INTEGER, field TEXT, property TEXT, text TEXT, lang TEXT, layer TEXT);
CREATE TABLE kinds (thing INTEGER, kind TEXT, direct INTEGER);
CREATE TABLE lines (thing INTEGER, segment TEXT);
CREATE TABLE keys (key TEXT, thing INTEGER, field TEXT);
CREATE VIRTUAL TABLE words USING fts5(
    name, other, reading, code, kind, body, content='',
    tokenize='unicode61 remove_diacritics 0');
CREATE VIRTUAL TABLE stems USING fts5(
    name, other, reading, code, kind, body, content='',
    tokenize='porter unicode61 remove_diacritics 0');
"""

LOOKUPS = """
CREATE INDEX texts_thing ON texts (thing);
CREATE INDEX kinds_thing ON kinds (thing);
CREATE INDEX kinds_kind ON kinds (kind, thing);
CREATE INDEX lines_thing ON lines (thing);
CREATE INDEX keys_key ON keys (key, thing, field);
CREATE TABLE kind_counts AS
    SELECT kind, count(DISTINCT thing) AS things FROM kinds GROUP BY kind ORDER BY kind;
CREATE TABLE layers AS SELECT DISTINCT layer FROM texts;
"""

DATABASE = snapshot.INDEX
"""The index of a dataset on disk, in the folder of its snapshot."""

WRITING = """
PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA temp_store = file;
PRAGMA cache_size = -65536;
CREATE TEMP TABLE said (
    thing TEXT, field TEXT, property TEXT, text BLOB, lang TEXT, layer TEXT);
CREATE TEMP TABLE mentions (
    mention TEXT, concept TEXT, PRIMARY KEY (mention, concept) ON CONFLICT IGNORE) WITHOUT ROWID;
"""
"""A file that nobody has yet, with 64 MiB of it in memory. Beside it, for a time, what is said of
each thing: its texts, and as further fields its kinds, its lines, and how often it is spoken of."""

WORDINGS = f"""
INSERT INTO said
SELECT DISTINCT concept, field, property, text, lang, layer
FROM said CROSS JOIN mentions ON mention = thing WHERE property = '{WORDING}'
"""  # noqa: S608  # ours
"""`CROSS` makes SQLite look up mentions, which are few, for what is said, and not the other way."""

CONTENT = re.compile(r"[一-鿿々]{2,}|[ァ-ヿｦ-ﾟ]{2,}|[^\W_ぁ-ヿ一-鿿ｦ-ﾟ]+")
"""What a sentence in Japanese is about: kanji, katakana, figures and Latin words; not particles."""


NAMED = "{name other reading code kind}"
"""All columns but what is said of a thing."""

AMONG = """
(:kind IS NULL OR {id} IN (SELECT thing FROM kinds WHERE kind = :kind))
AND (:layer IS NULL OR {id} IN (SELECT thing FROM texts WHERE field = 'name' AND layer = :layer))
"""


def _matching(table: str, tier: int, wanted: str) -> str:
    weights = ", ".join(map(str, WEIGHTS))
    return (
        f"SELECT * FROM (SELECT rowid AS id, {tier}, bm25({table}, {weights}) FROM {table}"  # noqa: S608
        f" WHERE {table} MATCH :{wanted} AND {AMONG.format(id='rowid')} ORDER BY 3 LIMIT {MOST})"
    )


RANKED = f"""
WITH found (id, tier, score) AS (
    SELECT * FROM (
        SELECT thing, (key <> :key) * 2 + (field <> 'name'), 0.0 FROM keys
        WHERE key >= :key AND key < :beyond AND {AMONG.format(id="thing")} LIMIT {MOST})
    UNION ALL {_matching("words", 4, "named_exact")}
    UNION ALL {_matching("stems", 5, "named_looser")}
    UNION ALL {_matching("words", 6, "exact")}
    UNION ALL {_matching("stems", 7, "looser")}
)
SELECT things.id, min(tier), min(score), links, after
FROM found JOIN things USING (id) GROUP BY things.id
"""  # noqa: S608  # all of it is ours; what is looked for comes as values
"""What has all that is looked for. Two tiers make a rank: of names, the first is the name itself;
of words, the first has them as they are and the second their stems."""

NEAR = _matching("words", 8, "some").replace("SELECT *", "SELECT id")

LEAST = 0.5
"""The part of what is looked for that what is only near must have."""


PART = 100_000
"""Quads of a store that are read at a time: some 60 MB."""

TOGETHER = 1000
"""The rows of so many things are inserted at a time."""

KINDS_KEPT = 1000
"""The words for so many classes are kept while things are added."""

FULL_TEXTS = [f"{table} (rowid, {', '.join(COLUMNS)})" for table in ("words", "stems")]
"""Both tables of full text, with the columns that are written."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found."""

    iri: str
    names: dict[str, str]
    """Its names by language; of a name without a language that is the empty string."""
    kinds: tuple[str, ...]
    """IRIs of its classes, those that are stated before those that follow."""
    layers: tuple[str, ...]
    """Where its name is stated: layers, or IRIs of other graphs."""
    lines: tuple[str, ...]
    """IRIs of the segments that it is stated in."""
    rank: Rank
    property: str
    """IRI of the property whose value `text` is."""
    text: str
    """The text that was found, with its language."""
    lang: str

    def name(self, lang: str) -> str:
        """Give its name in `lang`, else in another language."""
        return self.names.get(lang) or next(iter(self.names.values()), self.iri)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the best hits, and how many things there are, at most `MOST`."""

    hits: tuple[Hit, ...]
    total: int


class Index:
    """The index of the dataset in `files`, RDF in any format that their extensions name.

    It is made when it is first asked, or by `load`. Thread-safe.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._made: sqlite3.Connection | None = None
        self._kinds: dict[str, int] = {}
        self._layers: set[str] = set()

    def load(self) -> None:
        """Make the index, if it is not made yet. Raises `Unreadable` for a file that is not RDF."""
        with self._lock:
            self._database()

    @property
    def kinds(self) -> dict[str, int]:
        """IRI of each class that has things with a name, and how many."""
        self.load()
        return self._kinds

    def find(
        self,
        text: str,
        *,
        kind: str | None = None,
        layer: str | None = None,
        limit: int = 20,
        near: bool = True,
    ) -> Found:
        """Find things by `text`, the best first.

        `kind` is a class, by its IRI or the last part of it; `layer` a layer or another graph's
        IRI. With `near`, what has only half of the text is found when nothing has all of it.
        Nothing is found by a text of nothing but spaces and marks. Raises `BadRequest` for a text
        that is too long and for a kind that there is not, `DeadlineExceeded`.
        """
        if len(text) > LONGEST:
            raise BadRequest("text-length", limit=LONGEST)
        self.load()
        among = {"kind": kind and self.kind(kind), "layer": layer and self._layer(layer)}
        terms = fold(text).split()
        if not terms:
            return Found((), 0)
        with self._asking():
            found = self._ranked(terms, among) or (self._near(text, among) if near else [])
            hits = tuple(self._hit(thing, rank, terms) for thing, rank in found[:limit])
        return Found(hits, len(found))

    def kind(self, name: str) -> str:
        """Give the IRI of the class called `name`, by its IRI, as `ssk:Hub`, or as `Hub`.

        Raises `BadRequest` when nothing is of such a class.
        """
        if name in self.kinds:
            return name
        local = name.rpartition(":")[2].casefold()
        named = [each for each in self.kinds if _local(each).casefold() == local]
        if not named:
            known = ", ".join(sorted(_local(each) for each in self.kinds if each.startswith(SSK)))
            raise BadRequest("kind", given=name[:LONGEST], known=known)
        return min(named, key=lambda each: (not each.startswith(SSK), each))

    def things(self, kind: str) -> list[str]:
        """Give the IRIs of the things of a class, in their order."""
        wanted = self.kind(kind)
        with self._asking() as database:
            rows = database.execute(
                "SELECT iri FROM things JOIN kinds ON thing = id WHERE kind = ? ORDER BY iri",
                [wanted],
            ).fetchall()
        return [iri for (iri,) in rows]

    def hit(self, iri: str) -> Hit | None:
        """Give a thing by its IRI, as if it had been looked for; None when it has no name."""
        with self._asking() as database:
            row = database.execute("SELECT id FROM things WHERE iri = ?", [iri]).fetchone()
            return self._hit(row[0], "exact", []) if row else None

    def told(self, found: Found, text: str, lang: str) -> dict[str, Any]:
        """Give what was found by `text` as JSON has it, with names in `lang`."""
        return {
            "query": text,
            "lang": lang,
            "total": found.total,
            "results": [self._told(hit, lang) for hit in found.hits],
        }

    def told_kind(self, hit: Hit, lang: str) -> dict[str, str] | None:
        """Give a thing's class, the most telling of them, by its IRI and its name in `lang`."""
        if not hit.kinds:
            return None
        iri = hit.kinds[0]
        name = KIND_NAMES.get(iri, {}).get(lang)
        return {"iri": iri, "name": name or self.name(iri, lang)}

    def name(self, iri: str, lang: str) -> str:
        """Give the name of a thing in `lang`, else in another language, else its IRI."""
        named = self.names([iri]).get(iri, {})
        return named.get(lang) or next(iter(named.values()), iri)

    def _told(self, hit: Hit, lang: str) -> dict[str, Any]:
        return {
            "iri": hit.iri,
            "name": hit.name(lang),
            "names": hit.names,
            "kind": self.told_kind(hit, lang),
            "layers": hit.layers,
            "lines": hit.lines,
            "rank": hit.rank,
            "matched": {"property": hit.property, "text": hit.text, "lang": hit.lang},
        }

    def names(self, iris: Iterable[str]) -> dict[str, dict[str, str]]:
        """Give the names of things by language, of those that have any."""
        with self._asking() as database:
            rows = database.execute(
                "SELECT iri, lang, text FROM things JOIN texts ON thing = id"
                " WHERE field = 'name' AND iri IN (SELECT value FROM json_each(?))"
                " ORDER BY texts.rowid DESC",
                [json.dumps(list(iris))],
            ).fetchall()
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for iri, lang, text in rows:
            found[iri][lang] = text
        return found

    def _layer(self, name: str) -> str:
        """Give a layer, or another graph's IRI. Raises `BadRequest` when there is no such."""
        layer = name.removeprefix(GRAPH)
        known = self._layers.union(LAYERS) - {""}
        if layer not in known:
            raise BadRequest("layer", given=name[:LONGEST], known=", ".join(sorted(known)))
        return layer

    def _ranked(self, terms: list[str], among: dict[str, str | None]) -> list[tuple[int, Rank]]:
        """Find and rank what has all of the terms."""
        key = "".join(terms)
        exact, looser = _expressions(terms)
        wanted = {
            "key": key,
            "beyond": key + "\U0010ffff",
            "exact": exact,
            "looser": looser,
            "named_exact": f"{NAMED} : ({exact})",
            "named_looser": f"{NAMED} : ({looser})",
        }
        rows = self._database().execute(RANKED, {**wanted, **among}).fetchall()
        rows.sort(key=_order)
        return [(thing, RANKS[tier // 2]) for thing, tier, *_ in rows[:MOST]]

    def _near(self, text: str, among: dict[str, str | None]) -> list[tuple[int, Rank]]:
        """Find what has at least half of what is looked for, the most like it first."""
        parts = [fold(each) for each in CONTENT.findall(text)] or fold(text).split()
        wanted = list(dict.fromkeys(each for part in parts for each in phrase(part)[0]))
        if len(wanted) < 2:
            return []
        some = " OR ".join(map(_quoted, wanted))
        rows = self._database().execute(NEAR, {"some": some, **among}).fetchall()
        shares = {thing: self._share(thing, set(wanted)) for (thing,) in rows}
        kept = [thing for thing, share in shares.items() if share >= LEAST]
        kept.sort(key=lambda thing: -shares[thing])  # stable: as BM25 has them else
        return [(thing, "near") for thing in kept]

    def _share(self, thing: int, wanted: set[str]) -> float:
        """Give the part of the words wanted that the texts of a thing have."""
        rows = self._database().execute("SELECT text FROM texts WHERE thing = ?", [thing])
        there = {word for (text,) in rows for word in words(fold(text))}
        return len(wanted & there) / len(wanted)

    def _hit(self, thing: int, rank: Rank, terms: list[str]) -> Hit:
        ask = self._database().execute
        ((iri,),) = ask("SELECT iri FROM things WHERE id = ?", [thing])
        texts = ask(
            "SELECT field, property, text, lang, layer FROM texts WHERE thing = ?", [thing]
        ).fetchall()
        kinds = ask("SELECT kind, direct FROM kinds WHERE thing = ?", [thing]).fetchall()
        kinds.sort(key=lambda each: (-each[1], not each[0].startswith(SSK), -self._kinds[each[0]]))
        lines = ask("SELECT segment FROM lines WHERE thing = ?", [thing])
        names = [each for each in texts if each[0] == "name"]
        best = max(texts, key=lambda each: _likeness(each[2], terms))
        return Hit(
            iri,
            {lang: text for _, _, text, lang, _ in reversed(names)},
            tuple(kind for kind, _ in kinds),
            tuple(dict.fromkeys(layer for *_, layer in names)),
            tuple(sorted({segment for (segment,) in lines}, key=_natural)),
            rank,
            *best[1:4],
        )

    @contextlib.contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        """Give the database to one thread, for a time."""
        with self._lock:
            database = self._database()
            ends = time.monotonic() + SECONDS
            database.set_progress_handler(lambda: time.monotonic() > ends, STEPS)
            try:
                yield database
            except sqlite3.OperationalError:
                raise DeadlineExceeded("limit", seconds=SECONDS) from None
            finally:
                database.set_progress_handler(None, 0)

    def _database(self) -> sqlite3.Connection:
        if self._made is None:
            made = _opened(self._files)
            self._kinds = dict(made.execute("SELECT kind, things FROM kind_counts").fetchall())
            self._layers = {each for (each,) in made.execute("SELECT layer FROM layers")}
            self._made = made
        return self._made


def write(folder: Path) -> int:
    """Make the index of the store in `folder`, beside it; give the number of things in it.

    The store is read once, in its order; what it says is sorted by thing on disk, then read thing
    by thing, so that memory does not grow with the data.
    """
    store = disk.opened(folder)
    with contextlib.closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as made:
        made.executescript(WRITING + TABLES)
        made.execute("BEGIN")
        quads = store.quads_for_pattern(None, None, None)
        for first in quads:
            _note(made, chain([first], islice(quads, PART - 1)))
        made.execute(WORDINGS)
        number = _add(made, _things(made), partial(_texts, store))
        made.execute("COMMIT")
        made.executescript("DROP TABLE said; DROP TABLE mentions;" + LOOKUPS)
    return number


def _note(database: sqlite3.Connection, quads: Iterable[Quad]) -> None:
    """Note what quads say, each under the thing that it tells of."""
    read = _Read()
    read.take_all(quads)
    rows: list[tuple[object, ...]] = []
    for iri, texts in read.texts.items():
        rows += [(iri, *each) for each in texts]
    for iri, kinds in read.kinds.items():
        rows += [(iri, "kind", each, direct, None, None) for each, direct in kinds.items()]
    for iri, lines in read.lines.items():
        rows += [(iri, "line", each, None, None, None) for each in lines]
    rows += [(iri, "links", None, count, None, None) for iri, count in read.links.items() if count]
    _insert(database, "said", rows)
    for concept, mentions in read.mentioned.items():
        _insert(database, "mentions", [(each, concept) for each in mentions])


def _things(database: sqlite3.Connection) -> Iterator[_Thing]:
    """Give each thing that has a name, in the order of the IRIs."""
    rows = database.execute("SELECT * FROM said ORDER BY thing")
    for iri, said in groupby(rows, itemgetter(0)):
        texts: list[Text] = []
        kinds: dict[str, bool] = {}
        lines: set[str] = set()
        links = 0
        for _, field, property_, text, lang, layer in said:
            match field:
                case "kind":
                    kinds[property_] = kinds.get(property_, False) or bool(text)
                case "line":
                    lines.add(property_)
                case "links":
                    links += text
                case _:
                    texts.append((field, property_, text, lang, layer))
        texts.sort(key=itemgetter(1, 2, 3, 4))  # as the lines of a snapshot are
        if kept := _kept(texts):
            yield _Thing(iri, kept, kinds, lines, links)


def made(layers: Mapping[str, Set[tuple[str, str, str]]]) -> bytes:
    """Make the index of layers, terms as canonical N-Triples has them; give it as a database.

    It is, byte for byte, the index of a file that has the same as sorted canonical N-Quads.
    """
    read = _Read()
    texts = (
        f"{s} {p} {o} <{GRAPH}{layer}> .\n"
        for layer, held in layers.items()
        for s, p, o in held
        if p[1:-1] in FIELD and o.startswith('"') and s.startswith("<")
    )
    read.take_all(parse("".join(sorted(texts)), RdfFormat.N_QUADS))
    for layer, held in layers.items():
        for s, p, o in held:
            if o.startswith("<") and s.startswith("<"):
                read.refer(s[1:-1], p[1:-1], o[1:-1], layer)
    with contextlib.closing(_made(read)) as database:
        return database.serialize()


def _opened(files: Sequence[Path]) -> sqlite3.Connection:
    """Open the index that a snapshot has; of other files, and where it is damaged, make it."""
    if files and files[0].is_dir():
        return _on_disk(files[0])
    if len(files) == 1 and (file := snapshot.index(files[0])):
        # An empty file is a MemoryError to SQLite's module.
        with contextlib.suppress(OSError, sqlite3.DatabaseError, MemoryError):
            opened = _empty()
            opened.deserialize(file.read_bytes())
            if opened.execute("PRAGMA integrity_check").fetchone() == ("ok",):
                opened.execute("PRAGMA query_only = on")
                return opened
    return _in_memory(files)


def _on_disk(folder: Path) -> sqlite3.Connection:
    address = f"{(folder / DATABASE).resolve().as_uri()}?mode=ro&immutable=1"
    try:
        return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise Unreadable(folder / DATABASE, str(error)) from error


def _in_memory(files: Sequence[Path]) -> sqlite3.Connection:
    read = _Read()
    for file in files:
        with reading(file) as found:
            read.take_all(found.quads)
    return _made(read)


def _made(read: _Read) -> sqlite3.Connection:
    """Put what was read into the tables of a new database; what has no name is left out."""
    made = _empty()
    made.executescript(TABLES)
    made.execute("BEGIN")
    named = dict(sorted(read.named()))
    things = (
        _Thing(iri, texts, read.kinds[iri], read.lines[iri], read.links[iri])
        for iri, texts in named.items()
    )
    _add(made, things, lambda kind: named.get(kind, []))
    made.execute("COMMIT")
    made.executescript(f"{LOOKUPS}PRAGMA query_only = on;")
    return made


def _empty() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)


def _add(
    database: sqlite3.Connection,
    things: Iterable[_Thing],
    texts_of: Callable[[str], list[Text]],
) -> int:
    """Put things into the tables; `texts_of` gives the texts of a class. Gives their number."""
    called = lru_cache(KINDS_KEPT)(lambda kind: _called(texts_of(kind)))
    numbered = enumerate(things, start=1)
    number = 0
    for first in numbered:
        rows: dict[str, list[tuple[object, ...]]] = defaultdict(list)
        for number, thing in chain([first], islice(numbered, TOGETHER - 1)):
            _note_thing(rows, number, thing, called)
        for table, found in rows.items():
            _insert(database, table, found)
    return number


def _note_thing(
    rows: dict[str, list[tuple[object, ...]]],
    number: int,
    thing: _Thing,
    called: Callable[[str], list[str]],
) -> None:
    """Add the rows of a thing to those of each table; `called` gives the words for a class."""
    iri, texts, kinds = thing.iri, thing.texts, thing.kinds
    after = max((AFTER_IRIS.get(each, 0) for each in kinds), default=0)
    rows["things"].append((number, iri, thing.links, after))
    rows["texts"] += [(number, *each) for each in texts]
    rows["kinds"] += [(number, *each) for each in sorted(kinds.items())]
    rows["lines"] += [(number, each) for each in sorted(thing.lines)]
    rows["keys"] += [(key, number, field) for key, field in sorted(set(_keys(iri, texts)))]
    columns: dict[str, list[str]] = {column: [] for column in COLUMNS}
    for field, text in dict.fromkeys((field, text) for field, _, text, *_ in texts):
        columns[field] += words(fold(text))
    columns["code"] += words(fold(_local(iri)))
    for kind in sorted(each for each, direct in kinds.items() if direct and each.startswith(SSK)):
        columns["kind"] += called(kind)
    row = (number, *(" ".join(each) for each in columns.values()))
    for table in FULL_TEXTS:
        rows[table].append(row)


def _called(texts: list[Text]) -> list[str]:
    """Give the words of the names among the texts of a class."""
    return [each for field, _, text, *_ in texts if field == "name" for each in words(fold(text))]


def _insert(database: sqlite3.Connection, table: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        places = ", ".join("?" * len(rows[0]))
        database.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608  # ours


Text: TypeAlias = tuple[str, str, str, str, str]
"""Field, property, text, language and layer."""


@dataclass(frozen=True, slots=True)
class _Thing:
    """What is to be known of a thing."""

    iri: str
    texts: list[Text]
    kinds: dict[str, bool]
    lines: set[str]
    links: int


def _texts(store: Store, iri: str) -> list[Text]:
    """Give what a store calls a thing."""
    read = _Read()
    read.take_all(store.quads_for_pattern(NamedNode(iri), None, None))
    return _kept(read.texts[iri])


def _kept(texts: list[Text]) -> list[Text]:
    """Leave out what follows and is said too; of what has no name, everything."""
    said = {each[2:4] for each in texts if each[4] != "inferred" and each[0] == "name"}
    kept = [each for each in texts if each[4] != "inferred" or each[2:4] not in said]
    return kept if any(field == "name" for field, *_ in kept) else []


class _Read:
    """What is read of the files: of each subject its texts, classes and lines."""

    def __init__(self) -> None:
        self.texts: dict[str, list[Text]] = defaultdict(list)
        self.kinds: dict[str, dict[str, bool]] = defaultdict(dict)
        self.lines: dict[str, set[str]] = defaultdict(set)
        self.links: Counter[str] = Counter()
        """How often each thing is spoken of, other than as a class."""
        self.mentioned: dict[str, set[str]] = defaultdict(set)
        """What mentions each concept."""

    def take_all(self, quads: Iterable[Quad]) -> None:
        """Note the statements of what has an IRI."""
        for quad in quads:
            if isinstance(quad.subject, NamedNode):
                graph = quad.graph_name
                layer = graph.value if isinstance(graph, NamedNode) else ""
                self.take(quad.subject.value, quad.predicate.value, quad.object, layer)

    def take(self, subject: str, property_: str, value: object, graph: str) -> None:
        """Note a statement, if it is one to search by."""
        layer = graph.removeprefix(GRAPH)
        match value:
            case RdfLiteral() if field := FIELD.get(property_):
                lang = value.language or ""
                self.texts[subject].append((field, property_, value.value, lang, layer))
            case NamedNode(value=iri):
                self.refer(subject, property_, iri, layer)
            case BlankNode() | _:
                pass

    def refer(self, subject: str, property_: str, iri: str, layer: str) -> None:
        """Note a statement whose value is an IRI."""
        if property_ == TYPE:
            direct = self.kinds[subject].get(iri, False) or layer != "inferred"
            self.kinds[subject][iri] = direct
            return
        self.links[iri] += layer != "inferred"
        if property_ in CITING:
            self.lines[subject].add(iri)
        elif property_ == MENTIONING:
            self.mentioned[iri].add(subject)

    def named(self) -> Iterator[tuple[str, list[Text]]]:
        """Give each subject that has a name, with its texts; what follows unless it is said."""
        for subject, own in self.texts.items():
            if kept := _kept(own + self._wordings(subject)):
                yield subject, kept

    def _wordings(self, concept: str) -> list[Text]:
        """Give what the mentions of a concept call it."""
        said = (text for each in sorted(self.mentioned[concept]) for text in self.texts[each])
        return list(dict.fromkeys(text for text in said if text[1] == WORDING))


def _keys(iri: str, texts: list[Text]) -> Iterator[tuple[str, str]]:
    """Give what a thing is found by exactly, or by its beginning: folded, without spaces."""
    for field, _, text, *_ in texts:
        if field != "body" and (key := squashed(text)):
            yield key, field
            if field == "code" and "-" in text:  # of JP-13, 13 too
                yield squashed(text.rpartition("-")[2]), field
    if key := squashed(_local(iri)):
        yield key, "code"


def _expressions(terms: list[str]) -> tuple[str, str]:
    """Give what FTS5 looks for: with the last word as the beginning of one, and as whole words."""
    cut = [phrase(term) for term in terms]
    last = len(cut) - 1
    exact = [
        f"{_quoted(' '.join(found))}{'*' if begins and (n == last or _is_japanese(found)) else ''}"
        for n, (found, begins) in enumerate(cut)
    ]
    whole = [
        f"{_quoted(' '.join(found))}{'*' if begins and _is_japanese(found) else ''}"
        for found, begins in cut
    ]
    return " AND ".join(exact), " AND ".join(whole)


def _is_japanese(found: list[str]) -> bool:
    return not found[-1].isascii()


def _quoted(words_: str) -> str:
    return f'"{words_}"'


def _order(row: tuple[int, int, float, int, int]) -> tuple[float, ...]:
    """Give what rows are sorted by: tier, then what is spoken of most, or what BM25 likes best."""
    thing, tier, score, links, after = row
    spoken_of = links.bit_length()
    if tier < 2:
        return 0, after, tier, -spoken_of, thing
    place = (1, 2, 4)[tier // 2 - 1] + after
    if tier < 4:
        return place, 0, -spoken_of, tier, thing
    return place, 1, score * (1 + spoken_of / 10), tier, thing


def _likeness(text: str, terms: list[str]) -> tuple[bool, int, int]:
    """Tell how well a text shows why its thing was found: the terms, in as few letters."""
    folded = fold(text)
    return folded == " ".join(terms), sum(term in folded for term in terms), -len(text)


def _local(iri: str) -> str:
    """Give the last part of an IRI."""
    return iri.rstrip("/#").replace("#", "/").rpartition("/")[2]


def _natural(iri: str) -> tuple[int, str]:
    """Sort L12 before L102."""
    return len(iri), iri
