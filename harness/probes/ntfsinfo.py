# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfsinfo: prints the volume's structures. `-m` mounts read-only and reads $MFT, $MFTMirr, $Bitmap, $Volume, $AttrDef.

It is here for the one thing that sets it apart from a mount: it refuses a volume that is marked dirty.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Says
from harness.probes.ntfs_3g import NTFS, complaints

volume = Probe("ntfsinfo-m", NTFS, needs=("ntfsinfo",), writes=False)


@volume
def look(disk: Disk) -> Observation:
    """Print what it knows of the volume."""
    result = disk.run(["ntfsinfo", "-m", disk.volume])
    words = complaints(result.errors)
    if result.code != 0:
        return Observation(Says.REFUSED, words[0] if words else f"exit {result.code}")
    return Observation(Says.DETECTED if words else Says.CLEAN, "; ".join(words[:1]))
