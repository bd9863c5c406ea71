# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows a file as a disk with sectors of 4096 bytes, which no file can be by itself: a loop device.

It is read-only and not scanned for partitions, so that no driver of this kernel looks at what is on it, and it lets go of
the file when it is closed, or when this process ends in whatever way. A jail has none of the machine's devices; whoever
wants this one in there makes a node for it, by its number.
See loop(4) and linux/loop.h.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.run import HarnessError

SECTOR = 4096
CONTROL = "/dev/loop-control"
LOOP_CTL_GET_FREE, LOOP_CONFIGURE = 0x4C82, 0x4C0A
READ_ONLY, AUTOCLEAR = 1, 4
TRIES = 8  # somebody else may take the device that was free


def missing() -> str | None:
    """Why there is no such device here, or None if there is."""
    if os.access(CONTROL, os.R_OK | os.W_OK):
        return None
    return f"no {CONTROL}, so no loop device can show sectors of {SECTOR} bytes"


@contextmanager
def shown(file: Path) -> Iterator[Path]:
    """The device that shows a file, for as long as it is wanted."""
    device, name = _attach(file)
    try:
        yield name
    finally:
        os.close(device)


def _attach(file: Path) -> tuple[int, Path]:
    reason = ""
    for _ in range(TRIES):
        control = os.open(CONTROL, os.O_RDWR)
        try:
            name = Path(f"/dev/loop{fcntl.ioctl(control, LOOP_CTL_GET_FREE)}")
        finally:
            os.close(control)
        device, backing = os.open(name, os.O_RDONLY), os.open(file, os.O_RDONLY)
        try:
            fcntl.ioctl(device, LOOP_CONFIGURE, _config(backing))
            return device, name
        except OSError as error:
            os.close(device)
            reason = str(error)
        finally:
            os.close(backing)
    raise HarnessError(f"no loop device for {file}: {reason}")


def _config(backing: int) -> bytes:
    """struct loop_config: the file, the sectors' size, and a struct loop_info64 of which only the flags are used."""
    info = struct.pack("<5Q4I64s64s32s2Q", *(0,) * 5, 0, 0, 0, READ_ONLY | AUTOCLEAR, b"", b"", b"", 0, 0)
    return struct.pack("<2I", backing, SECTOR) + info + bytes(64)
