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
MOST = 1 << 20  # bytes; beyond that no list of fields helps


def named(damaged: Damaged, changes: list[Patch]) -> list[dict[str, Any]]:
    """The first fields that differ from the damaged disk once these patches are on it."""
    size = sum(len(content) for _, content in changes)
    if size > MOST:
        return [{"path": "", "before": "", "after": f"{size} bytes in {len(changes)} places"}]
    source = damaged.source
    before, after = (copies.in_memory(source.path, source.format, use) for use in ("before", "after"))
    try:
        before.lay(source.patches)
        after.lay(source.patched(changes).patches)
        window = f"offset={source.start},length={source.length}"
        with corruptor.Image(str(before.file), format="raw", volume=window) as old:
            with corruptor.Image(str(after.file), format="raw") as new:
                rows = old.diff(new)[:ROWS]
    except corruptor.Damage as error:
        rows = [{"path": "", "note": f"not to be named: {error}"}]
    finally:
        for copy in (before, after):
            copy.take_back()
    return [{key: row[key] for key in ("path", "before", "after", "differs", "file", "note") if row.get(key)} for row in rows]
