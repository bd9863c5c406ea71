# SPDX-License-Identifier: GPL-2.0-or-later
"""Read every file below a folder, and say what each one holds.

The contents are the truth about a file system, whatever its driver claims, so every probe that can reach files reads
all of them, with the same command in the jail and inside the appliance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.disk import Disk

# LF and backslash in a name come out escaped, with a backslash at the head of the line.
COMMAND = "cd {folder} && find . -type f -exec sha256sum {{}} +"
HASHED = re.compile(r"(\\?)([0-9a-f]{64})  \.(/.*)")
FAILED = re.compile(r"(?:sha256sum|find): ['‘]?\.(/?.*?)['’]?: ([^:]+)")
DRIVER_GONE = ("Transport endpoint is not connected", "Software caused connection abort")


@dataclass(frozen=True)
class Contents:
    """What could be read, as path to SHA-256, and what gave an error, as path to the error."""

    files: dict[str, str]
    unreadable: dict[str, str]

    @property
    def driver_died(self) -> bool:
        """Whether the errors are those of a FUSE daemon that is no longer there."""
        return any(error in DRIVER_GONE for error in self.unreadable.values())


def read_files(disk: Disk, folder: str, timeout: float = 60) -> Contents:
    """Read all files below a folder in the disk's jail."""
    result = disk.run(["sh", "-c", COMMAND.format(folder=folder)], timeout=timeout)
    return parse(result.output, result.errors)


def parse(output: str, errors: str) -> Contents:
    """Understand what COMMAND prints."""
    files = {_unescape(*match.group(1, 3)): match[2] for match in map(HASHED.fullmatch, output.split("\n")) if match}
    unreadable = {match[1] or "/": match[2] for match in map(FAILED.fullmatch, errors.split("\n")) if match}
    return Contents(files, unreadable)


def _unescape(mark: str, path: str) -> str:
    return re.sub(r"\\([\\nr])", lambda match: {"\\": "\\", "n": "\n", "r": "\r"}[match[1]], path) if mark else path
