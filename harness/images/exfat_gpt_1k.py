# SPDX-License-Identifier: GPL-2.0-or-later
"""exFAT with small clusters on a GPT disk: bitmap, up-case table and root directory have several clusters each, so
their chains in the FAT lead somewhere. On exfat-64m the bitmap and the root directory have one cluster."""
from harness.images import kinds
from harness.images.exfat import Exfat
from harness.images.recipe import MiB, Partition, Recipe

recipe = Recipe(
    name="exfat-gpt-1k",
    title="48 MiB, GPT, one exFAT volume with clusters of 1 KiB",
    format="raw",
    size=48 * MiB,
    table="gpt",
    identity="EFA70000-9A27-4000-8000-00000000D000",
    partitions=(
        Partition(4096, 40 * MiB, "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
                  Exfat("SMALL", serial=0xE8FA_1024, cluster=1024), (
            *kinds.ORDINARY, kinds.big_file, kinds.deleted_file)),
    ),
)
