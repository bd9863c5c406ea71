# SPDX-License-Identifier: GPL-2.0-or-later
"""What the last full collection of evidence proved: for each problem its scenarios, and the line that proves the first.

The evidence itself is a hundred megabytes; this is enough to render the report again when a problem's words change, and to
ask the first scenarios anew whether they still prove what they proved.
"""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.problems import load
from harness.problems.coverage import Trigger

FILE = Path(__file__).with_name("reached.json")
REPORT = Path(__file__).parents[2] / "scenarios" / "COVERAGE.md"


def keep(triggers: Mapping[str, Sequence[Trigger]]) -> None:
    """Write down what was reached: a line for each problem."""
    rows = {name: {"probe": found[0].probe, "line": found[0].line, "scenarios": list(dict.fromkeys(one.name for one in found))}
            for name, found in triggers.items() if found}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    FILE.write_text(f"{{\n{lines}\n}}\n")


def kept() -> dict[str, list[Trigger]]:
    """The triggers as they were kept; of all but the first only the names are known."""
    rows = json.loads(FILE.read_text())
    return {problem.id: _triggers(rows.get(problem.id, {"scenarios": []})) for problem in load()}


def _triggers(row: dict[str, Any]) -> list[Trigger]:
    found = []
    for name in row["scenarios"]:
        scenario, _, variant = name.partition("::")
        found.append(Trigger(scenario, variant, row["probe"], "" if found else row["line"]))
    return found
