"""Pool: what answers queries, and the dataset that it answers from.

There are two: `workers.WorkerPool` answers in this machine's processes, `remote.RemotePool` asks a
SPARQL store over HTTP. All else sees this interface and no more. What both keep beside their
engine, the answers, the turns and the room for answers, is here.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from .answers import Room, Spool
from .cache import AnswerCache
from .turns import Turns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from .answers import Answer
    from .client import Client
    from .config import Config


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a pool answers from: the number of quads, the named graphs, the declared prefixes.

    `digest` is the SHA-256, in hex, of all that the answers to a query depend on: the data, how
    they make the default graph, the engine and this program.
    """

    quads: int
    graphs: frozenset[str]
    prefixes: dict[str, str]
    digest: str
    sizes: dict[str, int] | None = None
    """The number of triples of each named graph, where that is known without counting."""
    size: int | None = None
    """That of the default graph, likewise."""


class Pool(ABC):
    """Answers queries on one dataset, within the limits of `config`. Thread-safe."""

    union_default_graph: bool
    """Whether a query's default graph is the union of all graphs."""
    functions: frozenset[str] = frozenset()
    """The IRIs of the functions of ours that a query may call."""
    _turns: Turns[Any]
    """Turns at what answers a query: a worker, or a connection."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.answers = AnswerCache(config.cache)
        """Answers kept."""
        self.inspections: Turns[int] = Turns(config.queue // 4, 1)
        """Turns at looking at a long query before it runs, which one at a time may."""
        self.inspections.open([1])
        self.kills: Counter[str] = Counter()
        """The number of queries that were ended before their end, by why."""
        self._room = Room(config.spool)
        self._control = threading.Lock()
        self._closed = False
        self._dataset: Dataset | None = None

    @property
    @abstractmethod
    def files(self) -> Sequence[Path]:
        """The dataset as files of RDF, which the search reads."""

    @property
    @abstractmethod
    def dataset(self) -> Dataset:
        """What the pool answers from; waits until it is loaded."""

    @property
    def loaded(self) -> bool:
        """Whether the dataset is loaded; does not wait for it."""
        return self._dataset is not None

    @property
    def waiting(self) -> int:
        """The number of queries that wait."""
        return self._turns.waiting

    @property
    def running(self) -> int:
        """The number of queries that run."""
        return self._turns.running

    @abstractmethod
    def load(self) -> None:
        """Wait until the dataset is loaded. Raises an `InputError` when it cannot be."""

    @abstractmethod
    def run(
        self,
        query: str,
        media_type: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        *,
        says_from: bool = False,
        client: Client | None = None,
    ) -> Answer:
        """Give the answer to `query`, serialised as `media_type`, within the deadline.

        The graphs are those of the protocol, IRIs; given, they take the place of its FROM.
        `says_from` tells that the query has a FROM, which the union of all graphs gives way to.
        `client` is who asks. Raises the `RequestError` that says what the query was refused or
        ended for, or `ClientGone` when the client left first.
        """

    def spool(self) -> Spool:
        """Give a place to collect another form of an answer in, on the same account."""
        return Spool(self._room)

    @abstractmethod
    def close(self) -> None:
        """End all queries that run, and answer no more."""

    def __enter__(self) -> Self:
        self.load()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
