# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfsfix: the only repair of NTFS in ntfs-3g. It mends what keeps a volume from being mounted, and no more.

Its exit code is 0 or 1; what it met on the way is in its words. Plain ntfsfix marks even a healthy volume dirty, so
that Windows checks it; -d clears the mark. When it gives up it may have written already, so the files are read after
every run that is allowed to write. What -n says that it would do is no promise: it works on unchanged bytes, so its
own repair of $MFTMirr, say, fails afterwards at the remount.

Two probes show it the volume as a disk whose marked sectors cannot be read (harness/unreadable.py), since much of what it
has to say is about places that give no answer. One shows it a volume that is mounted, and one a volume that is not there,
because the damaged partition table has no partition where it begins.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Run, Says, unreadable
from harness.mounted import is_dirty, mounted
from harness.probes.ntfs_3g import NTFS, complaints, read_through_mount

UNMARKED = "Going to un-mark the bad clusters ($BadClus)... OK"

look_only = Probe("ntfsfix-n", NTFS, needs=("ntfsfix",), writes=False, asked="check NTFS")
plain = Probe("ntfsfix", NTFS, needs=("ntfsfix", "ntfs-3g", "ntfs-3g.probe"), writes=True)
forgetting_bad = Probe("ntfsfix-b", NTFS, needs=("ntfsfix", "ntfs-3g", "ntfs-3g.probe"), writes=True)
clearing_dirty = Probe("ntfsfix-d", NTFS, needs=("ntfsfix", "ntfs-3g", "ntfs-3g.probe"), writes=True)
failing_look = Probe("ntfsfix-n-unreadable", NTFS, needs=("ntfsfix", unreadable.missing), writes=False,
                     only_for=unreadable.is_marked)
failing_repair = Probe("ntfsfix-unreadable", NTFS, needs=("ntfsfix", "ntfs-3g", "ntfs-3g.probe", unreadable.missing),
                       writes=True, only_for=unreadable.is_marked)

repair_in_use = Probe("ntfsfix-mounted", NTFS, needs=("ntfsfix", "ntfs-3g"), writes=True, only_for=is_dirty)
look_nowhere = Probe("ntfsfix-n-absent", NTFS, needs=("ntfsfix",), writes=False, only_for=lambda source: source.shown == 0)


@look_only
def look(disk: Disk) -> Observation:
    """Ask what it would do, without writing."""
    return _look(disk, disk.volume)


@plain
def repair(disk: Disk) -> Observation:
    """Repair, and leave the volume marked dirty."""
    return _repair(disk, ["ntfsfix", disk.volume])


@forgetting_bad
def repair_and_forget_bad_clusters(disk: Disk) -> Observation:
    """Repair, and empty the list of bad clusters, as for a disk that was copied to a sound one."""
    return _repair(disk, ["ntfsfix", "-b", disk.volume])


@clearing_dirty
def repair_and_clear_dirty(disk: Disk) -> Observation:
    """Repair, and clear the dirty mark."""
    return _repair(disk, ["ntfsfix", "-d", disk.volume])


@failing_look
def look_at_failing_disk(disk: Disk) -> Observation:
    """Ask what it would do about a disk with sectors that cannot be read."""
    with unreadable.shown(disk) as volume:
        return _look(disk, volume)


@failing_repair
def repair_failing_disk(disk: Disk) -> Observation:
    """Repair a disk with sectors that cannot be read; the files are read from what it was written to."""
    with unreadable.shown(disk) as volume:
        observation = _judge(disk, disk.run(["ntfsfix", volume]))
    observation.files = read_through_mount(disk)
    return observation


@repair_in_use
def repair_while_mounted(disk: Disk) -> Observation:
    """Repair a volume that is dirty because it is mounted."""
    with mounted(disk) as volume:
        return _judge(disk, disk.run(["ntfsfix", volume]))


@look_nowhere
def look_at_lost_partition(disk: Disk) -> Observation:
    """Ask what it would do about a partition that the damaged table no longer has."""
    observation = _look(disk, disk.volume + ("-absent" if disk.source.shown == 0 else ""))
    if observation.says == Says.DETECTED:
        observation.says = Says.REFUSED
    return observation


def _look(disk: Disk, volume: str) -> Observation:
    result = disk.run(["ntfsfix", "-n", volume])
    found = _found(result)
    return Observation(Says.DETECTED if found or result.code != 0 else Says.CLEAN, "; ".join(found))


def _repair(disk: Disk, argv: list[str]) -> Observation:
    observation = _judge(disk, disk.run(argv))
    observation.files = read_through_mount(disk)
    return observation


def _judge(disk: Disk, result: Run) -> Observation:
    found = _found(result)
    observation = Observation(Says.CLEAN, "; ".join(found))
    if result.code != 0:
        observation.says = Says.REFUSED
    elif found:
        observation.says = Says.REPAIRED
        observation.again = _again(disk, result.argv[-1])
    return observation


def _again(disk: Disk, volume: str) -> Says:
    if disk.run(["ntfs-3g.probe", "--readwrite", volume]).code != 0:
        return Says.REFUSED
    return _look(disk, volume).says


def _found(result: Run) -> list[str]:
    """What it complained of: the first complaint, the last, and steps that did not simply go well."""
    steps = [line for line in result.output.split("\n") if line.endswith(("FIXED", "BAD")) or line == UNMARKED]
    words = complaints(result.errors)
    return list(dict.fromkeys(words[:1] + words[-1:] + steps))
