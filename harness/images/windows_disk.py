# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk as a Windows installation lays it out: System Reserved, a wide gap, and the data.

500,000,000 bytes wiped from a little before the end of the first partition, as people do with dd and a wrong
offset, cross the whole gap and take the head of the second volume with its $MFT.
"""
from harness.images import kinds, ntfs_kinds
from harness.images.content import noise
from harness.images.ntfs import Ntfs
from harness.images.recipe import KiB, MiB, Partition, Recipe, SECTOR, Tree, kind


@kind("boot-files", "/bootmgr")
def boot_files(tree: Tree, path: str) -> None:
    tree.write(path, noise(path, 400 * KiB))
    tree.write("/BOOTNXT", b"\x01")
    tree.write("/Boot/BCD", noise("BCD", 28 * KiB))
    for language in ("de-DE", "en-US", "ru-RU", "zh-CN"):
        tree.write(f"/Boot/{language}/bootmgr.exe.mui", noise(language, 70 * KiB))


recipe = Recipe(
    name="windows-disk",
    title="720 MiB, MBR: System Reserved (50 MiB), a gap, data (200 MiB), both NTFS",
    format="qcow2",
    size=720 * MiB,
    table="mbr",
    identity="0xd15c0001",
    partitions=(
        Partition(2048, 50 * MiB, "7", Ntfs("System Reserved", serial=0xD15C_0001_0000_0001), (boot_files,),
                  active=True),
        Partition(512 * MiB // SECTOR, 200 * MiB, "7", Ntfs("Data", serial=0xD15C_0001_0000_0002), (
            *kinds.ORDINARY, *ntfs_kinds.ORDINARY,
            kinds.big_file, ntfs_kinds.compressed_file, ntfs_kinds.attribute_list, kinds.deleted_file)),
    ),
)
