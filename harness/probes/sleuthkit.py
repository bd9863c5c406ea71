# SPDX-License-Identifier: GPL-2.0-or-later
"""sleuthkit: reads without a mount, and without the kernel. tsk_recover copies out every file that is in use.

It believes the directories and never asks the bitmap or a checksum, so it reads what drivers and checkers refuse. Its
own names for the volume's structures ("$UPCASE_TABLE") are no files. Files without a byte it leaves out; fls has them.

fsstat wants to understand the volume (on NTFS $Volume, $AttrDef and $Bitmap too), fls the directories. On FAT32 both go
to the backup boot sector by themselves, without a word. NTFS clusters of more than 64 KiB they do not know. Whatever
the fault, they mostly say that they cannot determine the file system; only when told what it is (-f) do they say why.
On an exFAT with a cluster that is marked bad fsstat does not end: it counts that cluster's sectors with the counter of
the clusters, and so comes to the same one again and again. Its time is short for that.
"""

from __future__ import annotations

import hashlib
import re

from harness import Disk, Observation, Probe, Run, Says
from harness.readback import Contents, read_files
from harness.truth import Entry

read_all = Probe("tsk_recover", frozenset({"exfat"}), needs=("tsk_recover", "fls"), writes=False)

ALL = frozenset({"ntfs", "fat12", "fat16", "fat32", "exfat"})

volume_only = Probe("fsstat", ALL, needs=("fsstat",), writes=False)
names_only = Probe("fls", ALL, needs=("fls",), writes=False)

PATIENCE = 5  # seconds; on a healthy volume it needs a tenth of one

NOTHING = Entry(0, hashlib.sha256().hexdigest())
LABEL = " (Volume Label Entry)"  # which is no file either
# type, number, path, four times, size, two owners: separated by tabs
EMPTY = re.compile(r"^r/r [^\t]*\t(?P<path>[^\t]+)(?:\t[^\t]*){4}\t0\t", re.MULTILINE)


@volume_only
def look_at_volume(disk: Disk) -> Observation:
    """Print what it knows of the volume."""
    return _judge(disk.run(["fsstat", disk.volume], timeout=PATIENCE))


@names_only
def look_at_names(disk: Disk) -> Observation:
    """List all names."""
    return _judge(disk.run(["fls", "-r", "-p", disk.volume]))


@read_all
def read(disk: Disk) -> Observation:
    """Copy out every file."""
    contents = read_with_sleuthkit(disk)
    observation = _judge(next(run for run in reversed(disk.runs) if run.argv[0] == "tsk_recover"))
    observation.files = {} if observation.says == Says.REFUSED else contents.files
    return observation


def _judge(result: Run) -> Observation:
    reason = result.errors.strip().partition("\n")[0]
    if result.code != 0:
        return Observation(Says.REFUSED, reason)
    return Observation(Says.DETECTED if reason else Says.CLEAN, reason)


def read_with_sleuthkit(disk: Disk) -> Contents:
    """Hash what tsk_recover can copy out; nothing if it cannot start."""
    folder = disk.folder("recovered")
    disk.run(["tsk_recover", "-a", disk.volume, folder])
    contents = read_files(disk, folder)
    listed = disk.run(["fls", "-r", "-p", "-u", "-F", "-l", disk.volume])
    empty = [found["path"] for found in EMPTY.finditer(listed.output) if not found["path"].endswith(LABEL)]
    files = {f"/{path}": NOTHING for path in empty} | dict(contents.files)
    return Contents({path: found for path, found in files.items() if not path.startswith("/$")}, contents.errors)
