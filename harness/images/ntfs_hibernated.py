# SPDX-License-Identifier: GPL-2.0-or-later
"""The volume of a hibernated Windows. Nothing is broken; but whoever writes to it would break it on resuming."""
from harness.images import kinds, ntfs_kinds
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="ntfs-hibernated",
    title="64 MiB, MBR, one NTFS partition with the hiberfil.sys of a hibernated Windows",
    format="raw",
    size=64 * MiB,
    table="mbr",
    identity="0x64a00007",
    partitions=(
        Partition(2048, 62 * MiB, "7", Ntfs("asleep", serial=0x64A0_0000_0000_0007), (
            *kinds.ORDINARY, *ntfs_kinds.ORDINARY, ntfs_kinds.hibernation, kinds.deleted_file)),
    ),
)
