# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfsclone: copies what is in use, and refuses what it cannot be sure of. `--metadata` copies no files' contents.

It counts clusters as ntfsresize does, on its own code, and it stops where ntfsresize goes on: at a dirty volume, and
at a cluster with two owners. After copying it opens the copy, and this time it tells an unclean journal. The copy
goes to a file that ends with the jail.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Says
from harness.probes.ntfs_3g import NTFS, complaints
from harness.run import SCRATCH

COPY = f"{SCRATCH}/clone"
FAULTS = ("ERROR", "Cluster accounting failed")
BANNER = "ntfsclone v"

metadata = Probe("ntfsclone-metadata", NTFS, needs=("ntfsclone",), writes=False)


@metadata
def clone(disk: Disk) -> Observation:
    """Copy the metadata."""
    result = disk.run(["ntfsclone", "--metadata", "--output", COPY, disk.volume])
    said = [line for line in complaints(result.errors) if not line.startswith(BANNER)]
    found = said + [line for line in result.output.replace("\r", "\n").split("\n") if line.startswith(FAULTS)]
    reason = "; ".join(dict.fromkeys(found[:1] + found[-1:]))
    if f"Opening '{disk.volume}' as NTFS failed" in result.output:
        return Observation(Says.REFUSED, reason)
    return Observation(Says.DETECTED if found or result.code != 0 else Says.CLEAN, reason)
