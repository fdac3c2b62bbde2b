"""Serve: the application under its HTTP server, until SIGTERM or SIGINT.

Granian is the server because of three that were measured it was the fastest at 16 and 64
connections, and the only one that slow senders did not stop: see `bench/results/wsgi.md`.

Two processes: granian's main one, which an operator signals, and the one that serves. SIGTERM and
SIGHUP come to the first, which passes them on: the second stops or changes its dataset by itself.
The second alone imports the application, and while its workers start: 0.3 s of a start.
"""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import signal
import socket
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.log import LogLevels

from . import disk, snapshot
from .errors import InputError, RequestError, UsageError
from .questions import read
from .remote import RemotePool, pool

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from flask import Flask

    from .config import Config
    from .description import Served
    from .gateway import Gateway
    from .pool import Pool

STOP, CHANGE = "stop", "change"
"""What the main process orders the one that serves to do."""

SPARE = 1.0
"""Seconds more than `stop_seconds` until the serving process is stopped without its consent."""

LOOK = 1.0
"""Seconds between two looks at what the store holds."""

BETWEEN = 0.1
"""Seconds between two looks while the store is being given another snapshot."""

GARBAGE = 10_000
"""So many objects more than there were make it worth to look for garbage; Python's 700 are some ten
requests."""

KILL_AFTER = 1
"""Seconds that granian waits for the serving process to end, once its requests have."""


def serve(files: list[Path], config: Config, *, union: bool, queries: Path | None) -> None:
    """Serve the dataset in `files`, or in one folder; with `union`, its default graph is them all.

    `queries` is the folder of the questions that go with the dataset. Prints the address on
    stdout once it answers. SIGTERM stops it when the running queries have ended. SIGHUP makes it
    serve the files as they are then; the folder that a symbolic link leads to then; or the snapshot
    of the graph as it is then. With `config.store` there are no files: what the store holds is
    served, and what it holds next.
    Raises `UsageError` when the address cannot be listened on.
    """
    port = _free_port(config)
    # The server's process has threads when it starts its worker: a fork of it can hang.
    multiprocessing.set_start_method("spawn", force=True)
    server = _Server(
        "seisaku",
        address=config.host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,  # under HTTP/2 one connection could ask 200 queries at once
        websockets=False,
        runtime_mode=RuntimeModes.st,  # a thread fewer between the socket and Python
        log_level=LogLevels.error,
        workers_kill_timeout=KILL_AFTER,
    )
    orders, server.orders = multiprocessing.Pipe(duplex=False)
    server.patience = config.stop_seconds + SPARE
    application = partial(_application, files, config, port, orders, union=union, queries=queries)
    server.serve(target_loader=application, wrap_loader=False)


class _Server(Granian):  # type: ignore[misc, valid-type]
    """Granian, whose signals go to the process that serves: first it ends its requests.

    They go through a pipe. Passed on as signals they would wait there for the main thread of
    Python, which under load got none for 25 seconds.
    """

    orders: Connection
    patience: float
    _stopping = False

    def signal_handler_interrupt(self, *args: object) -> None:
        """Stop: at the first signal when the requests have ended, at the second at once."""
        if self._stopping:
            super().signal_handler_interrupt(*args)
            return
        self._stopping = True
        self.orders.send(STOP)
        last = threading.Timer(self.patience, super().signal_handler_interrupt)
        last.daemon = True
        last.start()

    def signal_handler_reload(self, *_: object) -> None:
        """Change the dataset."""
        self.orders.send(CHANGE)


def _application(
    files: list[Path],
    config: Config,
    port: int,
    orders: Connection,
    *,
    union: bool,
    queries: Path | None,
) -> Gateway:
    """Make the application, in the process that serves it; that ends when this process does."""
    now = _resolved(files)
    opened = pool(now, config, union=union)
    from . import log
    from .app import create_app
    from .gateway import Gateway

    log.start(config.log_level)
    app = create_app(opened, config, queries, _digest(opened, union=union))
    gc.freeze()  # the program is no garbage; to look for some in it took a twentieth of a look-up
    gc.set_threshold(GARBAGE)

    def obey() -> None:
        while orders.recv() == CHANGE:
            _change(app, files, config, union=union, queries=queries)
        _stop(app, config)

    if config.store:
        _in_thread(_follow, app, files, config, queries)
    _in_thread(_load, app)
    _in_thread(obey)
    _in_thread(_announce, config.host, port)
    return Gateway(app, config, app.extensions["traffic"])


