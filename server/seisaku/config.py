"""What is fixed (the names of the graph) and what an operator can set (`Config`)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from .errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BASE = "https://w3id.org/seisaku/"
"""Every IRI of ours begins with this."""

ENDPOINT = BASE + "sparql"
"""The endpoint's address as the dataset tells it; a server tells its own in its place."""

MATCHES = BASE + "def#matches"
"""The SPARQL function of ours that compares texts as the search does."""

STORE = BASE + "store"
"""In a remote store, the graph that says what the store holds; what is being loaded lies below."""

GRAPH = BASE + "graph/"
"""A named graph's IRI is this and its layer: `…/graph/document`."""

ASSERTED = ("ontology", "document", "curated", "external")
"""The layers that people write, in the order in which they are read."""

LAYERS = (*ASSERTED, "inferred", "description")
"""All layers: what is said, what is ours, what comes from elsewhere, what follows, and what the
dataset says of itself. That is a layer too because editors and crawlers look for it in the default
graph, by queries that name no graph."""

LANGUAGES = ("ja", "en")
"""The languages of labels, texts and pages; who asks for neither gets the first."""

PREFIX = "SEISAKU_"
"""A setting's environment variable is this and its name in capitals."""

POSITIVE = (
    *("workers", "deadline", "memory", "answer_bytes", "query_bytes", "nesting", "spool"),
    *("send_seconds", "service_seconds", "service_bytes"),
)
"""The settings that must be greater than 0."""

ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
REASONERS = ("owlrl", "duckdb", "spark")
"""The engines that infer the same: the reference, and those for graphs too large for it."""

VALIDATORS = ("pyshacl", "shacl")
"""The engines that find the same faults: the reference, and that for graphs too large for it."""

LOG_LEVELS = ("debug", "info", "warning", "error")

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parents[1]


def _root() -> Path:
    """Give the checkout that this package lies in, or the graph that the wheel carries."""
    return CHECKOUT if (CHECKOUT / "ontology").is_dir() else PACKAGE / "graph"


