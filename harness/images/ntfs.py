# SPDX-License-Identifier: GPL-2.0-or-later
"""NTFS volumes: made by mkntfs, filled through a real ntfs-3g mount.

mkntfs draws the volume's serial number from the clock, so two volumes made under one frozen clock would be
twins. A recipe gives each its own, and it is written where Windows and the tools look for it: bytes 0x48 to
0x4f of the boot sector and of its backup in the volume's last sector.
"""
import os
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.images.recipe import SECTOR, Kind, Tree
from harness.images.tools import run
from harness.truth import entry

SERIAL_AT = 0x48
FILE_ATTRIBUTE_COMPRESSED = 0x800
MOST_IN_ONE_WRITE = 1 << 17  # by FUSE
ROOM_FOR_INDEX = 4  # clusters that a directory of a few hundred names may come to need


class NtfsTree(Tree):
    """A mounted NTFS volume. Named streams are opened as file:stream, as in Windows."""

    def __init__(self, root: Path, cluster: int) -> None:
        super().__init__(cluster)
        self.root = root

    def at(self, path: str) -> Path:
        """Where the file is in the mounted tree; its directories are made."""
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def put(self, path: str, data: bytes) -> None:
        with open(self.at(path), "xb") as file:
            file.write(data)

    def put_in_pieces(self, path: str, data: bytes, piece: int) -> None:
        """Append one piece for each hole that opens."""
        with open(self.at(path), "xb") as file:
            for number in self.holes(path, -(-len(data) // piece), piece):
                file.write(data[number * piece:(number + 1) * piece])
                file.flush()

    def holes(self, path: str, count: int, size: int) -> Iterator[int]:
        """Leave no space free, but at every step one more hole of this size, somewhere on the volume.

        Given a choice ntfs-3g takes the largest free space, so a file as large as that takes it all, except for a
        window in which small files lie side by side. They go in random order. Their records exist before the space
        is gone, as otherwise $MFT would have to grow into the last clusters.
        """
        names = [f"{path}.hole {number:04}" for number in range(count)]
        for name in names:
            self.put(name, b"")
        window, ballast = f"{path}.window", f"{path}.ballast"
        self._occupy(window, count * size + ROOM_FOR_INDEX * self.cluster)
        self._occupy(ballast, self._free_bytes())
        self.delete(window)
        for name in names:
            self._occupy(name, size)
        random.Random(path).shuffle(names)
        for number, name in enumerate(names):
            self.delete(name)
            yield number
        self.delete(ballast)

    def _occupy(self, path: str, size: int) -> None:
        """Let a file take so much space, with one write for a large cluster, which ntfs-3g clears at every write."""
        step = max(self.cluster, MOST_IN_ONE_WRITE)
        with open(self.at(path), "wb") as file:
            file.truncate(size)
            for start in range(0, size, step):
                file.seek(start)
                file.write(bytes(min(MOST_IN_ONE_WRITE, size - start)))

    def _free_bytes(self) -> int:
        state = os.statvfs(self.root)
        return state.f_bfree * state.f_bsize

    def delete(self, path: str) -> None:
        self.at(path).unlink()

    def link(self, path: str, target: str) -> None:
        """Give a file another name."""
        os.link(self.at(target), self.at(path))
        self.manifest[path] = self.manifest[target]

    def set_short_name(self, path: str, name: str) -> None:
        """Give a file a name for DOS too."""
        os.setxattr(self.at(path), "system.ntfs_dos_name", name.encode())

    def write_stream(self, path: str, name: str, data: bytes) -> None:
        """Write a named stream beside a file's main data."""
        self.streams[f"{path}:{name}"] = entry(data)
        self.put(f"{path}:{name}", data)

    def write_with_holes(self, path: str, size: int, pieces: dict[int, bytes]) -> None:
        """Write only these pieces, each at its offset, of a file that is otherwise holes."""
        whole = bytearray(size)
        with open(self.at(path), "xb") as file:
            file.truncate(size)
            for start, data in pieces.items():
                file.seek(start)
                file.write(data)
                whole[start:start + len(data)] = data
        self.manifest[path] = entry(bytes(whole))

    def compress(self, directory: str) -> None:
        """Make a directory whose new files will be compressed."""
        place = self.at(directory)
        place.mkdir()
        attributes, = struct.unpack(">I", os.getxattr(place, "system.ntfs_attrib_be"))
        os.setxattr(place, "system.ntfs_attrib_be", struct.pack(">I", attributes | FILE_ATTRIBUTE_COMPRESSED))


@dataclass(frozen=True)
class Ntfs:
    """How to make an NTFS volume."""

    label: str
    serial: int
    cluster: int = 4096
    sector: int = SECTOR
    name: str = "ntfs"

    @property
    def words(self) -> list[str]:
        return [self.name, f"cluster-size-{self.cluster}", f"sector-size-{self.sector}"]

    def make(self, volume: Path, first_sector: int) -> None:
        run("mkntfs", "--quick", "--quiet", "--force", "--label", self.label, "--cluster-size", str(self.cluster),
            "--sector-size", str(self.sector), "--partition-start", str(first_sector), "--heads", "255",
            "--sectors-per-track", "63", volume)
        with open(volume, "r+b") as file:
            for boot_sector in (0, volume.stat().st_size - self.sector):
                file.seek(boot_sector + SERIAL_AT)
                file.write(struct.pack("<Q", self.serial))

    def fill(self, volume: Path, kinds: tuple[Kind, ...]) -> Tree:
        with mounted(volume) as root:
            tree = NtfsTree(root, self.cluster)
            for kind in kinds:
                kind.fill(tree)
        return tree


@contextmanager
def mounted(volume: Path, options: str = "compression") -> Iterator[Path]:
    """Mount a volume's file with ntfs-3g.

    Only for process 1 of a build's own namespaces (assembly.py): there the daemon that ntfs-3g leaves behind is our
    child, so that waiting for it means waiting for the last byte; and a failure needs no clean-up, as the
    namespaces go, and with them the daemon and the mount.
    """
    root = volume.with_suffix(".mounted")
    root.mkdir()
    run("ntfs-3g", "-o", f"streams_interface=windows,big_writes,{options}", volume, root)
    yield root
    run("umount", root)
    os.wait()
    root.rmdir()
