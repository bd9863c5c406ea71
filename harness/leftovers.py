# SPDX-License-Identifier: GPL-2.0-or-later
"""What killed runs left behind: folders, and jails whose harness is gone.

A jail is known by its mount and by who its parent is, a folder by its name, owner, age and lack of users; nothing by the
name of a process.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from glob import iglob
from pathlib import Path

from harness.images import cache
from harness.run import SCRATCH

HOUR = 3600  # no command of ours that makes a folder takes nearly as long
ABANDONED: tuple[tuple[Callable[[], Path], str, float], ...] = (
    (cache.directory,                         ".*.part",                    HOUR),
    (cache.directory,                         "*.[0-9]*.part",              HOUR),
    (cache.directory,                         "healthy/*.[0-9]*.part",      HOUR),
    (cache.directory,                         f"*-{'[0-9a-f]' * 16}",       cache.KEEP_UNUSED),  # dated by each use
    (lambda: cache.directory().parent,        "appliance-kernel.??????",    HOUR),
    (lambda: Path(tempfile.gettempdir()),     "corruptor.??????",           HOUR),
    (lambda: Path(tempfile.gettempdir()),     "corruptor-demo.*",           HOUR),
    (lambda: Path("/tmp"),                    "corruptor-test-??????",      HOUR),
    (lambda: Path("/var/tmp"),                "corruptor-bench.*",          HOUR),
)
JAIL = re.compile(r"^(?:\S+ ){4}" + SCRATCH + r" .* - tmpfs harness ", re.MULTILINE)
FIRST = re.compile(r"^NSpid:\t.*\t1$", re.MULTILINE)
ORPHAN = re.compile(r"^PPid:\t1$", re.MULTILINE)


@dataclass(frozen=True)
class Leftover:
    """Something of ours that nobody uses any more, how that is known, and how it is removed."""

    what: str
    why: str
    remove: Callable[[], object]


def leftovers() -> list[Leftover]:
    """What killed runs left behind."""
    users = _users()
    return [Leftover(str(path), f"not touched for {_age(path) / 3600:.0f} hours, and nobody uses it", partial(_remove, path, age))
            for folder, pattern, age in ABANDONED for path in sorted(folder().glob(pattern)) if _is_abandoned(path, age, users)
            ] + [*_jails()]


def _is_abandoned(path: Path, age: float, users: str) -> bool:
    return _age(path) > age and str(path) not in users


def _age(path: Path) -> float:
    """Seconds since it was changed; 0 if it is another user's, or gone."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return 0
    return time.time() - status.st_mtime if status.st_uid == os.geteuid() else 0


def _users() -> str:
    """All paths that processes have open, stand in, or were told of."""
    links = [*iglob("/proc/[0-9]*/cwd"), *iglob("/proc/[0-9]*/fd/*")]
    return "\n".join([*map(_target, links), *map(_read, iglob("/proc/[0-9]*/cmdline"))])


def _remove(path: Path, age: float) -> bool:
    """Remove it with what is mounted in it; False if somebody came to use it since it was listed."""
    if not _is_abandoned(path, age, _users()):
        return False
    places = [line.split()[4] for line in _read("/proc/self/mountinfo").splitlines()]
    for place in reversed([re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), each) for each in places]):
        if place.startswith(f"{path}/"):
            subprocess.run(["umount", "--lazy", place], check=True)
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return True


def _jails() -> Iterator[Leftover]:
    """First processes of jails whose harness has ended, so that process 1 is the parent of what made them."""
    if _target("/proc/1/exe") == _target("/proc/self/exe"):
        return  # a harness may be process 1 of a container
    for process in iglob("/proc/[0-9]*"):
        status = _read(f"{process}/status")
        maker = re.search(r"^PPid:\t(\d+)$", status, re.MULTILINE)
        if FIRST.search(status) and JAIL.search(_read(f"{process}/mountinfo")) and ORPHAN.search(_read(f"/proc/{maker[1]}/status")):
            handle = os.pidfd_open(int(process.rpartition("/")[2]))
            yield Leftover(process, "the first process of a jail whose harness has ended",
                           lambda handle=handle: signal.pidfd_send_signal(handle, signal.SIGKILL))


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:  # it has ended, or is another user's
        return ""


def _read(file: str) -> str:
    try:
        return Path(file).read_text(errors="replace")
    except OSError:
        return ""
