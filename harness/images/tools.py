# SPDX-License-Identifier: GPL-2.0-or-later
"""Running the tools that make disks, loud when they fail and silent otherwise; and copying what they made."""
import errno
import os
import subprocess
from pathlib import Path
from typing import BinaryIO

BLOCK = 1 << 16
ZEROES = bytes(BLOCK)


def run(*command: str | Path, text: str | None = None) -> str:
    """Run a tool to its end and return what it printed; what it said is in the error if it fails."""
    done = subprocess.run(command, input=text, stdin=None if text is not None else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def make_hole(path: Path, size: int) -> Path:
    """Make a new file of this size that takes no space."""
    with open(path, "xb") as file:
        file.truncate(size)
    return path


def copy_sparsely(source: Path, target: Path, *, skip: int = 0, seek: int = 0, size: int | None = None) -> None:
    """Copy bytes from one file's place to another's, leaving out holes and blocks of zeroes.

    The target keeps its size and what it had there, so it should be made of holes.
    """
    with open(source, "rb") as reading, open(target, "r+b") as writing:
        end = skip + (size or source.stat().st_size - skip)
        at = _next_data(reading, skip)
        while at < end:
            block = os.pread(reading.fileno(), min(BLOCK, end - at), at)
            if block != ZEROES[:len(block)]:
                os.pwrite(writing.fileno(), block, at - skip + seek)
            at = _next_data(reading, at + len(block))


def _next_data(file: BinaryIO, at: int) -> int:
    """Where the next bytes are that are not in a hole; the file's end if there are none."""
    try:
        return os.lseek(file.fileno(), at, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return os.fstat(file.fileno()).st_size
