"""The `seisaku` command: check, build, serve, query, search, mcp, export, coverage, diff.

Exit code 0: done. 1: the input is wrong (a file, the data, the query). 2: the call is wrong
(an option or a setting). Errors go to stderr, and nothing else does but the progress lines.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import textwrap
import time
from dataclasses import asdict, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from . import snapshot
from .config import BASE, LANGUAGES, PREFIX, Config
from .distribution import GROUPS
from .errors import (
    BadQuery,
    InputError,
    Refused,
    RequestError,
    SeisakuError,
    TooComplex,
    Unreadable,
    UsageError,
)
from .questions import read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Run = Callable[[argparse.Namespace, Config], None]
    Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"

QUERIES = Path("data", "queries")

PREFERRED = {
    "table": ("application/sparql-results+json", "text/turtle"),
    "csv": ("text/csv", "text/turtle"),
}
"""These forms of `query` hold no graph: a CONSTRUCT or DESCRIBE is printed as Turtle."""

QUERY_FORMATS = (
    "table",
    "csv",
    "tsv",
    "json",
    "xml",
    "turtle",
    "ntriples",
    "nquads",
    "trig",
    "jsonld",
    "rdfxml",
)
"""A name for each media type, and `table`; a test holds them against those of the endpoint."""

# Each command imports what it needs when it runs: `serve` must not wait for rdflib.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    try:
        parsed = _parser().parse_args(arguments)
        run: Run = parsed.run
        run(parsed, Config.from_environment())
    except UsageError as error:
        return _fail(error, 2)
    except (InputError, RequestError) as error:
        return _fail(error, 1)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone: nothing left to say
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def check(arguments: argparse.Namespace, config: Config) -> None:
    """Load, validate and reason, and write nothing."""
    from .build import close

    tell = Progress()
    layers, *_ = close(config, tell)
    tell("questions", f"{len(read(config.root / QUERIES)):,} question files")
    triples = {layer: len(graph) for layer, graph in layers.items()}
    if arguments.json:
        _print_json({"conforms": True, "triples": triples})
        return
    print("The graph is sound:", ", ".join(f"{n:,} {layer}" for layer, n in triples.items()))


def build(arguments: argparse.Namespace, config: Config) -> None:
    """Build the snapshot, also when there is one of the same input."""
    if arguments.union and not arguments.data:
        raise UsageError("--union goes with --data: the graph's own is the union anyway")
    if arguments.infer and not arguments.data:
        raise UsageError("--infer goes with --data: the graph's inferences are always made")
    if arguments.validate and not arguments.data:
        raise UsageError("--validate goes with --data: the graph is always validated")
    if arguments.push and arguments.data:
        raise UsageError("--push is for the graph: give it without --data")
    if arguments.data:
        _build_on_disk(arguments, config)
        return
    from .build import build as build_snapshot

    tell = Progress()
    folder = build_snapshot(config, tell, anew=arguments.no_cache)
    if arguments.push:
        from .push import push

        push(folder / snapshot.DATASET, folder.name, config, tell)
    if arguments.json:
        _print_json({"folder": str(folder), **snapshot.manifest(folder)})
        return
    print(folder)


def _build_on_disk(arguments: argparse.Namespace, config: Config) -> None:
    """Build a snapshot of the files of `--data`, for what is too large for memory."""
    from . import bulk, disk

    reasoner = config.reasoner if arguments.infer else ""
    if arguments.validate and config.validator == "pyshacl":
        raise UsageError("--validate needs SEISAKU_VALIDATOR to be shacl: pyshacl is for memory")
    if arguments.validate and find_spec(config.validator) is None:
        raise UsageError.uninstalled(config.validator, "validator")
    if reasoner == "owlrl":
        raise UsageError(
            "--infer needs SEISAKU_REASONER to be duckdb or spark: owlrl is for memory"
        )
    try:
        folder = bulk.build(
            config.snapshots,
            arguments.data,
            Progress(),
            union=arguments.union,
            reasoner=reasoner,
            root=config.root if arguments.validate else None,
        )
    except ImportError as error:
        raise UsageError.uninstalled(reasoner) from error
    if arguments.json:
        told = disk.told(folder)
        _print_json({"folder": str(folder), **asdict(told)})
        return
    print(folder)


def serve(arguments: argparse.Namespace, _: Config) -> None:
    """Serve the graph, or the files of `--data`, over HTTP until interrupted."""
    from .serve import serve as serve_http

    given = {PREFIX + each.name.upper(): getattr(arguments, each.name) for each in fields(Config)}
    flags = {name: value for name, value in given.items() if value is not None}
    config = Config.from_environment({**os.environ, **flags})
    files, union = _dataset(arguments.data, config)
    queries = None if arguments.data else config.root / QUERIES
    # What cannot be read, or is another document, is told before anything is served.
    if queries:
        read(queries)
    if config.store or config.source or (arguments.data and not _is_snapshot(files)):
        _try(files, config, union=union)
    serve_http(files, config, union=union, queries=queries)


def query(arguments: argparse.Namespace, config: Config) -> None:
    """Answer one query on the terminal."""
    from .query import FORMATS, answer
    from .remote import pool

    text = _query_text(arguments)
    form = arguments.format or ("table" if sys.stdout.isatty() else "csv")
    preferred = PREFERRED[form] if form in PREFERRED else (FORMATS[form],)
    files, union = _dataset(arguments.data, config)
    with contextlib.closing(pool(files, config, union=union)) as opened:
        try:
            found = answer(opened, text, lambda offered: _first(preferred, offered))
        except (BadQuery, Refused, TooComplex) as error:
            name = arguments.file or "query"
            raise Unreadable(name, str(error), error.line, error.column) from None
    if form == "table" and found.media_type == FORMATS["json"]:
        print(table(json.loads(found.body)))
        return
    sys.stdout.buffer.write(found.body)


def search(arguments: argparse.Namespace, config: Config) -> None:
    """Find things by their names, readings, codes and definitions."""
    from .index import Index

    files, _ = _dataset(arguments.data, config)
    with contextlib.ExitStack() as stack:
        if config.store:
            from .remote import pool

            opened = stack.enter_context(contextlib.closing(pool([], config, union=True)))
            files = list(opened.files)
        index = Index(files)
        index.load()
    found = index.find(
        arguments.text, kind=arguments.kind, layer=arguments.layer, limit=arguments.limit
    )
    if arguments.json:
        _print_json(index.told(found, arguments.text, arguments.lang))
        return
    for hit in found.hits:
        kind = index.told_kind(hit, arguments.lang)
        print(hit.name(arguments.lang), kind["name"] if kind else "", hit.rank, hit.iri, sep="\t")
    more = f", of {found.total:,}" if found.total > len(found.hits) else ""
    print(f"{len(found.hits):,} found{more}", file=sys.stderr)


def mcp(arguments: argparse.Namespace, config: Config) -> None:
    """Offer the graph to an agent by the Model Context Protocol, on standard input and output."""
    from .agents.server import CURRENT, server
    from .agents.tools import Tools
    from .index import Index
    from .passages import Passages
    from .remote import pool

    files, union = _dataset(arguments.data, config)
    questions = [] if arguments.data else read(config.root / QUERIES)
    with contextlib.closing(pool(files, config, union=union)) as opened:
        index = Index(opened.files)
        CURRENT.set(Tools(opened, index, questions, Passages(opened, config.source)))
        index.load()
        server().run("stdio")


def export(arguments: argparse.Namespace, config: Config) -> None:
    """Write the dataset as files to take away, with a list of them and their digests."""
    from .export import export as export_files

    if arguments.site and (arguments.only or arguments.bom):
        raise UsageError("--site writes the whole site: give it without --only and --bom")
    dataset = _built(config) / snapshot.DATASET
    if arguments.site:
        _export_site(dataset, arguments, config)
        return
    groups = arguments.only or GROUPS
    files = export_files(dataset, arguments.folder, groups, bom=arguments.bom)
    if arguments.json:
        _print_json({"files": [str(file) for file in files]})
        return
    for file in files:
        print(file)


def _export_site(dataset: Path, arguments: argparse.Namespace, config: Config) -> None:
    """Write the pages and the documents as files that need no server."""
    from . import site
    from .app import create_app
    from .workers import WorkerPool

    with WorkerPool([dataset], config, union_default_graph=True) as pool:
        app = create_app(pool, config, config.root / QUERIES, dataset.parent.name)
        count = site.write(app, arguments.folder, site.things(dataset))
    if arguments.json:
        _print_json({"site": str(arguments.folder), "files": count})
    else:
        print(f"{arguments.folder}: {count:,} files; begin with index.html")


def coverage(arguments: argparse.Namespace, config: Config) -> None:
    """Hold the records against the source document, line by line."""
    from .coverage import coverage as measure
    from .coverage import segments
    from .load import load

    if arguments.segments:
        print(segments(config.root, arguments.source), end="")
        return
    found = measure(load(config.root), arguments.source)
    if arguments.json:
        _print_json(
            {
                "document": found.document,
                "lines": found.lines,
                "uncited": found.uncited,
                "without_line": found.without_line,
            }
        )
    else:
        _print_coverage(found.lines, found.uncited, found.without_line)
    if arguments.complete and (found.uncited or found.without_line):
        raise InputError("the coverage is not complete")


def diff(arguments: argparse.Namespace, config: Config) -> None:
    """Compare two snapshots, record by record; exit code 0 also when they differ."""
    from . import review, terms
    from .diff import compare, read

    before, after = (read(*_side(each, config)) for each in (arguments.before, arguments.after))
    found = compare(before, after)
    if arguments.terms:
        release = terms.release(found)
        told, lines = terms.json(release), terms.text(release, brief=arguments.brief)
    else:
        told = review.json(found, inferred=arguments.inferred)
        lines = review.text(found, inferred=arguments.inferred, brief=arguments.brief)
    if arguments.json:
        _print_json(told)
        return
    for line in lines:
        print(line)


class Progress:
    """Tells each step's name, result and seconds on a terminal; is quiet elsewhere."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def __call__(self, step: str, what: str) -> None:
        """Say that `step` is done and what came of it."""
        now = time.monotonic()
        if sys.stderr.isatty():
            print(f"{step:<9} {what}  ({now - self._since:.1f} s)", file=sys.stderr)
        self._since = now


