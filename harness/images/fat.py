# SPDX-License-Identifier: GPL-2.0-or-later
"""FAT volumes: made by mkfs.fat, filled by mtools. No mount is needed, and no kernel driver."""
import struct
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.images.content import noise
from harness.images.recipe import SECTOR, Kind, Tree
from harness.images.tools import run

FSINFO_NEXT_FREE = SECTOR + 492  # in sector 1, where mkfs.fat puts FSInfo
UNKNOWN = 0xFFFFFFFF


class FatTree(Tree):
    """A FAT volume in a file. `staging` is where a file waits to be copied in by mtools."""

    def __init__(self, volume: Path, bits: int, cluster: int) -> None:
        super().__init__(cluster)
        self.volume, self.bits = volume, bits
        self.staging = volume.with_suffix(".staging")
        self.directories = {"/"}

    def put(self, path: str, data: bytes) -> None:
        self._make_directory(str(PurePosixPath(path).parent))
        self.staging.write_bytes(data)
        run("mcopy", "-i", self.volume, self.staging, f"::{path}")
        self.staging.unlink()

    def put_in_pieces(self, path: str, data: bytes, piece: int) -> None:
        """Delete every second of a row of files: mtools takes the first free clusters, from where FSInfo says."""
        names = [f"{path}.{number:02}" for number in range(-(-len(data) // piece) * 2)]
        for name in names:
            self.put(name, noise(name, piece))
        for name in names[::2]:
            self.delete(name)
        if self.bits == 32:
            self._forget_next_free()
        self.put(path, data)
        for name in names[1::2]:
            self.delete(name)

    def delete(self, path: str) -> None:
        run("mdel", "-i", self.volume, f"::{path}")

    def _make_directory(self, path: str) -> None:
        if path not in self.directories:
            self._make_directory(str(PurePosixPath(path).parent))
            run("mmd", "-i", self.volume, f"::{path}")
            self.directories.add(path)

    def _forget_next_free(self) -> None:
        """FSInfo's hint sends a writer past the holes; "unknown" makes it search from the first cluster."""
        with open(self.volume, "r+b") as file:
            file.seek(FSINFO_NEXT_FREE)
            file.write(struct.pack("<I", UNKNOWN))


@dataclass(frozen=True)
class Fat:
    """How to make a FAT volume; bits is 12, 16 or 32, and cluster is in sectors."""

    bits: int
    label: str
    serial: int
    cluster: int
    reserved: int = 1

    @property
    def name(self) -> str:
        return f"fat{self.bits}"

    @property
    def words(self) -> list[str]:
        return ["fat", self.name, f"cluster-size-{self.cluster * SECTOR}"]

    def make(self, volume: Path, first_sector: int) -> None:
        run("mkfs.fat", "-a", "-F", str(self.bits), "-s", str(self.cluster), "-R", str(self.reserved), "-f", "2",
            "-h", str(first_sector), "-i", f"{self.serial:08x}", "-n", self.label, volume)

    def fill(self, volume: Path, kinds: tuple[Kind, ...]) -> Tree:
        tree = FatTree(volume, self.bits, self.cluster * SECTOR)
        for kind in kinds:
            kind.fill(tree)
        return tree
