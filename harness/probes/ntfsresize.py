# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfsresize: the only tool of ntfs-3g that compares every file's clusters with $Bitmap.

`-i -f` is that check alone: -f lets it look at a volume that is marked dirty. (`-c`, called a check, only mounts.)
`-n -s` is a resize of which nothing is written: without -f it does refuse a dirty volume, and it goes on to where
clusters would be moved to. Neither asks the journal or looks for a hibernated Windows. Exit codes are 0 and 1, and a
line that begins with ERROR says which fault; faults of $Bitmap come before it, ten at most.
"""

from __future__ import annotations

import re

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.ntfs_3g import NTFS, complaints

PROGRESS = re.compile(r"\s*[\d.]+ percent completed[\r\n]*")
SMALLEST = re.compile(r"You might resize at (\d+) bytes")
ERROR = re.compile(r"ERROR(\(\d+\))?: ")
# What it says of a volume that it could not open, and of one that it looked at and found wanting.
NOT_OPENED = re.compile(r"ERROR\(\d+\): Opening '.*' as NTFS failed")
ABOUT_ITSELF = ("ntfsresize v", "Device name ", "NTFS volume version", "Cluster size ", "Current ", "New volume size ",
                "Checking filesystem consistency", "Accounting clusters", "Space in use ", "Collecting resizing")

check_only = Probe("ntfsresize-i", NTFS, needs=("ntfsresize",), writes=False)
rehearsal = Probe("ntfsresize-n", NTFS, needs=("ntfsresize",), writes=False)


@check_only
def look(disk: Disk) -> Observation:
    """Check the whole volume, dirty or not."""
    return _judge(disk.run(["ntfsresize", "-i", "-f", disk.volume]))


@rehearsal
def rehearse(disk: Disk) -> Observation:
    """Check it, and go through shrinking it as far as can be without writing."""
    possible = SMALLEST.search(disk.run(["ntfsresize", "-i", "-f", disk.volume]).output)
    size = possible[1] if possible else str(disk.outside(disk.volume).stat().st_size * 3 // 4)
    return _judge(disk.run(["ntfsresize", "-n", "-s", size, disk.volume]))


def _judge(result: Run) -> Observation:
    lines = [line for line in PROGRESS.sub("\n", result.text).split("\n") if line.strip()]
    if result.code == 0:
        return Observation(Says.CLEAN)
    words = [line for line in complaints("\n".join(lines)) if not line.startswith(ABOUT_ITSELF)]
    reason = "; ".join(dict.fromkeys(words[:1] + [line for line in words if ERROR.match(line)][:1]))
    refused = any(NOT_OPENED.match(line) for line in words)
    return Observation(Says.REFUSED if refused else Says.DETECTED, reason)
