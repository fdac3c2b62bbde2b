"""The pages that people read, in Japanese and English, each whole without JavaScript.

One module a page, named after its address; `frame` is what they share.
"""

from . import (  # noqa: F401  # each adds its routes
    cite,
    completions,
    download,
    home,
    hub,
    hubs,
    kpis,
    money,
    ontology,
    prefecture,
    problem,
    quality,
    query,
    question,
    resource,
    search,
    source,
    strategies,
    thing,
    timeline,
    why,
)
from .frame import pages

__all__ = ["pages"]
