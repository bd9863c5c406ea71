# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfsrecover: replays $LogFile, the only tool outside of a kernel that does. All others empty it.

A journal that is closed it passes over in silence (though it writes in both restart pages that nobody has it open);
one that is filled with 0xff, as mkntfs and ntfsfix leave it, is an error to it, though there is nothing to
replay. Its lines begin with `*`, its complaints with `**`; exit codes are 0 and 1.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.ntfs_3g import NTFS, complaints, read_through_mount

EMPTY = "** The log file has been wiped out"
SIMULATED = "* Sync simulation successful"
REPLAYED = "* Syncing successful"

look_only = Probe("ntfsrecover-n", NTFS, needs=("ntfsrecover",), writes=False)
replay = Probe("ntfsrecover", NTFS, needs=("ntfsrecover", "ntfs-3g"), writes=True)


@look_only
def look(disk: Disk) -> Observation:
    """Ask what it would replay, without writing."""
    return _judge(_run(disk, "-n"))


@replay
def repair(disk: Disk) -> Observation:
    """Replay, ask again, and read the files."""
    observation = _judge(_run(disk))
    if observation.says == Says.REPAIRED:
        observation.again = _judge(_run(disk, "-n")).says
    observation.files = read_through_mount(disk)
    return observation


def _run(disk: Disk, *options: str) -> Run:
    return disk.run(["ntfsrecover", *options, disk.volume])


def _judge(result: Run) -> Observation:
    words = complaints(result.text)
    reason = words[0] if words else ""
    if result.code != 0 and reason != EMPTY:
        return Observation(Says.REFUSED, reason)
    if reason.startswith(REPLAYED):
        return Observation(Says.REPAIRED, reason)
    if reason.startswith(SIMULATED):
        return Observation(Says.DETECTED, reason)
    return Observation(Says.CLEAN)
