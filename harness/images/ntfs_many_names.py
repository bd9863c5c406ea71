# SPDX-License-Identifier: GPL-2.0-or-later
"""A directory so large that its index is a tree of several levels, and that its bitmap takes more than a word."""
from harness.images import kinds, ntfs_kinds
from harness.images.content import text
from harness.images.ntfs import Ntfs, NtfsTree
from harness.images.recipe import MiB, Partition, Recipe, kind

NAMES = 5000


@kind("many-names", "/names")
def many_names(tree: NtfsTree, path: str) -> None:
    for number in range(NAMES):
        name = f"{path}/name number {number:04} of {NAMES}.txt"
        tree.write(name, text(name, 40))


recipe = Recipe(
    name="ntfs-many-names",
    title="64 MiB, the whole disk one NTFS volume with a directory of 5,000 names",
    format="raw",
    size=64 * MiB,
    partitions=(
        Partition(0, 64 * MiB, "", Ntfs("names", serial=0x64A0_0000_0000_0012), (
            kinds.small_file, kinds.documents, ntfs_kinds.resident_file, ntfs_kinds.index_blocks, many_names)),
    ),
)
