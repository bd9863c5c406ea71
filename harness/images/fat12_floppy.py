# SPDX-License-Identifier: GPL-2.0-or-later
"""A floppy of 1.44 MB: FAT12, whose entries of 12 bits straddle bytes and sectors."""
from harness.images import kinds
from harness.images.fat import Fat
from harness.images.recipe import KiB, Partition, Recipe

recipe = Recipe(
    name="fat12-floppy",
    title="1440 KiB, the whole disk one FAT12 volume",
    format="raw",
    size=1440 * KiB,
    partitions=(
        Partition(0, 1440 * KiB, "", Fat(12, "FLOPPY", serial=0x64F1_2001, cluster=1), (
            *kinds.ORDINARY, kinds.deleted_file)),
    ),
)
