"""Seisaku (政策): Japan's innovation policy as a knowledge graph.

import seisaku

g = seisaku.open(lang="en")
g.query("SELECT ?hub { ?hub a ssk:StartupHub }").to_pandas()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from .graph import Graph


def open(path: str | PathLike[str] | None = None, lang: str | None = None) -> Graph:  # noqa: A001
    """Read the graph into memory; no server is needed, and nothing else is asked.

    `path` is a file in N-Quads that was downloaded (`seisaku.nq`), or a folder that holds
    `ontology/`, `data/` and `shapes/`; without it, the graph is the one that came with the package,
    or that `SEISAKU_ROOT` names. One that is not built yet is built first (half a minute) and kept.
    `lang`, `ja` or `en`, is the language of data frames. Raises an `InputError` when a file cannot
    be read or the graph is not sound, `UsageError` for another language.
    """
    from dataclasses import replace
    from pathlib import Path

    from . import snapshot
    from .config import Config
    from .graph import Graph, language

    language(lang)
    if path is not None and Path(path).is_file():
        return Graph(Path(path), lang)
    config = Config.from_environment()
    if path is not None:
        config = replace(config, root=Path(path))
    folder = snapshot.find(config.snapshots, snapshot.digest(config.root))
    if folder is None:
        from .build import build

        folder = build(config, lambda _step, _what: None)
    return Graph(folder / snapshot.DATASET, lang)
