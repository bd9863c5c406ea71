# SPDX-License-Identifier: GPL-2.0-or-later
"""The closed vocabulary for what tools do to damaged disks.

Two questions, never mixed. What does the tool *say*? The words for that are here. And what do the bytes say: which
files can be had back, and are they what they were? The words for that are in truth.py, which compares what a probe
could read with what was written. A tool that says clean over lost data is the most valuable finding there is, and it
would be invisible with one answer for both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from harness.run import Run
from harness.truth import Found


class Says(StrEnum):
    """What a tool claims, by its exit code and its words."""

    CLEAN = "clean"
    """nothing to complain about; for a mount: mounted as asked, and every file that it lists was read"""
    DETECTED = "detected"
    """it goes on, or ends, with a complaint about the disk; for a mount: mounted, but some files gave errors"""
    REPAIRED = "repaired"
    """it found something wrong, changed the disk, and claims success"""
    PARTLY = "partly"
    """it claims to have repaired the disk, but asked a second time it complains again"""
    READ_ONLY = "read-only"
    """asked to mount for writing, it mounted, but writing fails"""
    REFUSED = "refused"
    """it will not work with this disk at all, or gives up"""
    CRASHED = "crashed"
    """died of a signal (for a kernel driver: an oops)"""
    HUNG = "hung"
    """did not end within its time limit, or worked longer than any tool has to"""
    OUT_OF_MEMORY = "out-of-memory"
    """gave up because it may not have more memory"""
    KERNEL_OOPS = "kernel-oops"
    """the driver's kernel reported a fault of its own, and killed what ran into it"""
    KERNEL_WARNING = "kernel-warning"
    """the driver's kernel reported that something in it cannot be, and went on"""
    ERROR = "error"
    """the harness failed, and nothing is known about the tool"""


@dataclass
class Observation:
    """What one probe saw on one disk."""

    says: Says
    reason: str = ""
    """a short piece of the tool's own words, or what the harness saw"""
    files: Found | None = None
    """what could be read, for truth.compare(); None if the probe reads no files"""
    again: Says | None = None
    """after repaired: what the tool says when asked a second time"""
    wrote: bool | None = None
    """whether bytes of the volume changed; None if the probe did not look"""
    runs: list[Run] = field(default_factory=list)
    """every command, with its output"""
