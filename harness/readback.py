# SPDX-License-Identifier: GPL-2.0-or-later
"""Read every file below a folder, and say what each one holds.

The contents are the truth about a file system, whatever its driver claims, so every probe that can reach files reads
all of them, and gets the same rows from the program that reads in a jail (reading/) and from the one inside the appliance. A
file that can be read only in part counts with the part that could be read.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path

from harness.built import text
from harness.disk import Disk
from harness.run import Run
from harness.fates import LOST_AND_FOUND
from harness.truth import Entry, Found
from harness.verdict import Observation, Says

MOST_SAVED = 64 << 20  # bytes; a chain that loops is longer
MOST_REMEMBERED = 16  # disks
DRIVER_GONE = ("Transport endpoint is not connected", "Software caused connection abort")


@dataclass(frozen=True)
class Contents:
    """What each file holds, or the error if not a byte of it can be read; and all errors, by path."""

    files: Found
    errors: dict[str, str]


NOTHING = Contents({}, {})

Reader = Callable[[Disk], "Found | None"]


def asked_once(read: Reader) -> Reader:
    """A reader of what a repairer left on a volume, which is asked once about the same bytes: of several repairers many leave
    the same, above all those that change nothing. The commands are recorded each time, as they were run. It is not asked at all
    where no files are wanted."""
    known: OrderedDict[tuple[object, ...], tuple[Found | None, list[Run]]] = OrderedDict()

    @wraps(read)
    def remembering(disk: Disk) -> Found | None:
        if disk.read_from is None:
            disk.read_from = len(disk.runs)
        if not disk.files_wanted:
            return {}
        state = disk.state()
        if state in known:
            found, runs = known[state]
            disk.runs += runs
            return found
        first = len(disk.runs)
        found = read(disk)
        known[state] = found, disk.runs[first:]
        if len(known) > MOST_REMEMBERED:
            known.popitem(last=False)
        return found

    return remembering


def read_files(disk: Disk, folder: str, timeout: float = 60) -> Contents:
    """Read all files below a folder in the disk's jail."""
    found = contents(json.loads(disk.read(folder, timeout=timeout).output or "[]"))
    there = saved(found.files)
    if not there or _is_mounted(disk, folder):  # nobody but the jail reads through a driver
        return found
    with_bytes = {path: replace(file, content=disk.outside(folder + path).read_bytes()) for path, file in there.items()}
    return replace(found, files={**found.files, **with_bytes})


def contents(rows: Iterable[tuple[str, int, str, str]]) -> Contents:
    """Understand what a reader prints."""
    files: dict[str, Entry | str] = {}
    errors = {}
    for stored, size, sum, why in rows:
        path = text(stored)
        files[path] = Entry(size, sum) if size or not why else f"cannot {'list' if path.endswith('/') else 'read'}: {why}"
        if why:
            errors[path] = why
    return Contents(files, errors)


def saved(files: Found) -> dict[str, Entry]:
    """What a repairer saved, whose bytes are wanted, as it is longer than the file was; nothing if it is too much."""
    there = {path: found for path, found in files.items() if LOST_AND_FOUND.match(path) and isinstance(found, Entry)}
    return there if sum(found.size for found in there.values()) <= MOST_SAVED else {}


def _is_mounted(disk: Disk, folder: str) -> bool:
    return any(line.split()[4] == folder for line in Path(f"/proc/{disk.jail.pid}/mountinfo").read_text().splitlines())


def judge_mount(contents: Contents, complaints: list[str], touch_error: str | None) -> Observation:
    """What a mount that worked says in the end. `touch_error` is None if none was tried, "" if a file could be made."""
    errors = [f"{path}: {why}" for path, why in contents.errors.items()]
    if any(why in DRIVER_GONE for why in contents.errors.values()):
        says = Says.CRASHED
    elif touch_error and "Read-only file system" in touch_error:
        says = Says.READ_ONLY
    elif errors or complaints or touch_error:
        says = Says.DETECTED
    else:
        says = Says.CLEAN
    return Observation(says, "; ".join(complaints[:1] + errors[:1]) or touch_error or "", contents.files)
