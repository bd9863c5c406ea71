# SPDX-License-Identifier: GPL-2.0-or-later
"""Copies of a disk, or of a volume on it, for tools to write to.

A copy of a base disk is used again for the next damage: what the last one changed, damage and tool together, is a few
sectors, and only these are put back. Whether a tool wrote at all is told by the file's date, so nothing is compared
after a tool that only looked. A copy is held open: when a tool hangs, its jail ends and the file's path with it, but what
the tool wrote by then can still be read.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from harness.pieces import Patch, clipped, copy_sparse, differences, fingerprint, is_unwritten, mark_unwritten, put
from harness.run import HarnessError

BASES = 4  # disks that a process keeps as raw files in memory
MOST_PUT_BACK = 4 << 20  # bytes; beyond that a new copy is made, which has holes where zeroes are


@dataclass(frozen=True)
class Original:
    """A raw disk that nobody writes to."""

    file: BinaryIO
    path: Path
    chunks: dict[int, bytes] = field(default_factory=dict, compare=False, repr=False)
    """as they were read to compare copies with it"""

    @property
    def size(self) -> int:
        """Bytes of the disk."""
        return os.fstat(self.file.fileno()).st_size


def open_original(path: Path, format: str) -> Original:
    """The disk in an image, as a raw file: itself, or converted into memory."""
    if format == "raw":
        return Original(open(path, "rb"), path)
    memory = os.fdopen(os.memfd_create(path.name), "r+b")
    raw = Path(f"/proc/{os.getpid()}/fd/{memory.fileno()}")
    convert = ["qemu-img", "convert", "-f", format, "-O", "raw", path, raw]
    result = subprocess.run(convert, capture_output=True, text=True)
    if result.returncode != 0:
        raise HarnessError(f"{path}: cannot be read as {format}: {result.stderr.strip()}")
    return Original(memory, raw)


@lru_cache(BASES)
def base(path: Path, format: str) -> Original:
    """A base disk, which does not change while this process runs."""
    return open_original(path, format)


@lru_cache(3 * BASES)
def in_memory(path: Path, format: str, use: str) -> Copy:
    """A copy of an entire base disk as a file without a name, one for each use that is made of it."""
    descriptor = os.memfd_create(use)  # lasts as long as the process
    return Copy.make(base(path, format), 0, None, Path(f"/proc/{os.getpid()}/fd/{descriptor}"))


@contextmanager
def patched(path: Path, format: str, use: str, patches: tuple[Patch, ...]) -> Iterator[Path]:
    """A base disk with patches on it, for the moment, as a file without a name."""
    copy = in_memory(path, format, use)
    copy.lay(patches)
    try:
        yield copy.file
    finally:
        if not copy.take_back():
            in_memory.cache_clear()


@dataclass
class Copy:
    """A file that holds a window of a disk, and the patches that were put on it."""

    original: Original
    start: int
    length: int | None
    file: Path
    size: int
    held: BinaryIO
    patches: list[Patch] = field(default_factory=list)
    _changes: list[Patch] = field(default_factory=list)  # as of the last time that the file was marked

    @classmethod
    def make(cls, original: Original, start: int, length: int | None, file: Path) -> Copy:
        """Copy a window; a disk may end before its partition does."""
        end = original.size if length is None else min(original.size, start + length)
        if start >= end:
            raise HarnessError(f"{original.path}: the volume starts at byte {start}, but the disk ends at {original.size}")
        copy_sparse(original.path, file, start, end - start)
        return cls(original, start, length, file, end - start, open(file, "rb"))

    def lay(self, patches: tuple[Patch, ...]) -> None:
        """Put patches, at offsets on the disk, on a fresh copy."""
        self.patches = [*clipped(patches, self.start, self.start + self.size)]
        if self.patches:
            self._put(self.patches)
        self._changes = []
        mark_unwritten(self.file)

    def changes(self) -> list[Patch]:
        """What was written since, at offsets on the disk."""
        if not self._gone and not is_unwritten(self._there):
            mark_unwritten(self._there)  # before it is read, so that what is written meanwhile shows
            with open(self._there, "rb") as copy:
                self._changes = differences(self.original.file.fileno(), copy.fileno(), self.start, self.size, self.patches,
                                             self.original.chunks)
        return self._changes

    def state(self) -> tuple[int, int | None, int, str]:
        """What it holds: equal for copies of the same disk with the same bytes that came about in the same way."""
        return self.start, self.length, self._there.stat().st_size, fingerprint((*self.patches, *self.changes()))

    @property
    def resized(self) -> bool:
        """Whether it no longer has the size that it was made with, or is gone."""
        return self._gone or self._there.stat().st_size != self.size

    @property
    def _there(self) -> Path:
        """The file, by its path while its jail is there."""
        return self.file if self.file.exists() else Path(f"/proc/{os.getpid()}/fd/{self.held.fileno()}")

    @property
    def _gone(self) -> bool:
        """Whether a tool has removed it."""
        return not self.file.exists() and os.fstat(self.held.fileno()).st_nlink == 0

    def take_back(self) -> bool:
        """Make it fresh again; False if a new copy is better."""
        if self.resized:
            return False
        written = self.patches + self.changes()
        if sum(len(content) for _, content in written) > MOST_PUT_BACK:
            return False
        self._put([(at, os.pread(self.original.file.fileno(), len(content), at)) for at, content in written])
        self.patches = []
        return True

    def _put(self, patches: list[Patch]) -> None:
        with open(self.file, "r+b", buffering=0) as copy:
            put(copy.fileno(), [(at - self.start, content) for at, content in patches])
