"""Gateway: granian's RSGI in, the WSGI application behind it.

Under WSGI no thread is told that its client has left, and one that sends its body slowly, or takes
its answer slowly, holds a thread for as long as it likes. Here the event loop does what takes
time: it reads the body, up to a length and a time, before a thread sees the request; it notes a
client that leaves; and a long answer goes out as a file, which the server reads as fast as the
client takes it. (A stream would not do: granian collects in memory what is written to one, all of
it, and ends one that is broken off as if it were whole.)
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from .client import Client
from .errors import QueueFull, RequestError, TooSlow
from .shortcut import OK, Shortcut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flask import Flask
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

    from .config import Config
    from .operation import Traffic
    from .shortcut import Plain


BODIES = 64 << 20
"""Bytes of all bodies that are being received, or wait for their answer."""

DRAINED = 8 << 20
"""Bytes of a body that is too long which are read before it is refused."""

SPARE = 4
"""Threads besides those that queries wait in: for pages, and for refusing what is too much."""

OPENED = 5.0
"""Seconds until a file that nobody was seen to open is given up."""

TICK = 1.0
"""Seconds between two looks at the long answers on their way."""


class Gateway:
    """Serves the application `app` to granian, within the limits of `config`.

    `traffic` counts the requests, each until its answer is sent.
    """

    def __init__(self, app: Flask, config: Config, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic
        self._config = config
        threads = config.workers + config.queue + SPARE
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._shortcut = Shortcut(app, config)
        self._received = 0
        self._sent: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        if scope.proto != "http":
            return
        generation = self._traffic.begin()
        sending: asyncio.Task[None] | None = None
        try:
            sending = await self._handle(scope, protocol)
        finally:
            if sending is None:
                self._traffic.end(generation)
            else:
                sending.add_done_callback(lambda _: self._traffic.end(generation))

    async def _handle(self, scope: Scope, protocol: HTTPProtocol) -> asyncio.Task[None] | None:
        """Answer a request; of a long answer, give the task that ends when it is sent."""
        plain = self._shortcut.plain(scope)
        client = Client(plain.address if plain else None)
        if plain and (found := await self._shortcut.answer(plain, client)):
            protocol.response_bytes(OK, self._shortcut.headers(plain, found), found.memory)
            self._shortcut.note(plain, found)
            return None
        try:
            return await self._by_application(scope, protocol, client, plain)
        finally:
            if begun := client.take_ahead():  # by a request that the application refused
                client.leave()
                self._threads.submit(begun)

    async def _by_application(
        self, scope: Scope, protocol: HTTPProtocol, client: Client, plain: Plain | None
    ) -> asyncio.Task[None] | None:
        """Answer a request by the application, in a thread."""
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as stack:
            body = await self._body(scope, protocol, stack)
            environ = _environ(scope, body, client)
            answer = loop.run_in_executor(self._threads, self._answer, environ)
            leaving = asyncio.ensure_future(protocol.client_disconnect())
            both: set[asyncio.Future[Any]] = {answer, leaving}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                client.leave()
                answer.cancel()  # which one that waits for a thread is, and a query ends by itself
                with contextlib.suppress(asyncio.CancelledError):
                    await answer
                return None
            leaving.cancel()
        given = answer.result()
        if plain:
            self._shortcut.learn(plain, environ, given.status, given.headers)
        return self._send(scope, protocol, given)

    async def _body(
        self, scope: Scope, protocol: HTTPProtocol, stack: contextlib.ExitStack
    ) -> IO[bytes]:
        """Read the body. Of one that is too long, enough is kept for the application to refuse it.

        The rest is read and thrown away, up to a length: many clients send all before they look.
        """
        length = scope.headers.get("content-length")
        if length is None and scope.headers.get("transfer-encoding") is None:
            return io.BytesIO()
        if length is not None and int(length) > DRAINED:
            return io.BytesIO()  # the application refuses the length without looking
        body = bytearray()
        total = 0
        stack.callback(lambda: self._forget(len(body)))
        try:
            async with asyncio.timeout(self._config.deadline):
                async for part in protocol:
                    total += len(part)
                    if len(body) <= self._config.body_bytes:
                        body += part
                        self._received += len(part)
                    if self._received > BODIES:
                        return _Refusing(QueueFull("requests"))
                    if total > DRAINED:
                        break
        except TimeoutError:
            return _Refusing(TooSlow("body", seconds=self._config.deadline))
        return io.BytesIO(body)

    def _forget(self, size: int) -> None:
        self._received -= size

    def _answer(self, environ: dict[str, Any]) -> _Answer:
        """Run the application, in a thread."""
        said: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> Any:  # noqa: ANN401  # the `write` that nobody calls
            said[:] = status, headers

        parts: Iterable[bytes] = self._app(environ, start_response)
        try:
            body = parts.opened if isinstance(parts, _File) else b"".join(parts)
        finally:
            close: Callable[[], None] | None = getattr(parts, "close", None)
            if close is not None:
                close()
        status, headers = said
        lowered = [(name.lower(), value) for name, value in headers]
        return _Answer(int(status.split(" ", 1)[0]), lowered, body)

    def _send(
        self, scope: Scope, protocol: HTTPProtocol, answer: _Answer
    ) -> asyncio.Task[None] | None:
        if isinstance(answer.body, bytes):
            protocol.response_bytes(answer.status, answer.headers, answer.body)
            return None
        name = f"/proc/{os.getpid()}/fd/{answer.body.fileno()}"
        protocol.response_file(answer.status, answer.headers, name)
        task = asyncio.create_task(self._see_off(answer.body, scope.client))
        self._sent.add(task)
        task.add_done_callback(self._sent.discard)
        return task

    async def _see_off(self, opened: IO[bytes], client: str) -> None:
        """Keep a file until it is sent; hang up on a client that takes too long.

        The server opens the file once more when it begins, and does not say when it has ended: so
        it has when the file is open nowhere else, and has been, or has been read.
        """
        loop = asyncio.get_running_loop()
        begun, read = loop.time(), os.fstat(opened.fileno()).st_atime_ns
        taken = False
        with opened:
            while True:
                await asyncio.sleep(TICK)
                since = loop.time() - begun
                if _is_open_elsewhere(opened):
                    taken = True
                    if since > self._config.send_seconds:
                        _hang_up(client)
                elif taken or since > OPENED or os.fstat(opened.fileno()).st_atime_ns != read:
                    return


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes | IO[bytes]


class _File:
    """What the application gives as `wsgi.file_wrapper` for a file to be sent whole (PEP 3333)."""

    def __init__(self, opened: IO[bytes], _: int = 0) -> None:
        self.opened = opened

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.opened)


class _Refusing(io.BytesIO):
    """A body that could not be received: to read it raises why."""

    def __init__(self, error: RequestError) -> None:
        super().__init__()
        self._error = error

    def read(self, _: int | None = -1, /) -> bytes:
        raise self._error

    def readinto(self, _: object, /) -> int:
        raise self._error


def _environ(scope: Scope, body: IO[bytes], client: Client) -> dict[str, Any]:
    host, _, port = scope.server.rpartition(":")
    address, _, remote_port = scope.client.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": address.strip("[]"),
        "REMOTE_PORT": remote_port,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": _File,
        "seisaku.client": client,
    }
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    for name, value in scope.headers.items():
        if "_" in name:  # would read as another header's name
            continue
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def _is_open_elsewhere(opened: IO[bytes]) -> bool:
    """Tell whether this process has a file open by another descriptor than `opened`."""
    own = os.fstat(opened.fileno())
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # a thousand entries, names only
        if int(name) != opened.fileno():
            with contextlib.suppress(OSError):
                other = os.fstat(int(name))
                if (other.st_dev, other.st_ino) == (own.st_dev, own.st_ino):
                    return True
    return False


def _hang_up(client: str) -> None:
    """Close the connection of `client`, an address and a port."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with contextlib.suppress(OSError):
            found = socket.socket(fileno=int(name))
            try:
                match found.getpeername():
                    case (str(host), int(port), *_) if client in (
                        f"{host}:{port}",
                        f"[{host}]:{port}",
                    ):
                        found.shutdown(socket.SHUT_RDWR)
            finally:
                found.detach()  # it is the server's, which closes it
