# SPDX-License-Identifier: GPL-2.0-or-later
"""What is known after one tool met one damaged disk, as plain data: one line of JSON.

It holds what was seen and nothing that was concluded, but for `findings`, which follow from the rest. The matrix, the
coverage of problems and the comparison with earlier runs all read it. `scenario` is empty for a healthy base disk.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.run import Run

TEXT_LIMIT = 16 << 10  # bytes of a command's output that a record keeps


def fault_name(scenario: str, variant: str) -> str:
    """A scenario with its variant, as they are written on a command line."""
    return f"{scenario}::{variant}" if variant else scenario


@dataclass
class Record:
    """One scenario, one variant of it, one probe."""

    scenario: str = ""
    variant: str = ""
    probe: str = ""
    tool: str = ""
    """packages and versions that the probe used"""
    role: str = ""
    """look, repair or mount"""
    base: str = ""
    seed: int = 1
    plan: str = ""
    """a hash of the bytes that were changed, and to what"""
    changes: list[str] = field(default_factory=list)
    """paths of what was damaged"""
    says: str = ""
    """the tool's claim (verdict.Says), or "error": the harness failed, and nothing is known"""
    reason: str = ""
    data: str | None = None
    """what became of all files (fates.py); None if none could be looked for"""
    files: dict[str, str] = field(default_factory=dict)
    """what became of files that are not intact; the first of them"""
    counts: dict[str, int] = field(default_factory=dict)
    """how many files each word fits"""
    before: str | None = None
    """of a tool that writes: what could be read of the data before it did"""
    worse: list[str] = field(default_factory=list)
    """files that could be read before the tool wrote, and cannot afterwards"""
    damage: str = ""
    """the damaged bytes, afterwards: there, partly or gone"""
    wrote: bool | None = None
    rewrote: list[dict[str, Any]] = field(default_factory=list)
    """what a repairer changed: path, before, after; the first of them"""
    again: str | None = None
    """what the checker of the file system says after a tool wrote"""
    again_reason: str = ""
    twice: bool | None = None
    """whether a second repair changed something"""
    healthy: str = ""
    """what the probe says on the base disk without the damage, if that is not what it should"""
    findings: list[str] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    """argv, code, signal, hung, text, seconds of each command"""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about."""
        return self.scenario, self.variant, self.probe

    def line(self) -> str:
        """One line of JSON, in ASCII."""
        return json.dumps(asdict(self))


def read(line: str) -> Record:
    """The record in a line of JSON."""
    return Record(**json.loads(line))


def of_run(run: Run) -> dict[str, Any]:
    """A command, as records have it."""
    return {"argv": [*run.argv], "code": run.code, "signal": run.signal, "hung": run.timed_out,
            "text": run.text[:TEXT_LIMIT], "seconds": round(run.seconds, 4)}
