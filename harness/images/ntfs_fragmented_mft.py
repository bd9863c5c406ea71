# SPDX-License-Identifier: GPL-2.0-or-later
"""A volume whose $MFT lies in many runs, so that the place of a record is not just a multiple away from the first."""
from harness.images import kinds, ntfs_kinds
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="ntfs-fragmented-mft",
    title="32 MiB, the whole disk one NTFS volume with $MFT in many runs",
    format="raw",
    size=32 * MiB,
    partitions=(
        Partition(0, 32 * MiB, "", Ntfs("runs", serial=0x64A0_0000_0000_0008), (
            kinds.small_file, kinds.documents, ntfs_kinds.fragmented_mft)),
    ),
)
