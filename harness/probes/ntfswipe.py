# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfswipe: overwrites what is not in use. With --no-action it only looks where it would write, and writes nothing.

It goes through every record, every stream by its name and every whole run list, which nothing else does without writing,
so it tells what a driver would find much later. It exits with 0 whatever it met; its complaints are what counts.
--force: it would refuse a volume that is marked dirty.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Says
from harness.probes.ntfs_3g import NTFS, complaints

no_action = Probe("ntfswipe-n", NTFS, needs=("ntfswipe",), writes=False)


@no_action
def would_wipe(disk: Disk) -> Observation:
    """Ask for everything to be wiped, but nothing to be written."""
    result = disk.run(["ntfswipe", "--no-action", "--all", "--force", disk.volume])
    words = complaints(result.errors)
    if result.code != 0:
        return Observation(Says.REFUSED, words[0] if words else f"exit {result.code}")
    return Observation(Says.DETECTED if words else Says.CLEAN, "; ".join(words[:1]))
