# SPDX-License-Identifier: GPL-2.0-or-later
"""A throw-away disk for one tool.

The tool gets plain files in its jail: `volume` begins and ends exactly where the partition does (ntfsfix looks for
the alternate boot sector at the very end of what it is given), `whole` is the entire disk. They are sparse copies
of the allocated data, made when first asked for. For the few MiB that a test image really holds, a copy costs
less than a copy-on-write overlay with a FUSE view of it, works where FUSE does not, and leaves no daemon to wait
for. What a tool writes goes into the copy, which ends with the jail; the image itself is only ever read.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from harness.run import SCRATCH, HarnessError, Jail, Run

CHUNK = 256 << 10
ZEROES = bytes(CHUNK)


@dataclass(frozen=True)
class Source:
    """The image of a damaged disk, and where on it the volume lies that the tools are asked about.

    `format` is never guessed: "raw", or what qemu-img calls it. Without `length` the volume reaches to the disk's
    end. `sector_size` matters to kernels alone: files, which the other tools are given, have none.
    """

    path: Path
    format: str
    start: int = 0
    length: int | None = None
    sector_size: int = 512


@dataclass
class Disk:
    """A private copy of a disk, the jail that tools use it in, and a record of what they did."""

    source: Source
    runs: list[Run] = field(default_factory=list)
    _jail: Jail | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop the copies, with every process and mount that uses them."""
        if self._jail:
            self._jail.close()

    @property
    def jail(self) -> Jail:
        """The jail, started when first needed."""
        self._jail = self._jail or Jail()
        return self._jail

    @property
    def volume(self) -> str:
        """Path, for tools, of a file that is exactly the volume."""
        return self._copy("volume", self.source.start, self.source.length)

    @property
    def whole(self) -> str:
        """Path, for tools, of a file that is the entire disk. It does not follow changes of `volume`."""
        return self._copy("disk", 0, None)

    def folder(self, name: str) -> str:
        """Path, for tools, of an empty folder: a mount point, or a place for output."""
        path = f"{SCRATCH}/{name}"
        self.outside(path).mkdir(exist_ok=True)
        return path

    def outside(self, path: str) -> Path:
        """The path by which the harness itself reaches a file of this disk, until it is closed."""
        return self.jail.outside(path)

    def run(self, argv: list[str], *, timeout: float = 60) -> Run:
        """Run a tool on this disk. A tool that hangs or dies of a signal raises ToolEnded with what it did."""
        result = self.jail.run(argv, timeout=timeout)
        self.runs.append(result)
        if result.timed_out or result.signal is not None:
            raise ToolEnded(result)
        return result

    def settle(self, timeout: float = 60) -> None:
        """Wait until daemons have let go of the disk, after an unmount; ToolEnded if one never does."""
        if not self.jail.settle(timeout):
            self.runs.append(replace(self.runs[-1], code=None, timed_out=True, seconds=timeout))
            raise ToolEnded(self.runs[-1])

    def written(self) -> bool | None:
        """Whether a tool changed a byte of the volume; None if none was given it, or it is gone after a time limit."""
        if not self.jail.alive or not self.outside(f"{SCRATCH}/volume").exists():
            return None
        original, copy = self._original(), self.outside(self.volume)
        start, end = _window(original, self.source.start, self.source.length)
        return copy.stat().st_size != end - start or differ(original, start, end - start, copy)

    def _copy(self, name: str, start: int, length: int | None) -> str:
        path = f"{SCRATCH}/{name}"
        if not self.outside(path).exists():
            copy_sparse(self._original(), self.outside(path), start, length)
        return path

    def _original(self) -> Path:
        """The entire disk as a raw file that nobody writes to."""
        if self.source.format == "raw":
            return self.source.path
        original = self.outside(f"{SCRATCH}/original")
        if not original.exists():
            # Not by way of a window (driver=raw,offset=...): qemu-img then takes no notice of what is allocated.
            convert = ["qemu-img", "convert", "-f", self.source.format, "-O", "raw", self.source.path, original]
            result = subprocess.run(convert, capture_output=True, text=True)
            if result.returncode != 0:
                problem = result.stderr.strip()
                raise HarnessError(f"{self.source.path}: cannot be read as {self.source.format}: {problem}")
        return original


class ToolEnded(Exception):
    """A tool hung or died of a signal: an answer about the tool, not an error of the harness."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"{run.argv[0]}: {run.fate}")
        self.run = run


def copy_sparse(source: Path, target: Path, start: int = 0, length: int | None = None) -> None:
    """Copy a window of a raw file into a file of that size, leaving holes where there are only zeroes."""
    with open(source, "rb") as reader, open(target, "wb") as writer:
        position, end = _window(source, start, length)
        writer.truncate(end - start)
        while (position := _next_data(reader.fileno(), position)) < end:
            stop = min(end, os.lseek(reader.fileno(), position, os.SEEK_HOLE))
            while position < stop:
                chunk = os.pread(reader.fileno(), min(CHUNK, stop - position), position)
                if chunk != ZEROES[: len(chunk)]:
                    os.pwrite(writer.fileno(), chunk, position - start)
                position += len(chunk)
    mark_unwritten(target)


def mark_unwritten(copy: Path) -> None:
    """Date a copy so that any later write to it shows, even one within the same clock tick."""
    os.utime(copy, ns=(0, 0))


def differ(original: Path, start: int, size: int, copy: Path) -> bool:
    """Whether the first `size` bytes of a copy are no longer what the original holds from `start`."""
    if copy.stat().st_mtime_ns == 0:
        return False
    result = subprocess.run(
        ["qemu-img", "compare", "-U", "--image-opts", _options(original, start, size), _options(copy, 0, size)],
        capture_output=True, text=True)
    if result.returncode > 1:
        raise HarnessError(f"{original}: not comparable with its copy: {result.stderr.strip()}")
    return result.returncode == 1


def _options(raw: Path, start: int, size: int) -> str:
    name = str(raw).replace(",", ",,")
    return f"driver=raw,offset={start},size={size},file.driver=file,file.filename={name}"


def _window(raw: Path, start: int, length: int | None) -> tuple[int, int]:
    """Where a window begins and ends; a disk may end before its partition does."""
    size = raw.stat().st_size
    end = size if length is None else min(size, start + length)
    if start >= end:
        raise HarnessError(f"{raw}: the volume starts at byte {start}, but the disk ends at {size}")
    return start, end


def _next_data(descriptor: int, position: int) -> int:
    """Where allocated data begins, at or after a position; beyond the file's end if there is none."""
    try:
        return os.lseek(descriptor, position, os.SEEK_DATA)
    except OSError:
        return 1 << 63
