"""Behind nginx: under a sub-path and TLS, every address that the server tells is one that works."""

import contextlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import left_out, serving

CONFIG = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/cert.pem;
        ssl_certificate_key {folder}/key.pem;
        location /sub/path/ {{
            proxy_pass http://127.0.0.1:{server}/;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Prefix /sub/path;
        }}
    }}
}}
"""

Get = Callable[[str, str], tuple[str, str]]


@contextlib.contextmanager
def nginx(folder: Path, server: int) -> Iterator[int]:
    """Run nginx in front of the server at the port `server`; give its port."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None or shutil.which("openssl") is None:
        left_out("nginx and openssl: install the Debian packages nginx-light and openssl")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    certificate += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    certificate += ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    subprocess.run(certificate, capture_output=True, check=True)
    (folder / "nginx.conf").write_text(
        CONFIG.format(folder=folder, port=port, server=server), encoding="utf-8"
    )
    command = [found, "-c", f"{folder}/nginx.conf", "-p", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="module")
def get(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    """Gets an address below the sub-path, as the type that is asked for; gives where it ended."""
    folder = tmp_path_factory.mktemp("nginx")
    settings = {"SEISAKU_SNAPSHOTS": str(built.parent), "SEISAKU_PROXIES": "1"}
    with serving(settings=settings) as (server, _), nginx(folder, server) as port:
        trusting = ssl.create_default_context(cafile=str(folder / "cert.pem"))

        def get(address: str, accept: str) -> tuple[str, str]:
            if not address.startswith("https:"):
                address = f"https://127.0.0.1:{port}/sub/path{address}"
            request = urllib.request.Request(address, headers={"Accept": accept})  # noqa: S310
            with urllib.request.urlopen(request, context=trusting) as found:  # noqa: S310
                return found.url, found.read().decode()

        yield get


def test_the_start_leads_to_a_page_whose_links_work(get: Get) -> None:
    address, page = get("/", "text/html")
    assert address.endswith("/sub/path/ja/")
    links = set(re.findall(r'(?:href|action)="(/[^"]*)"', page))
    assert len(links) > 4
    origin = address.removesuffix("/sub/path/ja/")
    for link in links:
        assert link.startswith("/sub/path/"), link
        get(origin + link.replace("&amp;", "&"), "*/*")


@pytest.mark.parametrize("path", ["/sparql", "/.well-known/void", "/catalog"])
def test_the_descriptions_name_an_endpoint_that_answers(get: Get, path: str) -> None:
    _, text = get(path, "application/n-triples")
    (endpoint,) = set(re.findall(r"<(https://127\.0\.0\.1:\d+/sub/path/sparql)>", text))
    _, answer = get(f"{endpoint}?query=ASK%7B%7D", "application/sparql-results+json")
    assert json.loads(answer)["boolean"] is True
    assert "http://127.0.0.1" not in text


def test_the_openapi_document_names_an_address_that_answers(get: Get) -> None:
    _, text = get("/openapi.json", "application/json")
    (server,) = json.loads(text)["servers"]
    assert get(f"{server['url']}/health", "*/*")[1]
