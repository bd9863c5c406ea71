# SPDX-License-Identifier: GPL-2.0-or-later
"""One fault as the matrix has it: what a variant of a scenario did to its base disk, in names and in bytes.

It is told once, for all tools that meet it. Of long places the beginning of what differs is kept: whoever wants all of it
has the scenario, and the plan is the same every time.
"""

from __future__ import annotations

from typing import Any

import corruptor
from harness.case import Damaged
from harness.pieces import fingerprint

Fault = dict[str, Any]

CHANGES = 40  # fields that are named; a zeroed table has thousands
PLACES = 16
BYTES = 512  # of each place
ROW = 16
SEARCHED = 1 << 20  # how far into a place its first difference is looked for


def told(scenario: corruptor.Scenario, variant: str, damaged: Damaged) -> Fault:
    """All that is to be known of a fault. To be called while the plan's disk is open: right after case.damage()."""
    rows, patches = damaged.facts["changes"], [*damaged.plan.patches()]
    return named(scenario, damaged.name, variant) | {
        "build": damaged.base.path.parent.name, "plan": fingerprint(damaged.source.patches), "seed": damaged.facts["seed"],
        "volume": {"filesystem": damaged.volume.filesystem, "offset": damaged.volume.offset, "size": damaged.volume.size},
        "changes": [_change(row) for row in rows[:CHANGES]], "changes_left": max(0, len(rows) - CHANGES),
        "patches": [_patch(damaged.plan, index, *patch) for index, patch in enumerate(patches[:PLACES])],
        "patches_left": max(0, len(patches) - PLACES)}


def named(scenario: corruptor.Scenario, name: str, variant: str, error: str = "") -> Fault:
    """What is known of a fault without its base disk; `error` says why there is no more."""
    facts = scenario.as_dict()
    return {"scenario": name, "variant": variant, "title": scenario.title, "why": facts["why"].strip(), "tags": facts["tags"],
            "base": scenario.image, "build": "", "plan": "", "seed": 1, "volume": None, "changes": [], "changes_left": 0,
            "patches": [], "patches_left": 0, "expect": _expected(scenario), "error": error}


def _expected(scenario: corruptor.Scenario) -> dict[str, str]:
    """What each tool should say. Of a known bug the scenario tells what would be right, which is not what will be seen."""
    opinions = {tool: {"says": it} if isinstance(it, str) else it for tool, it in scenario.expect.items()}
    return {tool: it["says"] for tool, it in opinions.items() if "says" in it and "known_bug" not in it}


def _change(row: dict[str, Any]) -> dict[str, Any]:
    extents = row.get("extents") or [{"at": None, "length": 0}]
    return {"path": row["path"], "verb": row["verb"], "before": str(row.get("before", "")), "after": str(row.get("after", "")),
            "at": extents[0]["at"], "length": extents[0]["length"]}


def _patch(plan: corruptor.Plan, index: int, at: int, length: int, why: str) -> dict[str, Any]:
    """A place that is written, from the row of 16 bytes with its first difference."""
    size = min(length, SEARCHED)
    before, after = plan.before(index, 0, size), plan.after(index, 0, size)
    first = next((place for place, (old, new) in enumerate(zip(before, after)) if old != new), 0)
    begin = max(0, first - (at + first) % ROW)
    return {"at": at, "length": length, "why": why, "from": at + begin,
            "before": before[begin:begin + BYTES].hex(), "after": after[begin:begin + BYTES].hex()}
