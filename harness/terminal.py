# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command on a terminal of its own, and answers its questions when it asks them.

For programs of menus that refuse to work without a terminal. Keys typed ahead would not do: a search that can be
stopped by a key is stopped by them. It runs where the command runs, in a process that keeper.py forks, and imports
nothing of the project. What the command shows goes to the output; the exit code is the command's.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios

ROWS, COLUMNS = 40, 100
TYPE = "linux"


def run(argv: list[str], answers: list[tuple[str, str]]) -> int:
    """Run the command to its end. `answers` are patterns of questions, and the keys to press."""
    asked = [(re.compile(pattern.encode()), keys.encode()) for pattern, keys in answers]
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = TYPE
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execvp(argv[0], argv)
    shown = b""
    while chunk := _read(terminal):
        os.write(1, chunk)
        shown += chunk
        for pattern, keys in asked:
            if pattern.search(shown):
                os.write(terminal, keys)
                shown = b""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256


def _read(terminal: int) -> bytes:
    """What it shows next; nothing when it has ended, which a terminal reports as an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""
