# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfsck: the unfinished checker of ntfs-3g, which Debian builds and does not ship (ci/ntfs-3g-extras).

It reads $MFT by itself and looks at the header of every record and every attribute, with one line a complaint; then it
mounts, for the dirty mark. It never writes. A healthy volume gets exit code 1 and three lines as well, because it cannot
replay a journal; whatever else it says is a finding, and 2 means that it gave up.
"""

from __future__ import annotations

import re

from harness import Disk, Observation, Probe, Says
from harness.probes.ntfs_3g import NTFS

ABOUT_ITSELF = re.compile(r"Checking \d+ MFT records\.|Unsupported cases found\.|Unsupported: (replay_log|check_volume)\(\)")
GAVE_UP = 2

look_only = Probe("ntfsck", NTFS, needs=("ntfsck",), writes=False)


@look_only
def look(disk: Disk) -> Observation:
    """Check the records."""
    result = disk.run(["ntfsck", disk.volume], timeout=20)
    found = [line for line in result.text.split("\n") if line.strip() and not ABOUT_ITSELF.fullmatch(line)]
    if result.code == GAVE_UP:
        return Observation(Says.REFUSED, found[0] if found else "")
    return Observation(Says.DETECTED if found else Says.CLEAN, found[0] if found else "")