def table(results: dict[str, Any]) -> str:
    """Give SPARQL JSON results as a table of text, or an ASK's answer as `true` or `false`."""
    from prettytable import PrettyTable, TableStyle

    if "boolean" in results:
        return json.dumps(results["boolean"])
    names = results["head"]["vars"]
    rows = PrettyTable(names, align="l")
    rows.set_style(TableStyle.SINGLE_BORDER)
    for binding in results["results"]["bindings"]:
        rows.add_row([binding.get(name, {}).get("value", "") for name in names])
    count = len(rows.rows)
    return f"{rows}\n{count:,} row{'' if count == 1 else 's'}"


def _first(preferred: Sequence[str], offered: Sequence[str]) -> str | None:
    return next((each for each in preferred if each in offered), None)


def _built(config: Config) -> Path:
    """Give the snapshot of the files as they are, building it when there is none."""
    found = snapshot.find(config.snapshots, snapshot.digest(config.root))
    if found is None:
        from .build import build as build_snapshot

        found = build_snapshot(config, Progress())
    return found


def _side(name: str, config: Config) -> tuple[str, Path]:
    """Give a side's name and its dataset: of a folder, a file, or a snapshot by its digest."""
    place = Path(name)
    if (place / "ontology").is_dir():
        return name, _built(replace(config, root=place)) / snapshot.DATASET
    if place.is_dir():
        if not (place / snapshot.DATASET).is_file():
            raise Unreadable(name, "neither a snapshot nor a folder that holds a graph")
        return name, place / snapshot.DATASET
    found = [] if place.exists() else snapshot.named(config.snapshots, name)
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise Unreadable(name, f"not the beginning of one digest only: {names}")
    if not found and not place.exists():
        raise Unreadable(name, f"no such file, and no such snapshot in {config.snapshots}")
    return (found[0].name, found[0] / snapshot.DATASET) if found else (name, place)


