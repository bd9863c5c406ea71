# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfsresize: the only tool of ntfs-3g that compares every file's clusters with $Bitmap, and what partitioners call.

`-i -f` is that check alone: -f lets it look at a volume that is marked dirty. (`-c`, called a check, only mounts.)
`-n -s` is a resize of which nothing is written: without -f it does refuse a dirty volume, and it goes on to where
clusters would be moved to. Neither asks the journal or looks for a hibernated Windows. Exit codes are 0 and 1, and a
line that begins with ERROR says which fault; faults of $Bitmap come before it, ten at most.

It makes a volume smaller (`-s`), larger at its end, and larger at its beginning (`--expand`). The last is code of its own:
the volume's layout does not fit the larger partition, so it mounts nothing, finds the old boot sector by its backup in
the partition's last sector, and reads the records itself; with -n it exits with 1 even when nothing is wrong. A resized
volume is no repaired one, so the resizes happen to copies of the damaged volume, which stays as it is; what the first
two left is read through a mount.

A build with the library's debug messages (ci/ntfs-3g-extras) is asked for the check as well, because only to its developers
does the library say why it could not decode runs. Of what that build prints, a megabyte for some hundred files, the trace of
functions and the tables of runs are dropped.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace

from harness import Disk, Observation, Probe, Run, Says, unreadable
from harness.mounted import is_dirty, mounted
from harness.pieces import copy_sparse
from harness.probes.ntfs_3g import NTFS, complaints, read_mounted

PROGRESS = re.compile(r"\s*[\d.]+ percent completed[\r\n]*")
SMALLEST = re.compile(r"You might resize at (\d+) bytes")
ERROR = re.compile(r"ERROR(\(\d+\))?: ")
# What it says of a volume that it could not open, and of one that it looked at and found wanting.
NOT_OPENED = re.compile(r"ERROR(\(\d+\): Opening '.*' as NTFS failed|: Could not get the old volume parameters"
                        r"|: Device '.*' is mounted)")
ABOUT_ITSELF = ("ntfsresize v", "Device name ", "NTFS volume version", "Cluster size ", "Current ", "New volume size ",
                "Checking filesystem consistency", "Accounting clusters", "Space in use ", "Collecting resizing",
                "Needed relocations ", "Schedule chkdsk ", "Resetting $LogFile", "Relocating needed data", "Updating ",
                "Sectors allocated to volume ", "Clusters allocated to volume ")
REHEARSED = "All checks have been completed successfully"
TRACE = re.compile(r"^ *(\w+\(\): .*|Mapping pairs array successfully decompressed:|NTFS-fs DEBUG: Dumping runlist .*|VCN +LCN .*"
                   r"|[0-9a-f]+ +(LCN_\w+|[0-9a-f]+) +[0-9a-f]+ .*|More extents to follow; .*|[\d.]+ percent completed.*"
                   r"|[\w ]+ = (0x)?[0-9a-f]+)\n", re.MULTILINE)
DEBUGGING = ("Beginning bootsector check", "Checking ", "Bootsector check completed", "Comparing ", "Loading ")
ROOM = 64 << 20  # more than $MFT, $Bitmap and $Boot of any base disk, and whole clusters of any size

check_only = Probe("ntfsresize-i", NTFS, needs=("ntfsresize",), writes=False, asked="check NTFS")
rehearsal = Probe("ntfsresize-n", NTFS, needs=("ntfsresize",), writes=False)
shrinking = Probe("ntfsresize-s", NTFS, needs=("ntfsresize", "ntfs-3g"), writes=False)
growing = Probe("ntfsresize-grow", NTFS, needs=("ntfsresize", "ntfs-3g"), writes=False)
expansion = Probe("ntfsresize-expand-n", NTFS, needs=("ntfsresize",), writes=False)

debugged_check = Probe("ntfsresize-i-debug", NTFS, needs=("ntfsresize-debug",), writes=False)
check_in_use = Probe("ntfsresize-i-mounted", NTFS, needs=("ntfsresize", "ntfs-3g"), writes=False, only_for=is_dirty)
failing_check = Probe("ntfsresize-i-unreadable", NTFS, needs=("ntfsresize", unreadable.missing), writes=False,
                      only_for=unreadable.is_marked)


