# SPDX-License-Identifier: GPL-2.0-or-later
"""The coverage report, from files of evidence (JSON lines): python3 -m harness.problems evidence.jsonl > report.md

The records.jsonl of a matrix is evidence, too, beside what collect.py --bases prints.

With --keep as the last word the result is kept in reached.json beside this file, and the report in scenarios/COVERAGE.md.
"""
from __future__ import annotations

import fileinput
import json
import sys
from collections.abc import Iterable, Iterator

from harness.problems import load
from harness.problems.coverage import Record, measure, render
from harness.problems.kept import REPORT, keep


def main() -> None:
    """Read the files that are named, or standard input, and print or keep the report."""
    keeps = sys.argv[-1:] == ["--keep"]
    problems = load()
    with fileinput.input(sys.argv[1:-1] if keeps else None, encoding="utf-8", errors="surrogateescape") as lines:
        triggers = measure(problems, _records(lines))
    if keeps:
        keep(triggers)
        REPORT.write_text(render(problems, triggers))
    else:
        print(render(problems, triggers), end="")


def _records(lines: Iterable[str]) -> Iterator[Record]:
    """What is evidence of the lines; in the matrix's file some are about faults."""
    for line in map(json.loads, lines):
        if "fault" not in line:
            yield line.get("record", line)


if __name__ == "__main__":
    main()
