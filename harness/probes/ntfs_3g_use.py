# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfs-3g once more, with everything done on the mount that a program might do, not only reading (use.py).

Owners and modes are kept in the volume's own security descriptors then (`permissions`), and those are looked up for
every file; without that option ntfs-3g never looks at them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from harness import Disk, Observation, Probe, Says, use
from harness.probes.ntfs_3g import NTFS, complaints, mount_reason, unmount
from harness.readback import judge_mount, read_files

NO_COMPLAINT = "Using default user mapping"

using = Probe("ntfs-3g-use", NTFS, needs=("ntfs-3g",), writes=True, role="mount")


@using
def use_everything(disk: Disk) -> Observation:
    """Mount for writing with owners, use the volume, read all files."""
    folder = disk.folder("mount")
    mounted = disk.run(["ntfs-3g", "-o", "rw,permissions", disk.volume, folder])
    if mounted.code != 0:
        return Observation(Says.REFUSED, mount_reason(mounted), files={})
    used = disk.run([sys.executable, "-I", "-S", str(Path(use.__file__).resolve()), folder], timeout=30)
    contents = read_files(disk, folder)
    unmount(disk, folder)
    complained = [line for line in complaints(mounted.errors) if line != NO_COMPLAINT]
    return judge_mount(contents, complained, used.output.partition("\n")[0] + used.errors)
