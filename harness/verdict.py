# SPDX-License-Identifier: GPL-2.0-or-later
"""The closed vocabulary for what tools do to damaged disks.

Two questions, never mixed. What does the tool *say*? And what do the bytes say: which files can be had back, and are
they what they were? A tool that says clean over lost data is the most valuable finding there is, and it would be
invisible with one answer for both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from harness.run import Run


class Says(StrEnum):
    """What a tool claims, by its exit code and its words."""

    CLEAN = "clean"
    """nothing to complain about; for a mount: mounted as asked, and every file that it lists was read"""
    DETECTED = "detected"
    """it goes on, or ends, with a complaint about the disk; for a mount: mounted, but some files gave errors"""
    REPAIRED = "repaired"
    """it found something wrong, changed the disk, and claims success"""
    READ_ONLY = "read-only"
    """asked to mount for writing, it mounted, but writing fails"""
    REFUSED = "refused"
    """it will not work with this disk at all, or gives up"""
    CRASHED = "crashed"
    """died of a signal (for a kernel driver: an oops)"""
    HUNG = "hung"
    """did not end within its time limit"""


class Data(StrEnum):
    """What became of a file; and, of all files together, the worst that can be said of them."""

    INTACT = "intact"
    """all there, with the right content"""
    PARTIAL = "partial"
    """of all files: some are intact, the others lost"""
    ALTERED = "altered"
    """read without an error, but the content is not what it was; of all files: this is so for at least one"""
    LOST = "lost"
    """not there, or not readable; of all files: every one is lost"""
    EXTRA = "extra"
    """a file that was never put there; says nothing about the others"""


@dataclass
class Observation:
    """What one probe saw on one disk."""

    says: Says
    reason: str = ""
    """a short piece of the tool's own words, or what the harness saw"""
    files: dict[str, str] | None = None
    """SHA-256 of each file that could be read, by its path ("/dir/a.txt"); None if the probe reads no files"""
    unreadable: dict[str, str] = field(default_factory=dict)
    """files and folders that are listed but give an error, and the error"""
    again: Says | None = None
    """after repaired: what the tool says when asked a second time"""
    wrote: bool | None = None
    """whether bytes of the volume changed; None if the probe did not look"""
    runs: list[Run] = field(default_factory=list)
    """every command, with its output"""


def data_by_file(truth: dict[str, str], files: dict[str, str]) -> dict[str, Data]:
    """Judge each file: `truth` has the hashes of what was put on the disk, `files` of what was read back."""
    words = {path: Data.EXTRA for path in files if path not in truth}
    for path, content in truth.items():
        words[path] = Data.LOST if path not in files else Data.INTACT if files[path] == content else Data.ALTERED
    return words


def data_of_all(words: Iterable[Data]) -> Data:
    """Sum up: altered if any file is, else partial if only some are lost."""
    seen = set(words) - {Data.EXTRA}
    if Data.ALTERED in seen:
        return Data.ALTERED
    if Data.LOST in seen:
        return Data.PARTIAL if Data.INTACT in seen else Data.LOST
    return Data.INTACT
