"""The Entity Reconciliation API over HTTP, which OpenRefine asks.

Version 0.2, the last final report, is at `/reconcile`; the draft of 1.0 at `/reconcile/draft`. They
cannot be one: `suggest` of the manifest is an object in the first and a truth value in the second.
https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
https://reconciliation-api.github.io/specs/1.0-draft/
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Response, abort, json, redirect, render_template, request, url_for

from . import negotiate
from .config import BASE
from .description import served
from .errors import BadRequest, QueryTooLong
from .index import SSK
from .protocol import client, parameters
from .reconcile import Asked, Candidate, extend, of_lang, property_name, proposed, reconcile
from .search import here, language, whole_number

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.datastructures import MultiDict
    from werkzeug.wrappers import Response as AnyResponse

    from .index import Hit

Json = dict[str, Any]

BATCH = 100
"""So many queries, or things, a request may have."""

MOST = 50
"""So many candidates or suggestions come at most."""

WIDTH, HEIGHT = 420, 200
"""Pixels of a preview."""

DEFAULT_TYPES = (
    "StartupHub",
    "Prefecture",
    "Municipality",
    "Program",
    "Consortium",
    "Organization",
)
"""Classes whose names tables have; those that the dataset has are offered first."""

SUGGESTED = {
    "entity": (None,),
    "type": ("Class",),
    "property": ("ObjectProperty", "DatatypeProperty", "AnnotationProperty"),
}
"""What may be suggested: the classes of each; of entities any."""

PROPERTY_TERMS = "http://www.w3.org/2002/07/owl#"


def register(app: Flask) -> None:
    """Add the routes of both versions."""
    for rule, name, view, methods in (
        ("", "", _endpoint, ("GET", "POST")),
        ("/draft", "_draft", _draft_manifest, ("GET",)),
        ("/draft/match", "_match", _match, ("POST",)),
        ("/draft/extend", "_extend", _extend_draft, ("POST",)),
        ("/view", "_view", _view, ("GET",)),
    ):
        app.add_url_rule(f"/reconcile{rule}", f"reconcile{name}", view, methods=methods)
    for base in ("/reconcile", "/reconcile/draft"):
        added = base.removeprefix("/reconcile").replace("/", "_")
        app.add_url_rule(f"{base}/suggest/<kind>", f"reconcile_suggest{added}", _suggest)
        app.add_url_rule(f"{base}/preview", f"reconcile_preview{added}", _preview)
        app.add_url_rule(f"{base}/extend/propose", f"reconcile_propose{added}", _propose)
    app.add_url_rule("/reconcile/flyout", "reconcile_flyout", _flyout)


def _endpoint() -> AnyResponse:
    """Answer as version 0.2 has it: a batch of queries, an extension, or the manifest."""
    given = parameters()
    if "queries" in given:
        batch = _parsed(given["queries"], dict)
        _limited(batch)
        asked = {name: _asked(each) for name, each in batch.items()}
        return _said({name: {"result": _candidates(each)} for name, each in asked.items()})
    if "extend" in given:
        iris, paths, rows = _extended(_parsed(given["extend"], dict))
        told = {iri: {path: rows[iri][path] for path in paths} for iri in iris}
        return _said({"meta": _meta(paths), "rows": told})
    return _said(_manifest())


def _manifest() -> Json:
    """Give the manifest of version 0.2."""
    root = url_for("reconcile", _external=True)

    def suggested(kind: str) -> Json:
        path = f"/flyout?kind={kind}&id=${{id}}"
        return {
            "service_url": root,
            "service_path": f"/suggest/{kind}",
            "flyout_service_url": root,
            "flyout_service_path": path,
        }

    return {
        "versions": ["0.2"],
        **_about(),
        "identifierSpace": BASE,
        "schemaSpace": SSK,
        "preview": {"url": f"{root}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "suggest": {kind: suggested(kind) for kind in SUGGESTED},
        "extend": {"propose_properties": {"service_url": root, "service_path": "/extend/propose"}},
    }


def _draft_manifest() -> AnyResponse:
    """Give the manifest of the draft of version 1.0."""
    return _said(
        {
            "versions": ["1.0-draft"],
            **_about(),
            "lang": negotiate.language(),
            "batchSize": BATCH,
            "standardizedScore": True,
            "preview": {"width": WIDTH, "height": HEIGHT},
            "suggest": dict.fromkeys(SUGGESTED, True),
            "extend": {"proposeProperties": True},
        }
    )


def _about() -> Json:
    """Give what the manifests of both versions say."""
    index = served().index
    there = [SSK + each for each in DEFAULT_TYPES if SSK + each in index.kinds]
    lang = negotiate.language()
    return {
        "name": "政策" if lang == "ja" else "Seisaku: Japan's innovation policy",
        "documentation": url_for("pages.home", lang=lang, _external=True),
        "serviceVersion": version("seisaku"),
        "view": {"url": url_for("reconcile_view", _external=True) + "?id={{id}}"},
        "defaultTypes": [{"id": each, "name": index.name(each, lang)} for each in there],
    }


def _match() -> AnyResponse:
    """Answer a batch of queries as the draft of 1.0 has it."""
    batch = _field(_body(), "queries", list)
    _limited(batch)
    asked = [_asked_by_conditions(each) for each in batch]
    return _said({"results": [{"candidates": _candidates(each)} for each in asked]})


def _extend_draft() -> AnyResponse:
    """Answer a data extension as the draft of 1.0 has it."""
    iris, paths, rows = _extended(_body())
    told = [
        {"id": iri, "properties": [{"id": path, "values": rows[iri][path]} for path in paths]}
        for iri in iris
    ]
    return _said({"meta": _meta(paths), "rows": told})


def _candidates(asked: Asked) -> list[Json]:
    now = served()
    found = reconcile(now.pool, now.index, asked, client())
    return [_candidate(each) for each in found]


def _candidate(found: Candidate) -> Json:
    lang = negotiate.language()
    index = served().index
    hit = found.hit
    return {
        "id": hit.iri,
        "name": hit.name(lang),
        "description": _description(hit, lang),
        "score": found.score,
        "match": found.match,
        "type": [
            {"id": each, "name": index.name(each, lang)}
            for each in hit.kinds
            if each.startswith(SSK)
        ],
        "features": [
            {"id": name, "name": name, "value": value} for name, value in found.features.items()
        ],
    }


def _description(hit: Hit, lang: str) -> str:
    """Tell things of one name apart: by class, the name in the other language, the lines."""
    kind = served().index.told_kind(hit, lang)
    others = [name for other, name in hit.names.items() if other != lang and name != hit.name(lang)]
    lines = [each.rpartition("/")[2] for each in hit.lines[:3]]
    return ", ".join([*([kind["name"]] if kind else []), *others[:1], *lines])


def _asked(query: object) -> Asked:
    """Read a query of version 0.2."""
    if not isinstance(query, dict):
        raise BadRequest("json-body", what="a query is an object")
    types = query.get("type") or ()
    properties = query.get("properties") or []
    if not isinstance(properties, list) or not all(isinstance(each, dict) for each in properties):
        raise BadRequest("json-body", what="properties is a list of objects")
    if "query" not in query and not properties:
        raise BadRequest("json-body", what="a query has query or properties")
    return Asked(
        text=_text(query.get("query", ""), "query"),
        types=_texts([types] if isinstance(types, str) else types, "type"),
        properties=tuple(
            (_text(each.get("pid"), "pid"), _given(each.get("v"))) for each in properties
        ),
        limit=_limit(query.get("limit")),
    )


def _asked_by_conditions(query: object) -> Asked:
    """Read a query of the draft of 1.0."""
    conditions = _field(query, "conditions", list)
    text, iri = "", None
    properties = []
    for each in conditions:
        values = _given(each.get("propertyValue") if isinstance(each, dict) else None)
        match each.get("matchType") if isinstance(each, dict) else None:
            case "name":
                text = " ".join(values)
            case "id":
                iri = next(iter(values), None)
            case "property":
                properties.append((_text(each.get("propertyId"), "propertyId"), values))
            case _:
                raise BadRequest("json-body", what="matchType is name, id or property")
    assert isinstance(query, dict)  # noqa: S101  # `_field` has looked
    type_ = query.get("type")
    return Asked(
        text=text,
        id=iri,
        types=(_text(type_, "type"),) if type_ else (),
        properties=tuple(properties),
        limit=_limit(query.get("limit")),
    )


def _given(value: object) -> tuple[str, ...]:
    """Read the value of a property: a text, a number, a truth value, a thing, or several."""
    if isinstance(value, list):
        return tuple(text for each in value for text in _given(each))
    if isinstance(value, dict):
        return (_text(value.get("id"), "id"),)
    if isinstance(value, bool):
        return (json.dumps(value),)
    if isinstance(value, str | int | float):
        return (str(value),)
    raise BadRequest("json-body", what="a value is a text, a number, true, false or an object")


def _extended(query: Json) -> tuple[list[str], list[str], dict[str, dict[str, list[Json]]]]:
    """Read a data extension, and give its things, its properties and their values."""
    iris = list(_texts(_field(query, "ids", list), "ids"))
    _limited(iris)
    asked = _field(query, "properties", list)
    paths = [_text(each.get("id") if isinstance(each, dict) else None, "id") for each in asked]
    _limited(paths)
    found = extend(served().pool, iris, paths, client())
    lang = negotiate.language()
    rows = {
        iri: {path: [_value(each) for each in of_lang(terms, lang)] for path, terms in by.items()}
        for iri, by in found.items()
    }
    return iris, paths, rows


def _value(term: Json) -> Json:
    """Give a value as the API has it."""
    kind = term.get("datatype", "").rpartition("#")[2]
    value = term["value"]
    if term["type"] == "uri":
        return {"id": value, "name": term.get("label") or value}
    if kind in ("integer", "nonNegativeInteger", "positiveInteger"):
        return {"int": int(value)}
    if kind in ("decimal", "double", "float"):
        return {"float": float(value)}
    return {"str": value}


def _meta(paths: list[str]) -> list[Json]:
    lang = negotiate.language()
    index = served().index
    return [{"id": path, "name": property_name(index, path, lang)} for path in paths]


def _propose() -> AnyResponse:
    """List the properties that things of a class can be extended by."""
    given = parameters()
    kind = given.get("type") or ""
    limit = whole_number(given, "limit", 1000, 1000)
    now = served()
    found = proposed(now.pool, now.index, kind, language(given), client()) if kind else []
    properties = [{"id": path, "name": name} for path, name in found[:limit]]
    return _said({"type": kind, "limit": limit, "properties": properties})


def _suggest(kind: str) -> AnyResponse:
    """Suggest things, classes or properties whose names begin so."""
    if kind not in SUGGESTED:
        abort(404)
    given = parameters()
    lang = language(given)
    limit = whole_number(given, "limit", 10, MOST)
    index = served().index
    there = [
        each for each in SUGGESTED[kind] if each is None or PROPERTY_TERMS + each in index.kinds
    ]
    hits = [
        hit
        for among in there
        for hit in index.find(given.get("prefix", ""), kind=among, limit=MOST, near=False).hits
    ]
    return _said({"result": [_suggestion(hit, kind, lang) for hit in hits[:limit]]})


def _suggestion(hit: Hit, kind: str, lang: str) -> Json:
    said: Json = {"id": hit.iri, "name": hit.name(lang), "description": _description(hit, lang)}
    if kind == "entity" and (class_ := served().index.told_kind(hit, lang)):
        said["notable"] = [{"id": class_["iri"], "name": class_["name"]}]
    return said


def _preview() -> AnyResponse:
    """Show a thing on a page that another page may show in a frame."""
    response = Response(_shown(parameters()), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'"
    return response


def _flyout() -> AnyResponse:
    """Show a thing, a class or a property, in HTML inside of JSON (0.2)."""
    given = parameters()
    return _said({"id": given.get("id", ""), "html": _shown(given)})


def _shown(given: MultiDict[str, str]) -> str:
    hit = served().index.hit(given.get("id", ""))
    if hit is None:
        abort(404)
    lang = language(given)
    return render_template(
        "preview.html",
        lang=lang,
        hit=hit,
        kind=served().index.told_kind(hit, lang),
        address=here(hit.iri),
        lines=[each.rpartition("/")[2] for each in hit.lines[:8]],
    )


def _view() -> AnyResponse:
    """Lead to the page of a thing."""
    hit = served().index.hit(parameters().get("id", ""))
    if hit is None:
        abort(404)
    return redirect(here(hit.iri))


def _said(value: Json) -> AnyResponse:
    return Response(json.dumps(value, ensure_ascii=False), content_type="application/json")


def _body() -> Json:
    """Give the body of a request of the draft, in JSON."""
    if request.mimetype != "application/json":
        raise BadRequest("json-body", what="send it as application/json")
    found: Json = _parsed(request.get_data(), dict)
    return found


def _parsed(text: str | bytes, kind: type) -> Any:  # noqa: ANN401  # JSON
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadRequest("json-body", what=str(error)) from None
    except RecursionError:
        raise BadRequest("json-body", what="nested too deep") from None
    if not isinstance(found, kind):
        raise BadRequest("json-body", what=f"no {_NAMES[kind]}")
    return found


_NAMES: dict[type, str] = {dict: "object", list: "list"}


def _field(value: object, name: str, kind: type) -> Any:  # noqa: ANN401  # JSON
    if not isinstance(value, dict) or not isinstance(value.get(name), kind):
        raise BadRequest("json-body", what=f"{name} is missing, or is no {_NAMES[kind]}")
    return value[name]


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise BadRequest("json-body", what=f"{name} is missing, or is no text")
    return value


def _texts(values: object, name: str) -> tuple[str, ...]:
    if not isinstance(values, list | tuple):
        raise BadRequest("json-body", what=f"{name} is no list")
    return tuple(_text(each, name) for each in values)


def _limit(value: object) -> int:
    if value is None:
        return 5
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        raise BadRequest("number", name="limit", least=1, most=MOST)
    return int(min(value, MOST))


def _limited(batch: dict[str, Any] | list[Any]) -> None:
    if len(batch) > BATCH:
        raise QueryTooLong("batch", limit=BATCH)
