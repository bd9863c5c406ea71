# SPDX-License-Identifier: GPL-2.0-or-later
"""What every tool was seen to do with every variant of every scenario, kept beside the scenarios.

`expect` in a scenario is an opinion, written by hand. This is the memory: one file a folder, `seen.json`, written by
`--lab-update` and read in review, a line for each tool and variant so that `git diff` shows what became different. A tool
of the same version that behaves otherwise today is an error, of ours or of the scenario; another version may differ, and
that is reported as drift.

There are some fifty thousand lines, so they are short: a variant's tools, each with the first and the last version that
did the same (by their places in the list of versions), what it said and why, and what became of the data.

    {"versions": ["ntfs-3g 1:2022.10.3-1+b2"],
     "seen": {"ntfs/boot/oem-id": [
      ["ntfsfix-n", 0, 0, "refused", "NTFS signature is missing.", null, null, ["correct-refusal"]]]}}
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import corruptor
from harness.record import Record, fault_name
from harness.verdict import Says

Key = tuple[str, str, str]
Line = dict[str, Any]

FILE = "seen.json"
REASON_LIMIT = 60
COMPARED = ("says", "reason", "data", "again", "findings")


def line_of(record: Record) -> Line:
    """What is remembered of a record. The reason of a tool that hangs is none: which limit came first, and where it was then."""
    reason = "" if record.says == Says.HUNG else _reason(record.reason)
    return {"scenario": record.scenario, "variant": record.variant, "probe": record.probe, "says": record.says,
            "reason": reason, "data": record.data, "again": record.again, "findings": record.findings,
            "tool": record.tool, "since": record.tool}


def file_of(scenario: Path) -> Path:
    """Where the memory of a scenario is kept."""
    return scenario.parent / FILE


@cache
def load(file: Path) -> dict[Key, Line]:
    """The lines of a folder, by scenario, variant and probe."""
    lines: dict[Key, Line] = {}
    if not file.exists():
        return lines
    memory = json.loads(file.read_text())
    for name, rows in memory["seen"].items():
        scenario, _, variant = name.partition("::")
        for probe, since, until, *values in rows:
            versions = {"since": memory["versions"][since], "tool": memory["versions"][until]}
            lines[scenario, variant, probe] = {"scenario": scenario, "variant": variant, "probe": probe, **versions,
                                               **dict(zip(COMPARED, values, strict=True))}
    return lines


def remember(seen: Iterable[tuple[Record, Path]]) -> None:
    """Put records into the memories of their folders; each comes with the file of its scenario. Errors of ours are no memory."""
    by_file = defaultdict(list)
    for record, scenario in seen:
        if record.scenario and record.says != "error":
            by_file[file_of(scenario)].append(record)
    for file, records in by_file.items():
        update(file, next(folder for folder in file.parents if (folder / "schema.json").exists()), records)


def update(file: Path, root: Path, records: Iterable[Record]) -> None:
    """Put records into a file, and drop lines of what is no more in the catalogue below `root`."""
    lines = dict(load(file))
    for record in records:
        before, line = lines.get(record.key), line_of(record)
        if before and not differences(before, record):
            line["since"] = before["since"]
        lines[record.key] = line
    kept = [lines[key] for key in sorted(lines) if key[1] in _variants(root / f"{key[0]}.yaml")]
    file.write_text(_text(kept))
    load.cache_clear()


def _text(lines: list[Line]) -> str:
    """The file's contents."""
    versions = sorted({line[key] for line in lines for key in ("since", "tool")})
    place = {version: number for number, version in enumerate(versions)}
    faults: dict[str, list[str]] = {}
    for line in lines:
        name = fault_name(line["scenario"], line["variant"])
        row = [line["probe"], place[line["since"]], place[line["tool"]], *(line[what] for what in COMPARED)]
        faults.setdefault(name, []).append(json.dumps(row, separators=(",", ":")))
    texts = [f"{json.dumps(name)}: [\n " + ",\n ".join(rows) + "]" for name, rows in faults.items()]
    return f'{{"versions": {json.dumps(versions, indent=1)},\n"seen": {{\n' + ",\n".join(texts) + "\n}}\n"


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
