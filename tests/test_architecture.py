"""The import direction: no cycles, and each library is known to the modules that it is for."""

import ast
from pathlib import Path

import pytest

from conftest import REPOSITORY

PACKAGE = REPOSITORY / "server" / "seisaku"
MODULES = {
    ".".join(file.relative_to(PACKAGE).with_suffix("").parts): file
    for file in sorted(PACKAGE.rglob("*.py"))
    if file.stem != "__init__"
}
PAGES = {name for name in MODULES if name.startswith("pages.")}

ALLOWED = {
    "pyshacl": {"validate", "revalidate"},
    "owlrl": {"reason"},
    "ibis": {"closure"},
    "pyspark": {"closure"},
    "shacl": {"report"},
    "flask": {
        *PAGES,
        *("app", "protocol", "respond", "problems", "negotiate"),
        *("description", "downloads", "openapi", "operation", "metrics", "log", "serve"),
        *("gateway", "shortcut"),
        *("assets", "search", "agents.http", "reconciliation", "llms", "site"),
    },
    "werkzeug": {
        *PAGES,
        *("app", "assets", "downloads", "protocol", "respond", "problems", "log", "search"),
        *("reconciliation", "site"),
    },
    "mcp": {"agents.server", "agents.http"},
    "prometheus_client": {"metrics"},
    "granian": {"serve", "gateway", "shortcut"},
    "zstandard": {"respond"},
    "icalendar": {"agenda"},
    "pyarrow": {"tables"},
    "xlsxwriter": {"workbook"},
    "pandas": {"graph"},
    # load: its strict Turtle parser tells line and column; export, description: it writes every
    # format; federation: reads results in JSON; query, questions: what is an IRI; index: reads
    # files; documents: reads results and writes every format; explain: what is a statement;
    # ntriples: writes a literal; closure: reads files; report: asks rules of a store;
    # remote: reads what a store answers, and writes it anew; push: reads what it splits
    "pyoxigraph": {
        *("documents", "explain", "files", "disk"),
        *("load", "snapshot", "export", "workers", "query", "questions", "federation"),
        *("diff", "review", "terms", "description", "distribution", "dumps", "graph", "tables"),
        *("remote", "push"),
        *("conformance", "index", "llms", "site", "ntriples", "closure", "report"),
    },
    "httpx2": {"push"},
    "rdflib": {
        *(
            "ntriples",
            "load",
            "validate",
            "seminaive",
            "revalidate",
            "reason",
            "rules",
            "rereason",
            "closure",
        ),
        *("partitions", "describe", "coverage", "build", "report", "bulk"),
    },
}

HTTP = {
    *PAGES,
    *("app", "protocol", "respond", "problems", "negotiate", "gateway", "shortcut", "serve"),
    *("description", "downloads", "openapi", "operation", "metrics", "log", "assets"),
    *("search", "agents.http", "reconciliation", "llms", "site"),
}
"""The modules that know of HTTP."""


def imports(file: Path) -> tuple[set[str], set[str]]:
    """Give the modules of ours and the libraries that `file` imports, wherever it does."""
    ours: set[str] = set()
    libraries: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            package = (
                *file.relative_to(PACKAGE).parts[: -node.level],
                *(node.module or "").split("."),
            )
            module = ".".join(each for each in package if each)
            inside = [f"{module}.{alias.name}".lstrip(".") for alias in node.names]
            ours |= {module} if module in MODULES else {each for each in inside if each in MODULES}
        elif isinstance(node, ast.ImportFrom):
            libraries.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Import):
            libraries |= {alias.name.partition(".")[0] for alias in node.names}
    return ours, libraries


def test_modules_are_found() -> None:
    assert {"load", "validate", "reason", "snapshot", "build", "query"} <= MODULES.keys()


def test_imports_have_no_cycle() -> None:
    left = {name: imports(file)[0] for name, file in MODULES.items()}
    while free := [name for name, needed in left.items() if not needed & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}


@pytest.mark.parametrize("library", ALLOWED)
def test_a_library_is_imported_only_where_it_belongs(library: str) -> None:
    importing = {name for name, file in MODULES.items() if library in imports(file)[1]}
    assert importing <= ALLOWED[library]


def test_the_request_line_knows_nothing_of_the_data_line() -> None:
    below = {"lexer", "source", "passages", "workers", "query", "questions", "turns", "answers"}
    below |= {"folding", "index", "pool", "remote", "virtuoso"}
    # serve: finds the snapshot that it changes to
    for name in (HTTP | below | {"cache", "client"}) - {"serve"}:
        ours, libraries = imports(MODULES[name])
        data = {
            "load",
            "validate",
            "reason",
            "rules",
            "closure",
            "describe",
            "build",
            "coverage",
            "diff",
        }
        assert not ours & data, name
        assert "rdflib" not in libraries, name


def test_there_is_no_http_below_the_application() -> None:
    for name in MODULES.keys() - HTTP - {"cli", "errors", "federation", "remote"}:
        assert not imports(MODULES[name])[1] & {"flask", "werkzeug", "http"}, name
