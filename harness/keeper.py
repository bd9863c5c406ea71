# SPDX-License-Identifier: GPL-2.0-or-later
"""The first process of a jail. It runs commands for the harness, and the jail ends when it does; run.py talks to it.

Commands are its children, started with posix_spawn, because a fork of the harness, and of nsenter and prlimit for each
command, took longer than most tools do. It reads one request a packet from standard input, a socket: the command line
as JSON, with three descriptors, for what is logged until the command ends (devices.py), its output, and its errors, and
perhaps one more, which the command gets as its descriptor 3. It
answers with how the command ended. When the harness closes the socket or dies, even while a command runs, this process
ends, and the kernel ends every other one in the jail.

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
import devices  # noqa: E402 - they are beside this file
import terminal  # noqa: E402

PACKET = 1 << 16
DEFAULTS = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGXCPU)  # ignored here; commands must not inherit that
UNLIMITED = resource.RLIM_INFINITY


def serve(harness: socket.socket, log: devices.Log) -> None:
    """Answer requests until the harness is gone."""
    while True:
        _await({harness.fileno()}, log)
        request, descriptors, _, _ = socket.recv_fds(harness, PACKET, 4, socket.MSG_CMSG_CLOEXEC)
        if not request:
            return
        answer = _carry_out(json.loads(request), descriptors, harness, log)
        harness.send(json.dumps(answer).encode())


def _carry_out(request: dict[str, object], descriptors: list[int], harness: socket.socket,
               log: devices.Log) -> dict[str, object]:
    """Run one command to its end. A request without one only asks for the log."""
    logged, *streams = descriptors
    try:
        answer = _run(request, streams, logged, harness, log) if request else {}
        answer["ended"] = _reap()  # before the last look at the log: whoever logs after that is still among the children
        log.collect()
        os.write(logged, log.take())
        return answer
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _run(request: dict[str, object], streams: list[int], logged: int, harness: socket.socket,
         log: devices.Log) -> dict[str, object]:
    """The limits are set here, for the command to inherit: one that leaves a daemon at once would be gone before."""
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], UNLIMITED))
    resource.setrlimit(resource.RLIMIT_CPU, (request["processor"], UNLIMITED))
    try:
        pid = _on_terminal(request, streams) if "answers" in request else _spawn(request["argv"], streams)
    except OSError as error:
        return {"error": error.strerror}
    child = os.pidfd_open(pid)
    ready = _await({child, harness.fileno()}, log, logged)
    os.close(child)
    if harness.fileno() in ready:
        sys.exit()
    return {"status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}


def _spawn(argv: list[str], descriptors: list[int]) -> int:
    return os.posix_spawnp(argv[0], argv, os.environ, setsid=True, setsigdef=DEFAULTS, file_actions=[
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, descriptors[0], 1),
        (os.POSIX_SPAWN_DUP2, descriptors[1], 2),
        *((os.POSIX_SPAWN_DUP2, descriptor, 3) for descriptor in descriptors[2:])])


def _on_terminal(request: dict[str, object], descriptors: list[int]) -> int:
    """A process of its own holds the terminal: it may hang as the command may."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        os.setsid()
        for number in DEFAULTS:
            signal.signal(number, signal.SIG_DFL)
        os.dup2(descriptors[0], 1)
        os.dup2(descriptors[1], 2)
        code = terminal.run(request["argv"], request["answers"])
    finally:
        os._exit(code)


def _await(wanted: set[int], log: devices.Log, logged: int | None = None) -> set[int]:
    """Wait for any of the descriptors. What is logged meanwhile is passed on at once, or kept."""
    poll = select.poll()
    for descriptor in (*wanted, log.fileno()):
        poll.register(descriptor, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poll.poll()}
        if log.fileno() in ready:
            log.collect()
            if logged is not None:
                os.write(logged, log.take())
        if ready & wanted:
            return ready & wanted


def _reap() -> list[int]:
    """Collect daemons that have ended: they are children of the first process. How they ended."""
    ended = []
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended.append(os.waitstatus_to_exitcode(found[1]))
    except ChildProcessError:
        pass
    return ended


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)  # the limit is for commands; this process lives as long as the jail
    own_log = devices.furnish()
    print(os.path.basename(os.readlink("/proc/self")), flush=True)  # as the harness sees it
    serve(socket.socket(fileno=0), own_log)
