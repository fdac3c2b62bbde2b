"""Server: the tools by the Model Context Protocol, on stdio or for one request over HTTP."""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, Literal

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field, TypeAdapter

from ..errors import ClientGone, RequestError
from . import tools
from .tools import Answer, Row, Tools, Unclear

if TYPE_CHECKING:
    from collections.abc import Callable

CURRENT: ContextVar[Tools] = ContextVar("tools")
"""What a call is answered from: the dataset as it is when the request comes."""

Lang = Annotated[Literal["ja", "en"], Field(description="Language of the answer.")]
Thing = Annotated[
    str,
    Field(description="An IRI, a prefixed name, or a name in Japanese or English."),
]


class Told(BaseModel):
    """What a tool answers."""

    title: str
    state: Literal["stated", "not stated", "partly stated", "nothing"] = Field(
        description="Whether the source states what was asked."
    )
    rows: list[Row] = Field(description="Each with its values, its lines and its layer.")
    total: int = Field(description="How many rows there are; at most 200 are given.")
    lang: Literal["ja", "en"]
    note: str | None = Field(description="What one must know to read the answer rightly.")
    text: str | None = Field(description="A graph in Turtle.")
    query: str | None = Field(description="The SPARQL query that was run.")


Result = Annotated[CallToolResult, Told]

INSTRUCTIONS = """\
Japan's innovation policy as a knowledge graph: one government slide deck (the Sixth Science,
Technology and Innovation Basic Plan, its annual strategies 2021 to 2025, the startup-ecosystem
hub cities) as facts. Each row of an answer carries its lines of the source (L128 with its IRI)
and its layer: document is what the source says, curated ours, external another source, inferred
what follows. Rows marked "not stated" say that the source leaves something open: report that, do
not guess. Cite the lines. Amounts cover different budgets: do not add them. Indicator values are
counted over different spans: do not compare them unless the answer says so. Start with find or
list_questions; use sparql for the rest.
"""


@cache
def server() -> MCPServer[Any]:
    """Give the server; a call of a tool is answered from `CURRENT`."""
    mcp: MCPServer[Any] = MCPServer(
        "seisaku",
        title="Seisaku (政策)",
        instructions=INSTRUCTIONS,
        version=version("seisaku"),
        log_level="WARNING",
        subscriptions=False,
    )
    hints = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    for tool in TOOLS:
        mcp.add_tool(tool, annotations=hints)
    return mcp


def find(
    text: Annotated[str, Field(description="Words, or the beginning of a name.", max_length=200)],
    kind: Annotated[
        str | None, Field(description="Only this class: StartupHub, Program, Prefecture, …")
    ] = None,
    layer: Annotated[
        str | None, Field(description="Only what this layer names: document, curated, external.")
    ] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 10,
    lang: Lang = "en",
) -> Result:
    """Find things by names, readings, codes or definitions, in Japanese or English."""
    return _result(lambda it: it.find(text, kind, layer, limit, lang), lang)


def describe(thing: Thing, lang: Lang = "en") -> Result:
    """Tell all that is said of one thing, by layer, with its lines and what is not stated of it."""
    return _result(lambda it: it.describe(thing, lang), lang)


def hubs(
    place: Annotated[
        str | None,
        Field(description="A prefecture, municipality or region: its name, code (13) or IRI."),
    ] = None,
    field: Annotated[
        str | None, Field(description="A field that hubs mention, as semiconductors or 宇宙.")
    ] = None,
    lang: Lang = "en",
) -> Result:
    """List the startup-ecosystem hub cities: all, those that list a place, or mention a field."""
    return _result(lambda it: it.hubs(place, field, lang), lang)


def strategy_elements(
    year: Annotated[int, Field(description="Year of the annual strategy: 2021 to 2025.")],
    lang: Lang = "en",
) -> Result:
    """List the pillars, axes and measures of the annual strategy of a year, in order."""
    return _result(lambda it: it.strategy(year, lang), lang)


def kpi(
    hub: Annotated[str, Field(description="A hub: its name or IRI.")],
    lang: Lang = "en",
) -> Result:
    """List the indicator values of a hub: baseline, target, actual, with their caveats."""
    return _result(lambda it: it.kpi(hub, lang), lang)


def budgets(
    program: Annotated[
        str | None, Field(description="A programme: its name or IRI; none lists all amounts.")
    ] = None,
    lang: Lang = "en",
) -> Result:
    """List the amounts that the source states, each with the budgets that it covers."""
    return _result(lambda it: it.budgets(program, lang), lang)


def timeline(
    since: Annotated[int | None, Field(description="First calendar year.")] = None,
    until: Annotated[int | None, Field(description="Last calendar year.")] = None,
    lang: Lang = "en",
) -> Result:
    """List the dated events, with how exactly each is dated."""
    return _result(lambda it: it.timeline(since, until, lang), lang)


def cite(thing: Thing, lang: Lang = "en") -> Result:
    """Tell the lines of the source that a record rests on, in a form that can be cited."""
    return _result(lambda it: it.cite(thing, lang), lang)


def list_questions(lang: Lang = "en") -> Result:
    """List the questions that have a tested answer, with their numbers and parameters."""
    return _result(lambda it: it.list_questions(lang), lang)


def ask_question(
    number: Annotated[str, Field(description="Its number, as UQ09.")],
    parameters: Annotated[
        dict[str, str] | None, Field(description="Its parameters: IRIs or names.")
    ] = None,
    lang: Lang = "en",
) -> Result:
    """Answer one of the questions of list_questions."""
    return _result(lambda it: it.ask(number, parameters or {}, lang), lang)


def sparql(
    query: Annotated[str, Field(description="A SPARQL 1.1 query, with its prefixes.")],
    lang: Lang = "en",
) -> Result:
    """Answer a SPARQL query under the limits of the endpoint: read-only, no SERVICE."""
    return _result(lambda it: it.sparql(query, lang), lang)


TOOLS: tuple[Callable[..., CallToolResult], ...] = (
    *(find, describe, hubs, strategy_elements, kpi, budgets, timeline, cite),
    *(list_questions, ask_question, sparql),
)


def _result(ask: Callable[[Tools], Answer], lang: str) -> CallToolResult:
    """Answer a call in both forms: data, and a concise text. Raises `ToolError`, which teaches."""
    current = CURRENT.get()
    try:
        answer = ask(current)
    except RequestError as error:
        raise ToolError(tools.teach(error, current.pool, lang)) from error
    except Unclear as error:
        raise ToolError(str(error)) from error
    except ClientGone as error:
        raise ToolError("the client has gone") from error
    data = ANSWER.dump_python(answer, mode="json") | {"state": answer.state}
    return CallToolResult(
        content=[TextContent(type="text", text=tools.text(answer))], structured_content=data
    )


ANSWER = TypeAdapter(Answer)
