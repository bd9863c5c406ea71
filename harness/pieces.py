# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw disks as they are really used: a few pieces of data in a sea of holes.

Test disks are of 64 MiB or more and hold a tenth of that, and what damage or a repair changes is a few sectors. So
nothing here goes through all bytes: files are walked from one piece of data to the next, holes are zeroes by
definition, and a changed disk is written down as patches, each an offset and the bytes that stand there now.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

CHUNK = 256 << 10
MOST_KEPT = 64  # chunks of one disk
ZEROES = bytes(CHUNK)
SECTOR, PAGE = 512, 8 << 10
OLD, NEW = bytearray(CHUNK), bytearray(CHUNK)

Patch = tuple[int, bytes]


def copy_sparse(source: Path, target: Path, start: int = 0, length: int | None = None, at: int = 0) -> None:
    """Copy a window of a raw file into a new file, to the place `at` and with nothing behind it, leaving holes where there
    are only zeroes."""
    with open(source, "rb") as reader, open(target, "wb") as writer:
        size = reader.seek(0, os.SEEK_END)
        end = size if length is None else min(size, start + length)
        writer.truncate(at + end - start)
        for place, stop in data_of(reader.fileno(), start, end):
            chunk = os.pread(reader.fileno(), stop - place, place)
            if chunk != ZEROES[: len(chunk)]:
                os.pwrite(writer.fileno(), chunk, at + place - start)
    mark_unwritten(target)


def mark_unwritten(copy: Path) -> None:
    """Date a copy so that any later write to it shows, even one within the same clock tick."""
    os.utime(copy, ns=(0, 0))


def is_unwritten(copy: Path) -> bool:
    """Whether nobody wrote to a file since it was marked."""
    return copy.stat().st_mtime_ns == 0


def fingerprint(patches: tuple[Patch, ...]) -> str:
    """A hash of the bytes that a plan changes, and to what; as in a Record's `plan`."""
    digest = hashlib.sha256()
    for at, content in patches:
        digest.update(at.to_bytes(8, "little") + content)
    return digest.hexdigest()[:16]


def put(descriptor: int, patches: Iterable[Patch]) -> None:
    """Write patches into a file."""
    for at, content in patches:
        os.pwrite(descriptor, content, at)


def differences(before: int, after: int, start: int, size: int, patches: Iterable[Patch] = (),
                kept: dict[int, bytes] | None = None) -> list[Patch]:
    """What a file holds that differs from `size` bytes of another one from `start`, on which patches are put first.

    Offsets count in the first file, and each patch is a run of sectors. `kept` are chunks of the first file, if nobody writes
    to it, from one comparison to the next.
    """
    laid = list(patches)  # in their order: a later one covers an earlier one
    length = min(size, os.fstat(after).st_size)
    places = {at - at % CHUNK for at, _ in data_of(before, start, start + size)}
    places |= {at - at % CHUNK for first, stop in data_of(after, 0, length) for at in (start + first, start + stop - 1)}
    places |= {at for first, content in laid for at in range(first - first % CHUNK, first + len(content), CHUNK)}
    found: list[Patch] = []
    for place in sorted(places):
        at, stop = max(place, start), min(place + CHUNK, start + size)
        patched = any(first < stop and at < first + len(content) for first, content in laid)
        if not patched and _same(before, at, after, at - start, stop, kept):
            continue
        old, new = _read(before, at, stop), _read(after, at - start, stop - start)
        found += _sectors(overlaid(old, at, laid), new, at)
    return found


def overlaid(content: bytes, at: int, patches: Iterable[Patch]) -> bytes:
    """Bytes that stand at an offset, with patches on top."""
    result = bytearray(content)
    for first, patch in patches:
        begin, end = max(first, at), min(first + len(patch), at + len(content))
        if begin < end:
            result[begin - at:end - at] = patch[begin - first:end - first]
    return bytes(result)


def clipped(patches: Iterable[Patch], start: int, end: int | None) -> Iterator[Patch]:
    """The parts of patches between two offsets; None: no end."""
    for at, content in patches:
        first, stop = max(at, start), at + len(content) if end is None else min(at + len(content), end)
        if first < stop:
            yield first, content[first - at:stop - at]


def data_of(descriptor: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The pieces of a file that are not holes, in chunks that do not cross a multiple of their size."""
    while start < end:
        try:
            start = os.lseek(descriptor, start, os.SEEK_DATA)
        except OSError:
            return  # nothing but a hole
        stop = min(end, os.lseek(descriptor, start, os.SEEK_HOLE))
        while start < stop:
            border = min(stop, start - start % CHUNK + CHUNK)
            yield start, border
            start = border


def _same(before: int, at: int, after: int, there: int, stop: int, kept: dict[int, bytes] | None) -> bool:
    """Whether a whole chunk is the same, found out without new memory for it; False also for a part of a chunk."""
    if stop - at != CHUNK or os.preadv(after, [NEW], there) != CHUNK:
        return False
    if kept is None or len(kept) == MOST_KEPT and at not in kept:
        return os.preadv(before, [OLD], at) == CHUNK and OLD == NEW
    if at not in kept:
        kept[at] = os.pread(before, CHUNK, at)
    return kept[at] == NEW


def _read(descriptor: int, at: int, end: int) -> bytes:
    """Bytes of a file, which beyond its end are none."""
    return os.pread(descriptor, end - at, at)


def _sectors(old: bytes, new: bytes, at: int) -> Iterator[Patch]:
    """Runs of sectors that differ; looked for only in pages that do."""
    first = stop = 0
    for page in range(0, len(old), PAGE):
        if old[page:page + PAGE] == new[page:page + PAGE]:
            continue
        for place in range(page, min(page + PAGE, len(old)), SECTOR):
            if old[place:place + SECTOR] == new[place:place + SECTOR]:
                continue
            if place != stop:
                if first < stop:
                    yield at + first, new[first:stop]
                first = place
            stop = place + SECTOR
    if first < stop:
        yield at + first, new[first:stop]
