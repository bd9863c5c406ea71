# SPDX-License-Identifier: GPL-2.0-or-later
"""exFAT in the one partition of an MBR disk, whose type, 07, is NTFS's too."""
from harness.images import kinds
from harness.images.exfat import Exfat
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="exfat-64m",
    title="64 MiB, MBR, one exFAT volume with clusters of 4 KiB",
    format="raw",
    size=64 * MiB,
    table="mbr",
    identity="0xe8fa7001",
    partitions=(
        Partition(2048, 63 * MiB, "7", Exfat("EXTENDED", serial=0xE8FA_2001), (
            *kinds.ORDINARY, kinds.big_file, kinds.deleted_file)),
    ),
)
