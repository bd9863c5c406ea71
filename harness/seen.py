# SPDX-License-Identifier: GPL-2.0-or-later
"""What every tool was seen to do with every variant of every scenario, kept beside the scenarios.

`expect` in a scenario is an opinion, written by hand. This is the memory: one file a folder, `seen.json`, written by
`--lab-update` and read in review, a line for each tool and variant so that `git diff` shows what became different. A tool
of the same version that behaves otherwise today is an error, of ours or of the scenario; another version may differ, and
that is reported as drift.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import corruptor
from harness.record import Record

Key = tuple[str, str, str]
Line = dict[str, Any]

FILE = "seen.json"
REASON_LIMIT = 60
COMPARED = ("says", "reason", "data", "again", "findings")


def line_of(record: Record) -> Line:
    """What is remembered of a record."""
    return {"scenario": record.scenario, "variant": record.variant, "probe": record.probe, "says": record.says,
            "reason": _reason(record.reason), "data": record.data, "again": record.again, "findings": record.findings,
            "tool": record.tool}


def file_of(scenario: Path) -> Path:
    """Where the memory of a scenario is kept."""
    return scenario.parent / FILE


@cache
def load(file: Path) -> dict[Key, Line]:
    """The lines of a folder, by scenario, variant and probe."""
    lines = json.loads(file.read_text()) if file.exists() else []
    return {(line["scenario"], line["variant"], line["probe"]): line for line in lines}


def update(file: Path, root: Path, records: Iterable[Record]) -> None:
    """Put records into a file, and drop lines of what is no more in the catalogue below `root`."""
    lines = load(file) | {record.key: line_of(record) for record in records}
    kept = [lines[key] for key in sorted(lines) if key[1] in _variants(root / f"{key[0]}.yaml")]
    text = ",\n".join(json.dumps(line, ensure_ascii=True) for line in kept)
    file.write_text(f"[\n{text}\n]\n")
    load.cache_clear()


def differences(seen: Line | None, now: Record) -> list[str]:
    """In which ways a tool does not do what it was seen to do."""
    if seen is None:
        return ["never seen before; --lab-update records it"]
    line = line_of(now)
    return [f"{what} is {line[what]}, was seen as {seen[what]}" for what in COMPARED if line[what] != seen[what]]


def _reason(reason: str) -> str:
    """The beginning of a reason, without numbers: they are many, and say little."""
    first = re.split(r"[;\n]", reason, maxsplit=1)[0]
    return re.sub(r"0x[0-9a-fA-F]+|\d+", "#", first)[:REASON_LIMIT].strip()


@cache
def _variants(file: Path) -> frozenset[str]:
    """The variants of a scenario; one without a name if it has none, and none at all if the file is gone."""
    if not file.exists():
        return frozenset()
    return frozenset(row["name"] for row in corruptor.load_scenario(str(file)).as_dict()["variants"]) or frozenset([""])
