"""The interface in OpenAPI 3.1, written from the tables that the code itself goes by."""

from __future__ import annotations

import re
from collections import defaultdict
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, json, url_for

from .config import BASE, LANGUAGES, LAYERS
from .description import GRAPH_TYPES, served
from .distribution import GROUPS
from .errors import BadRequest, NotAcceptable, QueueFull, RequestError
from .index import LONGEST, RANKS, SSK
from .query import FORMATS, TABLES
from .reconciliation import SUGGESTED
from .reference import FORMS
from .search import MOST_HITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

Json = dict[str, Any]

PROBLEM = "application/problem+json"
LICENCE = {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}
PLACE = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")
"""A variable part of a rule: its converter, what that is given, its name."""

ARGUMENTS = {
    "pages.home": ("q",),
    "pages.query": ("query", "question"),
    "pages.search": ("q", "kind", "layer", "limit"),
    "pages.timeline": ("kind",),
    "pages.hubs": ("phase", "tier", "type", "field", "sort", "order"),
    "pages.prefectures": ("area",),
    "pages.to_line": ("n",),
    "pages.why": ("subject", "predicate", "object"),
}
"""What pages take after the question mark."""

CITATIONS = tuple(media_type for media_type, _ in FORMS.values())
TYPES = {
    "pages.completions": ("application/json",),
    "pages.thing": GRAPH_TYPES,
    "pages.vocabulary_document": GRAPH_TYPES,
    "pages.problem": ("application/json",),
    "pages.cite_thing": CITATIONS,
    "pages.cite_line": CITATIONS,
}
"""What pages come as that are for programs; the others come as HTML."""

EXAMPLES = {
    "pages.thing": {"kind": "id", "name": "hub/tokyo.jsonld"},
    "pages.vocabulary_document": {"kind": "def", "suffix": "jsonld"},
    "pages.problem": {"name": "refused"},
    "pages.cite_thing": {"lang": "en", "kind": "id", "name": "hub/tokyo", "form": "json"},
}
"""An address of each of them that gives JSON, by its parts."""

QUERY_TYPES = ("application/x-www-form-urlencoded", "application/sparql-query")


def register(app: Flask) -> None:
    """Add the route of the document."""
    app.add_url_rule("/openapi.json", "openapi", lambda: _response(document()))


