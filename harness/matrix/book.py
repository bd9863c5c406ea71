# SPDX-License-Identifier: GPL-2.0-or-later
"""The file that a run grows in: a line of JSON for each fault and each record, on disk before the next tool is asked.

So a run that is killed has lost nothing but the last line. A later line about the same thing replaces an earlier one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = "records.jsonl"

Key = tuple[str, str, str]
Line = dict[str, Any]


class Book:
    """What is known of a run, in memory and on disk."""

    def __init__(self, folder: Path, resume: bool) -> None:
        self.faults: dict[tuple[str, str], Line] = {}
        self.records: dict[Key, Line] = {}
        file = folder / FILE
        if file.exists():
            self._resume(file) if resume else file.replace(folder / f"{FILE}.old")
        self._file = open(file, "a")

    def take(self, line: Line) -> None:
        """Write a fault or a record down."""
        self._keep(line)
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def seen(self) -> dict[tuple[str, str], dict[str, Line]]:
        """For each fault and tool: what the answer depended on, which has to be the same for it to hold still."""
        found: dict[tuple[str, str], dict[str, Line]] = {}
        for (scenario, variant, probe), line in self.records.items():
            if line["record"]["says"] != "error":
                found.setdefault((scenario, variant), {})[probe] = line["of"]
        return found

    def close(self) -> None:
        """No more lines."""
        self._file.close()

    def _resume(self, file: Path) -> None:
        """Read what an earlier run left, whose last line may be half a line, and write it anew, each thing once."""
        for text in file.read_text().splitlines():
            try:
                self._keep(json.loads(text))
            except json.JSONDecodeError:
                continue
        lines = [*({"fault": told} for told in self.faults.values()), *self.records.values()]
        part = file.with_suffix(".part")
        part.write_text("".join(json.dumps(line) + "\n" for line in lines))
        part.replace(file)

    def _keep(self, line: Line) -> None:
        if told := line.get("fault"):
            self.faults[told["scenario"], told["variant"]] = told
        if record := line.get("record"):
            self.records[record["scenario"], record["variant"], record["probe"]] = line
