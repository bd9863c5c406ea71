# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that each belong to somebody else, so that $Secure has more security descriptors than fit in its record.

mkntfs makes two descriptors, and ntfs-3g shares the one that it gives to all files that it makes; so they are set one by
one. Only when the indexes $SII and $SDH outgrow the record do they get blocks, as on every volume that Windows uses.

https://flatcap.github.io/linux-ntfs/ntfs/attributes/security_descriptor.html
"""
import os
import struct

from harness.images import kinds, ntfs_kinds
from harness.images.content import text
from harness.images.ntfs import Ntfs, NtfsTree
from harness.images.recipe import MiB, Partition, Recipe, kind

OWNERS = 300
SELF_RELATIVE, HAS_RULES = 0x8000, 0x0004
EVERYTHING = 0x001F01FF


@kind("many-owners", "/owners")
def many_owners(tree: NtfsTree, path: str) -> None:
    for number in range(OWNERS):
        name = f"{path}/owner {number:03}.txt"
        tree.write(name, text(name, 40))
        os.setxattr(tree.at(name), "system.ntfs_acl", descriptor(1000 + number))


def descriptor(user: int) -> bytes:
    """A security descriptor: this user of a machine that does not exist is the owner, and everyone may do everything."""
    owner, group, everyone = identifier(5, 21, 1, 2, 3, user), identifier(5, 32, 545), identifier(1, 0)
    rule = struct.pack("<BBHI", 0, 0, 8 + len(everyone), EVERYTHING) + everyone
    rules = struct.pack("<BBHHH", 2, 0, 8 + len(rule), 1, 0) + rule
    at = 20 + len(rules)
    head = struct.pack("<BBHIIII", 1, 0, SELF_RELATIVE | HAS_RULES, at, at + len(owner), 0, 20)
    return head + rules + owner + group


def identifier(authority: int, *parts: int) -> bytes:
    """S-1-AUTHORITY-PART-PART..."""
    return struct.pack(">BBHI", 1, len(parts), 0, authority) + struct.pack(f"<{len(parts)}I", *parts)


recipe = Recipe(
    name="ntfs-many-owners",
    title="32 MiB, the whole disk one NTFS volume with files of 300 owners",
    format="raw",
    size=32 * MiB,
    partitions=(
        Partition(0, 32 * MiB, "", Ntfs("owners", serial=0x64A0_0000_0000_0041), (
            kinds.small_file, kinds.documents, ntfs_kinds.index_blocks, many_owners)),
    ),
)
