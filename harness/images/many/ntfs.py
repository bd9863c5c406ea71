# SPDX-License-Identifier: GPL-2.0-or-later
"""Many files on NTFS, written through a real ntfs-3g mount: each small enough to be resident in its record."""
import os
import sys
from pathlib import Path

from harness.images import many
from harness.images.ntfs import mounted
from harness.images.tools import make_hole, run

BYTES_A_FILE = 2048  # a record and an index entry, with room to spare
SMALLEST = 64 << 20


def make(volume: Path, files: int) -> None:
    """Make the volume and fill it."""
    make_hole(volume, SMALLEST + files * BYTES_A_FILE)
    run("mkntfs", "--quick", "--quiet", "--force", "--label", "many", volume)
    with mounted(volume, "noatime,delay_mtime=60") as root:
        for directory, names in many.tree(files):
            place = os.open(_made(root, directory), os.O_DIRECTORY)
            for name in names:
                file = os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=place)
                os.write(file, many.content(name))
                os.close(file)
            os.close(place)
        deep = Path(many.DEEP_FILE)
        (_made(root, str(deep.parent)) / deep.name).write_bytes(many.content(deep.name) * 1000)


def _made(root: Path, directory: str) -> Path:
    place = root / directory.lstrip("/")
    place.mkdir(parents=True)
    return place


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
