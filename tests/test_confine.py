"""The second lock of a worker on a store: what is left to it, and that it cannot be taken off."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import on_disk
from seisaku import disk
from seisaku.config import Config
from seisaku.errors import BadQuery, Unreadable
from seisaku.workers import WorkerPool

CONFINED = """
import os, sys, socket, ctypes, threading
from pathlib import Path
from seisaku import confine
folder = Path(sys.argv[1])
if sys.argv[2] == "without Landlock":
    confine._landlock = lambda *_: None
before = threading.Thread(target=lambda: (started.wait(), tried.append(attempt())))
started, tried = threading.Event(), []
def attempt():
    try:
        {attempt}
    except PermissionError:
        return "denied"
    return "done"
before.start()
confine.confine(folder)
started.set()
before.join()
print(attempt(), *tried)
"""
ATTEMPTS = [
    "socket.socket()",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "socket.socketpair()",
    "os.execv('/bin/true', ['true'])",
    "(folder / 'new').write_text('x')",
    "(folder / 'file').open('r+')",
    "(folder / 'file').unlink()",
    "(folder / 'file').rename(folder / 'other')",
    "os.truncate(folder / 'file', 0)",
    "os.symlink('/etc', folder / 'etc')",
    "os.mkdir(folder / 'folder')",
]


def confined(folder: Path, attempt: str, how: str = "with all") -> list[str]:
    """What becomes of an attempt by the confined thread, and by one that was there before."""
    (folder / "file").write_text("text", encoding="utf-8")
    program = CONFINED.replace("{attempt}", attempt)
    command = [sys.executable, "-c", program, str(folder), how]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_nothing_connects_is_written_or_executed(tmp_path: Path, attempt: str) -> None:
    assert confined(tmp_path, attempt, "without Landlock") == ["denied", "denied"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "text"


def test_a_file_of_the_folder_can_be_read(tmp_path: Path) -> None:
    assert confined(tmp_path, "(folder / 'file').read_text()") == ["done", "done"]


def test_where_the_kernel_has_landlock_no_other_file_can_be_read(tmp_path: Path) -> None:
    if "landlock" not in _modules():
        pytest.skip("the kernel has no Landlock")
    attempt = "os.close(os.open('/etc/passwd', os.O_RDONLY))"
    assert confined(tmp_path, attempt)[0] == "denied"
    assert confined(tmp_path, attempt, "without Landlock")[0] == "done"


def _modules() -> str:
    """Give the security modules of the kernel, as it lists them, or as it behaves."""
    listed = Path("/sys/kernel/security/lsm")
    if listed.is_file():
        return listed.read_text(encoding="ascii")
    import ctypes

    return "landlock" if ctypes.CDLL(None).syscall(444, None, 0, 1) > 0 else ""


def test_a_worker_with_a_descriptor_to_spare_makes_no_connection(tmp_path: Path) -> None:
    """As on a store with files that RocksDB has not opened: the number of files leaves room."""
    file = tmp_path / "data.nt"
    file.write_text("<urn:a> <urn:b> <urn:c> .\n", encoding="utf-8")
    folder = on_disk(file)
    for number in range(50):
        (folder / disk.STORE / f"9{number:05}.sst").write_bytes(b"")
    with (
        WorkerPool([folder], Config(workers=1)) as pool,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        listening.settimeout(0.2)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(BadQuery, match="os error 13"):
            pool.run(f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}", "text/csv")
        with pytest.raises(TimeoutError):
            listening.accept()


def test_on_a_machine_whose_calls_are_unknown_nothing_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "data.nt"
    file.write_text("<urn:a> <urn:b> <urn:c> .\n", encoding="utf-8")
    folder = on_disk(file)
    (tmp_path / "sitecustomize.py").write_text(
        "import platform\nplatform.machine = lambda: 'pdp11'\n", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    with pytest.raises(Unreadable, match="pdp11"):
        WorkerPool([folder], Config()).__enter__()
