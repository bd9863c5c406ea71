# SPDX-License-Identifier: GPL-2.0-or-later
"""A volume whose journal was closed, not emptied: both restart pages are there, and nothing is left to replay.

mkntfs and ntfs-3g leave a journal of nothing but 0xff, in which no field can be wrong. The restart pages are put
together here after the description of $LogFile, https://flatcap.github.io/linux-ntfs/ntfs/files/logfile.html, and
ntfscp writes them into the file.
"""
import struct
from dataclasses import dataclass
from pathlib import Path

from harness.images import ntfs_kinds
from harness.images.kinds import documents, small_file
from harness.images.ntfs import Ntfs
from harness.images.recipe import KiB, Kind, MiB, Partition, Recipe, Tree
from harness.images.tools import run

PAGE, JOURNAL = 4 * KiB, 2 * MiB
LOGFILE = 2  # its record
NONE = 0xffff  # of clients
CLEAN = 2
FIRST_LSN = PAGE * 256


def journal() -> bytes:
    """Both restart pages, and after them pages that were never written."""
    return restart_page() * 2 + b"\xff" * (JOURNAL - 2 * PAGE)


def restart_page() -> bytes:
    """Version 1.1, one client, which closed the journal: nothing is left to replay. All fixups are zero."""
    strides = PAGE // 512
    header = struct.pack("<4sHHQIIHHH", b"RSTR", 0x1e, strides + 1, 0, PAGE, PAGE, 0x30, 1, 1)
    name = "NTFS".encode("utf-16-le")
    client = struct.pack("<QQHHHHII", FIRST_LSN, FIRST_LSN, NONE, NONE, 0, 0, 0, len(name)) + name.ljust(128, b"\0")
    sequence_bits = 67 - JOURNAL.bit_length()
    area = struct.pack("<QHHHHIHHQIHHII", FIRST_LSN, 1, 0, NONE, CLEAN, sequence_bits, 0x40 + len(client), 0x40,
                       JOURNAL, 0, 0x30, 0x40, 1, 0)
    return (header.ljust(0x30, b"\0") + area.ljust(0x40, b"\0") + client).ljust(PAGE, b"\0")


@dataclass(frozen=True)
class NtfsWithJournal(Ntfs):
    """NTFS whose journal is written last, after all that a mount could do to it."""

    def fill(self, volume: Path, kinds: tuple[Kind, ...]) -> Tree:
        tree = super().fill(volume, kinds)
        file = volume.with_suffix(".journal")
        file.write_bytes(journal())
        run("ntfscp", "--quiet", "--inode", volume, file, str(LOGFILE))
        file.unlink()
        return tree


recipe = Recipe(
    name="ntfs-journal",
    title="64 MiB, MBR, one NTFS partition whose journal was closed by a shutdown",
    format="raw",
    size=64 * MiB,
    table="mbr",
    identity="0x64a0000a",
    partitions=(
        Partition(2048, 62 * MiB, "7", NtfsWithJournal("journal", serial=0x64A0_0000_0000_000A), (
            small_file, documents, ntfs_kinds.resident_file, ntfs_kinds.index_blocks)),
    ),
)
