# SPDX-License-Identifier: GPL-2.0-or-later
"""The attributes that Windows gives to some files: extended attributes, an object id, reparse points.

ntfs-3g writes each of them through an extended attribute of Linux, and enters them in $ObjId and $Reparse as Windows does.
"""
import os
import struct

from harness.images import kinds, ntfs_kinds
from harness.images.content import text
from harness.images.ntfs import Ntfs, NtfsTree
from harness.images.recipe import KiB, MiB, Partition, Recipe, kind

IO_REPARSE_TAG_MOUNT_POINT = 0xA0000003
IO_REPARSE_TAG_SYMLINK = 0xA000000C
TARGET = "readme.txt"


@kind("resident-file", "/with an object id.txt")
def attributes(tree: NtfsTree, path: str) -> None:
    tree.write(path, text(path, 200))
    os.setxattr(tree.at(path), "system.ntfs_object_id", bytes(range(0x10, 0x20)))
    tree.write("/with extended attributes.txt", text("extended attributes", 5 * KiB))
    os.setxattr(tree.at("/with extended attributes.txt"), "system.ntfs_ea",
                extended_attribute("AUTHOR", b"nobody in particular") + extended_attribute("SUBJECT", b"none"))
    for name in ("/links/1.lnk", "/links/2.lnk"):
        tree.put(name, b"")
        os.setxattr(tree.at(name), "system.ntfs_reparse_data", symbolic_link(f"..\\{TARGET}"))
    junction = tree.at("/links/junction")
    junction.mkdir()
    os.setxattr(junction, "system.ntfs_reparse_data", mount_point("\\??\\C:\\Documents", "C:\\Documents"))


def extended_attribute(name: str, value: bytes) -> bytes:
    """FILE_FULL_EA_INFORMATION, with the way to the next one in front."""
    entry = struct.pack("<BBH", 0, len(name), len(value)) + name.encode() + b"\0" + value
    length = (4 + len(entry) + 3) & ~3
    return struct.pack("<I", length) + entry.ljust(length - 4, b"\0")


def symbolic_link(target: str) -> bytes:
    """REPARSE_DATA_BUFFER of a link that is relative to where it stands."""
    name = target.encode("utf-16-le")
    data = struct.pack("<4HI", 0, len(name), len(name), len(name), 1) + name + name
    return struct.pack("<IHH", IO_REPARSE_TAG_SYMLINK, len(data), 0) + data


def mount_point(target: str, shown: str) -> bytes:
    """REPARSE_DATA_BUFFER of a junction; each name ends in a zero that its length does not count."""
    name, print_name = target.encode("utf-16-le"), shown.encode("utf-16-le")
    data = struct.pack("<4H", 0, len(name), len(name) + 2, len(print_name)) + name + b"\0\0" + print_name + b"\0\0"
    return struct.pack("<IHH", IO_REPARSE_TAG_MOUNT_POINT, len(data), 0) + data


recipe = Recipe(
    name="ntfs-attributes",
    title="32 MiB, the whole disk one NTFS volume with extended attributes, object ids and reparse points",
    format="raw",
    size=32 * MiB,
    partitions=(
        Partition(0, 32 * MiB, "", Ntfs("attributes", serial=0x32A0_0000_0000_000A), (
            kinds.small_file, kinds.documents, attributes, ntfs_kinds.named_stream, ntfs_kinds.index_blocks)),
    ),
)
