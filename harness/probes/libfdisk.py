# SPDX-License-Identifier: GPL-2.0-or-later
"""sfdisk and fdisk of util-linux: what their common library makes of MBR and GPT.

`sfdisk --verify` says "No errors detected" even of a partition that ends far beyond the disk, in a line of its own
behind that; of a GPT with one broken copy it complains on the error stream. `fdisk -l` lists, and warns of partitions
that are not aligned. Both exit with 0. A disk without any table is refused: by sfdisk in words, by fdisk in silence.
"""

from __future__ import annotations

import re

from harness import Disk, Observation, Probe, Says
from harness.probes.whole_disk import GPT, MBR

NO_TABLE = "unrecognized partition table type"
TABLE = re.compile(r"^Disklabel type: ", re.MULTILINE)
ALL_IS_WELL = re.compile(r"No errors detected\.|Header version: .*|Using \d+ out of \d+ partitions\.|"
                         r"A total of \d+ free sectors is available in \d+ segments?.*|"
                         r"Remaining \d+ unallocated 512-byte sectors\.|/.*:")
WARNING = re.compile(r"^Partition .*\.$", re.MULTILINE)

verify = Probe("sfdisk-V", MBR | GPT, needs=("sfdisk",), writes=False, asked="check a partition table")
list_all = Probe("fdisk-l", MBR | GPT, needs=("fdisk",), writes=False)


@verify
def look(disk: Disk) -> Observation:
    """Check the table."""
    result = disk.run(["sfdisk", "--verify", disk.whole])
    lines = [line.strip() for line in (result.errors + result.output).split("\n")]
    complaints = [line for line in lines if line and not ALL_IS_WELL.fullmatch(line)]
    reason = "; ".join(complaints[:1])
    if result.code != 0 and not complaints or NO_TABLE in result.text:
        return Observation(Says.REFUSED, reason or f"exit {result.code}")
    return Observation(Says.DETECTED if complaints else Says.CLEAN, reason)


@list_all
def read(disk: Disk) -> Observation:
    """List the partitions."""
    result = disk.run(["fdisk", "-l", disk.whole])
    if result.code != 0 or not TABLE.search(result.output):
        return Observation(Says.REFUSED, result.errors.strip().partition("\n")[0] or "no partition table")
    complaints = [line for line in result.errors.split("\n") if line] + WARNING.findall(result.output)
    return Observation(Says.DETECTED if complaints else Says.CLEAN, "; ".join(complaints[:1]))
