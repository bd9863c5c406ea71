# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows a file to a command as a disk with sectors of 4096 bytes, which no file can be by itself.

    large_sectors.py FILE COMMAND...      "{}" among the words stands for the device

A loop device, read-only and without a scan for partitions, so that no driver of this kernel looks at what is on it. It
lets go of the file when this program ends, in whatever way. A program of its own, as the file is in the jail.
See loop(4) and linux/loop.h.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys

SECTOR = 4096
CONTROL = "/dev/loop-control"
LOOP_CTL_GET_FREE, LOOP_CONFIGURE = 0x4C82, 0x4C0A
READ_ONLY, AUTOCLEAR = 1, 4
NO_DEVICE = "large_sectors.py: no loop device"
TRIES = 8  # somebody else may take the device that was free


def missing() -> str | None:
    """Why there is no such device here, or None if there is."""
    if os.access(CONTROL, os.R_OK | os.W_OK):
        return None
    return f"no {CONTROL}, so no loop device can show sectors of {SECTOR} bytes"


def attach(file: str) -> tuple[int, str]:
    """A device for a file: its descriptor, which keeps it alive, and its name."""
    for _ in range(TRIES):
        control = os.open(CONTROL, os.O_RDWR)
        name = f"/dev/loop{fcntl.ioctl(control, LOOP_CTL_GET_FREE)}"
        os.close(control)
        device, backing = os.open(name, os.O_RDONLY), os.open(file, os.O_RDONLY)
        try:
            fcntl.ioctl(device, LOOP_CONFIGURE, _config(backing))
            return device, name
        except OSError:
            os.close(device)
        finally:
            os.close(backing)
    raise SystemExit(f"{NO_DEVICE} for {file}")


def _config(backing: int) -> bytes:
    """struct loop_config: the file, the sectors' size, and a struct loop_info64 of which only the flags are used."""
    info = struct.pack("<5Q4I64s64s32s2Q", *(0,) * 5, 0, 0, 0, READ_ONLY | AUTOCLEAR, b"", b"", b"", 0, 0)
    return struct.pack("<2I", backing, SECTOR) + info + bytes(64)


def main() -> int:
    """Run the command to its end."""
    device, name = attach(sys.argv[1])
    code = subprocess.run([name if word == "{}" else word for word in sys.argv[2:]]).returncode
    os.close(device)
    return code % 256


if __name__ == "__main__":
    sys.exit(main())
