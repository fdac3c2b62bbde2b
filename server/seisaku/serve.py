"""Serve: the application under its WSGI server, until SIGTERM or SIGINT.

Granian is the server because it was measured to be the fastest of three, and the only one that
slow senders do not stop: see `bench/results/wsgi.md`.
"""

from __future__ import annotations

import multiprocessing
import socket
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from .app import create_app
from .errors import UsageError
from .workers import WorkerPool

if TYPE_CHECKING:
    from pathlib import Path

    from .config import Config


def serve(files: list[Path], config: Config, *, union: bool, queries: Path | None) -> None:
    """Serve the dataset in `files`; with `union`, its default graph is all its graphs.

    `queries` is the folder of the questions that go with the dataset. Prints the address on
    stdout. Raises `UsageError` when the address cannot be listened on, and `Unreadable` when a
    file is not RDF.
    """
    port = _free_port(config)
    # The server's one process is forked, so that it has the pool that was started here, where a
    # file that does not parse can be told; no thread runs yet.
    multiprocessing.set_start_method("fork", force=True)
    with WorkerPool(files, config, union_default_graph=union) as pool:
        app = create_app(pool, config, queries)
        server = Granian(
            "seisaku",
            address=config.host,
            port=port,
            interface=Interfaces.WSGI,
            blocking_threads=config.workers + config.queue + 4,
            log_level=LogLevels.warning,
            workers_kill_timeout=3,
        )
        print(f"Seisaku: open http://{config.host}:{port}/", flush=True)
        server.serve(target_loader=lambda: app, wrap_loader=False)


def _free_port(config: Config) -> int:
    """Give the port to listen on, once it is known that it can be had."""
    try:
        with socket.create_server((config.host, config.port)) as found:
            port: int = found.getsockname()[1]
            return port
    except OSError as error:
        where = f"{config.host}:{config.port}"
        raise UsageError(f"cannot listen on {where}: {error.strerror}") from error