@check_only
def look(disk: Disk) -> Observation:
    """Check the whole volume, dirty or not."""
    return _judge(disk.run(["ntfsresize", "-i", "-f", disk.volume]))


@debugged_check
def look_with_debug_messages(disk: Disk) -> Observation:
    """The same, by a build that tells its developers more."""
    result = disk.run(["ntfsresize-debug", "-d", "-i", "-f", disk.volume])
    lines = [line.strip() for line in TRACE.sub("", result.output).split("\n")]
    disk.runs[-1] = replace(result, output="\n".join(lines))
    return _judge(replace(result, output="\n".join(line for line in lines if not line.startswith(DEBUGGING))))


@rehearsal
def rehearse(disk: Disk) -> Observation:
    """Check it, and go through shrinking it as far as can be without writing."""
    return _judge(disk.run(["ntfsresize", "-n", "-s", _smallest(disk), disk.volume]))


@failing_check
def look_at_failing_disk(disk: Disk) -> Observation:
    """Check the whole of a disk with sectors that cannot be read (harness/unreadable.py)."""
    with unreadable.shown(disk) as volume:
        return _judge(disk.run(["ntfsresize", "-i", "-f", volume]))


@check_in_use
def look_while_mounted(disk: Disk) -> Observation:
    """Check a volume that is dirty because it is mounted."""
    with mounted(disk) as volume:
        result = disk.run(["ntfsresize", "-i", "-f", volume])
    return _judge(replace(result, log=""))  # there the driver speaks


@shrinking
def shrink(disk: Disk) -> Observation:
    """Shrink a copy as far as can be, dirty or not, and read its files."""
    shrunk = _copy(disk)
    return _judge_by_files(disk, disk.run(["ntfsresize", "-f", "-f", "-s", _smallest(disk), shrunk]), shrunk)


@growing
def grow(disk: Disk) -> Observation:
    """Let a copy, dirty or not, take the room that it was given behind it, and read its files."""
    grown = _copy(disk, behind=ROOM)
    return _judge_by_files(disk, disk.run(["ntfsresize", "-f", "-f", grown]), grown)


@expansion
def rehearse_expansion(disk: Disk) -> Observation:
    """Go through giving a copy the room before it, without writing."""
    result = disk.run(["ntfsresize", "-n", "--expand", _copy(disk, before=ROOM)], timeout=20)  # it loops over some records
    return Observation(Says.CLEAN) if REHEARSED in result.output else _judge(result)


def _smallest(disk: Disk) -> str:
    """The smallest size in bytes that it offers; three quarters if it offers none."""
    possible = SMALLEST.search(disk.run(["ntfsresize", "-i", "-f", disk.volume]).output)
    return possible[1] if possible else str(disk.outside(disk.volume).stat().st_size * 3 // 4)


def _copy(disk: Disk, before: int = 0, behind: int = 0) -> str:
    """A copy of the volume in a partition that has more room."""
    path = f"{disk.volume}-to-resize"
    copy = disk.outside(path)
    copy_sparse(disk.outside(disk.volume), copy, at=before)
    os.truncate(copy, copy.stat().st_size + behind)
    return path


def _judge_by_files(disk: Disk, result: Run, volume: str) -> Observation:
    observation = _judge(result)
    observation.files = read_mounted(disk, volume)
    return observation


def _judge(result: Run) -> Observation:
    lines = [line for line in PROGRESS.sub("\n", result.text).split("\n") if line.strip()]
    if result.code == 0:
        return Observation(Says.CLEAN)
    words = [line for line in complaints("\n".join(lines)) if not line.startswith(ABOUT_ITSELF)]
    reason = "; ".join(dict.fromkeys(words[:1] + [line for line in words if ERROR.match(line)][:1]))
    refused = any(NOT_OPENED.match(line) for line in words)
    return Observation(Says.REFUSED if refused else Says.DETECTED, reason)
