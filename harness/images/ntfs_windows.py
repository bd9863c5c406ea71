# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that Windows 10 formatted and used; no tool of ours lays out a volume quite like it.

It belongs to others and is not part of the project: where it is, it is looked up beside the checkout. As nobody here
wrote its files, the manifest is what a read-only ntfs-3g mount of the healthy disk gives.
"""
import gzip
import shutil
from pathlib import Path

from harness.images.assembly import ROOT
from harness.images.ntfs import Ntfs, mounted
from harness.images.recipe import SECTOR, Kind, MiB, Partition, Recipe, Tree, Volume
from harness.images.tools import copy_sparsely, make_hole
from harness.truth import measure

SOURCE = ROOT.parent / "shared" / "real" / "ntfs-lastaccess.raw.gz"


def unpack(recipe: Recipe, disk: Path) -> list[Volume]:
    """Unpack the disk, and read its volume's files."""
    with gzip.open(SOURCE) as packed, open(disk, "xb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
    partition, = recipe.partitions
    offset = partition.first_sector * SECTOR
    volume = make_hole(disk.with_name("volume"), partition.size)
    copy_sparsely(disk, volume, skip=offset, size=partition.size)
    with mounted(volume, "ro") as root:
        manifest = measure(root)
    if unread := [path for path, what in manifest.items() if isinstance(what, str)]:
        raise RuntimeError(f"the healthy disk {SOURCE} has files that cannot be read: {', '.join(unread)}")
    volume.unlink()
    return [Volume("ntfs", partition.filesystem.label, offset, partition.size, partition.contains, manifest)]


def already_there(_: Tree) -> None:
    """Windows wrote it."""


recipe = Recipe(
    name="ntfs-windows",
    title="256 MiB, MBR, one NTFS partition at sector 128, made by Windows 10",
    format="qcow2",
    compressed=True,
    size=256 * MiB,
    table="mbr",
    sources=(SOURCE,),
    assemble=unpack,
    partitions=(
        Partition(128, 518144 * SECTOR, "7", Ntfs("Last access", serial=0), (
            Kind("made-by-windows", "", already_there), Kind("resident-file", "/test/1.txt", already_there))),
    ),
)