def _dataset(data: list[Path] | None, config: Config) -> tuple[list[Path], bool]:
    """Give the files to serve, and whether the default graph is the union of all graphs.

    There are no files when the settings name a store, which holds the graph.
    """
    if config.store:
        if data:
            raise UsageError(f"{PREFIX}STORE names a store: give it without --data")
        return [], True
    if data and any(each.is_dir() for each in data):
        return _on_disk(data)
    return (data, False) if data else ([_built(config) / snapshot.DATASET], True)


def _try(files: list[Path], config: Config, *, union: bool) -> None:
    """Load the dataset, and read the source documents that it cites."""
    from .passages import Passages
    from .remote import pool

    with contextlib.closing(pool(files, replace(config, workers=1), union=union)) as opened:
        opened.load()
        Passages(opened, config.source)


def _is_snapshot(files: list[Path]) -> bool:
    """Tell whether the files are a snapshot on disk, and raise `Unreadable` when it is damaged."""
    from . import disk

    return files[0].is_dir() and disk.opened(files[0]) is not None


def _on_disk(data: list[Path]) -> tuple[list[Path], bool]:
    """Give the same of a snapshot that `build --data` has made."""
    from . import disk

    if len(data) > 1:
        raise UsageError("--data takes files, or one folder of a snapshot that `build --data` made")
    return data, disk.told(data[0]).union


