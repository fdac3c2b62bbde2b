"""Confine: what a worker may still ask of the kernel when not all its files are open yet.

RocksDB opens 16 of a store's files at first, the others when it reads them; so a worker on a large
store needs file descriptors to spare, and a spare one could be a socket. Two locks that a process
can put on itself, without rights of its own, take their place: a seccomp filter, under which
nothing connects, is written or executed; and Landlock, where the kernel has it (Linux 5.13), under
which no file can be opened but those of one folder.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = {
    "x86_64": {
        "arch": 0xC000003E,
        "seccomp": 317,
        "openat": 257,
        "denied": (
            *(2, 41, 42, 43, 49, 50, 53, 59, 76, 82, 83, 84, 85, 86, 87, 88, 90, 101, 133),
            *(258, 259, 263, 264, 265, 266, 268, 288, 310, 311, 316, 322, 425, 437, 438),
        ),
    },
    "aarch64": {
        "arch": 0xC00000B7,
        "seccomp": 277,
        "openat": 56,
        "denied": (
            *(33, 34, 35, 36, 37, 38, 45, 53, 117, 198, 199, 200, 201, 202, 203, 221),
            *(242, 270, 271, 276, 281, 425, 437, 438),
        ),
    },
}
"""By machine: its AUDIT_ARCH, and the numbers of system calls. Denied are `socket`, `socketpair`,
`connect`, `bind`, `listen`, `accept`, `execve`, `ptrace`, `process_vm_readv` and `…writev`,
`io_uring_setup` and `openat2` (which would go round the filter), `pidfd_getfd`, and what makes,
renames, cuts or removes a file, each in all its forms; on x86-64 also `open`, in place of which the
C library calls `openat`."""

X32 = 0x40000000
"""System calls of another numbering begin here on x86-64: none is allowed."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
EACCES = 13
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCH, OPENAT_FLAGS = 0, 4, 32
"""Where struct seccomp_data has the number of the call, the machine, `openat`'s flags."""

SET_FILTER, ALL_THREADS = 1, 1
NO_NEW_PRIVILEGES = 38

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
FILES = (1 << 13) - 1
"""Every right on files that the first version of Landlock knows."""

READ = (1 << 2) | (1 << 3)
"""To read files and to list folders."""

BENEATH = 1


def confine(folder: Path) -> None:
    """Leave this process the files in `folder`, to be read, and no network. There is no way back.

    Raises `OSError` when the kernel takes no filter, or the machine's system calls are unknown.
    """
    if (numbers := NUMBERS.get(platform.machine())) is None:
        raise OSError(f"no filter is known for the system calls of {platform.machine()}")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs cannot be set")
    _landlock(libc, folder)
    filter_ = _filter(numbers["arch"], numbers["openat"], numbers["denied"])  # type: ignore[arg-type]
    kept = ctypes.create_string_buffer(filter_, len(filter_))
    program = struct.pack("HxxxxxxP", len(filter_) // 8, ctypes.addressof(kept))
    if libc.syscall(numbers["seccomp"], SET_FILTER, ALL_THREADS, program):
        raise OSError(ctypes.get_errno(), "seccomp takes no filter")


def _filter(arch: int, openat: int, denied: tuple[int, ...]) -> bytes:
    """Give the filter in BPF: the calls that are denied jump to its end."""
    tests = [(EQUAL, each) for each in denied]
    program: list[tuple[int, int, int, int]] = [(LOAD, 0, 0, ARCH), (EQUAL, 0, -1, arch)]
    program += [(LOAD, 0, 0, NUMBER), (AT_LEAST, -1, 0, X32)]
    program += [(code, -1, 0, value) for code, value in tests]
    program += [(EQUAL, 0, 2, openat), (LOAD, 0, 0, OPENAT_FLAGS), (ANY_BIT, -1, 0, WRITING)]
    program += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ERRNO | EACCES)]
    end = len(program) - 1
    return b"".join(
        struct.pack("HBBI", code, *(end - at - 1 if each < 0 else each for each in jumps), value)
        for at, (code, *jumps, value) in enumerate(program)
    )


def _landlock(libc: ctypes.CDLL, folder: Path) -> None:
    """Leave this thread the files in `folder`; where the kernel has no Landlock, do nothing."""
    rules = libc.syscall(LANDLOCK_CREATE, struct.pack("Q", FILES), 8, 0)
    if rules < 0:
        return
    place = os.open(folder, os.O_PATH)
    libc.syscall(LANDLOCK_ADD, rules, BENEATH, struct.pack("=Qi", READ, place), 0)
    libc.syscall(LANDLOCK_RESTRICT, rules, 0)
    os.close(place)
    os.close(rules)
