"""Search: what is found, with fields to narrow it by, and its OpenSearch description."""

from __future__ import annotations

from flask import Response, render_template

from ..config import LAYERS
from ..description import served
from ..index import LONGEST, SSK
from ..negotiate import language
from ..protocol import parameters
from ..search import found
from .frame import page, pages, words


@pages.get("/<any(ja, en):lang>/search")
def search(lang: str) -> str:
    """Things by their names, readings, codes and definitions."""
    given = parameters()
    index = served().index
    text = given.get("q", "")
    kinds = index.names(each for each in index.kinds if each.startswith(SSK))
    return page(
        "search",
        lang,
        typed=text,
        found=index.told(found(given), text, lang),
        kinds=sorted((names.get(lang, iri), iri) for iri, names in kinds.items()),
        kind=index.kind(given["kind"]) if given.get("kind") else "",
        layer=given.get("layer", ""),
        layers=LAYERS,
        longest=LONGEST,
    )


def opensearch() -> Response:
    """Describe the search by OpenSearch (1.1, draft 6), for browsers that add it to theirs."""
    text = render_template("opensearch.xml", t=words("base")[language()])
    return Response(text, content_type="application/opensearchdescription+xml; charset=utf-8")
