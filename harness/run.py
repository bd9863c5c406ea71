# SPDX-License-Identifier: GPL-2.0-or-later
"""Run real tools on hostile disks, in a jail from which nothing escapes.

A damaged file system makes tools hang, eat memory, print without end, and leave FUSE daemons and mounts behind.
Cleaning up after the fact cannot be trusted (the harness itself may be killed), so the kernel does it: a jail is a
PID and a mount namespace of its own, and when the first process of a PID namespace ends, every process in it is
killed and the mounts go with them. That first process is a `cat` on a pipe that only the harness holds open; it
ends when the harness closes the pipe, and as surely when the harness dies.

Commands enter the jail with nsenter, so that none of them is process 1 (which ignores its own abort signal) and
nsenter hands the real signal on. /dev/shm in the jail is a private, empty tmpfs: the one place where a tool may
write, gone with the rest, and the same path in every run, so that a tool's messages do not change from run to run.

See pid_namespaces(7), mount_namespaces(7).
"""

from __future__ import annotations

import os
import selectors
import signal as signals
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SCRATCH = "/dev/shm"
OUTPUT_LIMIT = 4 << 20
MEMORY_LIMIT = 1 << 30

# C.UTF-8 keeps the messages untranslated like C, but lets ntfs-3g and mtools show names outside ASCII, which they
# skip or mangle in the C locale.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": SCRATCH}

FIRST_PROCESS = f"""
mount -t tmpfs -o size=25%,mode=0700 harness {SCRATCH} || exit
read pid rest < /proc/self/stat
echo "$pid"
exec cat > /dev/null
"""


class HarnessError(Exception):
    """The harness could not do its own work; nothing is known about the tool."""


@dataclass(frozen=True)
class Run:
    """What one command did. `code` is None when a signal or the time limit ended it."""

    argv: tuple[str, ...]
    code: int | None
    signal: int | None
    timed_out: bool
    output: str
    errors: str
    seconds: float

    @property
    def text(self) -> str:
        """Both streams; their order relative to each other is lost in any pipe."""
        return self.output + self.errors

    @property
    def fate(self) -> str:
        """How it ended, in words for a report."""
        if self.timed_out:
            return f"killed after {self.seconds:.0f} s"
        if self.signal is not None:
            return f"died of {signals.Signals(self.signal).name}"
        return f"exit {self.code}"


class Jail:
    """A PID and a mount namespace for commands that work together, such as a mount, a read and an unmount."""

    def __init__(self) -> None:
        if os.geteuid() != 0:
            raise HarnessError("running tools in namespaces of their own needs root; start pytest as root")
        self._keeper = subprocess.Popen(
            ["unshare", "--pid", "--mount", "--fork", "--kill-child", "sh", "-c", FIRST_PROCESS],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
            start_new_session=True, text=True)
        line = self._keeper.stdout.readline()
        if not line:
            raise HarnessError(f"no jail for tools: {self._keeper.communicate()[1].strip()}")
        self.pid = int(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process and mount of the jail; returns when they are gone."""
        self._keeper.communicate()

    @property
    def alive(self) -> bool:
        """Whether commands can still be run in it."""
        return self._keeper.poll() is None

    def outside(self, path: str) -> Path:
        """The path by which the harness reaches what tools in the jail see at `path`."""
        return Path(f"/proc/{self.pid}/root{path}")

    def start(self, argv: list[str], *, memory: int | None = None, **pipes: object) -> subprocess.Popen[bytes]:
        """Start a command in the jail, without a terminal, in a session of its own."""
        if not self.alive:
            raise HarnessError(f"{argv[0]}: its jail has ended already, after a time limit or close()")
        limits = ["--core=0"] + ([f"--as={memory}"] if memory else [])
        return subprocess.Popen(
            ["nsenter", f"--target={self.pid}", "--pid", "--mount", "prlimit", *limits, *argv],
            env=ENVIRONMENT, start_new_session=True, **pipes)

    def run(self, argv: list[str], *, timeout: float = 60, memory: int = MEMORY_LIMIT) -> Run:
        """Run a command to its end. When the time is over, the whole jail ends."""
        began = time.monotonic()
        process = self.start(argv, memory=memory, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process:
            ended, output, errors = _listen(process, began + timeout)
            if not ended:
                self.close()
                process.kill()
        code = process.returncode
        if errors.startswith(b"prlimit: failed to execute"):
            raise HarnessError(f"{argv[0]}: cannot be run: {errors.decode().strip()}")
        return Run(argv=tuple(argv), code=code if ended and code >= 0 else None,
                   signal=-code if ended and code < 0 else None, timed_out=not ended,
                   output=output.decode(errors="surrogateescape"), errors=errors.decode(errors="surrogateescape"),
                   seconds=time.monotonic() - began)

    def settle(self, timeout: float = 60) -> bool:
        """Wait for daemons that commands left behind, such as ntfs-3g after umount; False if one stays."""
        deadline = time.monotonic() + timeout
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            try:
                daemon = os.pidfd_open(int(child))
            except ProcessLookupError:
                continue
            with os.fdopen(daemon), selectors.DefaultSelector() as selector:
                selector.register(daemon, selectors.EVENT_READ)
                if not selector.select(max(0, deadline - time.monotonic())):
                    return False
        return True


def run(argv: list[str], *, timeout: float = 60, memory: int = MEMORY_LIMIT) -> Run:
    """Run one command in a jail of its own."""
    with Jail() as jail:
        return jail.run(argv, timeout=timeout, memory=memory)


def _listen(process: subprocess.Popen[bytes], deadline: float) -> tuple[bool, bytearray, bytearray]:
    """Collect both streams until the process ends (True) or the deadline passes (False).

    The process's end counts, not the end of the streams: a daemon it leaves may hold them open.
    """
    texts = {process.stdout: bytearray(), process.stderr: bytearray()}
    ended = False
    pidfd = os.pidfd_open(process.pid)
    with os.fdopen(pidfd), selectors.DefaultSelector() as selector:
        selector.register(pidfd, selectors.EVENT_READ)
        for stream in texts:
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select(0 if ended else max(0, deadline - time.monotonic()))]
            talking = [stream for stream in ready if stream != pidfd]
            for stream in talking:
                chunk = os.read(stream.fileno(), 1 << 16)
                room = OUTPUT_LIMIT - len(texts[stream])
                texts[stream] += chunk[:room]
                if not chunk:
                    selector.unregister(stream)
            ended = ended or pidfd in ready
            if not talking and ended:
                break
            if time.monotonic() >= deadline:
                break
    return ended, texts[process.stdout], texts[process.stderr]
