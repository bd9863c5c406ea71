# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk with sectors that cannot be read, without a broken disk.

The bytes of an image can always be read, so a scenario fills the sectors that are to fail with MARK, and a probe shows
the volume to its tool through QEMU's error injection: reading a marked sector fails with EIO, writing it succeeds. The
kernel reads pages in front of it, so all 4 KiB around a marked sector fail, as on most disks of today. Tools that are
shown the plain file see the mark; so a copy looks that was made of such a disk, with marks for what could not be read.

See qemu-storage-daemon(1) for the FUSE export, and docs/devel/blkdebug.rst in QEMU's source.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from harness.disk import Disk, Source
from harness.pieces import SECTOR, data_of
from harness.run import ENVIRONMENT, SCRATCH, HarnessError

MARK = b"UNREADABLE      "
MARKED = MARK * (SECTOR // len(MARK))
SERVER = "qemu-storage-daemon"


def missing() -> str | None:
    """Why no disk can be shown so here; for the needs of a probe."""
    if shutil.which(SERVER, path=ENVIRONMENT["PATH"]):
        return None
    return f"{SERVER} is not installed; it is in the package qemu-system-common"


def is_marked(source: Source) -> bool:
    """Whether the damage is that sectors cannot be read; for the `only_for` of a probe."""
    return any(MARKED in content for _, content in source.patches)


@contextmanager
def shown(disk: Disk) -> Iterator[str]:
    """Path, for tools, of a file that is the volume, with its marked sectors unreadable. What they write to it, they write
    to the volume."""
    path, pid = f"{SCRATCH}/unreadable", f"{SCRATCH}/unreadable.pid"
    disk.outside(path).touch()
    errors = [{"event": "none", "iotype": "read", "errno": 5, "sector": sector} for sector in marked(disk)]
    node = {"driver": "blkdebug", "node-name": "shown", "image": {"driver": "file", "filename": disk.volume}}
    if errors:  # QEMU takes no empty list
        node["inject-error"] = errors
    started = disk.run([SERVER, "--daemonize", "--pidfile", pid, "--blockdev", json.dumps(node),
                        "--export", f"fuse,id=shown,node-name=shown,mountpoint={path},writable=on"])
    if started.code != 0:
        raise HarnessError(f"{SERVER}: {started.text.strip()}")
    yield path
    disk.run(["kill", disk.outside(pid).read_text().strip()])
    disk.settle()


def marked(disk: Disk) -> list[int]:
    """The sectors of the volume, counted from its first, that hold nothing but the mark."""
    with open(disk.outside(disk.volume), "rb") as volume:
        size = os.fstat(volume.fileno()).st_size
        return [(start + at) // SECTOR for start, stop in data_of(volume.fileno(), 0, size)
                for at in _found(os.pread(volume.fileno(), stop - start, start))]


def _found(content: bytes) -> Iterator[int]:
    """Where in a piece of a disk, which begins with a sector, marked sectors begin."""
    at = content.find(MARKED)
    while at >= 0:
        if at % SECTOR == 0:
            yield at
        at = content.find(MARKED, at + SECTOR - at % SECTOR)
