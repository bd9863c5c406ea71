# SPDX-License-Identifier: GPL-2.0-or-later
"""The smallest FAT32: one sector a cluster, so that there are enough clusters for 32 bits."""
from harness.images import kinds
from harness.images.fat import Fat
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="fat32-64m",
    title="64 MiB, the whole disk one FAT32 volume with clusters of 512 bytes",
    format="raw",
    size=64 * MiB,
    partitions=(
        Partition(0, 64 * MiB, "", Fat(32, "SMALL32", serial=0x64F3_2001, cluster=1, reserved=32), (
            *kinds.ORDINARY, kinds.deleted_file)),
    ),
)
