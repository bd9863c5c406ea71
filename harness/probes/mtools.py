# SPDX-License-Identifier: GPL-2.0-or-later
"""mtools: reads FAT without a mount. Every file is copied out with mcopy, and what arrives is hashed.

The copies go to the jail's tmpfs, which bounds them: a cluster chain that loops makes a file of up to 4 GiB.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Says
from harness.readback import Contents, read_files

read_all = Probe("mtools", frozenset({"fat12", "fat16", "fat32"}), needs=("mcopy",), writes=False)


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
    folder = disk.folder("copied")
    disk.run(["mcopy", "-s", "-n", "-i", disk.volume, "::", folder])
    return read_files(disk, folder)
