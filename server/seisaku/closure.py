"""Closure: what follows from data by compiled rules, found by joins, on the engine that is set.

The rules of rules.py are joined with the statements until nothing new comes (semi-naive: each
round joins what the round before has found). Terms are 64-bit numbers in the joins. All is said
once, in Ibis: DuckDB within this process and Spark on a cluster run the same.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import ibis
from pyoxigraph import RdfFormat, parse, serialize
from rdflib import OWL, RDF, RDFS, XSD

from .errors import LISTED, Contradiction, NumberedAlike, Unreadable
from .ntriples import graph, lines, text, triples
from .rules import LISTS, SILENT, SILENT_TYPES, TABLES, Rules, compile_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ibis.backends import BaseBackend
    from ibis.expr.types import IntegerValue, StringValue, Table
    from pyoxigraph import Quad
    from rdflib import Graph
    from rdflib.term import Node

    from .ntriples import Triple

MEMORY = 1 << 30

LINES = {".nt": RdfFormat.N_TRIPLES, ".nq": RdfFormat.N_QUADS}
"""Files that hold a statement a line."""

IRI = r"<[^<>\"{}|^`\\\x00-\x20]*>"
ESCAPED = r"\\(?:[tbnrf\"\\]|u00[01][0-9A-F]|u007F)"
CANONICAL = (
    rf"^(?:{IRI}|_:[^ ]+) {IRI} "
    rf"(?:{IRI}|_:[^ ]+|\"(?:[^\"\\\n\r]|{ESCAPED})*\"(?:@[a-zA-Z0-9-]+|\^\^{IRI})?)"
    rf"(?: {IRI}| _:[^ ]+)? \.$"
)
"""A line in which each term is spelt as canonical N-Triples and N-Quads do; other spellings have
to be parsed."""

DATATYPE = r"\^\^<([^<>]*)>$"

TOLD = 1000
"""So many contradictions of a kind are looked at."""

ONE = "two things would have to be one: {} {}"

STATEMENTS = r"""
    SELECT {subject} AS s, p, {object} AS o, '{scope}' AS scope,
        {matches} AND NOT contains(line, '"^^<{string}>') AS canonical
    FROM (
        SELECT line, s, p, CASE
            WHEN rest LIKE '"%' THEN regexp_replace(rest, '(?: <[^<>" ]*>| _:[^ "]+)? \.$', '')
            ELSE split_part(rest, ' ', 1) END AS o
        FROM (
            SELECT line, s, p, substring(line, length(s) + length(p) + 3) AS rest
            FROM (
                SELECT line, split_part(line, ' ', 1) AS s, split_part(line, ' ', 2) AS p
                FROM {lines}
            )
        )
    )
"""
"""SQL that DuckDB and Spark take alike: the terms of each line of a file; its graph is left out."""


class Engine(Protocol):
    """Where the joins run: what Ibis does not say alike for each engine."""

    connection: BaseBackend

    def statements(self, file: Path, scope: str) -> Table:
        """Read a file of N-Triples or N-Quads: the columns s, p, o, canonical, scope.

        The names of its blank nodes begin with `scope`, which no other file has.
        """

    def hash(self, term: StringValue) -> IntegerValue:
        """Give 64 bits that tell one text from another."""

    def keep(self, rows: Table) -> Table:
        """Compute `rows` now, and give the table that they are in."""


class DuckDB:
    """DuckDB in this process: what does not fit in `memory` bytes goes to files in `folder`."""

    def __init__(self, folder: Path, memory: int) -> None:
        self.connection = ibis.duckdb.connect(
            folder / "closure.duckdb",
            memory_limit=f"{memory >> 20}MiB",
            temp_directory=str(folder / "spilled"),
            preserve_insertion_order=False,
        )
        self._names = (f"kept{number}" for number in count())

    def statements(self, file: Path, scope: str) -> Table:
        """Read each line as the only column of a table of values that nothing separates."""
        quoted = str(file).replace("'", "''")
        lines = (
            f"read_csv('{quoted}', columns = {{'line': 'VARCHAR'}}, header = false,"
            " delim = '\x1f', quote = '', escape = '', new_line = '\\n', auto_detect = false)"
        )
        name = next(self._names)
        matches = f"regexp_matches(line, '{CANONICAL}')"
        self.connection.raw_sql(f"CREATE VIEW {name} AS {_statements(lines, matches, scope)}")
        return self.connection.table(name)

    def hash(self, term: StringValue) -> IntegerValue:
        """Use half of MD5: DuckDB's `hash` gives one number to thousands of our Japanese labels."""
        return _duckdb_hash(term)

    def keep(self, rows: Table) -> Table:
        """Put them in a table of the database's file."""
        return self.connection.create_table(next(self._names), rows)


