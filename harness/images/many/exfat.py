# SPDX-License-Identifier: GPL-2.0-or-later
"""Many files on exFAT, by the writer that fills the base disks, told where to look for free clusters.

A directory gets its clusters at once and in one piece, as on FAT32 here: one that grows between its files is scattered.
"""
import sys
from pathlib import Path, PurePosixPath

from harness.images import many
from harness.images.exfat_writer import FIRST_CLUSTER, SLOT, Node, Writer
from harness.images.tools import make_hole, run

CLUSTER = 4096
SMALLEST = 64 << 20


class QuickWriter(Writer):
    """Nothing is ever deleted, so whatever is before the last allocation is taken."""

    last = FIRST_CLUSTER

    def open_directory(self, path: str, names: list[str]) -> None:
        """Make a directory with room for these names."""
        directory = self._directory(PurePosixPath(path))
        room = sum(Node(name, 0).slots for name in names) * SLOT
        self.allocate(-(-room // self.cluster) - 1)  # right behind its first: it grows into them
        directory.clusters = list(range(directory.clusters[0], self.last))

    def allocate(self, count: int) -> list[int]:
        start = self.last
        while not all(map(self._is_free, range(start, start + count))):
            start += 1
        found = list(range(start, start + count))
        self._mark(found, True)
        self.last = start + count
        return found


def make(volume: Path, files: int) -> None:
    """Make the volume and fill it."""
    make_hole(volume, SMALLEST + files * 2 * CLUSTER)
    run("mkfs.exfat", "--cluster-size", str(CLUSTER), "--volume-label", "many", volume)
    writer = QuickWriter(volume)
    for directory, names in many.tree(files):
        writer.open_directory(directory, names)
        for name in names:
            writer.put(f"{directory}/{name}", many.content(name))
    writer.put(many.DEEP_FILE, many.content(many.DEEP_FILE) * 1000)
    writer.close()


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
