# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfsfix: the only repair of NTFS in ntfs-3g. It mends what keeps a volume from being mounted, and no more.

Its exit code is 0 or 1; what it met on the way is in its words. Plain ntfsfix marks even a healthy volume dirty, so
that Windows checks it; -d clears the mark. When it gives up it may have written already, so the files are read after
every run that is allowed to write. What -n says that it would do is no promise: it works on unchanged bytes, so its
own repair of $MFTMirr, say, fails afterwards at the remount.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.ntfs_3g import NTFS, complaints, read_through_mount

UNMARKED = "Going to un-mark the bad clusters ($BadClus)... OK"

look_only = Probe("ntfsfix-n", NTFS, needs=("ntfsfix",), writes=False)
plain = Probe("ntfsfix", NTFS, needs=("ntfsfix", "ntfs-3g", "ntfs-3g.probe"), writes=True)
forgetting_bad = Probe("ntfsfix-b", NTFS, needs=("ntfsfix", "ntfs-3g", "ntfs-3g.probe"), writes=True)
clearing_dirty = Probe("ntfsfix-d", NTFS, needs=("ntfsfix", "ntfs-3g", "ntfs-3g.probe"), writes=True)


@look_only
def look(disk: Disk) -> Observation:
    """Ask what it would do, without writing."""
    return _look(disk)


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


def _look(disk: Disk) -> Observation:
    result = disk.run(["ntfsfix", "-n", disk.volume])
    found = _found(result)
    return Observation(Says.DETECTED if found or result.code != 0 else Says.CLEAN, "; ".join(found))


def _repair(disk: Disk, argv: list[str]) -> Observation:
    result = disk.run(argv)
    found = _found(result)
    observation = Observation(Says.CLEAN, "; ".join(found))
    if result.code != 0:
        observation.says = Says.REFUSED
    elif found:
        observation.says = Says.REPAIRED
        observation.again = _again(disk)
    observation.files = read_through_mount(disk).files
    return observation


def _again(disk: Disk) -> Says:
    if disk.run(["ntfs-3g.probe", "--readwrite", disk.volume]).code != 0:
        return Says.REFUSED
    return _look(disk).says


def _found(result: Run) -> list[str]:
    """What it complained of: the first complaint, the last, and steps that did not simply go well."""
    steps = [line for line in result.output.split("\n") if line.endswith(("FIXED", "BAD")) or line == UNMARKED]
    words = complaints(result.errors)
    return list(dict.fromkeys(words[:1] + words[-1:] + steps))
