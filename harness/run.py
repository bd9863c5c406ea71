# SPDX-License-Identifier: GPL-2.0-or-later
"""Run real tools on hostile disks, in a jail from which nothing escapes.

A damaged file system makes tools hang, eat memory, print without end, and leave FUSE daemons and mounts behind.
Cleaning up after the fact cannot be trusted (the harness itself may be killed), so the kernel does it: a jail is a
PID and a mount namespace of its own, and when the first process of a PID namespace ends, every process in it is
killed and the mounts go with them. That first process, keeper.py, runs the commands; it ends when the harness closes
its socket, and as surely when the harness dies. Commands are its children, so none of them is process 1 (which ignores
its own abort signal).

/dev/shm in the jail is a private, empty tmpfs: the one place where a tool may write, gone with the rest, and the
same path in every run, so that a tool's messages do not change from run to run. /dev/log is the jail's own, too
(devices.py): what a driver says after it has mounted goes there.

To make a jail takes longer than most tools do, so one is lent again, if it can be shown that the last user left
nothing in it: no process, no mount, no file that is not ours.

See pid_namespaces(7), mount_namespaces(7).
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import shutil
import signal as signals
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from harness import built, cache_folder
from harness.devices import SCRATCH
from harness.listening import listen, without_stamps
from harness.sharing import share_processor

PACKET = 1 << 16
MEMORY_LIMIT = 1 << 30
# Seconds of work: a tool in a loop is known by that, long before its time is over and on a busy machine. Twice as long as any takes
# that ends: fsck.fat 3.4 s at 2.6 GHz, where the root directory goes on in a file.
PROCESSOR_LIMIT = 7
OVERRAN = -signals.SIGXCPU

# What ci/ntfs-3g-extras builds, with the version in a file beside it.
BUILT = cache_folder.of("ntfs-3g-extras")
# C.UTF-8 keeps the messages untranslated like C, but lets ntfs-3g and mtools show names outside ASCII, which they
# skip or mangle in the C locale.
ENVIRONMENT = {"PATH": f"/usr/sbin:/usr/bin:/sbin:/bin:{BUILT}", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": SCRATCH}

KEEPER = Path(__file__).with_name("keeper.py")
READER = "reading/read-files"
PYTHON = os.path.realpath(sys.executable)


class HarnessError(Exception):
    """The harness could not do its own work; nothing is known about the tool."""


@dataclass(frozen=True)
class Run:
    """What one command did. `code` is None when a signal or a time limit ended it.

    `timed_out` with a signal: it, or a daemon that it needed, worked longer than it may."""

    argv: tuple[str, ...]
    code: int | None
    signal: int | None
    timed_out: bool
    output: str
    errors: str
    seconds: float
    log: str = ""
    """what it, or a daemon that was there already, sent to syslog meanwhile, each line once"""

    @property
    def printed(self) -> str:
        """Both streams; their order relative to each other is lost in any pipe."""
        return self.output + self.errors

    @property
    def text(self) -> str:
        """All that was said; the log comes first, because what is printed may be very long."""
        return self.log + self.printed

    @property
    def fate(self) -> str:
        """How it ended, in words for a report."""
        if self.timed_out and self.signal:
            return f"killed after {PROCESSOR_LIMIT} s of work"
        if self.timed_out:
            return f"killed after {self.seconds:.0f} s"
        if self.signal is not None:
            return f"died of {signals.Signals(self.signal).name}"
        return f"exit {self.code}"


class Jail:
    """A PID and a mount namespace for commands that work together, such as a mount, a read and an unmount.

    `kept` is for whoever uses jails again and again: files in it that may stay, with what he knows of them.
    """

    def __init__(self) -> None:
        if os.geteuid() != 0:
            raise HarnessError("running tools in namespaces of their own needs root; start pytest as root")
        self.kept: dict[str, Any] = {}
        self._entered_by_others = False
        self._shared = False  # one processor, with daemons
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._keeper = subprocess.Popen(
                ["unshare", "--pid", "--mount", "--fork", "--kill-child", PYTHON, "-I", "-S", KEEPER],
                stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, start_new_session=True)
        line = self._keeper.stdout.readline()
        if not line:
            raise HarnessError(f"no jail for tools: {self._keeper.communicate()[1].decode().strip()}")
        self.pid = int(line)
        self._mounts = self._mounted()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process and mount of the jail; returns when they are gone."""
        self._line.close()
        self._keeper.communicate()

    @property
    def alive(self) -> bool:
        """Whether commands can still be run in it."""
        return self._keeper.poll() is None

    def outside(self, path: str) -> Path:
        """The path by which the harness reaches what tools in the jail see at `path`."""
        return Path(f"/proc/{self.pid}/root{path}")

    def start(self, argv: list[str], **pipes: object) -> subprocess.Popen[bytes]:
        """Start a command that stays, such as a server, without a terminal, in a session of its own."""
        self._check_alive(argv)
        self._entered_by_others = True  # it is no child of the keeper's
        return subprocess.Popen(
            ["nsenter", f"--target={self.pid}", "--pid", "--mount", "prlimit", "--core=0", *argv],
            env=ENVIRONMENT, start_new_session=True, **pipes)

    def run(self, argv: list[str], *, timeout: float = 60, memory: int = MEMORY_LIMIT,
            answers: Sequence[tuple[str, str]] | None = None) -> Run:
        """Run a command to its end. When the time is over, the whole jail ends; work has a limit of its own, for each process.
        With answers it has a terminal, on which they are given (terminal.py)."""
        request = {"argv": [*map(str, argv)], "memory": memory, "processor": PROCESSOR_LIMIT}
        if answers is not None:
            request["answers"] = [*answers]
        return self._carry_out(request, tuple(argv), timeout)

    def read(self, folder: str, *, timeout: float = 60) -> Run:
        """Read every file below a folder (reading/); readback.py understands what it prints."""
        request = {"argv": [str(built.program(READER)), folder], "memory": MEMORY_LIMIT, "processor": PROCESSOR_LIMIT}
        return self._carry_out(request, ("read", folder), timeout, _sums_seen())

    def since(self) -> Run:
        """What daemons of the jail did since the last command ended: what they logged, and whether one overran."""
        return self._carry_out({}, ("syslog",), timeout=60)

    def _carry_out(self, request: dict[str, Any], argv: tuple[str, ...], timeout: float, *more: int) -> Run:
        self._check_alive(argv)
        daemons = self._children()
        if daemons or self._shared:
            share_processor(self.pid, daemons)
        self._shared = bool(daemons)
        began = time.monotonic()
        ended, *texts = listen(self._line, self._ask(request, *more), began + timeout)
        answer = self._answer() if ended else {}
        if not ended:
            self.close()
        if problem := answer.get("error"):
            raise HarnessError(f"{argv[0]}: cannot be run: {problem}")
        status = answer.get("status", 0)
        if OVERRAN in answer.get("ended", []):
            status = OVERRAN
        log, output, errors = (text.decode(errors="surrogateescape") for text in texts)
        return Run(argv, code=status if ended and status >= 0 else None, signal=-status if ended and status < 0 else None,
                   timed_out=not ended or status == OVERRAN, output=output, errors=errors, seconds=time.monotonic() - began,
                   log=without_stamps(log))

    def clean(self) -> bool:
        """Empty the jail for its next user, but for what is kept; False if something in it does not go away."""
        if not self.alive or self._entered_by_others:
            return False
        self.since()  # which nobody wants any more; and the keeper has collected what has ended
        if self._children() or self._mounted() != self._mounts:
            return False
        try:
            for file in self.outside(SCRATCH).iterdir():
                if file.name in self.kept:
                    continue
                if file.is_dir() and not file.is_symlink():
                    shutil.rmtree(file)
                else:
                    file.unlink()
        except (OSError, RecursionError):  # a tool that copies a looping directory nests folders by the thousand
            return False
        return True

    def settle(self, timeout: float = 60) -> bool:
        """Wait for daemons that commands left behind, such as ntfs-3g after umount; False if one stays."""
        deadline = time.monotonic() + timeout
        for child in self._children():
            try:
                daemon = os.pidfd_open(child)
            except ProcessLookupError:
                continue
            with os.fdopen(daemon), selectors.DefaultSelector() as selector:
                selector.register(daemon, selectors.EVENT_READ)
                if not selector.select(max(0, deadline - time.monotonic())):
                    return False
        return True

    def _check_alive(self, argv: Sequence[str]) -> None:
        if not self.alive:
            raise HarnessError(f"{argv[0]}: its jail has ended already, after a time limit or close()")

    def _ask(self, request: dict[str, Any], *more: int) -> list[int]:
        """Send a request, and return the ends from which to read log, output and errors."""
        pipes = [os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK) for _ in range(3)]
        try:
            for _, theirs in pipes:
                os.set_blocking(theirs, True)
            socket.send_fds(self._line, [json.dumps(request).encode()], [*(theirs for _, theirs in pipes), *more])
        finally:
            for _, theirs in pipes:
                os.close(theirs)
        return [ours for ours, _ in pipes]

    def _answer(self) -> dict[str, Any]:
        answer = self._line.recv(PACKET)
        if not answer:
            raise HarnessError("the first process of a jail was ended from inside")
        return json.loads(answer)

    def _children(self) -> list[int]:
        """What commands left behind: the kernel makes it the first process's children."""
        return [*map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split())]

    def _mounted(self) -> str:
        return Path(f"/proc/{self.pid}/mountinfo").read_text()


@cache
def _sums_seen() -> int:
    """Memory in which a reader finds the sums of contents that an earlier one has read, in whatever jail."""
    return os.memfd_create("sums-seen")


_idle: list[Jail] = []


def borrow() -> Jail:
    """A jail with nothing in it but what it keeps."""
    return _idle.pop() if _idle else Jail()


def give_back(jail: Jail) -> None:
    """Keep a jail for its next user if it can be emptied; otherwise end it."""
    if jail.clean():
        _idle.append(jail)
    else:
        jail.close()


@atexit.register
def _end_idle() -> None:
    while _idle:
        _idle.pop().close()


def run(argv: list[str], *, timeout: float = 60, memory: int = MEMORY_LIMIT) -> Run:
    """Run one command in a jail of its own."""
    with Jail() as jail:
        return jail.run(argv, timeout=timeout, memory=memory)
