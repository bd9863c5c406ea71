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
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from harness.run import SCRATCH, HarnessError, Jail, Run

CHUNK = 256 << 10
ZEROES = bytes(CHUNK)


@dataclass(frozen=True)
class Image:
    """A damaged disk as a file, and where on it the volume lies that the tools are asked about.

    `format` is never guessed: "raw", or what qemu-img calls it. Without `length` the volume reaches to the disk's end.
    """

    path: Path
    format: str
    start: int = 0
    length: int | None = None

    def copy_volume(self, target: Path) -> None:
        """Copy the volume, and nothing around it, to a new sparse file."""
        self._copy(target, self.start, self.length)

    def copy_whole(self, target: Path) -> None:
        """Copy the entire disk to a new sparse file."""
        self._copy(target, 0, None)

    def differs(self, copy: Path, size: int, start: int | None = None) -> bool:
        """Whether a copy that tools could write to still has the bytes of the image (`size` bytes from `start`)."""
        if copy.stat().st_mtime_ns == 0:
            return False
        result = subprocess.run(
            ["qemu-img", "compare", "-U", "--image-opts",
             _window(self.path, self.format, self.start if start is None else start, size), _window(copy, "raw", 0, size)],
            capture_output=True, text=True)
        if result.returncode > 1:
            raise HarnessError(f"{self.path}: not comparable with its copy: {result.stderr.strip()}")
        return result.returncode == 1

    def _copy(self, target: Path, start: int, length: int | None) -> None:
        if self.format == "raw":
            copy_sparse(self.path, target, start, length)
        else:
            result = subprocess.run(
                ["qemu-img", "convert", "-O", "raw", "--image-opts",
                 _window(self.path, self.format, start, length), target], capture_output=True, text=True)
            if result.returncode != 0:
                raise HarnessError(f"{self.path}: cannot be read as {self.format}: {result.stderr.strip()}")
        os.utime(target, ns=(0, 0))  # so that any later write shows, even one within the same clock tick


@dataclass
class Disk:
    """A private copy of an image, the jail that tools use it in, and a record of what they did."""

    image: Image
    runs: list[Run] = field(default_factory=list)
    _jail: Jail | None = None
    _sizes: dict[str, int] = field(default_factory=dict)

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
        return self._view("volume", self.image.copy_volume)

    @property
    def whole(self) -> str:
        """Path, for tools, of a file that is the entire disk. It does not follow changes of `volume`."""
        return self._view("disk", self.image.copy_whole)

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
        """Wait until daemons have let go of the disk, after an unmount."""
        if not self.jail.settle(timeout):
            raise HarnessError(f"a daemon of {self.runs[-1].argv[0]} is still there {timeout} s after the unmount")

    def written(self) -> bool | None:
        """Whether a tool changed a byte of the volume; None if none was given it, or it is gone after a time limit."""
        if "volume" not in self._sizes or not self.jail.alive:
            return None
        return self.image.differs(self.outside(self.volume), self._sizes["volume"])

    def _view(self, name: str, copy: Callable[[Path], None]) -> str:
        path = f"{SCRATCH}/{name}"
        if name not in self._sizes:
            file = self.outside(path)
            copy(file)
            self._sizes[name] = file.stat().st_size
        return path


class ToolEnded(Exception):
    """A tool hung or died of a signal: an answer about the tool, not an error of the harness."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"{run.argv[0]}: {run.fate}")
        self.run = run


def copy_sparse(source: Path, target: Path, start: int = 0, length: int | None = None) -> None:
    """Copy a window of a raw file into a file of that size, leaving holes where there are only zeroes."""
    with open(source, "rb") as reader, open(target, "wb") as writer:
        size = reader.seek(0, os.SEEK_END)
        end = size if length is None else min(size, start + length)
        if start >= end:
            raise HarnessError(f"{source}: the volume starts at byte {start}, but the disk ends at {size}")
        writer.truncate(end - start)
        position = start
        while (position := _next_data(reader.fileno(), position)) < end:
            stop = min(end, os.lseek(reader.fileno(), position, os.SEEK_HOLE))
            while position < stop:
                chunk = os.pread(reader.fileno(), min(CHUNK, stop - position), position)
                if chunk != ZEROES[: len(chunk)]:
                    os.pwrite(writer.fileno(), chunk, position - start)
                position += len(chunk)


def _next_data(descriptor: int, position: int) -> int:
    """Where allocated data begins, at or after a position; beyond the file's end if there is none."""
    try:
        return os.lseek(descriptor, position, os.SEEK_DATA)
    except OSError:
        return 1 << 63


def _window(path: Path, format: str, start: int, length: int | None) -> str:
    """Name a piece of an image as qemu's --image-opts does."""
    window = f"driver=raw,offset={start}" + (f",size={length}" if length is not None else "")
    prefix = "file." if format == "raw" else "file.file."
    layer = "" if format == "raw" else f",file.driver={format}"
    return f"{window}{layer},{prefix}driver=file,{prefix}filename={str(path).replace(',', ',,')}"
