# SPDX-License-Identifier: GPL-2.0-or-later
"""FAT16, with its root directory in a place of its own before the clusters."""
from harness.images import kinds
from harness.images.fat import Fat
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="fat16-64m",
    title="64 MiB, MBR, one FAT16 partition with clusters of 2 KiB",
    format="raw",
    size=64 * MiB,
    table="mbr",
    identity="0x64f16001",
    partitions=(
        Partition(2048, 63 * MiB, "6", Fat(16, "SMALL16", serial=0x64F1_6001, cluster=4), (
            *kinds.ORDINARY, kinds.deleted_file)),
    ),
)
