# SPDX-License-Identifier: GPL-2.0-or-later
"""Comparing the tables with what another reader prints about the same disk.

A row says where a value stands in both: (path, pattern, reading). The pattern's group is what the reader says; the
reading turns it into what `get` answers. A row that the reader says nothing about is a failure, so that no row rests
unused. All rows of a table are compared before any failure is reported.
"""
from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from corruptor import Image

Reading = Callable[[str], Any]
Row = tuple[str, str] | tuple[str, str, Reading]

ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", "MTOOLSRC": "/dev/null", "MTOOLS_SKIP_CHECK": "1"}


def number(text: str) -> int:
    return int(text, 0)


def hexadecimal(text: str) -> int:
    return int(text, 16)


def lower(text: str) -> str:
    return text.lower()


def times(factor: int) -> Reading:
    """The reader counts in units of so many."""
    return lambda text: int(text, 0) * factor


def tool(*argv: object, codes: tuple[int, ...] = (0,), **options: Any) -> str:
    """What a reader prints; some say with their exit code that a volume is not perfect."""
    done = subprocess.run([str(word) for word in argv], capture_output=True, env=ENVIRONMENT, timeout=60, **options)
    assert done.returncode in codes, (argv, done.stdout, done.stderr)
    return done.stdout.decode(errors="replace")


def sparse(file: Path, size: int) -> Path:
    with open(file, "wb") as image:
        image.truncate(size)
    return file


def place(image: Image, path: str) -> int:
    """Where on the disk a field begins."""
    return image.get(path)["extents"][0]["at"]


def ours(image: Image, path: str) -> Any:
    """The value; of `path@`, its place on the disk; of `path:name`, the value in words."""
    if path.endswith("@"):
        return place(image, path[:-1])
    if path.endswith(":name"):
        return image.get(path[:-5])["name"]
    return image.get(path)["value"]


def compare(image: Image, said: str, rows: Iterable[Row], prefix: str = "") -> None:
    """Every row's value is the one that the reader says."""
    wrong = []
    for path, pattern, *reading in rows:
        found = re.search(pattern, said, re.MULTILINE)
        if not found:
            wrong.append(f"{prefix}{path}: the reader says nothing like {pattern!r}")
            continue
        expected = (reading[0] if reading else number)(found[1])
        value = ours(image, prefix + path)
        if value != expected:
            wrong.append(f"{prefix}{path}: {value!r}, but the reader says {expected!r}")
    assert not wrong, "\n".join([*wrong, said])
