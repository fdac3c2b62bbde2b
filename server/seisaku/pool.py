"""Pool: what answers queries, and the dataset that it answers from.

There are two: `workers.WorkerPool` answers in this machine's processes, `remote.RemotePool` asks a
SPARQL store over HTTP. All else sees this interface and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from pathlib import Path

    from .answers import Answer, Spool
    from .cache import AnswerCache
    from .client import Client
    from .config import Config
    from .turns import Turns


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


class Pool(Protocol):
    """Answers queries on one dataset, within the limits of `config`. Thread-safe."""

    config: Config
    answers: AnswerCache
    """Answers kept."""
    inspections: Turns[int]
    """Turns at looking at a long query before it runs, which one at a time may."""
    kills: Counter[str]
    """The number of queries that were ended before their end, by why."""
    functions: frozenset[str]
    """The IRIs of the functions of ours that a query may call."""

    def __hash__(self) -> int:
        """Give a number: what is known of a pool's dataset is kept by the pool."""

    @property
    def files(self) -> Sequence[Path]:
        """The dataset as files of RDF, which the search reads."""

    @property
    def dataset(self) -> Dataset:
        """What the pool answers from; waits until it is loaded."""

    @property
    def union_default_graph(self) -> bool:
        """Whether a query's default graph is the union of all graphs."""

    @property
    def loaded(self) -> bool:
        """Whether the dataset is loaded; does not wait for it."""

    @property
    def waiting(self) -> int:
        """The number of queries that wait."""

    @property
    def running(self) -> int:
        """The number of queries that run."""

    def load(self) -> None:
        """Wait until the dataset is loaded. Raises an `InputError` when it cannot be."""

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

    def close(self) -> None:
        """End all queries that run, and answer no more."""
