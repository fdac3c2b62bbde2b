"""The pages that people read, in Japanese and English, each whole without JavaScript.

One module a page, named after its address; `frame` is what they share.
"""

from . import (  # noqa: F401  # each adds its routes
    completions,
    download,
    home,
    hub,
    hubs,
    kpis,
    money,
    ontology,
    prefecture,
    quality,
    query,
    question,
    resource,
    search,
    source,
    strategies,
    timeline,
)
from .frame import pages

__all__ = ["pages"]
