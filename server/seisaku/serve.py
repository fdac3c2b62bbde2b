"""Serve: the application under its WSGI server, until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import waitress

from .app import create_app
from .errors import UsageError
from .workers import WorkerPool

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from .config import Config


def serve(files: list[Path], config: Config, *, union: bool, queries: Path | None) -> None:
    """Serve the dataset in `files`; with `union`, its default graph is all its graphs.

    `queries` is the folder of the questions that go with the dataset.
    Prints the address on stdout once it answers. Raises `UsageError` when the address cannot be
    listened on, and `Unreadable` when a file is not RDF.
    """
    with WorkerPool(files, config, union_default_graph=union) as pool:
        app = create_app(pool, config, queries)
        try:
            server = waitress.create_server(
                app, host=config.host, port=config.port, threads=config.workers + 4, ident=None
            )
        except OSError as error:
            raise UsageError(f"{config.host}:{config.port}: {error.strerror}") from error
        signal.signal(signal.SIGTERM, _stop)
        print(f"Seisaku: open http://{server.effective_host}:{server.effective_port}/", flush=True)
        try:
            server.run()
        finally:
            server.close()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
