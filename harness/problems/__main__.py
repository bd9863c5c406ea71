# SPDX-License-Identifier: GPL-2.0-or-later
"""The coverage report, from files of evidence (JSON lines): python3 -m harness.problems evidence.jsonl > report.md

With --keep as the last word the result is kept in reached.json beside this file, and the report in scenarios/COVERAGE.md.
"""
from __future__ import annotations

import fileinput
import json
import sys

from harness.problems import load
from harness.problems.coverage import measure, render
from harness.problems.kept import REPORT, keep


def main() -> None:
    """Read the files that are named, or standard input, and print or keep the report."""
    keeps = sys.argv[-1:] == ["--keep"]
    problems = load()
    with fileinput.input(sys.argv[1:-1] if keeps else None, encoding="utf-8", errors="surrogateescape") as lines:
        triggers = measure(problems, map(json.loads, lines))
    if keeps:
        keep(triggers)
        REPORT.write_text(render(problems, triggers))
    else:
        print(render(problems, triggers), end="")


if __name__ == "__main__":
    main()