@ibis.udf.scalar.builtin(name="md5_number_lower", signature=(("string",), "uint64"))  # type: ignore[untyped-decorator]
def _duckdb_hash(term: str) -> int: ...  # type: ignore[empty-body]


def _statements(lines: str, matches: str, scope: str) -> str:
    own = "CASE WHEN substring({0}, 1, 2) = '_:' THEN '_:{1}' || substring({0}, 3) ELSE {0} END"
    subject, object_ = (own.format(each, scope) if scope else each for each in ("s", "o"))
    return STATEMENTS.format(
        subject=subject,
        object=object_,
        matches=matches,
        scope=scope,
        lines=lines,
        string=XSD.string,
    )


class Spark:
    """Spark, as this process is told to reach it: `PYSPARK_SUBMIT_ARGS`, else on this machine.

    Spark's own settings say how much memory it takes. `folder` has to be one that every worker
    sees.
    """

    def __init__(self, folder: Path) -> None:
        from pyspark.sql import SparkSession

        self._session = (
            SparkSession.builder.appName("seisaku")
            .config("spark.sql.warehouse.dir", folder.as_uri())
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .getOrCreate()
        )
        self.connection = ibis.pyspark.connect(self._session)
        self._names = (f"kept{number}_{folder.name.replace('-', '_')}" for number in count())

    def statements(self, file: Path, scope: str) -> Table:
        """Read each line as a text."""
        lines, name = next(self._names), next(self._names)
        read = self._session.read.text(file.absolute().as_uri(), lineSep="\n")
        read.withColumnRenamed("value", "line").createOrReplaceTempView(lines)
        query = _statements(lines, f"line RLIKE '{CANONICAL}'", scope).replace("\\", "\\\\")
        self._session.sql(query).createOrReplaceTempView(name)
        return self.connection.table(name)

    def hash(self, term: StringValue) -> IntegerValue:
        """Use the one of Spark's own that gives 64 bits."""
        return _spark_hash(term)

    def keep(self, rows: Table) -> Table:
        """Put them in a table of the warehouse: what is cached would be computed anew."""
        return self.connection.create_table(next(self._names), rows)


@ibis.udf.scalar.builtin(name="xxhash64", signature=(("string",), "int64"))  # type: ignore[untyped-decorator]
def _spark_hash(term: str) -> int: ...  # type: ignore[empty-body]


