# SPDX-License-Identifier: GPL-2.0-or-later
"""Sectors of 4096 bytes: records and index blocks still have their fixups every 512 bytes."""
from harness.images import kinds, ntfs_kinds
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="ntfs-4096-sectors",
    title="64 MiB, the whole disk one NTFS volume with sectors of 4096 bytes",
    format="raw",
    size=64 * MiB,
    partitions=(
        Partition(0, 64 * MiB, "", Ntfs("4Kn", serial=0x64A0_0000_0000_0006, sector=4096), (
            *kinds.ORDINARY, *ntfs_kinds.ORDINARY, ntfs_kinds.compressed_file, kinds.deleted_file)),
    ),
)
