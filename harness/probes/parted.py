# SPDX-License-Identifier: GPL-2.0-or-later
"""parted: prints the partition table, and complains first of what it would like to mend.

With -s it asks nothing and mends nothing; with -f besides it answers with "Fix" where it would have asked, which is
about a GPT that does not reach to the disk's end. A copy that is broken it reports, and leaves. A GPT whose main header
is not recognised at all is no GPT to it, whatever the backup says.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.whole_disk import GPT, MBR, read_by_table

look_only = Probe("parted-s", MBR | GPT, needs=("parted",), writes=False, asked="check a partition table")
fixing = Probe("parted-f", MBR | GPT, needs=("parted", "sfdisk"), writes=True, after="parted-s")


@look_only
def look(disk: Disk) -> Observation:
    """Print, and mend nothing."""
    return _judge(_run(disk, "-s"))


@fixing
def repair(disk: Disk) -> Observation:
    """Print, and mend what it asks about."""
    observation = _judge(_run(disk, "-s", "-f"))
    if observation.says == Says.DETECTED and disk.written():
        observation.says = Says.REPAIRED
        observation.again = _judge(_run(disk, "-s")).says
    observation.files = read_by_table(disk)
    return observation


def _run(disk: Disk, *options: str) -> Run:
    return disk.run(["parted", *options, disk.whole, "unit", "s", "print"])


def _judge(result: Run) -> Observation:
    reason = " ".join(result.errors.split())
    if result.code != 0:
        return Observation(Says.REFUSED, reason)
    return Observation(Says.DETECTED if reason else Says.CLEAN, reason)
