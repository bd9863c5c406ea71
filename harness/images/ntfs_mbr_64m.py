# SPDX-License-Identifier: GPL-2.0-or-later
"""One NTFS partition in an MBR: what most sticks and drives look like."""
from harness.images import kinds, ntfs_kinds
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="ntfs-mbr-64m",
    title="64 MiB, MBR, one NTFS partition",
    format="raw",
    size=64 * MiB,
    table="mbr",
    identity="0x64a00002",
    partitions=(
        Partition(2048, 62 * MiB, "7", Ntfs("mbr", serial=0x64A0_0000_0000_0002), (
            *kinds.ORDINARY, *ntfs_kinds.ORDINARY, ntfs_kinds.compressed_file, kinds.deleted_file)),
    ),
)
