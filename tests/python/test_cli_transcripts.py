# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole commands with all that they print, in tests/cli/*.golden; --update rewrites the files with what is printed now.

A transcript begins with lines `% BASE as FILE`, copies of base disks that its commands may use, and goes on with
`$ COMMAND` lines, each followed by standard output and standard error as a person sees them, and by `[exit N]` unless
N is 0. <*> in an expected line stands for anything. The checkout's own folder is printed as $ROOT.
"""
from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from program import ENVIRONMENT, LONGEST, ROOT, copy_of

TRANSCRIPTS = sorted((ROOT / "tests/cli").glob("*.golden"))


@dataclass
class Step:
    """One command and the lines that are expected of it."""

    command: str
    expected: list[str] = field(default_factory=list)


def parse(text: str) -> tuple[list[str], list[Step]]:
    """The lines before the first command, and the commands."""
    head: list[str] = []
    steps: list[Step] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append(Step(line[2:]))
        else:
            (steps[-1].expected if steps else head).append(line)
    return head, steps


def carry_out(command: str, folder: Path) -> list[str]:
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LONGEST)
    lines = done.stdout.replace(str(ROOT), "$ROOT").splitlines()
    return lines + ([f"[exit {done.returncode}]"] if done.returncode else [])


def matches(expected: list[str], printed: list[str]) -> bool:
    return len(expected) == len(printed) and all(map(matches_line, expected, printed))


def matches_line(expected: str, printed: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, expected.split("<*>"))), printed) is not None


def updated(expected: list[str], printed: list[str]) -> list[str]:
    """What is printed now, with the old lines, and their <*>, where they still match."""
    if len(expected) != len(printed):
        return printed
    return [old if matches_line(old, new) else new for old, new in zip(expected, printed)]


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_transcript(file: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    head, steps = parse(file.read_text())
    for line in head:
        if line.startswith("% "):
            base, _, name = line[2:].partition(" as ")
            copy_of(base, tmp_path, name)
    result = list(head)
    for step in steps:
        printed = carry_out(step.command, tmp_path)
        if request.config.getoption("--update"):
            result += [f"$ {step.command}", *updated(step.expected, printed)]
        else:
            assert matches(step.expected, printed), "\n".join(
                [f"{file.name}: $ {step.command}", "expected:", *step.expected, "printed:", *printed])
    if request.config.getoption("--update"):
        file.write_text("\n".join(result) + "\n")
