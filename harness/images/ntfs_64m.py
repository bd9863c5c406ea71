# SPDX-License-Identifier: GPL-2.0-or-later
"""The plain NTFS disk: one volume, no partition table, every kind of file."""
from harness.images import kinds, ntfs_kinds
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="ntfs-64m",
    title="64 MiB, the whole disk one NTFS volume, every kind of file",
    format="raw",
    size=64 * MiB,
    partitions=(
        Partition(0, 64 * MiB, "", Ntfs("plain", serial=0x64A0_0000_0000_0001), (
            *kinds.ORDINARY, *ntfs_kinds.ORDINARY,
            kinds.big_file, ntfs_kinds.compressed_file, ntfs_kinds.attribute_list, kinds.deleted_file)),
    ),
)
