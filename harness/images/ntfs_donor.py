# SPDX-License-Identifier: GPL-2.0-or-later
"""The same disk as ntfs-mbr-64m with other content: what a healthy volume of the same size lends to a broken one."""
from harness.images.content import noise
from harness.images.ntfs import Ntfs
from harness.images.recipe import KiB, MiB, Partition, Recipe, Tree, kind


@kind("donor-files", "/donor.txt")
def donor_files(tree: Tree, path: str) -> None:
    tree.write(path, b"This file is the donor's.\n")
    tree.write("/donor.bin", noise(path, 64 * KiB))


recipe = Recipe(
    name="ntfs-donor",
    title="64 MiB, MBR, one NTFS partition with two files",
    format="raw",
    size=64 * MiB,
    table="mbr",
    identity="0x64a0000d",
    partitions=(Partition(2048, 62 * MiB, "7", Ntfs("donor", serial=0x64A0_0000_0000_000D), (donor_files,)),),
)
