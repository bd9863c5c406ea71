# SPDX-License-Identifier: GPL-2.0-or-later
"""A USB stick as a maker formats it: one FAT32 partition at an odd place, with 32 reserved sectors."""
from harness.images import kinds
from harness.images.fat import Fat
from harness.images.recipe import MiB, Partition, Recipe, SECTOR

SIZE = 1024 * MiB
FIRST_SECTOR = 2804

recipe = Recipe(
    name="fat32-flash",
    title="1 GiB, MBR, one FAT32 partition at sector 2804 with clusters of 8 KiB",
    format="raw",
    size=SIZE,
    table="mbr",
    identity="0xf1a50001",
    partitions=(
        Partition(FIRST_SECTOR, SIZE - FIRST_SECTOR * SECTOR, "c",
                  Fat(32, "TRANSCEND", serial=0xF1A5_0001, cluster=16, reserved=32), (
            *kinds.ORDINARY, kinds.big_file, kinds.deleted_file)),
    ),
)