@contextmanager
def engine(name: str, memory: int = MEMORY) -> Iterator[Engine]:
    """Give the engine called `name`, `duckdb` or `spark`, with a folder of its own while it runs.

    `memory` is the number of bytes that DuckDB takes before it uses the folder. Raises
    `ImportError` where what it needs is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="seisaku-") as folder:
        made = DuckDB(Path(folder), memory) if name == "duckdb" else Spark(Path(folder))
        try:
            yield made
        finally:
            made.connection.disconnect()


def infer(asserted: Graph, engine: Engine) -> Graph:
    """Give what `reason.reason` gives: what follows from `asserted` and is not in it.

    Raises `UnknownAxiom` that names each axiom that no rule is compiled from, and `Contradiction`
    as `reason.reason` does.
    """
    rules = compile_rules(asserted)
    found = set(triples(rules.terms))
    with tempfile.TemporaryDirectory(prefix="seisaku-") as folder:
        file = Path(folder, "asserted.nt")
        with file.open("w", encoding="utf-8") as opened:
            opened.writelines(lines(triples(asserted)))
        for rows in _Closure(engine, rules, engine.statements(file, "")).inferred():
            found.update(rows)
    return graph(found)


def write_inferred(files: Sequence[Path], output: Path, engine: Engine) -> int:
    """Write what follows from RDF files as N-Triples to `output`, and give the number of triples.

    The files may be in any format that pyoxigraph reads, by their names; those in canonical
    N-Triples or N-Quads are read fastest. Graphs are left out: it follows from their union. The
    rules are compiled from the axioms in the files. Raises `Unreadable` for a file that is missing
    or is not what its name says, `UnknownAxiom` and `Contradiction` as `infer` does; `output` is
    then not written.
    """
    with tempfile.TemporaryDirectory(prefix=".inferred-", dir=output.parent) as folder:
        statements = _read(engine, files, Path(folder))
        rules = compile_rules(_about_terms(statements), _datatypes(statements))
        closure = _Closure(engine, rules, statements)
        beside = Path(folder, "inferred.nt")
        total = len(rules.terms)
        with beside.open("w", encoding="utf-8") as opened:
            opened.writelines(sorted(lines(triples(rules.terms))))
            for rows in closure.inferred():
                opened.writelines(lines(rows))
                total += len(rows)
        beside.rename(output)
    return total


def _read(engine: Engine, files: Sequence[Path], folder: Path) -> Table:
    """Give the statements of the files; what is not one canonical line each is parsed first."""
    scopes = [f"f{number}-" for number in range(len(files))]
    spelt = _respelt(files, [each.suffix not in LINES for each in files], folder)
    try:
        statements = _kept(engine, spelt, scopes)
        odd = _column(statements.filter(~statements.canonical).select("scope").distinct())
    except Exception:  # the engine's own, of what it cannot read: a parser says where
        odd = scopes
    if odd:
        spelt = _respelt(spelt, [each in odd for each in scopes], folder)
        statements = _kept(engine, spelt, scopes)
    return statements


def _kept(engine: Engine, files: Sequence[Path], scopes: Sequence[str]) -> Table:
    read = [engine.statements(file, scope) for file, scope in zip(files, scopes, strict=True)]
    return engine.keep(ibis.union(*read) if len(read) > 1 else read[0])


def _respelt(files: Sequence[Path], odd: Sequence[bool], folder: Path) -> list[Path]:
    """Give the files, and for those that are odd what a parser makes of them, as N-Quads."""
    places = list(files)
    for number, file in enumerate(files):
        if odd[number]:
            places[number] = Path(tempfile.mkdtemp(dir=folder), "respelt.nq")
            _respell(file, places[number])
    return places


def _respell(file: Path, place: Path) -> None:
    with place.open("wb") as output:
        serialize(_parsed(file), output, format=RdfFormat.N_QUADS)


def _parsed(file: Path) -> Iterator[Quad]:
    try:
        yield from parse(path=file)
    except SyntaxError as error:
        raise Unreadable.at(file, error) from error
    except OSError as error:
        raise Unreadable(file, error.strerror or str(error)) from error
    except ValueError as error:
        raise Unreadable(file, "no RDF format is known by this name") from error


def _about_terms(statements: Table) -> Graph:
    """Give the statements that say something of terms in the words of RDFS and OWL, and lists."""
    said = ibis.or_(statements.p.startswith(f"<{OWL}"), statements.p.startswith(f"<{RDFS}"))
    silent = statements.p.isin([text(each) for each in SILENT])
    typed = statements.p == text(RDF.type)
    types = ibis.or_(
        *(statements.o.startswith(f"<{each}") for each in (OWL, RDFS, RDF, XSD)),
    )
    kinds = statements.o.isin([text(each) for each in SILENT_TYPES])
    rows = _rows(statements.filter((said & ~silent) | (typed & types & ~kinds)))
    cells = statements.filter(statements.p.isin([text(RDF.first), text(RDF.rest)]))
    named = [text(each) for each in LISTS]
    reached = {o for _, p, o in rows if p in named}
    while reached:
        found = _rows(cells.filter(cells.s.isin(sorted(reached))))
        rows += found
        reached = {o for _, p, o in found if p == text(RDF.rest)} - {text(RDF.nil)}
    return graph(rows)


def _datatypes(statements: Table) -> list[str]:
    """Give the datatypes of all literals."""
    typed = statements.o.startswith('"') & statements.o.endswith(">")
    datatype = statements.o.re_extract(DATATYPE, 1)
    return _column(statements.filter(typed).select(datatype=datatype).distinct())


def _rows(table: Table) -> list[Triple]:
    return [tuple(row.values()) for row in table.select("s", "p", "o").to_pyarrow().to_pylist()]


def _column(table: Table) -> list[str]:
    (column,) = table.to_pyarrow().columns
    values: list[str] = column.to_pylist()
    return values


class _Closure:
    """The statements of a graph that rules take, and what follows from them."""

    def __init__(self, engine: Engine, rules: Rules, statements: Table) -> None:
        self._engine = engine
        self._rules = rules
        said = statements.filter(statements.p.isin(sorted(rules.properties)))
        self._names = self._named(said)
        self._type = self._number_of(RDF.type)
        self._tables = self._numbered()
        facts = said.select(**{each: self._number(said[each]) for each in ("s", "p", "o")})
        self._parts = [engine.keep(facts)]

    def inferred(self) -> Iterator[list[Triple]]:
        """Give what follows and is not said, in batches; raise `Contradiction` before."""
        new = self._parts[0]
        while True:
            new = self._engine.keep(self._next(new))
            if not new.count().to_pyarrow().as_py():
                break
            self._parts.append(new)
        if faults := sorted(set(self._contradictions())):
            raise Contradiction.listing(faults)
        if len(self._parts) > 1:
            for batch in self._spelt(_union(self._parts[1:])).to_pyarrow_batches():
                columns = (batch.column(each).to_pylist() for each in ("s", "p", "o"))
                yield list(zip(*columns, strict=True))

    def _number(self, term: StringValue) -> IntegerValue:
        """Give the number of a term: below 0 when it is a literal."""
        number = (self._engine.hash(term) & 0x7FFF_FFFF_FFFF_FFFF).cast("int64")
        return ibis.ifelse(term.startswith('"'), -1 - number, number)

    def _number_of(self, term: Node) -> IntegerValue:
        number = self._engine.connection.to_pyarrow(self._number(ibis.literal(text(term))))
        return ibis.literal(number.as_py(), "int64")

    def _numbered(self) -> dict[str, Table]:
        """Give the tables of rules that have rows, their columns named a, b, c."""
        rows = [(name, *(*row, "", "")[:3]) for name in TABLES for row in self._rules.table(name)]
        if not rows:
            return {}
        terms = ibis.memtable(rows, schema=dict.fromkeys(("kind", *"abc"), "string"))
        numbers = {each: self._number(terms[each]) for each in "abc"}
        every = self._engine.keep(terms.select("kind", **numbers))
        return {name: every.filter(every.kind == name).drop("kind") for name, *_ in rows}

    def _named(self, said: Table) -> Table:
        """Give all terms by their numbers; two with one number would be taken for each other."""
        own = {term for name in TABLES for row in getattr(self._rules, name) for term in row}
        own |= self._rules.properties
        ours = ibis.memtable([(each,) for each in sorted(own)], schema={"term": "string"})
        terms = [said.select(term=said[each]) for each in ("s", "p", "o")]
        every = ibis.union(ours, *terms, distinct=True)
        names = self._engine.keep(every.select("term", number=self._number(every.term)))
        twice = names.group_by("number").having(names.count() > 1).agg(term=names.term.min())
        if alike := _column(twice.select("term").limit(LISTED)):
            raise NumberedAlike.listing(sorted(alike))
        return names

    def _next(self, new: Table) -> Table:
        """Give what follows in one step from `new` and all that is known, and is not known."""
        known = _union(self._parts)
        found = _union(list(self._steps(new, known)) or [new]).distinct()
        return found.anti_join(known.view(), ["s", "p", "o"])

    def _steps(self, new: Table, known: Table) -> Iterator[Table]:
        """Apply each kind of rule to `new`; a rule that takes two statements, to `known` too."""
        typed = new.filter(new.p == self._type)
        things = new.filter(new.o >= 0)
        alone = {
            "copies": (new, {"p": "a"}, ("s", "b", "o")),
            "inverses": (new, {"p": "a"}, ("o", "b", "s")),
            "domains": (new, {"p": "a"}, ("s", None, "b")),
            "ranges": (new, {"p": "a"}, ("o", None, "b")),
            "data_ranges": (things, {"p": "a"}, ("o", None, "b")),
            "subclasses": (typed, {"o": "a"}, ("s", None, "b")),
            "takes": (new, {"p": "a", "o": "b"}, ("s", None, "c")),
            "gives": (typed, {"o": "a"}, ("s", "b", "c")),
        }
        for name in alone.keys() & self._tables.keys():
            taken, on, made = alone[name]
            joined = _joined(taken, self._tables[name], on)
            yield self._made(joined, *made)
        if (chains := self._tables.get("chains")) is not None:
            ahead = _joined(_joined(new, chains, {"p": "a"}), known, {"o": "s", "b": "p"})
            yield self._made(ahead, "s", "c", "o2")
            behind = _joined(_joined(new, chains, {"p": "b"}), known, {"s": "o", "a": "p"})
            yield self._made(behind, "s2", "c", "o")
        if (both := self._tables.get("intersections")) is not None:
            known = known.filter(known.p == self._type)
            for one, other in ("ab", "ba"):
                halves = _joined(typed, both, {"o": one})
                yield self._made(_joined(halves, known, {"s": "s", other: "o"}), "s", None, "c")

    def _made(self, rows: Table, subject: str, predicate: str | None, object_: str) -> Table:
        """Make statements of columns; without a predicate it says what class a thing is of."""
        made = self._type if predicate is None else rows[predicate]
        return rows.select(s=rows[subject], p=made, o=rows[object_])

    def _contradictions(self) -> Iterator[str]:
        """Tell what cannot be; the words are those of the reference reasoner, owlrl."""
        known = _union(self._parts)
        same = known.filter((known.p == self._number_of(OWL.sameAs)) & (known.s != known.o))
        yield from self._told(same, ONE, "s", "o")
        tables = self._tables
        if "functional" in tables:
            having = _joined(known, tables["functional"], {"p": "a"})
            several = having.group_by("s", "p").having(having.o.min() < having.o.max()).agg()
            values = self._engine.keep(known.semi_join(several.view(), ["s", "p"]))
            two = _joined(values, values, {"s": "s", "p": "p"})
            yield from self._told(two.filter(two.o < two.o2), ONE, "o", "o2")
        if "irreflexive" in tables:
            found = _joined(known.filter(known.s == known.o), tables["irreflexive"], {"p": "a"})
            yield from self._told(
                found, "contradiction: Irreflexive property used on {} with {}", "s", "p"
            )
        if "asymmetric" in tables:
            told = "contradiction: Erroneous usage of asymmetric property {} on {} and {}"
            ahead = _joined(known, tables["asymmetric"], {"p": "a"})
            found = _joined(ahead, known, {"s": "o", "p": "p", "o": "s"})
            yield from self._told(found, told, "p", "s", "o")
        if "disjoint" in tables:
            told = "contradiction: Disjoint classes {} and {} have a common individual {}"
            yield from self._told(self._of_both(known), told, "a", "b", "s")
        if "misfits" in tables:
            told = "contradiction: the literal {} cannot be a value of {}"
            yield from self._told(self._misfitting(known), told, "o", "p")

    def _of_both(self, known: Table) -> Table:
        """Find what is of two disjoint classes; first which classes, for mostly there are none."""
        disjoint, typed = self._tables["disjoint"], known.filter(known.p == self._type)
        two = _joined(typed, typed, {"s": "s"})
        classes = two.filter(two.o != two.o2).select("o", "o2").distinct()
        both = self._engine.keep(_joined(classes, disjoint, {"o": "a", "o2": "b"}).select("a", "b"))
        return _joined(_joined(typed, both, {"o": "a"}), typed, {"s": "s", "b": "o"})

    def _misfitting(self, known: Table) -> Table:
        misfits = self._tables["misfits"]
        values = known.filter(known.o < 0).semi_join(misfits, known.p == misfits.a)
        spelt = _joined(values.select("p", "o").distinct(), self._names, {"o": "number"})
        datatype = spelt.term.re_extract(DATATYPE, 1)
        of = spelt.mutate(datatype=self._number("<" + datatype + ">"))
        return _joined(of, misfits, {"p": "a", "datatype": "b"})

    def _told(self, rows: Table, told: str, *columns: str) -> Iterator[str]:
        """Fill the terms of the first `TOLD` rows in."""
        found = rows.select(*columns).limit(TOLD).to_pyarrow().to_pylist()
        numbers = sorted({number for row in found for number in row.values()})
        if numbers:
            spelt = self._names.filter(self._names.number.isin(numbers)).to_pyarrow().to_pylist()
            terms = {each["number"]: each["term"] for each in spelt}
            for row in found:
                named = [terms[row[each]] for each in columns]
                yield told.format(*(sorted(named) if told == ONE else named))

    def _spelt(self, rows: Table) -> Table:
        """Give the statements that people can read: none on a literal or on what has no name."""
        names = self._names.filter(~self._names.term.startswith("_:"))
        for each in ("s", "p", "o"):
            rows = _joined(rows, names, {each: "number"}).drop(each, "number")
            rows = rows.rename({each: "term"})
        return rows.filter(~rows.s.startswith('"'))


def _joined(left: Table, right: Table, on: dict[str, str]) -> Table:
    """Join where columns are equal; a column of `right` whose name `left` has too ends in 2."""
    right = right.view()
    predicates = [left[one] == right[other] for one, other in on.items()]
    return left.join(right, predicates, rname="{name}2")


def _union(tables: Sequence[Table]) -> Table:
    return ibis.union(*tables) if len(tables) > 1 else tables[0]
