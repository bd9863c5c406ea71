# SPDX-License-Identifier: GPL-2.0-or-later
"""fsck.fat: checks and repairs FAT12, FAT16 and FAT32.

Exit code 0 does not mean that it found nothing: differences of the backup boot sector and most faults of long names
are only printed. A run that got to its end prints a line with the number of files and clusters; one without it gave
up. What it changed is known by "Writing changes.". Exit code 1 is for faults, mended or not; 2 for a wrong command.

-a, -p and -y are one and the same to it. With -n it still makes its changes, in memory, so -V can check a second time
what the repair would leave: it should find nothing, and where it does, the repair would not hold.

Three of its checks it leaves out unless asked: -t reads every cluster and marks those that it cannot read as bad, -U minds
lower case in labels, and -F 1 takes the first FAT as it is, where it gives up otherwise since no FAT begins as one does.
"""

from __future__ import annotations

import re

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.mtools import FAT, read_after_repair

SECOND_PASS = "Starting verification pass."
WRITTEN = "Writing changes."
ABOUT_ITSELF = ("fsck.fat ", "Starting check/repair pass.", SECOND_PASS, WRITTEN, "Leaving filesystem unchanged.")
TOLD = "Using first FAT."  # what -F 1 asked for; without it, the answer to a complaint that stands before it

look_only = Probe("fsck.fat-n", FAT, needs=("fsck.fat",), writes=False)
twice = Probe("fsck.fat-nV", FAT, needs=("fsck.fat",), writes=False)
uppercase = Probe("fsck.fat-nU", FAT, needs=("fsck.fat",), writes=False)
automatic = Probe("fsck.fat-a", FAT, needs=("fsck.fat", "mcopy"), writes=True)
reading = Probe("fsck.fat-at", FAT, needs=("fsck.fat", "mcopy"), writes=True)
first_table = Probe("fsck.fat-aF1", FAT, needs=("fsck.fat", "mcopy"), writes=True)


@look_only
def look(disk: Disk) -> Observation:
    """Check without writing."""
    return _judge(disk.run(["fsck.fat", "-n", disk.volume]))


@twice
def look_twice(disk: Disk) -> Observation:
    """Check without writing, and check what the repair would leave."""
    result = disk.run(["fsck.fat", "-n", "-V", disk.volume])
    observation = _judge(result)
    first, reached, second = result.text.partition(SECOND_PASS)
    if observation.says == Says.DETECTED and reached:
        observation.again = Says.DETECTED if _complaints(second, disk.volume) else Says.CLEAN
    return observation


@uppercase
def look_at_case(disk: Disk) -> Observation:
    """Check without writing, labels in lower case included."""
    return _judge(disk.run(["fsck.fat", "-n", "-U", disk.volume]))


@automatic
def repair(disk: Disk) -> Observation:
    """Repair without asking, check again, and read what can be read then."""
    return _repair(disk, "-a")


@reading
def repair_unreadable(disk: Disk) -> Observation:
    """The same, every cluster read."""
    return _repair(disk, "-a", "-t")


@first_table
def repair_from_first_table(disk: Disk) -> Observation:
    """The same, with the first FAT whatever it begins with."""
    return _repair(disk, "-a", "-F", "1")


def _repair(disk: Disk, *options: str) -> Observation:
    observation = _judge(disk.run(["fsck.fat", *options, disk.volume]))
    if observation.says == Says.REPAIRED:
        observation.again = _judge(disk.run(["fsck.fat", "-n", disk.volume])).says
    observation.files = read_after_repair(disk)
    return observation


def _judge(result: Run) -> Observation:
    volume = result.argv[-1]
    complaints = _complaints(result.text, volume)
    reason = complaints[0] if complaints else ""
    if not re.search(rf"^{re.escape(volume)}: .*clusters$", result.text, re.MULTILINE):
        return Observation(Says.REFUSED, reason)
    if WRITTEN in result.text:
        return Observation(Says.REPAIRED, reason)
    if complaints or result.code != 0:
        return Observation(Says.DETECTED, reason)
    return Observation(Says.CLEAN)


def _complaints(text: str, volume: str) -> list[str]:
    """All lines but those that tell how far it is."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return [line for line in lines if not line.startswith((*ABOUT_ITSELF, f"{volume}: ")) and line != TOLD]
