# SPDX-License-Identifier: GPL-2.0-or-later
"""fsntfsinfo of libfsntfs: an NTFS reader that shares no code with ntfs-3g, sleuthkit or the kernel.

First it is asked about the volume, for which it opens $MFT, $Volume and the security descriptors; then for the
hierarchy of files, for which it reads every directory. Of what it cannot read there it says nothing: a root directory
that is gone is an empty hierarchy to it. Its errors are a trace from the outermost function to the innermost.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.ntfs_3g import NTFS

NOT_OPENED = "Unable to open"

everything = Probe("fsntfsinfo", NTFS, needs=("fsntfsinfo",), writes=False)


@everything
def look(disk: Disk) -> Observation:
    """Ask about the volume, then about its files."""
    for options in ([], ["-H"]):
        result = disk.run(["fsntfsinfo", *options, disk.volume])
        if result.code != 0 or result.errors.strip():
            return _complaint(result)
    return Observation(Says.CLEAN)


def _complaint(result: Run) -> Observation:
    first, *trace = result.errors.strip().split("\n")
    return Observation(Says.REFUSED if first.startswith(NOT_OPENED) else Says.DETECTED, ": ".join([first, *trace[:1]]))
