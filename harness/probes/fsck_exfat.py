# SPDX-License-Identifier: GPL-2.0-or-later
"""fsck.exfat: checks and repairs exFAT.

Its last line, with the number of directories and files, says "clean" even when it gave up on the root directory and
counted none; and with exit code 0 it may have complained. So what counts is whether there is any other line. Of its
exit codes 1 means repaired, 4 that faults are left, 8 that it gave up. -p (and -a, which is the same) mends what is
safe to mend; -y everything that it would ask about.

Of clusters that are in use and belong to nobody it says nothing. With -s it makes files of them in LOST+FOUND, and a
directory of that name in any case, so its exit code is always 1 then. A later check counts those files; that is all.
-b lets it try the backup of a boot region that has not even the name of the file system, where it gives up otherwise.
"""

from __future__ import annotations

import re

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.corruptor_files import read_after_repair

EXFAT = frozenset({"exfat"})
REPAIRED, FAILED = 1, 8
GAVE_UP = "failed to verify root directory."
COUNT = re.compile(r"\. directories \d+, files (\d+)")

look_only = Probe("fsck.exfat-n", EXFAT, needs=("fsck.exfat",), writes=False)
cautious = Probe("fsck.exfat-p", EXFAT, needs=("fsck.exfat",), writes=True)
repairing = Probe("fsck.exfat-y", EXFAT, needs=("fsck.exfat",), writes=True)
without_name = Probe("fsck.exfat-yb", EXFAT, needs=("fsck.exfat",), writes=True)
rescuing = Probe("fsck.exfat-ys", EXFAT, needs=("fsck.exfat",), writes=True)


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


@without_name
def repair_without_name(disk: Disk) -> Observation:
    """The same, even if nothing in the boot sector says that it is exFAT."""
    return _repair(disk, "-y", "-b")


@rescuing
def rescue(disk: Disk) -> Observation:
    """The same, and make files of clusters that belong to nobody."""
    return _repair(disk, "-y", "-s")


def _repair(disk: Disk, *options: str) -> Observation:
    """Repair, check again, and read what can be read then."""
    result = disk.run(["fsck.exfat", *options, disk.volume])
    observation = _judge(result)
    if observation.says == Says.REPAIRED:
        later = disk.run(["fsck.exfat", "-n", disk.volume])
        if "-s" in options and not observation.reason:
            observation = _rescued(result, later)
        else:
            observation.again = _judge(later).says
    observation.files = read_after_repair(disk)
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


def _rescued(result: Run, later: Run) -> Observation:
    """Without a complaint, only files that were not there before tell that something was found."""
    counts = [found[1] for run in (result, later) if (found := COUNT.search(run.text))]
    if len(set(counts)) < 2:
        return Observation(Says.CLEAN)
    return Observation(Says.REPAIRED, f"files {counts[0]}, then {counts[1]}", again=_judge(later).says)