def _in_thread(run: Callable[..., None], *arguments: object) -> None:
    """Run something while requests are answered, and no longer than the process lives."""
    threading.Thread(target=run, args=arguments, daemon=True).start()


def _load(app: Flask) -> None:
    from . import log

    begun = time.monotonic()
    served: Served = app.extensions["served"]
    _in_thread(_index, served)  # at once: it reads the files that the pool reads
    try:
        served.pool.load()
    except (InputError, RuntimeError):
        log.events.exception("the dataset cannot be loaded")
        return
    said = {"digest": served.digest, "seconds": round(time.monotonic() - begun, 3)}
    log.events.info("ready", extra={"said": said})


def _index(served: Served) -> None:
    """Make the index while the dataset loads, and while queries are answered: searches wait."""
    from . import log

    begun = time.monotonic()
    try:
        served.index.load()
    except InputError:
        log.events.exception("the dataset cannot be indexed")
        return
    said = {"seconds": round(time.monotonic() - begun, 3)}
    log.events.info("indexed", extra={"said": said})


def _stop(app: Flask, config: Config) -> None:
    from . import log, operation

    log.events.info("stopping")
    operation.stop(app, config.stop_seconds)
    os.kill(os.getppid(), signal.SIGTERM)  # granian's main process ends the rest


def _change(
    app: Flask, files: list[Path], config: Config, *, union: bool, queries: Path | None
) -> None:
    """Serve the dataset as it is now; when it cannot be, say so and go on with the old one."""
    from . import log, operation

    changes = app.extensions["metrics"].changes
    try:
        now, union = _as_they_are(files, config, union=union)
        asked = read(queries) if queries else []
        opened = pool(now, config, union=union)
        operation.change(app, opened, asked, _digest(opened, union=union))
    except Exception as error:
        changes.labels("failed").inc()
        said = {"reason": str(error)}
        log.events.exception("the dataset stays as it was", extra={"said": said})
    else:
        changes.labels("done").inc()
        said = {"digest": app.extensions["served"].digest}
        log.events.info("the dataset has changed", extra={"said": said})


def _follow(app: Flask, files: list[Path], config: Config, queries: Path | None) -> None:
    """Serve what the store holds: look every second, and at once when an answer shows a change."""
    from . import log

    while True:
        now: Served = app.extensions["served"]
        assert isinstance(now.pool, RemotePool)  # noqa: S101  # as the settings say
        now.pool.changed.wait(LOOK)
        try:
            pushed = now.pool.pushed()
        except RequestError as error:
            log.events.warning("the store does not answer", extra={"said": {"reason": str(error)}})
            time.sleep(LOOK)
            continue
        if pushed not in (None, now.pool.push):
            _change(app, files, config, union=True, queries=queries)
        if app.extensions["served"] is now and now.pool.changed.is_set():
            time.sleep(BETWEEN)


def _as_they_are(files: list[Path], config: Config, *, union: bool) -> tuple[list[Path], bool]:
    """Give the files to serve now, of the graph those of its snapshot, and whether with `union`."""
    if config.store:
        return files, union
    now = _resolved(files)
    if now[0].is_dir():
        return now, disk.told(now[0]).union
    if not union:
        return files, union
    folder = snapshot.find(config.snapshots, snapshot.digest(config.root))
    if folder is None:
        raise InputError("there is no snapshot of the graph as it is; `seisaku build` makes one")
    return [folder / snapshot.DATASET], union


def _resolved(files: list[Path]) -> list[Path]:
    """Give the folder that a symbolic link leads to now: its workers must not follow a change."""
    return [each.resolve() if each.is_dir() else each for each in files]


def _digest(opened: Pool, *, union: bool) -> str:
    """Give the name of the snapshot that is served, or the SHA-256 of other files."""
    if isinstance(opened, RemotePool):
        return opened.digest
    if opened.files[0].is_dir():
        return disk.told(opened.files[0]).digest
    if union:
        return opened.files[0].parent.name
    total = hashlib.sha256()
    for file in opened.files:
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


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
