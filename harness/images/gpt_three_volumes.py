# SPDX-License-Identifier: GPL-2.0-or-later
"""A GPT with three partitions and free space between them: what a fault of one entry does to its neighbours shows here."""
from harness.images import kinds, ntfs_kinds
from harness.images.exfat import Exfat
from harness.images.fat import Fat
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

EFI_SYSTEM = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
MICROSOFT_BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"

recipe = Recipe(
    name="gpt-three-volumes",
    title="96 MiB, GPT: NTFS, a gap, the EFI system partition (FAT16), exFAT",
    format="raw",
    size=96 * MiB,
    table="gpt",
    identity="96A00001-0000-4000-8000-000000000000",
    partitions=(
        Partition(2048, 40 * MiB, MICROSOFT_BASIC_DATA, Ntfs("first", serial=0x96A0_0001_0000_0001), (
            kinds.small_file, kinds.documents, ntfs_kinds.resident_file)),
        Partition(49 * 2048, 16 * MiB, EFI_SYSTEM, Fat(16, "ESP", serial=0x96A0_0002, cluster=4), (
            kinds.small_file, kinds.documents)),
        Partition(65 * 2048, 30 * MiB, MICROSOFT_BASIC_DATA, Exfat("THIRD", serial=0x96A0_0003), (
            kinds.small_file, kinds.documents)),
    ),
)
