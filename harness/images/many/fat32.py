# SPDX-License-Identifier: GPL-2.0-or-later
"""Many files on FAT32, their structures written into a volume that mkfs.fat made: mtools reads the whole table for each file.

Clusters are handed out one after the other, so every chain is a row of neighbours. What is written here is judged by
fsck.fat (tests/python/test_images.py).
"""
import struct
import sys
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from harness.images import many
from harness.images.tools import make_hole, run

SECTOR, CLUSTER, SLOT = 512, 4096, 32
SMALLEST = 288 << 20  # fewer clusters would be FAT16
END_OF_CHAIN = 0x0FFFFFFF
DIRECTORY, ARCHIVE, LONG_NAME = 0x10, 0x20, 0x0F
DATE, TIME = (2024 - 1980) << 9 | 2 << 5 | 29, 12 << 11
UNITS_IN_SLOT = 13
FREE_COUNT_AT = SECTOR + 488  # in FSInfo; the next free cluster follows


class Volume:
    """A FAT32 volume without files, its tables in memory until `close`."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        boot = file.read(SECTOR)
        reserved, self.fats = struct.unpack_from("<HB", boot, 14)
        sectors, self.fat_sectors = struct.unpack_from("<I", boot, 32)[0], struct.unpack_from("<I", boot, 36)[0]
        self.root, = struct.unpack_from("<I", boot, 44)
        self.fat_at = reserved * SECTOR
        self.heap_at = self.fat_at + self.fats * self.fat_sectors * SECTOR
        self.clusters = (sectors * SECTOR - self.heap_at) // CLUSTER
        file.seek(self.fat_at)
        self.fat = list(struct.unpack(f"<{self.root + 1}I", file.read(4 * (self.root + 1))))

    def write(self, data: bytes) -> int:
        """Put data into the next clusters and return the first."""
        first, count = len(self.fat), -(-len(data) // CLUSTER)
        self.fat += [*range(first + 1, first + count), END_OF_CHAIN]
        self._write_at(first, data)
        return first

    def write_root(self, data: bytes) -> None:
        """The root has a cluster already; what does not fit goes on behind all others."""
        self._write_at(self.root, data[:CLUSTER])
        if rest := data[CLUSTER:]:
            self.fat[self.root] = self.write(rest)

    def _write_at(self, cluster: int, data: bytes) -> None:
        self.file.seek(self.heap_at + (cluster - 2) * CLUSTER)
        self.file.write(data)

    def close(self) -> None:
        """Write the tables, and the number of free clusters."""
        table = struct.pack(f"<{len(self.fat)}I", *self.fat)
        for number in range(self.fats):
            self.file.seek(self.fat_at + number * self.fat_sectors * SECTOR)
            self.file.write(table)
        self.file.seek(FREE_COUNT_AT)
        self.file.write(struct.pack("<II", self.clusters + 2 - len(self.fat), len(self.fat) - 1))


def slots(name: str, number: int, attributes: int, first: int, size: int) -> bytes:
    """A long name with the short one that belongs to it, which has nothing but a number in common with it."""
    short = f"F{number:07}TXT".encode()
    total = 0
    for byte in short:
        total = ((total >> 1 | total << 7) + byte) & 0xFF
    units = name.encode("utf-16-le") + b"\0\0"
    pieces = -(-len(name) // UNITS_IN_SLOT)
    padded = units[:2 * pieces * UNITS_IN_SLOT].ljust(2 * pieces * UNITS_IN_SLOT, b"\xff")
    result = b""
    for piece in range(pieces, 0, -1):
        part = padded[2 * UNITS_IN_SLOT * (piece - 1):2 * UNITS_IN_SLOT * piece]
        order = piece | (0x40 if piece == pieces else 0)
        result += struct.pack("<B10sBBB12sH4s", order, part[:10], LONG_NAME, 0, total, part[10:22], 0, part[22:])
    return result + entry(short, attributes, first, size)


def entry(short: bytes, attributes: int, first: int, size: int) -> bytes:
    """A short entry."""
    return struct.pack("<11sBBBHHHHHHHI", short, attributes, 0, 0, TIME, DATE, DATE, first >> 16, TIME, DATE,
                       first & 0xFFFF, size)


def dots(own: int, parent: int) -> bytes:
    """What every directory but the root begins with; the root's number is written as 0."""
    return entry(b".".ljust(11), DIRECTORY, own, 0) + entry(b"..".ljust(11), DIRECTORY, parent, 0)


def make(path: Path, files: int) -> None:
    """Make the volume and fill it."""
    make_hole(path, SMALLEST + files * 2 * CLUSTER)
    run("mkfs.fat", "-F", "32", "-s", str(CLUSTER // SECTOR), "-S", str(SECTOR), "-n", "MANY", path)
    with open(path, "r+b") as file:
        volume = Volume(file)
        root = entry(b"MANY".ljust(11), 0x08, 0, 0)
        for number, (directory, names) in enumerate(many.tree(files)):
            held = b"".join(slots(name, place, ARCHIVE, volume.write(many.content(name)), len(many.content(name)))
                            for place, name in enumerate(names))
            root += slots(directory[1:], number, DIRECTORY, volume.write(dots(len(volume.fat), 0) + held), 0)
        volume.write_root(root + _deep(volume))
        volume.close()


def _deep(volume: Volume) -> bytes:
    """DEEP_FILE, directory by directory; the entry of the outermost one. A directory takes one cluster each."""
    deep = PurePosixPath(many.DEEP_FILE)
    data = many.content(many.DEEP_FILE) * 1000
    inner = slots(deep.name, 0, ARCHIVE, volume.write(data), len(data))
    directories = deep.parts[1:-1]
    for level, name in reversed(list(enumerate(directories))):
        own = len(volume.fat)
        parent = own + 1 if level else 0
        inner = slots(name, 5000 + level, DIRECTORY, volume.write(dots(own, parent) + inner), 0)
    return inner


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