def document() -> Json:
    """Give the OpenAPI document of this server, at the address that it is asked at."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Seisaku",
            "summary": "Japan's innovation policy as a knowledge graph.",
            "version": version("seisaku"),
            "license": LICENCE,
        },
        "servers": [{"url": url_for("pages.start", _external=True).rstrip("/")}],
        "paths": _paths(),
        "components": {
            "schemas": {"Problem": _problem_schema()},
            "responses": _problems(),
        },
    }


def _response(document: Json) -> Response:
    return Response(json.dumps(document, ensure_ascii=False), content_type="application/json")


def _paths() -> Json:
    return {
        "/sparql": {
            "get": {
                "operationId": "queryByGet",
                "summary": "Answer a SPARQL query; without one, describe the service.",
                "parameters": [_parameter(each) for each in _query_properties().items()],
                "responses": _answers({**_content(FORMATS.values()), **_text("text/html")}),
            },
            "post": {
                "operationId": "queryByPost",
                "summary": "Answer a SPARQL query, sent in a form or as it is.",
                "requestBody": {"required": True, "content": _query_bodies()},
                "responses": _answers(_content(FORMATS.values())),
            },
            "options": {
                "operationId": "sparqlOptions",
                "summary": "Say which methods a script of another origin may use.",
                "responses": {"204": {"description": "The methods are in `Allow`."}},
            },
        },
        "/.well-known/void": _rdf("void", "The dataset and its graphs in VoID."),
        "/catalog": _rdf("catalogue", "The dataset and the service in DCAT 3."),
        "/graph": _graph(
            "graphStore",
            "A whole graph, by the Graph Store Protocol: `?graph=IRI` or `?default`.",
            [
                {"name": "graph", "in": "query", "schema": {"type": "string", "format": "uri"}},
                {"name": "default", "in": "query", "schema": {"type": "string"}},
            ],
        ),
        "/graph/{name}": _graph(
            "graphByName",
            "A named graph of ours at its own address.",
            [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
        ),
        "/download/": _downloads(),
        "/download/{name}": _download(),
        "/search": _search(),
        "/search/suggest": _suggest(),
        "/mcp": _mcp(),
        **_reconciliation(),
        "/llms.txt": _text_of_the_pool("llms", "What there is and where, for language models."),
        "/schema.txt": _text_of_the_pool("schema", "The schema in brief, for language models."),
        "/opensearch.xml": _get(
            "opensearch",
            "The search as an OpenSearch description.",
            _text("application/opensearchdescription+xml"),
        ),
        "/openapi.json": _get("openapi", "This document.", _text("application/json")),
        "/health": _get("health", "Whether the server runs.", _text("application/json")),
        "/ready": _ready(),
        "/metrics": _get("metrics", "What it does, for Prometheus.", _text("text/plain")),
        **_pages(),
    }


def _downloads() -> Json:
    """Describe the list of the files; a test holds an answer against the schema."""
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    measured = {"name": {"type": "string"}, "bytes": {"type": "integer"}, "sha256": digest}
    file = {
        "type": "object",
        "properties": {
            **measured,
            "mediaType": {"type": "string"},
            "group": {"enum": list(GROUPS)},
            "title": {
                "type": "object",
                "properties": {lang: {"type": "string"} for lang in LANGUAGES},
                "required": list(LANGUAGES),
            },
            "url": {"type": "string", "format": "uri"},
            "gzip": {"type": "object", "properties": measured, "required": list(measured)},
        },
        "required": [*measured, "mediaType", "group", "title", "url"],
    }
    schema = {
        "type": "object",
        "properties": {"files": {"type": "array", "items": file}},
        "required": ["files"],
    }
    summary = "List the files that the dataset can be had as, with sizes and digests."
    got = _get("downloads", summary, {"application/json": {"schema": schema}})
    got["get"]["responses"]["302"] = {"description": "A browser is sent to the page."}
    return _may_be_made(got)


def _download() -> Json:
    got = _get("download", "A file of the dataset.", {"*/*": {}})
    schema = {"type": "string"}
    example = "seisaku.ttl"
    name = {"name": "name", "in": "path", "required": True, "schema": schema, "example": example}
    got["get"]["parameters"] = [name]
    got["get"]["responses"]["206"] = {"description": "The range asked for.", "content": {"*/*": {}}}
    got["get"]["responses"]["304"] = {"description": "It is the file that the client has."}
    got["get"]["responses"].update(_plain_problems(416))
    return _may_be_made(got)


def _may_be_made(got: Json) -> Json:
    got["get"]["responses"]["503"] = _problem("503")
    got["get"]["responses"].update(_plain_problems(404))
    return got


def _searched() -> list[Json]:
    """Give the parameters of a search."""
    return [
        {
            **_in_query("q", {"type": "string", "maxLength": LONGEST}, "東京"),
            "description": "Words, or the beginning of a name.",
        },
        {
            **_in_query("kind", {"type": "string"}, "StartupHub"),
            "description": "Only things of this class: its IRI or the last part of it.",
        },
        {
            **_in_query("layer", {"enum": [*LAYERS, ""]}, "document"),
            "description": "Only what this layer names.",
        },
        _in_query("limit", {"type": "integer", "minimum": 1, "maximum": MOST_HITS}, 5),
    ]


def _in_query(name: str, schema: Json, example: object) -> Json:
    return {"name": name, "in": "query", "schema": schema, "example": example}


LANG = {"name": "lang", "in": "query", "schema": {"enum": [*LANGUAGES, ""]}}


def _search() -> Json:
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    iris = {"type": "array", "items": {"type": "string", "format": "uri"}}
    named = {"iri": {"type": "string", "format": "uri"}, "name": {"type": "string"}}
    result = {
        **named,
        "names": {**texts, "description": "Its names by language."},
        "kind": {
            "type": ["object", "null"],
            "properties": named,
            "required": list(named),
        },
        "layers": {"type": "array", "items": {"type": "string"}},
        "lines": {**iris, "description": "The lines of the source that it is stated in."},
        "rank": {"enum": list(RANKS), "description": "How well it is found."},
        "matched": {
            "type": "object",
            "properties": {each: {"type": "string"} for each in ("property", "text", "lang")},
            "required": ["property", "text", "lang"],
        },
    }
    schema = {
        "type": "object",
        "properties": {
            "query": {"type": "string"},
            "lang": {"enum": list(LANGUAGES)},
            "total": {"type": "integer"},
            "results": {
                "type": "array",
                "items": {"type": "object", "properties": result, "required": list(result)},
            },
        },
        "required": ["query", "lang", "total", "results"],
    }
    got = _get("search", "Find things by names, readings, codes, definitions.", _json(schema))
    got["get"]["parameters"] = [*_searched(), LANG]
    got["get"]["responses"]["302"] = {"description": "A browser is sent to the page."}
    return _failing(got)


def _suggest() -> Json:
    texts = {"type": "array", "items": {"type": "string"}}
    schema = {
        "type": "array",
        "items": {"anyOf": [{"type": "string"}, texts]},
        "minItems": 4,
        "maxItems": 4,
        "description": "The text; names; their kinds; their IRIs (OpenSearch suggestions).",
    }
    content = {"application/x-suggestions+json": {"schema": schema}}
    got = _get("suggest", "Suggest names as one types.", content)
    text, _, _, limit = _searched()
    got["get"]["parameters"] = [text, limit, LANG]
    return _failing(got)


def _mcp() -> Json:
    """Describe the route of the Model Context Protocol, which has a schema of its own."""
    message = {
        "type": "object",
        "properties": {
            "jsonrpc": {"const": "2.0"},
            "id": {"description": "A number or a text; with none of these it is a notification."},
            "method": {"type": "string"},
            "params": {"description": "An object; JSON-RPC answers 200 when it is none."},
        },
        "required": ["jsonrpc", "method"],
    }
    example = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "find", "arguments": {"text": "東京圏", "lang": "ja"}},
    }
    told = {"type": "object", "properties": {"jsonrpc": {"const": "2.0"}}, "required": ["jsonrpc"]}
    refused = {"description": "The message is none; JSON-RPC says why.", "content": _json(told)}
    return {
        "post": {
            "operationId": "mcp",
            "summary": "Answer a message of the Model Context Protocol.",
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": message, "example": example}},
            },
            "responses": {
                "200": {"description": "The answer.", "content": _json(told)},
                "202": {"description": "A message without an id is taken, and not answered."},
                **dict.fromkeys(("400", "404", "406"), refused),
                **{each: _problem(each) for each in ("403", "413", "415", "503")},
                **_plain_problems(405),
            },
        }
    }


def _reconciliation() -> Json:
    """Describe the Entity Reconciliation API, whose own schemas tell the rest."""
    anything: Json = {"type": "object"}
    queries = '{"q0": {"query": "東京圏", "type": "StartupHub", "limit": 3}}'
    thing = BASE + "id/hub/tokyo"
    form = {
        "schema": {
            "type": "object",
            "properties": {"queries": {"type": "string"}, "extend": {"type": "string"}},
        },
        "example": {"queries": queries},
    }
    conditions = [{"matchType": "name", "propertyValue": "東京圏"}]
    match = {"queries": [{"type": SSK + "StartupHub", "conditions": conditions}]}
    extend = {"ids": [thing], "properties": [{"id": SSK + "hasDesignation"}]}
    found: Json = {
        "/reconcile": {
            **_tool("reconcile", "Match names to things (0.2); without a query, the manifest.", []),
            "post": {
                "operationId": "reconcileByPost",
                "summary": "Match names to things, or extend things by their properties (0.2).",
                "requestBody": {"content": {"application/x-www-form-urlencoded": form}},
                "responses": {"200": {"description": "The answer.", "content": _json(anything)}},
            },
        },
        "/reconcile/draft": _tool("reconcileDraft", "The manifest of the draft of 1.0.", []),
        "/reconcile/draft/match": _sent("reconcileMatch", "Match names to things.", match),
        "/reconcile/draft/extend": _sent("reconcileExtend", "Give properties of things.", extend),
        "/reconcile/flyout": _tool("flyout", "A thing in HTML, in JSON (0.2).", [("id", thing)]),
        "/reconcile/view": {
            "get": {
                "operationId": "reconcileView",
                "summary": "Lead to the page of a thing.",
                "parameters": [_in_query("id", {"type": "string"}, thing)],
                "responses": {"302": {"description": "The page is in `Location`."}},
            }
        },
    }
    kind = {"name": "kind", "in": "path", "required": True, "example": "entity"}
    kind["schema"] = {"enum": list(SUGGESTED)}
    for base, name in (("/reconcile", ""), ("/reconcile/draft", "Draft")):
        suggest = _tool(f"reconcileSuggest{name}", "Suggest by prefix.", [("prefix", "東")])
        suggest["get"]["parameters"].append(kind)
        preview = _tool(f"reconcilePreview{name}", "A thing on a small page.", [("id", thing)])
        preview["get"]["responses"]["200"]["content"] = _text("text/html")
        propose = _tool(
            f"reconcilePropose{name}", "Properties of a class.", [("type", "StartupHub")]
        )
        found |= {
            f"{base}/suggest/{{kind}}": suggest,
            f"{base}/preview": preview,
            f"{base}/extend/propose": propose,
        }
    for operations in found.values():
        for operation in operations.values():
            _failing({"get": operation})
            operation["responses"].update(_plain_problems(404))
    return found


def _tool(operation: str, summary: str, parameters: list[tuple[str, str]]) -> Json:
    got = _get(operation, summary, _json({"type": "object"}))
    got["get"]["parameters"] = [
        _in_query(name, {"type": "string"}, example) for name, example in parameters
    ]
    return got


def _sent(operation: str, summary: str, example: Json) -> Json:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {
        "post": {
            "operationId": operation,
            "summary": summary + " (draft of 1.0).",
            "requestBody": {"required": True, "content": content},
            "responses": {
                "200": {"description": "The answer.", "content": _json({"type": "object"})}
            },
        }
    }


def _text_of_the_pool(operation: str, summary: str) -> Json:
    got = _get(operation, summary, _text("text/plain"))
    for error in _of_the_pool():
        got["get"]["responses"][str(int(error.status))] = _problem(str(int(error.status)))
    return got


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _failing(got: Json) -> Json:
    """Add what a request for JSON can fail with."""
    errors: tuple[type[RequestError], ...] = (BadRequest, NotAcceptable, *_of_the_pool())
    got["get"]["responses"].update(
        {str(int(each.status)): _problem(str(int(each.status))) for each in errors}
    )
    return got


def _query_properties() -> Json:
    """Give the parameters of the SPARQL 1.1 Protocol, and ours, as properties of a form."""
    graphs = {"type": "array", "items": {"type": "string", "format": "uri"}}
    return {
        "query": {"type": "string", "description": "The query; just one."},
        "default-graph-uri": {**graphs, "description": "The graphs of the default graph."},
        "named-graph-uri": {**graphs, "description": "The named graphs."},
        "format": {"enum": list(FORMATS), "description": "The format, for people."},
    }


def _parameter(named: tuple[str, Json]) -> Json:
    name, schema = named
    example = {"example": "ASK { ?s ?p ?o }"} if name == "query" else {}
    return {"name": name, "in": "query", "schema": schema, **example}


def _query_bodies() -> Json:
    form, itself = QUERY_TYPES
    example = "SELECT * { ?s ?p ?o } LIMIT 10"
    return {
        form: {
            "schema": {
                "type": "object",
                "properties": _query_properties(),
                "required": ["query"],
            },
            "example": {"query": example},
        },
        itself: {"schema": {"type": "string"}, "example": example},
    }


def _answers(content: Json) -> Json:
    problems = {status: _problem(status) for status in _problems_by_status()}
    return {
        "200": {"description": "The answer.", "content": content},
        "302": {"description": "A browser without a query is sent to the form."},
        **problems,
        **_plain_problems(404, 405, 415),
    }


def _rdf(operation: str, summary: str) -> Json:
    format_ = {"enum": [each for each in FORMATS if each not in TABLES]}
    got = _get(operation, summary, _content(GRAPH_TYPES))
    got["get"]["parameters"] = [{"name": "format", "in": "query", "schema": format_}]
    errors: tuple[type[RequestError], ...] = (BadRequest, NotAcceptable, *_of_the_pool())
    for error in errors:
        status = str(int(error.status))
        got["get"]["responses"][status] = _problem(status)
    got["get"]["responses"].update(_plain_problems(404))
    return got


def _graph(operation: str, summary: str, parameters: list[Json]) -> Json:
    got = _rdf(operation, summary)
    got["get"]["parameters"] += parameters
    got["get"]["responses"].update({each: _problem(each) for each in _problems_by_status()})
    return got


def _pages() -> Json:
    """Describe the pages by their rules and by what their functions say of themselves."""
    found: Json = {}
    for rule in current_app.url_map.iter_rules():
        if rule.endpoint.startswith("pages."):
            said = current_app.view_functions[rule.endpoint].__doc__ or ""
            inside = [_in_path(rule.endpoint, *each) for each in PLACE.findall(rule.rule)]
            asked = [
                {"name": each, "in": "query", "schema": {"type": "string"}}
                for each in ARGUMENTS.get(rule.endpoint, ())
            ]
            summary = said.partition("\n")[0]
            name = rule.endpoint.replace(".", "-")
            content = _content(TYPES.get(rule.endpoint, ("text/html",)))
            found[PLACE.sub(r"{\3}", rule.rule)] = _page(name, summary, [*inside, *asked], content)
    return found


def _in_path(endpoint: str, converter: str, choices: str, name: str) -> Json:
    schema = {"enum": choices.split(", ")} if converter == "any" else {"type": "string"}
    examples = _cited_line() if endpoint == "pages.cite_line" else EXAMPLES.get(endpoint, {})
    example = {"example": examples[name]} if name in examples else {}
    return {"name": name, "in": "path", "required": True, "schema": schema, **example}


def _cited_line() -> dict[str, str]:
    """Give the first line that the dataset cites, by the parts of its citation's address."""
    for each in served().description.passages.values():
        return {"lang": "en", "slug": each.slug, "number": str(each.first), "form": "json"}
    return {}


