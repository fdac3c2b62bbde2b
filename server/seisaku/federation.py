"""Federation: the SERVICE of a query, for the endpoints that the operator allows.

A worker has no network, and the engine no way to be given one. So the parts of a query that belong
elsewhere are asked here, before it runs, and their answers put in their place: `SERVICE <e> { P }`
becomes the VALUES that `SELECT * { P }` gives at e, which is what SPARQL 1.1 Federated Query
defines it by. SERVICE SILENT becomes an empty group when that fails.

Only endpoints named in the settings are asked, by their exact IRI. A redirect is an error. A host
name is looked up once, and must be a public address: so nobody who controls a name can point it
at the inside of our network. An endpoint in there is named by its address.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyoxigraph import BlankNode, QueryResultsFormat, QuerySolutions, parse_query_results

from .errors import QueueFull, ServiceFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .client import Client
    from .config import Config

RESULTS = "application/sparql-results+json"
ASKED = threading.BoundedSemaphore(4)
"""So many endpoints are asked at the same time: each holds a thread."""


@dataclass(frozen=True, slots=True)
class Service:
    """A SERVICE of a query: from `start` to `end` of its text it asks `endpoint` for `query`."""

    endpoint: str
    silent: bool
    query: str
    start: int
    end: int


def filled(text: str, services: Sequence[Service], config: Config, client: Client) -> str:
    """Give the query `text` with the answers of its services in their place.

    Raises `ServiceFailed`, unless the service is SILENT.
    """
    parts, since = [], 0
    for service in services:
        parts += [text[since : service.start], _values(service, config, client)]
        since = service.end
    return "".join([*parts, text[since:]])


def _values(service: Service, config: Config, client: Client) -> str:
    if not ASKED.acquire(blocking=False):
        raise QueueFull("services")
    try:
        return _table(service.endpoint, _fetch(service, config, client))
    except ServiceFailed:
        if service.silent:
            return "{ }"
        raise
    finally:
        ASKED.release()


def _table(endpoint: str, body: bytes) -> str:
    """Give SPARQL results in JSON as a group with VALUES."""
    try:
        found = parse_query_results(body, QueryResultsFormat.JSON)
        if not isinstance(found, QuerySolutions):
            raise ServiceFailed("unreadable", endpoint=endpoint)
        rows = [[row[name] for name in found.variables] for row in found]
    except (SyntaxError, ValueError):
        raise ServiceFailed("unreadable", endpoint=endpoint) from None
    if any(isinstance(term, BlankNode) for row in rows for term in row):
        raise ServiceFailed("blank", endpoint=endpoint)
    names = " ".join(map(str, found.variables))
    lines = (" ".join("UNDEF" if each is None else str(each) for each in row) for row in rows)
    return f"{{ VALUES ({names}) {{ {' '.join(f'({line})' for line in lines)} }} }}"


def _fetch(service: Service, config: Config, client: Client) -> bytes:
    """Ask an endpoint, within the time and up to the length that are set."""
    seconds = config.service_seconds
    late = threading.Event()
    try:
        with _connected(service.endpoint, seconds) as connected:

            def hang_up() -> None:
                late.set()
                with contextlib.suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)

            timer = threading.Timer(seconds, hang_up)
            timer.start()
            try:
                with client.on_leaving(hang_up):
                    body = _asked(connected, service, config.service_bytes)
            finally:
                timer.cancel()
    except (OSError, http.client.HTTPException) as error:
        if not late.is_set() and not isinstance(error, TimeoutError):
            raise ServiceFailed("unreachable", endpoint=service.endpoint) from None
        late.set()
    if late.is_set():
        raise ServiceFailed("slow", endpoint=service.endpoint, seconds=seconds)
    return body


def _asked(connected: socket.socket, service: Service, longest: int) -> bytes:
    parts = urlsplit(service.endpoint)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Content-Type": "application/sparql-query",
        "Accept": RESULTS,
        "User-Agent": "Seisaku",
        "Connection": "close",
    }
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.sock = connected
    connection.request("POST", target, service.query.encode(), headers)
    with connection.getresponse() as response:
        if response.status != http.HTTPStatus.OK:
            status = response.status
            raise ServiceFailed("status", endpoint=service.endpoint, status=status)
        body = response.read(longest + 1)
    if len(body) > longest:
        raise ServiceFailed("large", endpoint=service.endpoint, bytes=longest)
    return body


def _connected(endpoint: str, seconds: float) -> socket.socket:
    """Connect to the address that was looked at, and to no other."""
    parts = urlsplit(endpoint)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    connected = socket.create_connection((_address(host, port), port), seconds)
    if not secure:
        return connected
    with connected:  # wrapped, it is another object's; else it is closed
        return ssl.create_default_context().wrap_socket(connected, server_hostname=host)


def _address(host: str, port: int) -> str:
    """Give the address of `host`: itself when it is one, else a public one."""
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host))
    for *_, found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = str(found[0])
        if ipaddress.ip_address(address).is_global:
            return address
    raise OSError(f"{host} has no public address")
