# SPDX-License-Identifier: GPL-2.0-or-later
"""Collects what a command prints and what is logged meanwhile, for run.py: no more than anybody reads, and no longer than it may
take."""

from __future__ import annotations

import math
import os
import re
import select
import socket
import time

PACKET = 1 << 16
PATIENCE = 2  # milliseconds in which more may come: a tool may print a thousand lines, each by itself
OUTPUT_LIMIT = 4 << 20

# What syslog(3) sends: the priority, the time and who says it, with its process id.
STAMP = re.compile(r"^<\d+>(?:\w{3} [ \d]\d [\d:]{8} )?([^\s:\[]+)(?:\[\d+\])?(?=: )", re.MULTILINE)


def without_stamps(log: str) -> str:
    """Each line once, as a driver repeats itself for every file, and nothing in it that differs from run to run."""
    return "".join(dict.fromkeys(STAMP.sub(r"\1", log).splitlines(keepends=True)))


def listen(line: socket.socket, streams: list[int], deadline: float) -> tuple[bool, *tuple[bytearray, ...]]:
    """Collect the streams until the keeper has an answer (True) or the deadline passes (False).

    The command's end counts, not the end of the streams: a daemon it leaves may hold them open.
    """
    texts = {stream: bytearray() for stream in streams}
    end, poll = select.poll(), select.poll()
    end.register(line.fileno(), select.POLLIN)
    for source in (line.fileno(), *streams):
        poll.register(source, select.POLLIN)
    ended, talking = False, []
    while True:
        if talking and not ended:
            end.poll(PATIENCE)
        wait = 0 if ended else max(0, deadline - time.monotonic())
        ready = [source for source, _ in poll.poll(math.ceil(wait * 1000))]
        talking = [source for source in ready if source in texts]
        for stream in talking:
            chunk = os.read(stream, PACKET)
            texts[stream] += chunk[:OUTPUT_LIMIT - len(texts[stream])]
            if not chunk:
                poll.unregister(stream)
        ended = ended or line.fileno() in ready
        if (ended and not talking) or time.monotonic() >= deadline:
            break
    for stream in streams:
        os.close(stream)
    return ended, *texts.values()