def _page(operation: str, summary: str, parameters: list[Json], content: Json) -> Json:
    got = _get(operation, summary, content)
    got["get"]["parameters"] = parameters
    elsewhere = {"description": "The page is at the address in `Location`."}
    got["get"]["responses"].update({"302": elsewhere, "303": elsewhere})
    for status in _problems_by_status():
        # A query that is wrong is told on the page; what fails before it, as a problem.
        content = {**_text("text/html"), **_problem_content()}
        got["get"]["responses"][status] = {"description": "A problem.", "content": content}
    got["get"]["responses"].update(_plain_problems(404))
    return got


def _problem(status: str) -> Json:
    return {"$ref": f"#/components/responses/Problem{status}"}


def _ready() -> Json:
    content = _text("application/json")
    got = _get("ready", "Whether it can answer queries.", content)
    got["get"]["responses"]["503"] = {"description": "Not yet, or no more.", "content": content}
    return got


def _get(operation: str, summary: str, content: Json) -> Json:
    answered = {"description": "As it says.", "content": content}
    return {"get": {"operationId": operation, "summary": summary, "responses": {"200": answered}}}


def _content(media_types: Iterable[str]) -> Json:
    return {each: {} for each in media_types}


def _text(media_type: str) -> Json:
    return {media_type: {}}


