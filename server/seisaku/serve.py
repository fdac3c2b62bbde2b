"""Serve: the application under its HTTP server, until SIGTERM or SIGINT.

Granian is the server because of three that were measured it was the fastest at 16 and 64
connections, and the only one that slow senders did not stop: see `bench/results/wsgi.md`.
"""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from .app import create_app
from .errors import UsageError
from .gateway import Gateway
from .workers import WorkerPool

if TYPE_CHECKING:
    from pathlib import Path

    from .config import Config


def serve(files: list[Path], config: Config, *, union: bool, queries: Path | None) -> None:
    """Serve the dataset in `files`; with `union`, its default graph is all its graphs.

    `queries` is the folder of the questions that go with the dataset. Prints the address on
    stdout once it answers. Raises `UsageError` when the address cannot be listened on.
    """
    port = _free_port(config)
    # The server's process has threads when it starts its worker: a fork of it can hang.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "seisaku",
        address=config.host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,  # under HTTP/2 one connection could ask 200 queries at once
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=3,
    )
    application = partial(_application, files, config, port, union=union, queries=queries)
    server.serve(target_loader=application, wrap_loader=False)


def _application(
    files: list[Path], config: Config, port: int, *, union: bool, queries: Path | None
) -> Gateway:
    """Make the application, in the process that serves it; that ends when this process does."""
    pool = WorkerPool(files, config, union_default_graph=union)
    app = create_app(pool, config, queries)
    threading.Thread(target=_announce, args=(config.host, port), daemon=True).start()
    return Gateway(app, config)


def _announce(host: str, port: int) -> None:
    """Say the address as soon as something listens on it."""
    for _ in range(1000):
        try:
            socket.create_connection((host, port)).close()
        except OSError:
            time.sleep(0.01)
        else:
            print(f"Seisaku: open http://{host}:{port}/", flush=True)
            return


def _free_port(config: Config) -> int:
    """Give the port to listen on, once it is known that it can be had."""
    try:
        with socket.create_server((config.host, config.port)) as found:
            port: int = found.getsockname()[1]
            return port
    except OSError as error:
        where = f"{config.host}:{config.port}"
        raise UsageError(f"cannot listen on {where}: {error.strerror}") from error