def _query_text(arguments: argparse.Namespace) -> str:
    if (arguments.text is None) == (arguments.file is None):
        raise UsageError("give one query: as an argument, or with --file")
    if arguments.text is not None:
        text: str = arguments.text
        return text
    try:
        stdin = str(arguments.file) == "-"
        return sys.stdin.read() if stdin else arguments.file.read_text(encoding="utf-8")
    except OSError as error:
        raise Unreadable(arguments.file, error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise Unreadable(arguments.file, f"not UTF-8 at byte {error.start}") from error


def _print_coverage(
    lines: dict[int, list[str]], uncited: list[int], without_line: list[str]
) -> None:
    for number, records in lines.items():
        print(f"L{number}", *[record.removeprefix(BASE) for record in records])
    print(f"{len(lines) - len(uncited)} of {len(lines)} lines are cited by a record")
    print("lines without a record:", ", ".join(f"L{number}" for number in uncited) or "none")
    print("records without a line:", ", ".join(without_line) or "none")


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _fail(error: SeisakuError, code: int) -> int:
    print(f"seisaku: {error}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="seisaku", description="Japan's innovation policy as a knowledge graph.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in COMMANDS.values():
        add(commands)
    return parser


def _command(commands: Commands, run: Run, examples: str) -> argparse.ArgumentParser:
    """Add the command that `run` is named after; its docstring is the help."""
    help_ = (run.__doc__ or "").strip()
    parser = commands.add_parser(
        run.__name__,
        help=help_,
        description=help_,
        allow_abbrev=False,  # a flag that is cut short is a typo
        epilog=f"examples:\n{textwrap.indent(examples, '  ')}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_check(commands: Commands) -> None:
    parser = _command(commands, check, "seisaku check\nseisaku check --json")
    _add_json(parser)


def _add_build(commands: Commands) -> None:
    examples = (
        "seisaku build\nseisaku build --no-cache\nseisaku build --json\nseisaku build --push\n"
        "seisaku build --data large.nq.gz\nseisaku build --data facts.nt links.ttl --union"
    )
    parser = _command(commands, build, examples)
    parser.add_argument(
        "--push",
        action="store_true",
        help="put the snapshot into the store that SEISAKU_STORE names, too",
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="do every step anew, also what has not changed"
    )
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="RDF files of any size to put on disk as they are, in place of the graph",
    )
    parser.add_argument(
        "--union",
        action="store_true",
        help="make the default graph of --data the union of all its graphs",
    )
    parser.add_argument(
        "--infer",
        action="store_true",
        help="add what follows from --data by its own axioms, found by SEISAKU_REASONER",
    )
    parser.add_argument(
        "--validate",
        action="store_true",
        help="stop unless --data conforms to the graph's shapes, held to them by SEISAKU_VALIDATOR",
    )
    _add_json(parser)


DATA = "RDF files to take as they are, or a folder of build --data, in place of the graph"


def _add_serve(commands: Commands) -> None:
    examples = (
        "seisaku serve\nseisaku serve --port 0\nseisaku serve --source slides.txt\n"
        "seisaku serve --data my-graph.ttl more.nq"
    )
    parser = _command(commands, serve, examples)
    for each in fields(Config):
        flag = f"--{each.name.replace('_', '-')}"
        parser.add_argument(flag, metavar="VALUE", help=each.metadata["help"])
    parser.add_argument("--data", type=Path, nargs="+", metavar="FILE", help=DATA)


def _add_query(commands: Commands) -> None:
    examples = (
        "seisaku query 'SELECT ?hub { ?hub a <https://w3id.org/seisaku/def#StartupHub> }'\n"
        "seisaku query --file data/queries/cq29.rq --format csv\n"
        "seisaku query --data my-graph.ttl 'ASK { ?s ?p ?o }'"
    )
    parser = _command(commands, query, examples)
    parser.add_argument("text", nargs="?", metavar="QUERY", help="the SPARQL query")
    parser.add_argument("--file", type=Path, help="read the query from a file; - is stdin")
    parser.add_argument(
        "--format",
        choices=QUERY_FORMATS,
        help="default: table on a terminal, csv elsewhere",
    )
    parser.add_argument(
        "--data", type=Path, action="append", metavar="FILE", help=f"{DATA}; may be repeated"
    )


def _add_search(commands: Commands) -> None:
    examples = (
        "seisaku search 東京\nseisaku search 'unicorn target' --lang en\n"
        "seisaku search 宇宙 --kind Mention --layer document --json"
    )
    parser = _command(commands, search, examples)
    parser.add_argument("text", metavar="TEXT", help="words, or the beginning of a name")
    parser.add_argument("--kind", metavar="CLASS", help="only things of this class: StartupHub")
    parser.add_argument("--layer", metavar="LAYER", help="only what this layer names: document")
    parser.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0], help="default: ja")
    parser.add_argument("--limit", type=_hits, default=20, metavar="N", help="default: 20")
    parser.add_argument(
        "--data", type=Path, action="append", metavar="FILE", help=f"{DATA}; may be repeated"
    )
    _add_json(parser)


