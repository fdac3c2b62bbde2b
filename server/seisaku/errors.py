"""Everything that can go wrong, and whose fault it is.

* SeisakuError
  + InputError             the files are wrong: nothing is built or served       exit code 1
    - Unreadable           a file is missing, or is not what it should be
    - Undeclared           a prefix or an IRI of ours that nothing declares
    - InvalidData          the asserted data breaks a shape
    - Contradiction        the data contradicts the ontology
    - SourceMismatch       the source document is not the one that the records cite
  + UsageError             the call is wrong: an option or a setting             exit code 2
  + RequestError           the request is wrong, or asks too much: `status` says how
    - BadQuery             400  not one well-formed SPARQL query
    - BadRequest           400  a parameter of the protocol is missing, doubled or malformed
    - TooComplex           400  the engine could not evaluate it: nested too deep, or it crashed
    - MemoryExceeded       400  the query needs more memory than one query may use
    - Refused              403  SERVICE, an update, or a graph that is not in the dataset
    - NotAcceptable        406  no format that we have is one that the client takes
    - AnswerTooLarge       413  the answer is longer than allowed
    - QueryTooLong         413  the query is longer than allowed
    - QueueFull            503  too many queries are waiting: try again
    - DeadlineExceeded     504  the query took longer than allowed
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

LISTED = 40
"""So many faults are told at once."""


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


class Undeclared(InputError):
    """Prefixes or IRIs of our namespace are used and nowhere declared."""


class InvalidData(InputError):
    """The asserted data breaks a shape; the message names each record, path and rule."""


class Contradiction(InputError):
    """Reasoning found a contradiction, or that two things would have to be one."""


class SourceMismatch(InputError):
    """The source document given is not the one that the records cite."""


class UsageError(SeisakuError):
    """The call is wrong: an unknown setting, or a value that cannot be."""


class RequestError(SeisakuError):
    """A request that is answered with an error; `status` is the HTTP status to use.

    `problem` is the last part of the problem type's IRI (RFC 9457).
    """

    status: ClassVar[HTTPStatus]
    problem: ClassVar[str]


class BadQuery(RequestError):
    """The text is not one well-formed SPARQL 1.1 query.

    `line` and `column` count from 1; they are None where the engine does not tell.
    """

    status = HTTPStatus.BAD_REQUEST
    problem = "bad-query"

    def __init__(self, what: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(what)
        self.line = line
        self.column = column


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


class NotAcceptable(RequestError):
    """None of the formats that the client takes is one that we have."""

    status = HTTPStatus.NOT_ACCEPTABLE
    problem = "not-acceptable"


class AnswerTooLarge(RequestError):
    """The answer is larger than one answer may be."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    problem = "answer-too-large"


class QueryTooLong(RequestError):
    """The query text is longer than one query may be."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    problem = "query-too-long"


class QueueFull(RequestError):
    """Too many queries are waiting. `retry_after` is the number of seconds to wait."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    problem = "queue-full"
    retry_after: ClassVar[int] = 1


class DeadlineExceeded(RequestError):
    """The query took longer than one query may take."""

    status = HTTPStatus.GATEWAY_TIMEOUT
    problem = "deadline-exceeded"
