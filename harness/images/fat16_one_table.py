# SPDX-License-Identifier: GPL-2.0-or-later
"""FAT16 with a single FAT: what is wrong in it has no second copy to be mended from.

The specification asks for two and allows any number from one up; small cards and RAM disks save the space.
"""
from pathlib import Path

from harness.images import kinds
from harness.images.fat import Fat
from harness.images.recipe import MiB, Partition, Recipe
from harness.images.tools import run


class SingleTable(Fat):
    """As Fat makes it, but with one table."""

    def make(self, volume: Path, first_sector: int) -> None:
        run("mkfs.fat", "-a", "-F", str(self.bits), "-s", str(self.cluster), "-R", str(self.reserved), "-f", "1",
            "-h", str(first_sector), "-i", f"{self.serial:08x}", "-n", self.label, volume)


recipe = Recipe(
    name="fat16-one-table",
    title="32 MiB, the whole disk one FAT16 volume with clusters of 1 KiB and a single FAT",
    format="raw",
    size=32 * MiB,
    partitions=(
        Partition(0, 32 * MiB, "", SingleTable(16, "SINGLE16", serial=0x64F1_6032, cluster=2), (
            *kinds.ORDINARY, kinds.deleted_file)),
    ),
)
