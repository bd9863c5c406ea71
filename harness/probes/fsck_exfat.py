# SPDX-License-Identifier: GPL-2.0-or-later
"""fsck.exfat: checks and repairs exFAT.

Its last line, with the number of directories and files, says "clean" even when it gave up on the root directory and
counted none; and with exit code 0 it may have complained. So what counts is whether there is any other line. Of its
exit codes 1 means repaired, 4 that faults are left, 8 that it gave up. -p (and -a, which is the same) mends what is
safe to mend; -y everything that it would ask about.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.sleuthkit import read_with_sleuthkit

EXFAT = frozenset({"exfat"})
REPAIRED, FAILED = 1, 8
GAVE_UP = "failed to verify root directory."

look_only = Probe("fsck.exfat-n", EXFAT, needs=("fsck.exfat",), writes=False)
cautious = Probe("fsck.exfat-p", EXFAT, needs=("fsck.exfat", "tsk_recover"), writes=True)
repairing = Probe("fsck.exfat-y", EXFAT, needs=("fsck.exfat", "tsk_recover"), writes=True)


@look_only
def look(disk: Disk) -> Observation:
    """Check without writing."""
    return _judge(disk.run(["fsck.exfat", "-n", disk.volume]))


@cautious
def repair_what_is_safe(disk: Disk) -> Observation:
    """Repair what needs no answer."""
    return _repair(disk, "-p")


@repairing
def repair(disk: Disk) -> Observation:
    """Repair whatever it asks about."""
    return _repair(disk, "-y")


def _repair(disk: Disk, option: str) -> Observation:
    """Repair, check again, and read what can be read then."""
    observation = _judge(disk.run(["fsck.exfat", option, disk.volume]))
    if observation.says == Says.REPAIRED:
        observation.again = _judge(disk.run(["fsck.exfat", "-n", disk.volume])).says
    observation.files = read_with_sleuthkit(disk).files
    return observation


def _judge(result: Run) -> Observation:
    ending = f"{result.argv[-1]}: "
    lines = [line.strip() for line in result.text.split("\n") if line.strip()]
    complaints = [line for line in lines if not line.startswith((ending, "exfatprogs version"))]
    reason = complaints[0] if complaints else ""
    if result.code == FAILED or GAVE_UP in complaints:
        return Observation(Says.REFUSED, reason)
    if result.code == REPAIRED:
        return Observation(Says.REPAIRED, reason)
    return Observation(Says.DETECTED if complaints or result.code != 0 else Says.CLEAN, reason)
