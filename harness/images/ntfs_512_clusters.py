# SPDX-License-Identifier: GPL-2.0-or-later
"""The smallest usual clusters: here a record is two clusters, and an index block is eight."""
from harness.images import kinds, ntfs_kinds
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="ntfs-512-clusters",
    title="64 MiB, the whole disk one NTFS volume with clusters of 512 bytes",
    format="raw",
    size=64 * MiB,
    partitions=(
        Partition(0, 64 * MiB, "", Ntfs("half", serial=0x64A0_0000_0000_0005, cluster=512), (
            *kinds.ORDINARY, *ntfs_kinds.ORDINARY,
            ntfs_kinds.compressed_file, ntfs_kinds.attribute_list, kinds.deleted_file)),
    ),
)
