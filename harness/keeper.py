# SPDX-License-Identifier: GPL-2.0-or-later
"""The first process of a jail. It runs commands for the harness, and the jail ends when it does; run.py talks to it.

Commands are its children, started with posix_spawn, because a fork of the harness, and of nsenter and prlimit for each
command, took longer than most tools do. It reads one request a packet from standard input, a socket: the command line
as JSON, with two descriptors for the command's output. It answers with how the command ended. When the harness closes
the socket or dies, even while a command runs, this process ends, and the kernel ends every other one in the jail.

Runs as `python3 -I -S`, so it starts in some ten milliseconds, and imports nothing of the project.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
import sys

sys.path.append(os.path.dirname(__file__))
import reader  # noqa: E402 - it is beside this file

PACKET = 1 << 16
DEFAULTS = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores them; commands must not inherit that
UNLIMITED = resource.RLIM_INFINITY


def serve(harness: socket.socket) -> None:
    """Answer requests until the harness is gone."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(harness, PACKET, 2)
        if not request:
            return
        answer = _carry_out(json.loads(request), descriptors, harness)
        _reap()
        harness.send(json.dumps(answer).encode())


def _carry_out(request: dict[str, object], descriptors: list[int], harness: socket.socket) -> dict[str, object]:
    """Run one command to its end. A request without one only collects processes that have ended."""
    if not request:
        return {}
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], UNLIMITED))
    try:
        pid = _fork_reader(request["read"], descriptors) if "read" in request else _spawn(request["argv"], descriptors)
    except OSError as error:
        return {"error": error.strerror}
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return {"status": _wait(pid, harness)}


def _spawn(argv: list[str], descriptors: list[int]) -> int:
    return os.posix_spawnp(argv[0], argv, os.environ, setsid=True, setsigdef=DEFAULTS, file_actions=[
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, descriptors[0], 1),
        (os.POSIX_SPAWN_DUP2, descriptors[1], 2)])


def _fork_reader(folder: str, descriptors: list[int]) -> int:
    """A process of its own reads: it may hang, and the harness must be able to end it."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        os.dup2(descriptors[0], 1)
        os.dup2(descriptors[1], 2)
        reader.main(folder)
        code = 0
    finally:
        os._exit(code)


def _wait(pid: int, harness: socket.socket) -> int:
    """The exit code of a child, negative for a signal. Ends this process if the harness goes away before."""
    child = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(child, select.POLLIN)
    poll.register(harness, select.POLLIN | select.POLLHUP)
    ready = [descriptor for descriptor, _ in poll.poll()]
    os.close(child)
    if harness.fileno() in ready:
        sys.exit()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _reap() -> None:
    """Collect daemons that have ended: they are children of the first process."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(socket.socket(fileno=0))
