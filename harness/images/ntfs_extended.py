# SPDX-License-Identifier: GPL-2.0-or-later
"""Two logical drives in an extended partition: each is found only through the chain of EBRs."""
from harness.images import kinds, ntfs_kinds
from harness.images.fat import Fat
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="ntfs-extended",
    title="104 MiB, MBR, an extended partition with two logical drives: NTFS and FAT16",
    format="raw",
    size=104 * MiB,
    table="mbr",
    identity="0x64a00009",
    extended=(2048, 102 * MiB),
    partitions=(
        Partition(4096, 64 * MiB, "7", Ntfs("logical", serial=0x64A0_0000_0000_0009), (
            kinds.small_file, kinds.documents, ntfs_kinds.resident_file, ntfs_kinds.index_blocks)),
        Partition(137216, 32 * MiB, "6", Fat(16, "LOGICAL", serial=0x64A0_0009, cluster=4), (
            kinds.small_file, kinds.documents, kinds.long_names)),
    ),
)
