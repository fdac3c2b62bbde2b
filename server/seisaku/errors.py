"""Everything that can go wrong, and whose fault it is.

* SeisakuError
  + InputError             the files are wrong: nothing is built or served       exit code 1
    - Unreadable           a file is missing, or is not what it should be
    - ImpossibleValue      a literal that its datatype does not have
    - Undeclared           a prefix or an IRI of ours that nothing declares
    - Deprecated           a shape or a query uses what is deprecated
    - InvalidData          the asserted data breaks a shape
    - Contradiction        the data contradicts the ontology
    - NumberedAlike        two terms would be taken for one by the reasoner that is set
    - UnknownAxiom         the reasoner that is set has no rule for an axiom of the ontology
    - BrokenSite           a page of the site to be written leads to what is not there
    - SourceMismatch       the source document is not the one that the records cite
  + UsageError             the call is wrong: an option or a setting             exit code 2
  + RequestError           the request is wrong, or asks too much: `status` says how
    - BadQuery             400  not one well-formed SPARQL query
    - BadRequest           400  a parameter of the protocol is missing, doubled or malformed
    - TooComplex           400  the engine could not evaluate it: nested too deep, or it crashed
    - MemoryExceeded       400  the query needs more memory than one query may use
    - Refused              403  SERVICE, an update, or a graph that is not in the dataset
    - NoSuchGraph          404  the graph that is asked for is not in the dataset
    - NotAcceptable        406  no format that we have is one that the client takes
    - TooSlow              408  the request did not arrive in time
    - AnswerTooLarge       413  the answer is longer than allowed
    - QueryTooLong         413  the query is longer than allowed
    - UnsupportedType      415  the body is of no type, or in no encoding, that a query comes in
    - ServiceFailed        502  an endpoint that the query names by SERVICE did not answer
    - StoreFailed          502  the store that answers for us did not, or not well
    - QueueFull            503  too many queries are waiting: try again
    - DeadlineExceeded     504  the query took longer than allowed
  + StoreChanged           the store holds another snapshot now: ask again, of the new one
  + ClientGone             nobody waits for the answer any more
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

LISTED = 40
"""So many faults are told at once."""

QUOTED = 80
"""A token is quoted up to this many characters."""


@cache
def messages() -> dict[str, dict[str, dict[str, str]]]:
    """Give what is said of a request's problem: by problem, reason and language."""
    file = Path(__file__).parent / "translations" / "problems.toml"
    read: dict[str, dict[str, dict[str, str]]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return read


class SeisakuError(Exception):
    """Anything that Seisaku reports instead of a result."""


class InputError(SeisakuError):
    """The files are wrong. The message says which file, where and what."""

    @classmethod
    def listing(cls, faults: Sequence[str]) -> Self:
        """Tell several faults, one a line; the first `LISTED` when there are more."""
        more = len(faults) - LISTED
        rest = [f"and {more:,} more"] if more > 0 else []
        return cls("\n".join([*faults[:LISTED], *rest]))


class Unreadable(InputError):
    """A file is missing, or is not the RDF or the query file that its name says.

    `line` and `column` count from 1; they are None where the parser does not tell.
    """

    def __init__(
        self, file: object, what: str, line: int | None = None, column: int | None = None
    ) -> None:
        place = ":".join(str(each) for each in (file, line, column) if each is not None)
        super().__init__(f"{place}: {what}")
        self.file = str(file)
        self.line = line
        self.column = column
        self.what = what

    @classmethod
    def at(cls, file: object, error: SyntaxError) -> Self:
        """Tell a parser's `SyntaxError` as what is wrong where."""
        what = re.sub(r"^Parser error at line .*?: ", "", error.msg)
        return cls(file, what, error.lineno, error.offset)


class ImpossibleValue(InputError):
    """A literal has a text that its datatype does not have; the message says where it is."""


class Undeclared(InputError):
    """Prefixes or IRIs of our namespace are used and nowhere declared."""


class Deprecated(InputError):
    """A shape or a query mentions a name that is deprecated."""


class InvalidData(InputError):
    """The asserted data breaks a shape; the message names each record, path and rule."""


class Contradiction(InputError):
    """Reasoning found a contradiction, or that two things would have to be one."""


class UnknownAxiom(InputError):
    """The ontology has axioms that no rule is compiled from; the message names each and its term.

    `reason.reason`, the reference, takes every axiom of OWL 2 RL.
    """


class NumberedAlike(InputError):
    """Terms that the joins would take for one: their 64-bit numbers are equal. Names one of two."""


class BrokenSite(InputError):
    """A page of the site to be written leads to what is not there."""


class SourceMismatch(InputError):
    """The source document given is not the one that the records cite."""


class UsageError(SeisakuError):
    """The call is wrong: an unknown setting, or a value that cannot be."""

    @classmethod
    def uninstalled(cls, engine: str, kind: str = "reasoner") -> Self:
        """Say what to install for a reasoner or a validator."""
        needed = f"pip install 'seisaku[{engine}]'"
        return cls(f"the {kind} {engine} needs what is not installed: {needed}")


class RequestError(SeisakuError):
    """A request that is answered with an error; `status` is the HTTP status to use.

    `problem` is the last part of the problem type's IRI (RFC 9457). `reason` names the text of
    `translations/problems.toml` that says what is wrong; `said` fills its places. `line` and
    `column` count from 1 and tell where, `token` what stands there; None where nobody knows.
    """

    status: ClassVar[HTTPStatus]
    problem: ClassVar[str]

    def __init__(
        self,
        reason: str,
        *,
        line: int | None = None,
        column: int | None = None,
        token: str | None = None,
        **said: Any,  # noqa: ANN401  # what a text has places for: words and numbers
    ) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        self.token = token if token is None or len(token) <= QUOTED else f"{token[:QUOTED]}…"
        self.said = said
        super().__init__(self.detail("en"))

    def detail(self, lang: str) -> str:
        """Say what is wrong, in the language `lang`."""
        places = self.said | {"token": self.token}
        return messages()[self.problem][self.reason][lang].format_map(places)

    def title(self, lang: str) -> str:
        """Give the name of the problem, in the language `lang`."""
        return messages()[self.problem]["title"][lang]


class BadQuery(RequestError):
    """The text is not one well-formed SPARQL 1.1 query."""

    status = HTTPStatus.BAD_REQUEST
    problem = "bad-query"


class BadRequest(RequestError):
    """A parameter of the SPARQL protocol is missing, doubled or malformed."""

    status = HTTPStatus.BAD_REQUEST
    problem = "bad-request"


class TooComplex(RequestError):
    """The query is nested too deep, or made the engine crash."""

    status = HTTPStatus.BAD_REQUEST
    problem = "too-complex"


class MemoryExceeded(RequestError):
    """The query needs more memory than one query may use."""

    status = HTTPStatus.BAD_REQUEST
    problem = "memory-exceeded"


class Refused(RequestError):
    """SERVICE, an update, or a graph outside the dataset: nothing of it is done."""

    status = HTTPStatus.FORBIDDEN
    problem = "refused"


class NoSuchGraph(RequestError):
    """The graph that is asked for by the Graph Store Protocol is not in the dataset."""

    status = HTTPStatus.NOT_FOUND
    problem = "no-such-graph"


class NotAcceptable(RequestError):
    """None of the formats that the client takes is one that we have."""

    status = HTTPStatus.NOT_ACCEPTABLE
    problem = "not-acceptable"


class TooSlow(RequestError):
    """The body of the request did not arrive in time."""

    status = HTTPStatus.REQUEST_TIMEOUT
    problem = "too-slow"


class AnswerTooLarge(RequestError):
    """The answer is larger than one answer may be."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    problem = "answer-too-large"


class QueryTooLong(RequestError):
    """The query text is longer than one query may be."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    problem = "query-too-long"


class UnsupportedType(RequestError):
    """The body is of no type, or in no encoding, that a query comes in."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    problem = "unsupported-type"


class ServiceFailed(RequestError):
    """An endpoint that the operator allows, and the query names by SERVICE, did not answer."""

    status = HTTPStatus.BAD_GATEWAY
    problem = "service-failed"


class StoreFailed(RequestError):
    """The SPARQL store that answers in place of our workers did not answer well."""

    status = HTTPStatus.BAD_GATEWAY
    problem = "store-failed"


class QueueFull(RequestError):
    """Too many queries are waiting. `retry_after` is the number of seconds to wait."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    problem = "queue-full"
    retry_after: ClassVar[int] = 1


class DeadlineExceeded(RequestError):
    """The query took longer than one query may take."""

    status = HTTPStatus.GATEWAY_TIMEOUT
    problem = "deadline-exceeded"


class StoreChanged(SeisakuError):
    """The store holds another snapshot than the one that was asked: nothing of it is answered."""


class ClientGone(SeisakuError):
    """Who asked has closed the connection: nobody waits for the answer any more."""
