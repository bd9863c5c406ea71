# SPDX-License-Identifier: GPL-2.0-or-later
"""blkid and wipefs: what the signatures on a disk say it is, which is what udev and installers go by.

They share a library. `blkid` is asked about the volume: code 0 if it is one thing, 2 if it is nothing, 8 if it might be
two. `wipefs -n` is asked about the whole disk and lists every signature, so it tells when one of the two GPT headers
is gone, or when a file system lies where the table is. Neither checks more than the signature needs.
"""

from __future__ import annotations

from collections import Counter

from harness import Disk, Observation, Probe, Says
from harness.probes.sleuthkit import ALL
from harness.probes.whole_disk import GPT, MBR

NOTHING, AMBIVALENT = 2, 8
HEALTHY = (Counter(gpt=2, PMBR=1), Counter(dos=1))

identify = Probe("blkid", ALL, needs=("blkid",), writes=False)
list_signatures = Probe("wipefs-n", MBR | GPT, needs=("wipefs",), writes=False)


@identify
def look(disk: Disk) -> Observation:
    """Ask what the volume is."""
    result = disk.run(["blkid", "-p", "-u", "filesystem", disk.volume])
    if result.code == 0:
        return Observation(Says.CLEAN)
    reason = {NOTHING: "nothing that it knows", AMBIVALENT: "it might be more than one thing"}.get(result.code)
    return Observation(Says.DETECTED if result.code == AMBIVALENT else Says.REFUSED,
                       reason or result.errors.strip() or f"exit {result.code}")


@list_signatures
def look_at_all(disk: Disk) -> Observation:
    """List the signatures of the disk."""
    result = disk.run(["wipefs", "-n", "--parsable", "--output", "TYPE", disk.whole])
    found = Counter(line for line in result.output.split("\n") if line and not line.startswith("#"))
    if not found:
        return Observation(Says.REFUSED, result.errors.strip() or "no signature")
    if found in HEALTHY:
        return Observation(Says.CLEAN)
    return Observation(Says.DETECTED, ", ".join(f"{count} {type}" for type, count in found.items()))
