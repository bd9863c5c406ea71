# SPDX-License-Identifier: GPL-2.0-or-later
"""What a repairer changed, by the names of fields.

`corruptor diff` compares two disks, here two that live in memory: the damaged one, and what the repairer made of it.
"""

from __future__ import annotations

from typing import Any

import corruptor
from harness import copies
from harness.case import Damaged
from harness.pieces import Patch

ROWS = 24  # a repairer that rewrites a table changes thousands of fields
PLACES = 12  # whose they are has to be looked for one by one
MOST = 64 << 10  # bytes; in a longer place no list of fields helps


def named(damaged: Damaged, changes: list[Patch]) -> list[dict[str, Any]]:
    """The first fields that differ from the damaged disk once these patches are on it; the other places are counted."""
    told = [patch for patch in changes if len(patch[1]) <= MOST][:PLACES]
    rows = _rows(damaged, told) if told else []
    if len(told) < len(changes):
        left = sum(len(content) for _, content in changes) - sum(len(content) for _, content in told)
        rows.append({"path": "", "note": f"{left} bytes in {len(changes) - len(told)} more places"})
    return rows


def _rows(damaged: Damaged, changes: list[Patch]) -> list[dict[str, Any]]:
    source = damaged.source
    before, after = (copies.in_memory(source.path, source.format, use) for use in ("before", "after"))
    try:
        before.lay(source.patches)
        after.lay(source.patched(changes).patches)
        window = f"offset={source.start},length={source.length}"
        with corruptor.Image(str(before.file), format="raw", volume=window) as old:
            with corruptor.Image(str(after.file), format="raw") as new:
                rows = old.diff(new)[:ROWS]
    except (corruptor.Damage, corruptor.Misuse) as error:  # damaged past all naming, or too much of a difference
        rows = [{"path": "", "note": f"not to be named: {error}"}]
    finally:
        for copy in (before, after):
            if not copy.take_back():
                copies.in_memory.cache_clear()
    return [{key: row[key] for key in ("path", "before", "after", "differs", "file", "note") if row.get(key)} for row in rows]
