# SPDX-License-Identifier: GPL-2.0-or-later
"""The matrix for terminals (matrix.txt) and for whatever renders Markdown, such as the summary of a CI job (matrix.md)."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import groupby
from typing import Any

from harness.matrix import words
from harness.matrix.model import Model, name

MOST_TROUBLE = 50
COLUMN = 4


def summary(found: Model) -> str:
    """A few lines for the end of a run."""
    records = found["records"]
    says = Counter(record["says"] for record in records)
    remarks = Counter(finding for record in records for finding in record["findings"])
    lines = [f"{len(found['faults'])} faults, {len(found['tools'])} tools, {len(records)} records"
             + ("" if found["complete"] else "; not complete: interrupted"),
             "says: " + _counted(says), "findings: " + _counted(remarks)]
    lines += [f"not asked: {tool}: {reason}" for tool, reason in found["missing"].items()]
    lines += [f"left out: {scenario}: {reason}" for scenario, reason in found["left_out"].items()]
    trouble = found["trouble"]
    lines += [f"trouble: {what}" for what in trouble[:MOST_TROUBLE]]
    if len(trouble) > MOST_TROUBLE:
        lines.append(f"trouble: {len(trouble) - MOST_TROUBLE} more, in matrix.json")
    return "\n".join(lines)


def plain(found: Model) -> str:
    """Faults down, tools across, a few signs in each cell."""
    cells, tools = _cells(found), [tool["name"] for tool in found["tools"]]
    rows = [name(fault) for fault in found["faults"]]
    width = max(map(len, rows), default=0)
    numbers = " " * width + "".join(f"{number:>{COLUMN}}" for number in range(1, len(tools) + 1))
    lines = [summary(found), "", *words.legend(), ""]
    lines += [f"{number:3}  {tool['name']}  ({tool['version']})" for number, tool in enumerate(found["tools"], 1)]
    lines += ["", numbers]
    for row in rows:
        lines.append(row.ljust(width) + "".join(f"{cells[row].get(tool, '.'):>{COLUMN}}" for tool in tools))
    return "\n".join(lines) + "\n"


def markdown(found: Model) -> str:
    """A table for each folder, with the tools that were asked there."""
    lines = ["# Faults and tools", "", *(f"- {_escaped(line)}" for line in summary(found).splitlines()), "",
             *(f"- {_escaped(line)}" for line in words.legend()), "", "## Findings", "", *_findings(found)]
    cells = _cells(found)
    for folder, faults in groupby(sorted(found["faults"], key=_folder), key=_folder):
        rows = [name(fault) for fault in faults]
        tools = [tool["name"] for tool in found["tools"] if any(tool["name"] in cells[row] for row in rows)]
        lines += ["", f"## {folder or 'others'}", "", "| fault | " + " | ".join(tools) + " |", "|---" * (len(tools) + 1) + "|"]
        for row in rows:
            lines.append(f"| {row} | " + " | ".join(_code(cells[row].get(tool, "")) for tool in tools) + " |")
    return "\n".join(lines) + "\n"


def _folder(fault: dict[str, Any]) -> str:
    return fault["scenario"].rpartition("/")[0]


def _findings(found: Model) -> list[str]:
    """How often each tool did what is remarkable."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for record in found["records"]:
        counts[record["probe"]].update(record["findings"])
    kinds = sorted({kind for counter in counts.values() for kind in counter})
    if not kinds:
        return ["None."]
    rows = [f"| {tool} | " + " | ".join(str(counter[kind] or "") for kind in kinds) + " |"
            for tool, counter in sorted(counts.items()) if counter]
    return ["| tool | " + " | ".join(kinds) + " |", "|---" * (len(kinds) + 1) + "|", *rows]


def _cells(found: Model) -> dict[str, dict[str, str]]:
    cells: dict[str, dict[str, str]] = defaultdict(dict)
    for record in found["records"]:
        cells[name(record)][record["probe"]] = words.cell(record)
    return cells


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts.most_common()) or "none"


def _escaped(text: Any) -> str:
    """Text of tools, which may hold anything, so that Markdown shows it as it is."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#~" else sign for sign in str(text))


def _code(signs: str) -> str:
    return f"`{signs}`" if signs else ""
