# SPDX-License-Identifier: GPL-2.0-or-later
"""What a repairer changed, by the names of fields.

`corruptor diff` compares two disks and names what differs. Here it is two contents of one place on the healthy base disk:
what the tool found there, and what it left. So a field has its name even on a disk that is damaged past all naming, and as
tools do the same in the same place again and again, most comparisons are made once.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from typing import Any

import corruptor
from harness import copies, snapshots
from harness.disk import Source
from harness.pieces import Patch, overlaid

ROWS = 24  # a repairer that rewrites a table changes thousands of fields
PLACES = 8
MOST = 16 << 10  # bytes; in a longer place no list of fields helps

Row = dict[str, Any]


def named(source: Source, changes: list[Patch]) -> list[Row]:
    """The first fields that a tool changed on a damaged disk; further places are counted."""
    base = copies.base(source.path, source.format)
    told = [patch for patch in changes if len(patch[1]) <= MOST][:PLACES]
    rows: list[Row] = []
    healthy, length = replace(source, patches=(), shown=None), source.length or base.size - source.start
    for at, after in told:
        before = overlaid(os.pread(base.file.fileno(), len(after), at), at, source.patches)
        rows += _rows(healthy, length, at, before, after)
    if len(rows) > ROWS or len(told) < len(changes):
        left = sum(len(content) for _, content in changes)
        rows = [*rows[:ROWS], {"path": "", "note": f"of {left} bytes in {len(changes)} places, only the first are named"}]
    return rows


@lru_cache(4096)
def _rows(healthy: Source, length: int, at: int, before: bytes, after: bytes) -> list[Row]:
    """What differs if one place of a base disk holds `before`, and then `after`."""
    try:
        rows = snapshots.of(healthy, length).diff_place(at, before, after)
    except (corruptor.Damage, corruptor.Misuse) as error:
        rows = [{"path": f"@{at:#x}+{len(after)}", "note": f"not to be named: {error}"}]
    return [{key: row[key] for key in ("path", "before", "after", "differs", "file", "note") if row.get(key)} for row in rows]
