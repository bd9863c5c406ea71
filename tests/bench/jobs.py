# SPDX-License-Identifier: GPL-2.0-or-later
"""What the floor is told to do (floor.cc): what corruptor did, as its journal has it."""
from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Done:
    """What an `apply` wrote, and how long the journal is that it kept."""

    writes: tuple[str, ...]  # OFFSET+LENGTH for zeroes, OFFSET=HEXADECIMAL for other bytes
    reads: tuple[str, ...]  # the same places, as OFFSET+LENGTH
    journal_size: int

    def apply(self, image: Path, format: str) -> str:
        """The floor's job that does the same."""
        return " ".join(["apply", str(image), format, f"{image}.floor", str(self.journal_size), *self.writes])

    def undo(self, image: Path, format: str) -> str:
        """The floor's job that takes that back."""
        return " ".join(["undo", str(image), format, f"{image}.floor", *self.reads])


def done_to(image: Path) -> Done:
    """What is in the journal beside an image."""
    journal, data = journal_files(image)
    patches = [patch for line in journal.read_text().splitlines() if "at" in (patch := json.loads(line))]
    writes = [write for patch in patches for write in _writes(patch)]
    reads = [f"{at}+{length}" for patch in patches for at, length in _extents(patch)]
    size = sum(file.stat().st_size for file in (journal, data) if file.exists())
    return Done(tuple(writes), tuple(reads), size)


def journal_files(image: Path) -> tuple[Path, Path]:
    """The journal beside an image, and what it keeps of large patches."""
    return Path(f"{image}.journal"), Path(f"{image}.journal.data")


def _writes(patch: dict[str, Any]) -> Iterator[str]:
    after = patch["after"]
    if after in ({"fill": "00"}, {"data": []}):
        yield from (f"{at}+{length}" for at, length in _extents(patch))
    elif isinstance(after, str):
        yield f"{patch['at']}={after}" if int(after, 16) else f"{patch['at']}+{len(after) // 2}"
    else:
        raise NotImplementedError(f"a patch of {patch['length']} bytes that are not zeroes")


def _extents(patch: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """The offset and length of what a patch replaces; holes in a large one are neither read nor kept."""
    before = patch["before"]
    if isinstance(before, str):
        yield patch["at"], len(before) // 2
        return
    begin = end = None
    for inside, length, *_ in before["data"]:
        if inside != end:
            if begin is not None:
                yield patch["at"] + begin, end - begin
            begin = inside
        end = inside + length
    if begin is not None:
        yield patch["at"] + begin, end - begin
