# SPDX-License-Identifier: GPL-2.0-or-later
"""mtools: reads FAT without a mount. Every file is copied out with mcopy, and what arrives is hashed.

The copies go to the jail's tmpfs, which bounds them: a cluster chain that loops makes a file of up to 4 GiB.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Says
from harness.disk import ToolEnded
from harness.readback import Contents, asked_once, read_files
from harness.truth import Found

FAT = frozenset({"fat12", "fat16", "fat32"})
COPIES = "copied"

read_all = Probe("mtools", FAT, needs=("mcopy",), writes=False, asked="read FAT")


@read_all
def read(disk: Disk) -> Observation:
    """Copy out every file."""
    contents = read_with_mcopy(disk)
    copied = disk.runs[-2]
    reason = copied.errors.strip().split("\n")[0]
    if copied.code == 0 and not reason:
        return Observation(Says.CLEAN, files=contents.files)
    return Observation(Says.DETECTED if contents.files else Says.REFUSED, reason, contents.files)


def read_with_mcopy(disk: Disk) -> Contents:
    """Hash what mcopy can copy out; nothing if it cannot start."""
    folder = disk.folder(COPIES)
    disk.run(["mcopy", "-s", "-n", "-i", disk.volume, "::", folder])
    return read_files(disk, folder)


@asked_once
def read_after_repair(disk: Disk) -> Found | None:
    """For probes that judge a repair: mcopy may die of what is left on the disk, which is no answer about them."""
    try:
        return read_with_mcopy(disk).files
    except ToolEnded as ended:
        return None if ended.run.timed_out else read_files(disk, disk.folder(COPIES)).files
