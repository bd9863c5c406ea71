# SPDX-License-Identifier: GPL-2.0-or-later
"""Four logical drives: a chain of EBRs long enough to break in its middle, or to lead back to where it was."""
from harness.images import kinds, ntfs_kinds
from harness.images.exfat import Exfat
from harness.images.fat import Fat
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="ebr-chain",
    title="96 MiB, MBR, an extended partition with four logical drives: NTFS, FAT16, exFAT, NTFS",
    format="raw",
    size=96 * MiB,
    table="mbr",
    identity="0x96a00004",
    extended=(2048, 92 * MiB),
    partitions=(
        Partition(2 * 2048, 28 * MiB, "7", Ntfs("first", serial=0x96A0_0004_0000_0005), (
            kinds.small_file, kinds.documents, ntfs_kinds.resident_file)),
        Partition(31 * 2048, 16 * MiB, "6", Fat(16, "SECOND", serial=0x96A0_0006, cluster=4), (
            kinds.small_file, kinds.documents)),
        Partition(48 * 2048, 16 * MiB, "7", Exfat("THIRD", serial=0x96A0_0007), (
            kinds.small_file, kinds.documents)),
        Partition(65 * 2048, 24 * MiB, "7", Ntfs("fourth", serial=0x96A0_0004_0000_0008), (
            kinds.small_file, kinds.documents, ntfs_kinds.resident_file)),
    ),
)
