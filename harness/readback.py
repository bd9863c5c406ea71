# SPDX-License-Identifier: GPL-2.0-or-later
"""Read every file below a folder, and say what each one holds.

The contents are the truth about a file system, whatever its driver claims, so every probe that can reach files reads
all of them, with the same command in the jail and inside the appliance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.disk import Disk
from harness.verdict import Observation, Says

# LF and backslash in a name come out escaped, with a backslash at the head of the line.
HASHED = re.compile(r"(\\?)([0-9a-f]{64})  \.(/.*)")
FAILED = re.compile(r"(?:sha256sum|find): ['‘]?\.(/?.*?)['’]?: ([^:]+)")
DRIVER_GONE = ("Transport endpoint is not connected", "Software caused connection abort")


@dataclass(frozen=True)
class Contents:
    """What could be read, as path to SHA-256, and what gave an error, as path to the error."""

    files: dict[str, str]
    unreadable: dict[str, str]


def read_command(folder: str) -> str:
    """The shell command that hashes all files below a folder."""
    return f"cd {folder} && find . -type f -exec sha256sum {{}} +"


def read_files(disk: Disk, folder: str, timeout: float = 60) -> Contents:
    """Read all files below a folder in the disk's jail."""
    result = disk.run(["sh", "-c", read_command(folder)], timeout=timeout)
    return parse(result.output, result.errors)


def parse(output: str, errors: str) -> Contents:
    """Understand what read_command() prints."""
    files = {_unescape(*match.group(1, 3)): match[2] for match in map(HASHED.fullmatch, output.split("\n")) if match}
    unreadable = {match[1] or "/": match[2] for match in map(FAILED.fullmatch, errors.split("\n")) if match}
    return Contents(files, unreadable)


def judge_mount(contents: Contents, complaints: list[str], touch_error: str | None) -> Observation:
    """What a mount that worked says in the end. `touch_error` is None if none was tried, "" if a file could be made."""
    errors = [f"{path}: {why}" for path, why in contents.unreadable.items()]
    if any(why in DRIVER_GONE for why in contents.unreadable.values()):
        says = Says.CRASHED
    elif touch_error and "Read-only file system" in touch_error:
        says = Says.READ_ONLY
    elif errors or complaints or touch_error:
        says = Says.DETECTED
    else:
        says = Says.CLEAN
    reasons = complaints[:1] + errors[:1] + [touch_error or ""]
    return Observation(says, next(filter(None, reasons), ""), contents.files, contents.unreadable)


def _unescape(mark: str, path: str) -> str:
    return re.sub(r"\\([\\nr])", lambda match: {"\\": "\\", "n": "\n", "r": "\r"}[match[1]], path) if mark else path
