# SPDX-License-Identifier: GPL-2.0-or-later
"""The largest clusters there are. The boot sector stores their size as a negative exponent: 0xf4 is 2^12 sectors.

mkntfs would make a $LogFile of a size that it then refuses on volumes from about 224 to 384 MiB.
"""
from harness.images import kinds, ntfs_kinds
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="ntfs-2mib-clusters",
    title="96 MiB, the whole disk one NTFS volume with clusters of 2 MiB",
    format="raw",
    size=96 * MiB,
    partitions=(
        Partition(0, 96 * MiB, "", Ntfs("two", serial=0x64A0_0000_0000_0004, cluster=2 * MiB), (
            *kinds.ORDINARY, *ntfs_kinds.ORDINARY, kinds.deleted_file)),
    ),
)
