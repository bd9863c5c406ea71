# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of 300 owners, so that $Secure has as many security descriptors and both of its indexes are trees with blocks.

mkntfs makes two descriptors. ntfs-3g stores each new one in $SDS, $SII and $SDH, as Windows does.
"""
import os
import struct

from harness.images import kinds, ntfs_kinds
from harness.images.content import text
from harness.images.ntfs import Ntfs, NtfsTree
from harness.images.recipe import MiB, Partition, Recipe, kind

OWNERS = 300
SE_DACL_PRESENT, SE_SELF_RELATIVE = 0x0004, 0x8000
FILE_ALL_ACCESS = 0x1F01FF
FIRST_USER = 1000
HEADER = 20


@kind("resident-file", "/owned/000.txt")
def many_owners(tree: NtfsTree, path: str) -> None:
    for number in range(OWNERS):
        name = f"{path[:-7]}{number:03}.txt"
        tree.write(name, text(name, 100))
        os.setxattr(tree.at(name), "system.ntfs_acl", descriptor(FIRST_USER + number))


def descriptor(user: int) -> bytes:
    """SECURITY_DESCRIPTOR, self-relative: the user owns the file and may do everything."""
    sid = struct.pack("<BB6s5I", 1, 5, bytes((0, 0, 0, 0, 0, 5)), 21, 1, 2, 3, user)
    ace = struct.pack("<BBHI", 0, 0, 8 + len(sid), FILE_ALL_ACCESS) + sid
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(ace), 1, 0) + ace
    owner, group = HEADER + len(acl), HEADER + len(acl) + len(sid)
    return struct.pack("<BBHIIII", 1, 0, SE_DACL_PRESENT | SE_SELF_RELATIVE, owner, group, 0, HEADER) + acl + sid + sid


recipe = Recipe(
    name="ntfs-many-owners",
    title="32 MiB, the whole disk one NTFS volume with 300 security descriptors",
    format="raw",
    size=32 * MiB,
    partitions=(
        Partition(0, 32 * MiB, "", Ntfs("owners", serial=0x32A0_0000_0000_0013), (
            kinds.small_file, kinds.documents, ntfs_kinds.index_blocks, many_owners)),
    ),
)