def _of_the_pool() -> list[type[RequestError]]:
    """Give what a document that is read from the dataset can fail with."""
    least = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return [each for each in RequestError.__subclasses__() if each.status >= least]


def _problems_by_status() -> dict[str, list[type[RequestError]]]:
    by_status: dict[str, list[type[RequestError]]] = defaultdict(list)
    for error in RequestError.__subclasses__():
        by_status[str(int(error.status))].append(error)
    return by_status


def _problems() -> Json:
    """Give a response for each status that a request can fail with."""
    return {
        f"Problem{status}": {
            "description": " ".join((each.__doc__ or "").partition("\n")[0] for each in errors),
            "content": _problem_content([BASE + "problem/" + each.problem for each in errors]),
            **({"headers": RETRY} if QueueFull in errors else {}),
        }
        for status, errors in _problems_by_status().items()
    }


RETRY = {"Retry-After": {"required": True, "schema": {"type": "integer"}}}


def _plain_problems(*statuses: int) -> Json:
    return {
        str(status): {"description": "A problem.", "content": _problem_content()}
        for status in statuses
    }


def _problem_content(types: list[str] | None = None) -> Json:
    schema: Json = {"$ref": "#/components/schemas/Problem"}
    if types:
        # Flask's own refusals have no type of ours.
        schema = {"allOf": [schema], "properties": {"type": {"enum": [*types, "about:blank"]}}}
    return {PROBLEM: {"schema": schema}, "text/html": {}}


def _problem_schema() -> Json:
    """Give the shape of an error (RFC 9457)."""
    return {
        "type": "object",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "line": {"type": "integer", "minimum": 1},
            "column": {"type": "integer", "minimum": 1},
        },
        "required": ["type", "title", "status", "detail"],
    }
