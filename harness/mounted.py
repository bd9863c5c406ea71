# SPDX-License-Identifier: GPL-2.0-or-later
"""A volume that is mounted while a tool is at work on it.

What a repairer says to that is no fault of a disk. But a volume that is in use bears the dirty mark, so a dirty volume is
taken for one that somebody has not unmounted, and a probe may mount it before it calls its tool. By norecover the mount
itself changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import corruptor
from harness import copies
from harness.disk import Disk, Source

FLAGS = "ntfs.mft[3].volume_information.flags"
DIRTY = 1


@lru_cache(4)  # asked for each of two probes, and once more by one that is used
def is_dirty(source: Source) -> bool:
    """Whether the damage has left the dirty mark on an NTFS volume; for the `only_for` of a probe."""
    if not source.patches:
        return False
    with copies.patched(source.path, source.format, "fields", source.patches) as disk:
        try:
            with corruptor.Image(str(disk), format="raw", volume=f"offset={source.start},length={source.length}") as image:
                return bool(image.get(FLAGS)["value"] & DIRTY)
        except (corruptor.Damage, corruptor.Misuse):
            return False


@contextmanager
def mounted(disk: Disk) -> Iterator[str]:
    """Path, for tools, of the volume, which is mounted for writing if it is dirty."""
    folder, in_use = disk.folder("in-use"), is_dirty(disk.source)
    if in_use:
        disk.run(["ntfs-3g", "-o", "norecover", disk.volume, folder])
    yield disk.volume
    if in_use:
        disk.run(["umount", folder])
        disk.settle()
