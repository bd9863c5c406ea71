# SPDX-License-Identifier: GPL-2.0-or-later
"""A throw-away disk for one tool.

The tool gets plain files in its jail: `volume` begins and ends exactly where the partition does (ntfsfix looks for
the alternate boot sector at the very end of what it is given), `whole` is the entire disk. They are sparse copies
of the allocated data, made when first asked for (copies.py). For the few MiB that a test image really holds, a copy
costs less than a copy-on-write overlay with a FUSE view of it, works where FUSE does not, and leaves no daemon to wait
for. What a tool writes goes into the copy; the image itself is only ever read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from harness import copies
from harness.copies import Copy, Original
from harness.pieces import Patch, clipped
from harness.run import SCRATCH, Jail, Run, borrow, give_back

PROGRAM = re.compile(r"(?!env$)[a-z][\w.-]*")  # in a command line that may begin with what prepares it


@dataclass(frozen=True)
class Source:
    """A damaged disk: an image with patches on top, and where on it the volume lies that the tools are asked about.

    `format` is never guessed: "raw", or what qemu-img calls it. Without `length` the volume reaches to the disk's
    end. `sector_size` matters to kernels alone: files, which the other tools are given, have none. `lasting` promises
    that nobody writes to the image while this process runs; copies of it are then kept for the next disk. `shown` is how
    much of the volume a damaged partition table shows to tools, if not `length`; where it is 0 the table shows none, and
    tools are given all of it.
    """

    path: Path
    format: str
    start: int = 0
    length: int | None = None
    sector_size: int = 512
    patches: tuple[Patch, ...] = field(default=(), repr=False)
    lasting: bool = False
    shown: int | None = None

    def patched(self, more: Iterable[Patch]) -> Source:
        """The same disk after more writes."""
        return replace(self, patches=(*self.patches, *more))

    def window(self, name: str) -> tuple[int, int | None]:
        """Where on the disk the file of this name begins, "disk" or "volume", and how many bytes it has; None: to the end."""
        return (self.start, self.shown or self.length) if name == "volume" else (0, None)

    def patches_in(self, name: str) -> tuple[Patch, ...]:
        """What of the patches is in that file, at offsets on the disk."""
        start, length = self.window(name)
        return tuple(clipped(self.patches, start, None if length is None else start + length))


@dataclass
class Disk:
    """A private copy of a disk, the jail that tools use it in, and a record of what they did.

    Where no files are wanted, readers need not read what a repairer left (readback.py): only what it writes is looked at."""

    source: Source
    files_wanted: bool = True
    read_from: int | None = None
    """of `runs` the first that only read what a repairer left, and says nothing of the repairer"""
    runs: list[Run] = field(default_factory=list)
    _copies: dict[str, Copy] = field(default_factory=dict)
    _given: set[str] = field(default_factory=set)
    _jail: Jail | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop the copies, with every process and mount that uses them."""
        if self._jail:
            if self._jail.alive:
                self._keep_copies()
            give_back(self._jail)
            self._jail = None

    @property
    def jail(self) -> Jail:
        """The jail, borrowed when first needed."""
        self._jail = self._jail or borrow()
        return self._jail

    @property
    def volume(self) -> str:
        """Path, for tools, of a file that is exactly the volume."""
        return self._copy("volume")

    @property
    def whole(self) -> str:
        """Path, for tools, of a file that is the entire disk. It does not follow changes of `volume`."""
        return self._copy("disk")

    @property
    def given(self) -> tuple[str, ...]:
        """Which of the two, "disk" and "volume", anybody has asked for."""
        return tuple(sorted(self._given))

    def patches(self) -> list[Patch]:
        """What the volume holds that the image does not: the damage, and what tools have changed since. For who reads the volume
        by its structures, and needs no file of it."""
        self._given.add("volume")
        return [*self.source.patches_in("volume"), *self.changes()]

    @property
    def size(self) -> int:
        """Bytes of the entire disk."""
        return self._original.size

    def folder(self, name: str) -> str:
        """Path, for tools, of an empty folder: a mount point, or a place for output."""
        path = f"{SCRATCH}/{name}"
        self.outside(path).mkdir(exist_ok=True)
        return path

    def outside(self, path: str) -> Path:
        """The path by which the harness itself reaches a file of this disk, until it is closed."""
        return self.jail.outside(path)

    def run(self, argv: list[str], *, timeout: float = 60, answers: Sequence[tuple[str, str]] | None = None) -> Run:
        """Run a tool on this disk; with answers to what it asks it has a terminal. A tool that hangs or dies of a signal raises
        ToolEnded with what it did."""
        return self._recorded(self.jail.run(argv, timeout=timeout, answers=answers))

    def read(self, folder: str, *, timeout: float = 60) -> Run:
        """Read every file below a folder; readback.py understands the answer. It may hang like a tool."""
        return self._recorded(self.jail.read(folder, timeout=timeout))

    def settle(self, timeout: float = 60) -> None:
        """Wait until daemons have let go of the disk, after an unmount; ToolEnded if one never does.

        What they logged to the very end belongs to the last run."""
        settled = self.jail.settle(timeout)
        late = self.jail.since()
        if self.runs:
            self.runs[-1] = replace(self.runs[-1], log=self.runs[-1].log + late.log)
        if late.timed_out:
            self.runs[-1] = replace(self.runs[-1], code=None, signal=late.signal, timed_out=True)
            raise ToolEnded(self.runs[-1])
        if not settled:
            self.runs.append(replace(self.runs[-1], code=None, timed_out=True, seconds=timeout))
            raise ToolEnded(self.runs[-1])

    def written(self) -> bool | None:
        """Whether a tool changed a byte of the disk; None if none was given it."""
        if not self._copies:
            return None
        return any(copy.resized or copy.changes() for copy in self._copies.values())

    def changes(self) -> list[Patch]:
        """What tools changed, at offsets on the entire disk, also one that was ended after its time limit."""
        return [patch for copy in self._copies.values() for patch in copy.changes()]

    def state(self) -> tuple[object, ...]:
        """What the volume holds: equal for disks with the same bytes."""
        volume = self.volume
        return self.source.path, self.source.format, self._copies[Path(volume).name].state()

    def _recorded(self, result: Run) -> Run:
        self.runs.append(result)
        if result.timed_out or result.signal is not None:
            raise ToolEnded(result)
        return result

    def _copy(self, name: str) -> str:
        path, (start, length) = f"{SCRATCH}/{name}", self.source.window(name)
        self._given.add(name)
        if name not in self._copies:
            copy = self.jail.kept.pop(name, None)
            if not copy or (copy.original, copy.start, copy.length) != (self._original, start, length):
                copy = Copy.make(self._original, start, length, self.outside(path))
            copy.lay(self.source.patches)
            self._copies[name] = copy
        return path

    @cached_property
    def _original(self) -> Original:
        """The entire disk as a raw file that nobody writes to."""
        return (copies.base if self.source.lasting else copies.open_original)(self.source.path, self.source.format)

    def _keep_copies(self) -> None:
        """Leave copies of base disks in the jail for its next user, as they were."""
        for name, copy in self._copies.items():
            if self.source.lasting and copy.take_back():
                self.jail.kept[name] = copy


class ToolEnded(Exception):
    """A tool hung or died of a signal: an answer about the tool, not an error of the harness."""

    def __init__(self, run: Run) -> None:
        program = next((word for word in run.argv if PROGRAM.fullmatch(word)), run.argv[0])
        super().__init__(f"{program}: {run.fate}")
        self.run = run
