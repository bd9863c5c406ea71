# SPDX-License-Identifier: GPL-2.0-or-later
"""fsck.fat: checks and repairs FAT12, FAT16 and FAT32.

Exit code 0 does not mean that it found nothing: differences of the backup boot sector and most faults of long names
are only printed. A run that got to its end prints a line with the number of files and clusters; one without it gave
up. What it changed is known by "Writing changes.".
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.mtools import read_with_mcopy

FAT = frozenset({"fat12", "fat16", "fat32"})

look_only = Probe("fsck.fat-n", FAT, needs=("fsck.fat",), writes=False)
automatic = Probe("fsck.fat-a", FAT, needs=("fsck.fat", "mcopy"), writes=True)


@look_only
def look(disk: Disk) -> Observation:
    """Check without writing."""
    return _judge(disk.run(["fsck.fat", "-n", disk.volume]))


@automatic
def repair(disk: Disk) -> Observation:
    """Repair without asking, check again, and read what can be read then."""
    observation = _judge(disk.run(["fsck.fat", "-a", disk.volume]))
    if observation.says == Says.REPAIRED:
        observation.again = _judge(disk.run(["fsck.fat", "-n", disk.volume])).says
    observation.files = read_with_mcopy(disk).files
    return observation


def _judge(result: Run) -> Observation:
    lines = [line.strip() for line in result.text.split("\n") if line.strip() and not line.startswith("fsck.fat ")]
    ending = f"{result.argv[-1]}: "
    complaints = [line for line in lines if not line.startswith(ending)]
    reason = complaints[0] if complaints else ""
    if not any(line.startswith(ending) and line.endswith("clusters") for line in lines):
        return Observation(Says.REFUSED, reason)
    if "Writing changes." in lines:
        return Observation(Says.REPAIRED, reason)
    if complaints or result.code != 0:
        return Observation(Says.DETECTED, reason)
    return Observation(Says.CLEAN)
