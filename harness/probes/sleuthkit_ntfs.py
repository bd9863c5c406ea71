# SPDX-License-Identifier: GPL-2.0-or-later
"""sleuthkit, told that it is NTFS: then its programs say what is wrong, and not only that they know no such file system.

They are silent about a record that they cannot read while they walk over all of them, as ils and fls do. But ils leaves
it out, so the gaps in the numbers that it lists are what istat has to be asked about, record by record: it gives the
reason. A record that continues another one is a gap, too, and istat reads it without complaint. An owner whom it cannot
find in $Secure istat shows as nothing between brackets, which is so on older volumes anyway.
"""

from __future__ import annotations

import re

from harness import Disk, Observation, Probe, Run, Says

NTFS = frozenset({"ntfs"})
ALWAYS = (0, 3, 4, 5, 11)  # $MFT, $Volume, $AttrDef, the root directory, and $Extend, which has an owner in $Secure
AT_MOST = 16  # damage in the middle of $MFT leaves hundreds of gaps, all with the same reason
LISTED = re.compile(r"^(\d+)\|", re.MULTILINE)
COMPLAINTS = re.compile(r"^(?:Error|error) .*$", re.MULTILINE)

volume_only = Probe("fsstat-f", NTFS, needs=("fsstat",), writes=False)
records_only = Probe("istat", NTFS, needs=("ils", "istat"), writes=False)


@volume_only
def look_at_volume(disk: Disk) -> Observation:
    """Print what it knows of the volume, or why it knows nothing."""
    return _judge([disk.run(["fsstat", "-f", "ntfs", disk.volume])])


@records_only
def look_at_records(disk: Disk) -> Observation:
    """List all records, and ask why about those that are left out."""
    listed = disk.run(["ils", "-e", "-f", "ntfs", disk.volume])
    numbers = {int(number) for number in LISTED.findall(listed.output)}
    if not numbers:
        return _judge([listed])
    asked = sorted({*ALWAYS, *_gaps(numbers)[:AT_MOST]}) if listed.code == 0 else [max(numbers) + 1]  # where it gave up
    return _judge([listed, *(_ask(disk, number) for number in asked)])


def _gaps(numbers: set[int]) -> list[int]:
    return sorted(set(range(max(numbers))) - numbers)


def _ask(disk: Disk, number: int) -> Run:
    return disk.run(["istat", "-f", "ntfs", disk.volume, str(number)])


def _judge(runs: list[Run]) -> Observation:
    """Its own words are on standard error; what it prints of a record may have more of them in between."""
    complaints = [line for run in runs for line in (run.errors.strip().partition("\n")[0], *COMPLAINTS.findall(run.output))
                  if line]
    reason = complaints[0] if complaints else ""
    if runs[0].code != 0:
        return Observation(Says.REFUSED, reason)
    return Observation(Says.DETECTED if complaints else Says.CLEAN, reason)
