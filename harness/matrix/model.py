# SPDX-License-Identifier: GPL-2.0-or-later
"""All that a run found, as the one JSON of which everything else is made; schema.json says what is in it.

Here is added what only all records together tell (disagreements), and what differs from opinions and memories: what a
scenario expects, and what a tool of the same version was seen to do before.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import corruptor
from harness import Probe, appliance, case, findings, images, seen, version
from harness.matrix import words
from harness.matrix.book import Book
from harness.matrix.selection import Selection
from harness.record import Record, fault_name

SCHEMA = 1
Model = dict[str, Any]


@dataclass
class Asked:
    """What a run was asked for, and when."""

    arguments: list[str]
    tools: dict[str, Probe]
    commands: dict[str, str]
    missing: dict[str, str]
    selection: Selection
    every: int = 1
    began: str = field(default_factory=lambda: now())


def now() -> str:
    """The time, as ISO 8601 has it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def build(asked: Asked, book: Book, complete: bool) -> Model:
    """The whole."""
    chosen = set(asked.selection.cells)
    records = [line["record"] for key, line in book.records.items() if key in chosen]
    records.sort(key=lambda record: (record["scenario"], record["variant"], record["probe"]))
    here = {(order.scenario, order.variant): order.file for order in asked.selection.orders}
    faults = [book.faults[key] for key in sorted(book.faults) if key in here]
    met = {record["probe"] for record in records}
    _conclude(records, {(told["scenario"], told["variant"]): told for told in faults}, here)
    return {"schema": SCHEMA, "complete": complete, "began": asked.began, "ended": now(), "arguments": asked.arguments,
            "machine": _machine(), "every": asked.every,
            "tools": [_tool(name, probe, asked) for name, probe in asked.tools.items() if name in met],
            "missing": asked.missing, "left_out": asked.selection.left_out,
            "bases": {name: _base(name) for name in sorted({told["base"] for told in faults if told["build"]})},
            "faults": faults, "records": records, "trouble": trouble(faults, records)}


def lines(found: Model) -> Iterator[str]:
    """The JSON, a line for each fault and record: it may be too large for an editor, and is not for grep."""
    opening = "{"
    for key, value in found.items():
        yield f"{opening}{json.dumps(key)}: "
        if key in ("faults", "records") and value:
            yield from ((",\n " if number else "[\n ") + json.dumps(row) for number, row in enumerate(value))
            yield "\n]"
        else:
            yield json.dumps(value)
        opening = ",\n"
    yield "}\n"


def trouble(faults: list[Model], records: list[Model]) -> list[str]:
    """What makes the run fail: crashes, hangs and errors that nobody expects, and what is not as it should be."""
    told = [f"{name(fault)}: {fault['error']}" for fault in faults if fault["error"]]
    return told + [f"{name(record)} {record['probe']}: {what}" for record in records for what in record["unexpected"]]


def name(of: Model) -> str:
    """A fault's name, with its variant."""
    return fault_name(of["scenario"], of["variant"])


def _conclude(records: list[Model], faults: dict[tuple[str, str], Model], files: dict[tuple[str, str], Path]) -> None:
    """Add to records what does not follow from each of them alone."""
    known = [Record(**record) for record in records]
    contradicting = findings.disagreements(known)
    for record, same in zip(records, known):
        key = (record["scenario"], record["variant"])
        record["unexpected"] = _unexpected(same, faults.get(key, {}).get("expect", {}), files[key])
        if same.key in contradicting:  # which nobody remembers of one tool alone
            record["findings"] = [*same.findings, "disagreement"]


def _unexpected(record: Record, expected: dict[str, str], file: Path) -> list[str]:
    before, wanted = seen.load(seen.file_of(file)).get(record.key), expected.get(record.probe)
    wrong = [f"says {record.says} ({record.reason}), expected {wanted}"] if wanted and record.says != wanted else []
    if before and before["tool"] == record.tool:
        return wrong + seen.differences(before, record)
    return wrong or [f"{record.says}: {record.reason}"] * (record.says in words.SEVERE and not wanted)


def _machine() -> Model:
    kernel = None if appliance.missing() else appliance.kernel()
    return {"kernel": f"{platform.system()} {platform.release()}", "processor": platform.machine(), "cores": os.cpu_count(),
            "python": platform.python_version(), "corruptor": corruptor.version(), "appliance_kernel": kernel}


def _tool(name: str, probe: Probe, asked: Asked) -> Model:
    return {"name": name, "version": version.of(probe), "role": probe.role, "writes": probe.writes,
            "formats": sorted(probe.formats), "command": asked.commands.get(name, "")}


def _base(name: str) -> Model:
    image = case.build(name)
    return {"sha256": case.content_hash(str(image.path), image.format), "size": image.size, "format": image.format,
            "build": image.path.parent.name, "title": images.find(name).title}
