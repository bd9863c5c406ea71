# SPDX-License-Identifier: GPL-2.0-or-later
"""Volumes with a great many files, to measure readers on: python3 -m harness.images.many ntfs 1000000

No scenario is made for them and nobody checks their contents, so they are no recipes: they have no manifest, and their
serial numbers and times are whatever the tools draw. All hold the same tree: directories of 1,000 small files, and
DEEP_FILE eight levels down. Making one takes from seconds to minutes; it is kept beside the base disks.
"""
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.images.assembly import ROOT
from harness.images.cache import directory
from harness.images.recipe import Unavailable

DEEP_FILE = "/deep/path/of/eight/levels/down/to/file.txt"
IN_ONE_DIRECTORY = 1000
MAKERS = ("ntfs", "fat32", "exfat")


def tree(files: int) -> Iterator[tuple[str, list[str]]]:
    """Each directory with the names of its files, `files` in all; DEEP_FILE comes on top."""
    for first in range(0, files, IN_ONE_DIRECTORY):
        numbers = range(first, min(first + IN_ONE_DIRECTORY, files))
        yield f"/{first // IN_ONE_DIRECTORY:04}", [f"file number {number:07}.txt" for number in numbers]


def content(name: str) -> bytes:
    """A line that says which file it is of."""
    return f"this is all that {name} holds\n".encode()


def volume(format: str, files: int) -> Path:
    """A raw file that is one volume of this format; made if it is not in the cache."""
    if format not in MAKERS:
        raise LookupError(f"no volume of many files is made as {format!r}; there are: {', '.join(MAKERS)}")
    if os.geteuid() != 0:
        raise Unavailable("a volume is filled through a mount, which needs root: run as root, or with sudo")
    here = Path(__file__)
    key = hashlib.sha256(here.read_bytes() + here.with_name(f"{format}.py").read_bytes()).hexdigest()[:16]
    made = directory() / f"many-{format}-{files}-{key}.raw"
    if not made.exists():
        part = made.with_suffix(f".{os.getpid()}.part")
        try:
            # In namespaces of its own, so that a mount cannot outlive its maker.
            subprocess.run(["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child",
                            "--mount-proc", sys.executable, "-m", f"harness.images.many.{format}", str(part), str(files)],
                           cwd=ROOT, check=True)
            part.chmod(0o444)
            part.rename(made)
        finally:
            part.unlink(missing_ok=True)
    return made
