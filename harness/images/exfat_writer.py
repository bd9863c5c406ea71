# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes files into a freshly made exFAT volume, as a driver would, at one frozen moment.

exfat-fuse wants a block device and the kernel's driver a kernel that has it, so neither serves where disks are built.
What is written here is judged by others: fsck.exfat, dump.exfat and sleuthkit (tests/python/test_exfat.py).

What lies in one piece has no chain in the FAT. A directory that outgrows its clusters takes the next one if that is
free; mostly a file lies there by then, and the directory gets a chain.
"""
import struct
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

SLOT, UNITS_IN_PART, FIRST_CLUSTER = 32, 15, 2
END_OF_CHAIN = 0xFFFFFFFF
DIRECTORY, ARCHIVE = 0x10, 0x20
TIME = (2024 - 1980) << 25 | 2 << 21 | 29 << 16 | 12 << 11  # 2024-02-29 12:00:00, the moment of all base disks
UTC = 0x80


def rotated_sum(data: bytes | bytearray, bits: int, skipped: tuple[int, ...] = ()) -> int:
    """The sum of boot regions, up-case tables, names and sets of entries: rotate right, add the byte."""
    total = 0
    for at, byte in enumerate(data):
        if at not in skipped:
            total = ((total >> 1 | total << bits - 1) + byte) & (1 << bits) - 1
    return total


@dataclass
class Node:
    """A file or a directory: what its set of entries will say."""

    name: str
    attributes: int
    size: int = 0
    clusters: list[int] = field(default_factory=list)
    deleted: bool = False
    children: list["Node"] = field(default_factory=list)
    used_slots: int = 0  # of a directory

    @property
    def in_one_piece(self) -> bool:
        return all(after == before + 1 for before, after in zip(self.clusters, self.clusters[1:]))

    @property
    def slots(self) -> int:
        return 2 + -(-len(self.name.encode("utf-16-le")) // 2 // UNITS_IN_PART)


class Writer:
    """A volume that mkfs.exfat made. `close` writes directories, FAT and bitmap; contents are written at once."""

    def __init__(self, volume: Path) -> None:
        self.file = open(volume, "r+b")
        boot = self._read(0, 512)
        self.fat_at, _, self.heap_at, self.cluster_count, root = struct.unpack_from("<5I", boot, 80)
        self.sector, self.cluster = 1 << boot[108], 1 << boot[108] + boot[109]
        self.root = Node("", DIRECTORY, clusters=[root])
        self.head = self._read(self._place(root), 3 * SLOT)  # label, bitmap and up-case table
        self.root.used_slots = 3
        entries = {self.head[at]: self.head[at:at + SLOT] for at in range(0, len(self.head), SLOT)}
        self.bitmap_first, bitmap_size = struct.unpack_from("<IQ", entries[0x81], 20)
        self.bitmap = bytearray(self._read(self._place(self.bitmap_first), bitmap_size))
        first, size = struct.unpack_from("<IQ", entries[0x82], 20)
        self.letters = unpacked(self._read(self._place(first), size))

    def _read(self, at: int, size: int) -> bytes:
        self.file.seek(at)
        return self.file.read(size)

    def _write(self, at: int, data: bytes | bytearray) -> None:
        self.file.seek(at)
        self.file.write(data)

    def _place(self, cluster: int) -> int:
        return self.heap_at * self.sector + (cluster - FIRST_CLUSTER) * self.cluster

    # Clusters

    def _is_free(self, cluster: int) -> bool:
        number = cluster - FIRST_CLUSTER
        return number < self.cluster_count and not self.bitmap[number // 8] >> number % 8 & 1

    def _mark(self, clusters: list[int], used: bool) -> None:
        for cluster in clusters:
            number = cluster - FIRST_CLUSTER
            self.bitmap[number // 8] &= ~(1 << number % 8)
            self.bitmap[number // 8] |= used << number % 8

    def allocate(self, count: int) -> list[int]:
        """The first free clusters that follow one another."""
        start = FIRST_CLUSTER
        while True:
            run = [cluster for cluster in range(start, start + count) if self._is_free(cluster)]
            if len(run) == count:
                self._mark(run, True)
                return run
            start += 1
            if start >= FIRST_CLUSTER + self.cluster_count:
                raise RuntimeError(f"no {count} clusters in a row are free")

    # Files

    def find(self, path: str) -> Node:
        """The file of this path, in use."""
        node = self.root
        for name in PurePosixPath(path).parts[1:]:
            node = next(child for child in node.children if child.name == name and not child.deleted)
        return node

    def _directory(self, path: PurePosixPath) -> Node:
        """The directory of this path; it is made if it is not there."""
        if path == PurePosixPath("/"):
            return self.root
        parent = self._directory(path.parent)
        for child in parent.children:
            if child.name == path.name and not child.deleted:
                return child
        directory = self._add(parent, Node(path.name, DIRECTORY))
        directory.clusters = self.allocate(1)
        self._write(self._place(directory.clusters[0]), bytes(self.cluster))
        return directory

    def _add(self, parent: Node, node: Node) -> Node:
        parent.children.append(node)
        parent.used_slots += node.slots
        while parent.used_slots * SLOT > len(parent.clusters) * self.cluster:
            following = parent.clusters[-1] + 1
            if self._is_free(following):
                self._mark([following], True)
                parent.clusters.append(following)
            else:
                parent.clusters += self.allocate(1)
        return node

    def put(self, path: str, data: bytes, piece: int = 0) -> None:
        """Write a file; in pieces of so many bytes with a free cluster between them, if a piece is given."""
        place = PurePosixPath(path)
        node = self._add(self._directory(place.parent), Node(place.name, ARCHIVE, len(data)))
        gaps = []
        for start in range(0, len(data), piece or max(len(data), 1)):
            size = min(piece or len(data), len(data) - start)
            clusters = self.allocate(-(-size // self.cluster))
            self._write(self._place(clusters[0]), data[start:start + size])
            node.clusters += clusters
            if piece:
                gaps += self.allocate(1)
        self._mark(gaps, False)

    def delete(self, path: str) -> None:
        """Free a file's clusters and clear the in-use bit of its entries; all else stays."""
        node = self.find(path)
        node.deleted = True
        self._mark(node.clusters, False)

    # What is written in the end

    def _set(self, node: Node) -> bytes:
        name = node.name.encode("utf-16-le")
        size = len(node.clusters) * self.cluster if node.attributes & DIRECTORY else node.size
        flags = 1 | (2 if node.clusters and node.in_one_piece else 0)
        upper = b"".join(self.letters[unit].to_bytes(2, "little")
                         for unit, in struct.iter_unpack("<H", name))
        first = node.clusters[0] if node.clusters else 0
        slots = struct.pack("<BBHHHIIIBBBBB7x", 0x85, node.slots - 1, 0, node.attributes, 0, TIME, TIME, TIME,
                            0, 0, UTC, UTC, UTC)
        slots += struct.pack("<BBBBHHQIIQ", 0xC0, flags, 0, len(name) // 2, rotated_sum(upper, 16), 0, size, 0, first,
                             size)
        for start in range(0, len(name), 2 * UNITS_IN_PART):
            slots += struct.pack("<BB30s", 0xC1, 0, name[start:start + 2 * UNITS_IN_PART])
        entries = bytearray(slots)
        struct.pack_into("<H", entries, 2, rotated_sum(slots, 16, (2, 3)))
        if node.deleted:
            for at in range(0, len(entries), SLOT):
                entries[at] &= 0x7F
        return bytes(entries)

    def _write_directory(self, directory: Node, head: bytes = b"") -> None:
        data = head + b"".join(map(self._set, directory.children))
        data = data.ljust(len(directory.clusters) * self.cluster, b"\0")
        for number, cluster in enumerate(directory.clusters):
            self._write(self._place(cluster), data[number * self.cluster:(number + 1) * self.cluster])
        for child in directory.children:
            if child.attributes & DIRECTORY:
                self._write_directory(child)
            if not child.deleted and not child.in_one_piece:
                self._write_chain(child.clusters)

    def _write_chain(self, clusters: list[int]) -> None:
        for cluster, following in zip(clusters, [*clusters[1:], END_OF_CHAIN]):
            self._write(self.fat_at * self.sector + 4 * cluster, struct.pack("<I", following))

    def close(self) -> None:
        """Write everything that is not written yet."""
        self._write_directory(self.root, self.head)
        self._write_chain(self.root.clusters)
        self._write(self._place(self.bitmap_first), self.bitmap)
        used = sum(byte.bit_count() for byte in self.bitmap)
        self._write(112, bytes([100 * used // self.cluster_count]))
        self.file.close()


def unpacked(table: bytes) -> list[int]:
    """The upper-case letter of every unit, from a table in which 0xffff and a count stand for unchanged ones."""
    letters = list(range(0x10000))
    units = iter(unit for unit, in struct.iter_unpack("<H", table))
    at = 0
    for unit in units:
        if unit == 0xFFFF:
            at += next(units, 0)  # none behind the last: it is the unit 0xffff itself
        else:
            letters[at] = unit
            at += 1
    return letters
