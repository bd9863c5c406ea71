# SPDX-License-Identifier: GPL-2.0-or-later
"""Read every file below a folder, and say what each one holds.

The contents are the truth about a file system, whatever its driver claims, so every probe that can reach files reads
all of them, with the same script (readback.sh) in the jail and inside the appliance. A file that can be read only in
part counts with the part that could be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.disk import Disk
from harness.truth import Entry, Found
from harness.verdict import Observation, Says

SCRIPT = Path(__file__).with_name("readback.sh")

COMPLAINT = re.compile(r"(sha256sum|find): ['‘]?\.(/?.*?)['’]?: ([^:]+)")
DRIVER_GONE = ("Transport endpoint is not connected", "Software caused connection abort")


@dataclass(frozen=True)
class Contents:
    """What each file holds, or the error if not a byte of it can be read; and all errors, by path."""

    files: Found
    errors: dict[str, str]


NOTHING = Contents({}, {})


def read_files(disk: Disk, folder: str, timeout: float = 60) -> Contents:
    """Read all files below a folder in the disk's jail."""
    return parse(sections(disk.run(["sh", str(SCRIPT), folder], timeout=timeout).output))


def sections(output: str) -> dict[str, str]:
    """Take apart what a script printed, at lines like `== errors`."""
    return dict(part.partition("\n")[::2] for part in ("\n" + output).split("\n== ")[1:])


def parse(section: dict[str, str]) -> Contents:
    """Understand what readback.sh prints."""
    sizes = {path: int(size) for size, path in _records(section["sizes"], 1)}
    files: dict[str, Entry | str] = {path: Entry(sizes[path], sum) for sum, path in _records(section["hashes"], 1)}
    errors = {}
    for tool, path, why in COMPLAINT.findall(section["errors"]):
        path = path if tool == "sha256sum" else f"{path.rstrip('/')}/"
        errors[path] = why.strip()
        files[path] = f"cannot {'read' if tool == 'sha256sum' else 'list'}: {why.strip()}"
    for size, sum, path in _records(section.get("beginnings", ""), 2):
        if size != "0":
            files[path] = Entry(int(size), sum)
    return Contents(files, errors)


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


def _records(text: str, fields: int) -> list[list[str]]:
    """Split records that end with NUL: some words, then a path, which begins with a dot that is left out."""
    rows = [re.split(r" +", record, maxsplit=fields) for record in text.split("\0")[:-1]]
    return [[*words, path[1:]] for *words, path in rows]
