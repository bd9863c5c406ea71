# SPDX-License-Identifier: GPL-2.0-or-later
"""fatcat: the only tool that mends one FAT from the other cluster by cluster, and that lists chains nobody owns.

`-2` compares the FATs, `-m` fills in what is zero in one of them, `-o` looks for chains that no directory entry leads
to. Its exit code is 1 when it cannot make sense of the boot sector, else 0. What it cannot merge, two entries that
differ and are both in use, `-m` passes over in silence; and when it fills in the first two entries, which tell the
medium, it gets them wrong in both FATs, and mtools reads the volume no more.

It tells a file by its short name, so it is not used to read; and `-o` on FAT12 and FAT16 looks for the root directory
beyond the disk, healthy or not, so it is asked about FAT32.
"""

from __future__ import annotations

import re

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.mtools import FAT, read_after_repair

EQUAL = "FATs are exactly equals"
NO_ORPHANS = "There is no orphaned chains"
MERGED = re.compile(r"^Merge complete, (\d+) clusters merged$", re.MULTILINE)

compare = Probe("fatcat-2", FAT, needs=("fatcat",), writes=False)
orphans = Probe("fatcat-o", frozenset({"fat32"}), needs=("fatcat",), writes=False)
merge = Probe("fatcat-m", FAT, needs=("fatcat", "mcopy"), writes=True)


@compare
def look_at_tables(disk: Disk) -> Observation:
    """Compare the two FATs."""
    return _judge(_run(disk, "-2"), EQUAL, r"^FATs differs\n.*$")


@orphans
def look_for_orphans(disk: Disk) -> Observation:
    """Look for chains without an owner."""
    return _judge(_run(disk, "-o"), NO_ORPHANS, r"^There is \d+ orphaned elements")


@merge
def repair(disk: Disk) -> Observation:
    """Merge the FATs, compare them, and read what can be read then."""
    result = _run(disk, "-m")
    merged = MERGED.search(result.output)
    if merged and merged[1] != "0":
        observation = Observation(Says.REPAIRED, merged[0], again=look_at_tables(disk).says)
    else:
        observation = _judge(result, "Merge complete", "")
    observation.files = read_after_repair(disk)
    return observation


def _run(disk: Disk, option: str) -> Run:
    return disk.run(["fatcat", disk.volume, option], timeout=20)


def _judge(result: Run, contented: str, complaint: str) -> Observation:
    """It says one of two things on its output, and on the other stream what it stumbled over."""
    errors = result.errors.strip().split("\n")
    if result.code != 0:
        return Observation(Says.REFUSED, errors[0])
    if contented not in result.output:
        found = re.search(complaint, result.output, re.MULTILINE)
        return Observation(Says.DETECTED, found[0].replace("\n", "; ") if found else errors[0])
    return Observation(Says.DETECTED if errors[0] else Says.CLEAN, errors[0])
