# SPDX-License-Identifier: GPL-2.0-or-later
"""What differs between two runs: other versions of tools, other builds of the same tool, other days.

A cell that only one of them has is counted and not listed: selections differ more often than tools do.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.matrix.model import Model, name

COMPARED = ("says", "data", "damage", "again", "findings")
Key = tuple[str, str, str]


def load(folder: Path) -> Model:
    """An earlier run. ValueError or OSError if there is none."""
    return json.loads((folder / "matrix.json").read_text())


def table(old: Model, new: Model) -> str:
    """Tools that differ, then cells that do."""
    before, after = _cells(old), _cells(new)
    both = sorted(before.keys() & after.keys())
    rows = [(name(after[key]), key[2], what) for key in both if (what := _differences(before[key], after[key]))]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
    lines = [*_tools(old, new), f"{len(both)} cells in both runs, {len(before.keys() - after.keys())} only in the old one, "
             f"{len(after.keys() - before.keys())} only in the new one; {len(rows)} differ"]
    lines += ["  ".join(text.ljust(width) for text, width in zip(row, widths)) + f"  {row[2]}" for row in rows]
    return "\n".join(lines) + "\n"


def _cells(found: Model) -> dict[Key, dict[str, Any]]:
    return {(record["scenario"], record["variant"], record["probe"]): record for record in found["records"]}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> str:
    differing = [f"{what} {_shown(before[what])} -> {_shown(after[what])}" for what in COMPARED if before[what] != after[what]]
    if differing and before["plan"] != after["plan"]:
        differing.append("the fault itself is another")
    return "; ".join(differing)


def _tools(old: Model, new: Model) -> list[str]:
    was, now = ({tool["name"]: " ".join(filter(None, [tool["version"], tool["command"]])) for tool in run["tools"]}
                for run in (old, new))
    return [f"{tool}: {was[tool]} -> {now[tool]}" for tool in now if tool in was and was[tool] != now[tool]]


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) and value else str(value or "nothing")
