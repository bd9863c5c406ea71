# SPDX-License-Identifier: GPL-2.0-or-later
"""FAT12 on a small partition, as old memory cards have it: clusters of many sectors, two whole FATs of few."""
from harness.images import kinds
from harness.images.fat import Fat
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="fat12-8m",
    title="9 MiB, MBR, one FAT12 partition of 8 MiB with clusters of 4 KiB",
    format="raw",
    size=9 * MiB,
    table="mbr",
    identity="0x64f12008",
    partitions=(
        Partition(2048, 8 * MiB, "1", Fat(12, "CARD12", serial=0x64F1_2008, cluster=8), (
            *kinds.ORDINARY, kinds.deleted_file)),
    ),
)