def _hits(text: str) -> int:
    """Read a number of hits: from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _add_mcp(commands: Commands) -> None:
    parser = _command(commands, mcp, "seisaku mcp\nseisaku mcp --data my-graph.ttl")
    parser.add_argument(
        "--data", type=Path, action="append", metavar="FILE", help=f"{DATA}; may be repeated"
    )


def _add_export(commands: Commands) -> None:
    examples = (
        "seisaku export files/\nseisaku export files/ --only tables --bom\n"
        "seisaku export --site public/"
    )
    parser = _command(commands, export, examples)
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder to write the files to")
    parser.add_argument(
        "--only", choices=GROUPS, action="append", help="write these files only; may be repeated"
    )
    parser.add_argument(
        "--site",
        action="store_true",
        help="write pages and data as a site without a server",
    )
    parser.add_argument(
        "--bom", action="store_true", help="begin tables in CSV with the mark that Excel goes by"
    )
    _add_json(parser)


def _add_coverage(commands: Commands) -> None:
    examples = (
        "seisaku coverage --source slides.txt\n"
        "seisaku coverage --source slides.txt --complete\n"
        "seisaku coverage --source slides.txt --segments > data/document/slides-segments.ttl"
    )
    parser = _command(commands, coverage, examples)
    parser.add_argument(
        "--source", type=Path, required=True, metavar="FILE", help="the source document"
    )
    parser.add_argument(
        "--complete", action="store_true", help="fail unless every line and every record is covered"
    )
    parser.add_argument(
        "--segments",
        action="store_true",
        help="print the line records that the data need, in Turtle",
    )
    _add_json(parser)


def _add_diff(commands: Commands) -> None:
    examples = (
        "seisaku diff last-year.nq .\n"
        "seisaku diff 9f3c2a 41d07b --brief\n"
        "seisaku diff .snapshots/9f3c2a… . --inferred --json\n"
        "seisaku diff --terms ../last-release ."
    )
    parser = _command(commands, diff, examples)
    sides = "a snapshot's folder or the beginning of its digest, a .nq of export, or a checkout"
    parser.add_argument("before", metavar="A", help=sides)
    parser.add_argument("after", metavar="B", help="the same")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--inferred", action="store_true", help="list what is inferred, too")
    what.add_argument(
        "--terms",
        action="store_true",
        help="compare classes, properties, concepts and shapes, and say which version they ask for",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--brief", action="store_true", help="name what changed and no more")
    _add_json(how)


def _add_json(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for a machine")


COMMANDS = {
    "check": _add_check,
    "build": _add_build,
    "serve": _add_serve,
    "query": _add_query,
    "search": _add_search,
    "mcp": _add_mcp,
    "export": _add_export,
    "coverage": _add_coverage,
    "diff": _add_diff,
}


if __name__ == "__main__":
    sys.exit(main())
