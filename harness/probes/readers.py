# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading all files after a repair, by whichever tool can: for probes that are not about one file system."""

from __future__ import annotations

from harness import Disk
from harness.probes import corruptor_files, mtools
from harness.probes.fsck_exfat import EXFAT
from harness.probes.mtools import FAT
from harness.probes.ntfs_3g import NTFS, read_through_mount
from harness.truth import Found

READERS = (
    (NTFS, ("ntfs-3g",), read_through_mount),
    (FAT, ("mcopy",), mtools.read_after_repair),
    (EXFAT, (), corruptor_files.read_after_repair),
)


def needs(formats: frozenset[str]) -> tuple[str, ...]:
    """The commands that reading these file systems takes."""
    return tuple(need for readable, commands, _ in READERS if readable & formats for need in commands)


def read_any(disk: Disk, formats: frozenset[str] = NTFS | FAT | EXFAT) -> Found | None:
    """What the first reader finds that finds any file."""
    found: Found | None = {}
    for readable, _, read in READERS:
        if readable & formats and found is not None and not found:
            found = read(disk)
    return found
