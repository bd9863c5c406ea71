# SPDX-License-Identifier: GPL-2.0-or-later
"""A GPT as it is on a disk with sectors of 4096 bytes: the header is at byte 4096, and every number counts such sectors.

The image does not say so; only a device with such sectors shows the table to a tool (`sgdisk-v-4096`). That
is why the table has a word of its own, and probes for ordinary GPTs are not asked.
"""
from dataclasses import dataclass, replace
from pathlib import Path

from harness.images import kinds, ntfs_kinds
from harness.images.assembly import assemble, partition_script
from harness.images.ntfs import Ntfs
from harness.images.recipe import SECTOR, MiB, Partition, Recipe, Volume
from harness.images.tools import run

MICROSOFT_BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
LARGE = 4096


@dataclass(frozen=True)
class LargeNtfs(Ntfs):
    """NTFS that knows where it begins in sectors of its own size, as on every disk."""

    def make(self, volume: Path, first_sector: int) -> None:
        super().make(volume, first_sector * SECTOR // self.sector)


def assemble_large(recipe: Recipe, disk: Path) -> list[Volume]:
    """The volumes first, and then the table, by the one tool that believes what it is told of the sectors of a file."""
    volumes = assemble(replace(recipe, table=""), disk)
    script = disk.with_name("script")
    script.write_text(partition_script(replace(recipe, table="gpt", partitions=tuple(map(counted_large, recipe.partitions)))))
    run("fdisk", "--sector-size", str(LARGE), "--wipe", "never", "--wipe-partitions", "never", disk,
        text=f"I\n{script}\nw\n")
    script.unlink()
    return volumes


def counted_large(partition: Partition) -> Partition:
    """The same partition for a script that counts in sectors of 4096 bytes, and knows only the number 512."""
    return replace(partition, first_sector=partition.first_sector * SECTOR // LARGE, size=partition.size * SECTOR // LARGE)


recipe = Recipe(
    name="gpt-4096-sectors",
    title="128 MiB, GPT of sectors of 4096 bytes, one NTFS partition with such sectors",
    format="raw",
    size=128 * MiB,
    table="gpt-4096",
    identity="128A0001-0000-4000-8000-000000000000",
    assemble=assemble_large,
    partitions=(
        Partition(2048, 48 * MiB, MICROSOFT_BASIC_DATA, LargeNtfs("4KnGPT", serial=0x128A_0000_0000_0001, sector=LARGE), (
            kinds.small_file, kinds.documents, ntfs_kinds.resident_file)),
    ),
)
