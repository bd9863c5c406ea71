# SPDX-License-Identifier: GPL-2.0-or-later
"""What tools for partition tables have in common: they are given the whole disk, and their formats are tables.

The volume's files are had by way of the table: if no partition begins where the volume does and holds all of it, they
are lost, as they are to whoever plugs the disk in.
"""

from __future__ import annotations

import json

from harness import Disk
from harness.probes.readers import read_any
from harness.truth import Found

MBR = frozenset({"mbr"})
GPT = frozenset({"gpt"})
GPT_4096 = frozenset({"gpt-4096"})  # which no tool finds in a file
SECTOR = 512  # of a file, to every tool


def read_by_table(disk: Disk) -> Found | None:
    """The volume's files, if the table leads to them, or if the disk has none."""
    answer = disk.run(["sfdisk", "--json", disk.whole])
    _, begin, rest = answer.output.partition("{")  # complaints stand before it, in the same stream
    table = json.loads(begin + rest)["partitiontable"] if answer.code == 0 else {}
    places = [(each["start"] * SECTOR, each["size"] * SECTOR) for each in table.get("partitions", [])]
    start, length = disk.source.start, disk.source.length or 0
    found = start == 0 or any(at == start and size >= length for at, size in places)
    return read_any(disk) if found else {}
