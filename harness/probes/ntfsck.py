# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfsck: the unfinished checker of ntfs-3g, which Debian builds and does not ship (ci/ntfs-3g-extras).

It looks at the boot sector, and finds the runs of $MFT and of its bitmap by itself. Then it mounts, read-only, says whether
the volume is marked dirty, and looks at the header of every record that is in use. Of a record's attributes it sees little: it
goes on to the next only behind one whose type, length or residence is impossible, so of most records it sees the first. It
never writes.

Its exit code tells little, too, because what it cannot do yet counts, and much that it complains of does not: 1 is a volume
that it mounted and has no errors of, be it dirty or without a bitmap of $MFT, and a boot sector that cannot be read; 2 is a
volume with errors, and one that does not mount. There is no 0. So its probes go by its words. Two warnings and two lines
of information are about itself and come for every volume that it mounts.

It counts the bits of the bitmap of $MFT in 32 bits, and has none left when clusters are large: at 2 MiB it complains
of every record of a healthy volume. Where an attribute has no length it goes round for ever, as in a record 0 that is
empty; and it divides by the boot sector's size of a record, whatever that is.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Run, Says, unreadable
from harness.probes.ntfs_3g import NTFS

MOUNTED = "Unsupported: check_volume()"
ABOUT_ITSELF = ("Unsupported: replay_log()", MOUNTED)

look_only = Probe("ntfsck", NTFS, needs=("ntfsck",), writes=False)
failing_look = Probe("ntfsck-unreadable", NTFS, needs=("ntfsck", unreadable.missing), writes=False,
                     only_for=unreadable.is_marked)


@look_only
def look(disk: Disk) -> Observation:
    """Check the records."""
    return _judge(disk.run(["ntfsck", disk.volume]))


@failing_look
def look_at_failing_disk(disk: Disk) -> Observation:
    """Check the records of a disk with sectors that cannot be read (harness/unreadable.py)."""
    with unreadable.shown(disk) as volume:
        return _judge(disk.run(["ntfsck", volume]))


def _judge(result: Run) -> Observation:
    lines = [line for line in result.errors.split("\n") if line.strip()]
    found = [line for line in lines if line not in ABOUT_ITSELF]
    reason = found[0] if found else ""
    if MOUNTED not in lines:
        return Observation(Says.REFUSED, reason)
    return Observation(Says.DETECTED if found else Says.CLEAN, reason)
