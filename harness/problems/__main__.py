# SPDX-License-Identifier: GPL-2.0-or-later
"""The coverage report, from files of evidence (JSON lines): python3 -m harness.problems evidence.jsonl > report.md"""
from __future__ import annotations

import fileinput
import json

from harness.problems import load
from harness.problems.coverage import measure, render


def main() -> None:
    """Read the files that are named, or standard input, and print the report."""
    problems = load()
    with fileinput.input(encoding="utf-8", errors="surrogateescape") as lines:
        print(render(problems, measure(problems, map(json.loads, lines))), end="")


if __name__ == "__main__":
    main()
