# SPDX-License-Identifier: GPL-2.0-or-later
"""What tools for partition tables have in common: they are given the whole disk, and their formats are tables.

The volume's files are had by way of the table: if no partition begins where the volume does and holds all of it, they
are lost, as they are to whoever plugs the disk in.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from harness import Disk, Observation
from harness.disk import copy_sparse, differ
from harness.probes.readers import read_any
from harness.run import SCRATCH
from harness.truth import Found

MBR = frozenset({"mbr"})
GPT = frozenset({"gpt"})
SECTOR = 512  # of a file, to every tool


def notes_writes(check: Callable[[Disk], Observation]) -> Callable[[Disk], Observation]:
    """A check that also tells whether a byte of the whole disk changed."""

    def noting(disk: Disk) -> Observation:
        before = disk.outside(f"{SCRATCH}/before")
        copy_sparse(disk.outside(disk.whole), before)
        observation = check(disk)
        observation.wrote = changed(disk)
        return observation

    return noting


def changed(disk: Disk) -> bool:
    """Whether the whole disk is no longer what it was when the check began."""
    before, now = disk.outside(f"{SCRATCH}/before"), disk.outside(disk.whole)
    size = before.stat().st_size
    return now.stat().st_size != size or differ(before, 0, size, now)


def read_by_table(disk: Disk) -> Found | None:
    """The volume's files, if the table leads to them, or if the disk has none."""
    answer = disk.run(["sfdisk", "--json", disk.whole])
    table = json.loads(answer.output)["partitiontable"] if answer.code == 0 else {}
    places = [(each["start"] * SECTOR, each["size"] * SECTOR) for each in table.get("partitions", [])]
    start, length = disk.source.start, disk.source.length or 0
    found = start == 0 or any(at == start and size >= length for at, size in places)
    return read_any(disk) if found else {}
