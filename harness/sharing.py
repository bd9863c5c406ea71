# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts a FUSE driver and whoever uses its mount on one processor.

The two wait for each other some four times a file. On two processors each time one of them is woken from its sleep, which
costs a virtual machine three times what the work does. It is the processor that the harness is on, who waits for them meanwhile.
"""

from __future__ import annotations

import os
from pathlib import Path

PROCESSOR = 36  # in /proc/self/stat, of the fields behind the name; see proc(5)


def share_processor(first: int, daemons: list[int]) -> None:
    """Bind daemons, and what the first process of their jail starts from now on, to one processor; without daemons what it
    starts may run anywhere."""
    allowed = os.sched_getaffinity(0)
    if daemons:
        allowed = {int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[PROCESSOR])}
    for process in (first, *daemons):
        try:
            os.sched_setaffinity(process, allowed)
        except ProcessLookupError:
            pass  # it has ended meanwhile
