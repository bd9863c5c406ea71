# SPDX-License-Identifier: GPL-2.0-or-later
"""exFAT volumes: made by mkfs.exfat, filled by exfat_writer.py. No mount is needed, and no kernel driver.

mkfs.exfat draws the serial number from the clock, so two volumes made under one frozen clock would be twins. A recipe
gives each its own. It is written into both boot regions, and so are the checksums of these, which cover it.
"""
import struct
from dataclasses import dataclass
from pathlib import Path

from harness.images.exfat_writer import Writer, rotated_sum
from harness.images.recipe import SECTOR, Kind, Tree
from harness.images.tools import run

PARTITION_OFFSET_AT, SERIAL_AT = 64, 100
UNSUMMED = (106, 107, 112)  # volume flags and percentage in use
REGION_SECTORS, SUMMED_SECTORS = 12, 11


class ExfatTree(Tree):
    """An exFAT volume in a file."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer.cluster)
        self.writer = writer

    def put(self, path: str, data: bytes) -> None:
        self.writer.put(path, data)

    def put_in_pieces(self, path: str, data: bytes, piece: int) -> None:
        self.writer.put(path, data, piece)

    def delete(self, path: str) -> None:
        self.writer.delete(path)


@dataclass(frozen=True)
class Exfat:
    """How to make an exFAT volume."""

    label: str
    serial: int
    cluster: int = 4096
    name: str = "exfat"

    @property
    def words(self) -> list[str]:
        return [self.name, f"cluster-size-{self.cluster}"]

    def make(self, volume: Path, first_sector: int) -> None:
        run("mkfs.exfat", "--cluster-size", str(self.cluster), "--volume-label", self.label, volume)
        with open(volume, "r+b") as file:
            for start in (0, REGION_SECTORS * SECTOR):
                file.seek(start)
                region = bytearray(file.read(SUMMED_SECTORS * SECTOR))
                struct.pack_into("<Q", region, PARTITION_OFFSET_AT, first_sector)
                struct.pack_into("<I", region, SERIAL_AT, self.serial)
                file.seek(start)
                file.write(region + rotated_sum(region, 32, UNSUMMED).to_bytes(4, "little") * (SECTOR // 4))

    def fill(self, volume: Path, kinds: tuple[Kind, ...]) -> Tree:
        writer = Writer(volume)
        tree = ExfatTree(writer)
        for kind in kinds:
            kind.fill(tree)
        writer.close()
        return tree