def _snapshots() -> Path:
    """Give the checkout's `.snapshots`, or the user's cache when installed from a wheel."""
    if (CHECKOUT / "ontology").is_dir():
        return CHECKOUT / ".snapshots"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "seisaku"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What an operator can set. Each field is also an environment variable, `SEISAKU_<FIELD>`.

    Sizes are bytes, times are seconds. A value that cannot be is a `UsageError` that names it.
    """

    root: Path = field(
        default_factory=_root,
        metadata={"help": "Folder that holds `ontology/`, `data/` and `shapes/`."},
    )
    snapshots: Path = field(
        default_factory=_snapshots,
        metadata={"help": "Folder that the built snapshots are kept in."},
    )
    source: tuple[Path, ...] = field(
        default=(),
        metadata={
            "help": "Files of source documents, with `:` between them: pages then show passages."
        },
    )
    store: str = field(
        default="",
        metadata={"help": "SPARQL query endpoint of a store that answers in place of the workers."},
    )
    store_update: str = field(
        default="", metadata={"help": "Where that store takes SPARQL Update, for `build --push`."}
    )
    store_graphs: str = field(
        default="",
        metadata={"help": "Where it takes graphs (Graph Store Protocol), for `build --push`."},
    )
    store_user: str = field(default="", metadata={"help": "Who that store knows us as."})
    store_password: str = field(
        default="", repr=False, metadata={"help": "The password of that user."}
    )
    reasoner: str = field(
        default=REASONERS[0],
        metadata={"help": "Engine that infers when a snapshot is built: owlrl, duckdb or spark."},
    )
    validator: str = field(
        default=VALIDATORS[0],
        metadata={"help": "Engine that validates when a snapshot is built: pyshacl or shacl."},
    )
    host: str = field(default="127.0.0.1", metadata={"help": "Address to listen on."})
    port: int = field(default=8000, metadata={"help": "Port to listen on; 0 picks a free one."})
    workers: int = field(default=4, metadata={"help": "Queries that run at the same time."})
    queue: int = field(
        default=256, metadata={"help": "Queries that may wait for a worker before 503."}
    )
    deadline: float = field(
        default=10.0, metadata={"help": "Seconds that one query may take, waiting included."}
    )
    memory: int = field(
        default=512 << 20, metadata={"help": "Bytes of memory of its own that one query may use."}
    )
    answer_bytes: int = field(
        default=32 << 20, metadata={"help": "Longest answer to one query, in bytes."}
    )
    query_bytes: int = field(
        default=100_000, metadata={"help": "Longest query text accepted, in bytes."}
    )
    nesting: int = field(
        default=100, metadata={"help": "Deepest nesting of brackets accepted in a query."}
    )
    spool: int = field(
        default=1 << 30,
        metadata={"help": "Bytes on disk that long answers may take while they are sent."},
    )
    send_seconds: float = field(
        default=300.0, metadata={"help": "Seconds that a client may take to receive a long answer."}
    )
    cache: int = field(
        default=64 << 20, metadata={"help": "Bytes of memory for answers kept; 0 keeps none."}
    )
    max_age: int = field(
        default=60,
        metadata={"help": "Seconds that a browser or a proxy may keep an answer unasked."},
    )
    services: tuple[str, ...] = field(
        default=(),
        metadata={"help": "Endpoints that SERVICE may name: their IRIs, with spaces between."},
    )
    service_seconds: float = field(
        default=5.0, metadata={"help": "Seconds that another endpoint may take to answer."}
    )
    service_bytes: int = field(
        default=1 << 20, metadata={"help": "Longest answer of another endpoint, in bytes."}
    )
    mcp_origins: tuple[str, ...] = field(
        default=(),
        metadata={"help": "Origins whose pages may use `/mcp`, with spaces between."},
    )
    proxies: int = field(
        default=0,
        metadata={"help": "Proxies in front whose `X-Forwarded-…` headers are believed."},
    )
    stop_seconds: float = field(
        default=3.0,
        metadata={"help": "Seconds that running queries get to end when the server stops."},
    )
    log_level: str = field(
        default="info",
        metadata={"help": "Least level that is logged: debug, info, warning or error."},
    )
    log_queries: bool = field(
        default=False, metadata={"help": "Whether the log tells the text of each query."}
    )

    def __post_init__(self) -> None:
        for each in POSITIVE:
            if not getattr(self, each) > 0:
                raise UsageError(f"{PREFIX}{each.upper()} must be greater than 0")
        for each in ("queue", "cache", "max_age", "proxies", "stop_seconds"):
            if not getattr(self, each) >= 0:
                raise UsageError(f"{PREFIX}{each.upper()} must not be negative")
        self._expect_addresses()
        if self.reasoner not in REASONERS:
            raise UsageError(f"{PREFIX}REASONER must be one of {', '.join(REASONERS)}")
        if self.validator not in VALIDATORS:
            raise UsageError(f"{PREFIX}VALIDATOR must be one of {', '.join(VALIDATORS)}")
        if self.log_level not in LOG_LEVELS:
            raise UsageError(f"{PREFIX}LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}")
        if not 0 <= self.port <= 65535:
            raise UsageError(f"{PREFIX}PORT must be from 0 to 65535")

    def _expect_addresses(self) -> None:
        for name in ("services", "store", "store_update", "store_graphs"):
            given = getattr(self, name)
            for each in given if isinstance(given, tuple) else (given,) * bool(given):
                if not ADDRESS.fullmatch(each):
                    raise UsageError(f"{PREFIX}{name.upper()}: {each!r} is no http or https IRI")

    @property
    def body_bytes(self) -> int:
        """Longest body of a request: of a form, whose characters come in up to three bytes."""
        return 4 * self.query_bytes

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings. A misspelt name or an impossible value is a `UsageError`."""
        names = {PREFIX + each.name.upper(): each.name for each in fields(cls)}
        given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
        if unknown := given.keys() - names.keys():
            raise UsageError(
                f"no such setting: {', '.join(sorted(unknown))}. Known: {', '.join(names)}"
            )
        return cls(**{names[name]: _parsed(name, value) for name, value in given.items()})


def _paths(value: str) -> tuple[Path, ...]:
    return tuple(Path(each) for each in value.split(os.pathsep) if each)


def _words(value: str) -> tuple[str, ...]:
    return tuple(value.split())


def _truth(value: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if value.lower() not in known:
        raise ValueError(value)
    return known[value.lower()]


_PARSE: dict[str, Callable[[str], Any]] = {
    "root": Path,
    "snapshots": Path,
    "source": _paths,
    "store": str,
    "store_update": str,
    "store_graphs": str,
    "store_user": str,
    "store_password": str,
    "reasoner": str,
    "validator": str,
    "host": str,
    "deadline": float,
    "send_seconds": float,
    "services": _words,
    "mcp_origins": _words,
    "service_seconds": float,
    "stop_seconds": float,
    "log_level": str,
    "log_queries": _truth,
}


def _parsed(name: str, value: str) -> Any:  # noqa: ANN401  # as many types as settings
    parse = _PARSE.get(name.removeprefix(PREFIX).lower(), int)
    try:
        return parse(value)
    except ValueError as error:
        raise UsageError(f"{name}: {value!r} is not {parse.__name__.strip('_')}") from error
