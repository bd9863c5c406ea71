# SPDX-License-Identifier: GPL-2.0-or-later
"""One NTFS partition in a GPT, of the type that Windows gives to data."""
from harness.images import kinds, ntfs_kinds
from harness.images.ntfs import Ntfs
from harness.images.recipe import MiB, Partition, Recipe

MICROSOFT_BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"

recipe = Recipe(
    name="gpt-ntfs-64m",
    title="64 MiB, GPT, one NTFS partition",
    format="raw",
    size=64 * MiB,
    table="gpt",
    identity="64A00003-0000-4000-8000-000000000000",
    partitions=(
        Partition(2048, 62 * MiB, MICROSOFT_BASIC_DATA, Ntfs("gpt", serial=0x64A0_0000_0000_0003), (
            *kinds.ORDINARY, *ntfs_kinds.ORDINARY, ntfs_kinds.compressed_file, kinds.deleted_file)),
    ),
)
