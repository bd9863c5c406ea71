# SPDX-License-Identifier: GPL-2.0-or-later
"""sgdisk and gdisk: check and repair GPT. The same code; gdisk has the recovery commands, which it takes from a pipe.

`sgdisk -v` checks, and exits with 0 whatever it finds. What it says of the headers' sums goes to the error stream,
other faults begin with "Problem:". A gap before the first usable sector, which fdisk leaves on purpose, is no fault.
`sgdisk -e` moves the backup to the disk's end; on the way it writes both tables anew. So do, in gdisk, `b` (the main
header from the backup) and `d` (the other way round). When no header can be used, all of them write an empty table,
and report success.
"""

from __future__ import annotations

import re

from harness import Disk, Observation, Probe, Run, Says
from harness.probes.whole_disk import GPT, read_by_table

NO_TABLE = "Creating new GPT entries in memory."
DONE = "The operation has completed successfully."
PROBLEM = re.compile(r"^Problem: [^.]*", re.MULTILINE)
CAUTION = re.compile(r"^(?:Caution|Warning)[:!] [^.!]*", re.MULTILINE)

verify = Probe("sgdisk-v", GPT, needs=("sgdisk",), writes=False)
move_backup = Probe("sgdisk-e", GPT, needs=("sgdisk", "sfdisk"), writes=True, after="sgdisk-v")
main_from_backup = Probe("gdisk-b", GPT, needs=("gdisk", "sgdisk", "sfdisk"), writes=True, after="sgdisk-v")
backup_from_main = Probe("gdisk-d", GPT, needs=("gdisk", "sgdisk", "sfdisk"), writes=True, after="sgdisk-v")


@verify
def look(disk: Disk) -> Observation:
    """Check both tables."""
    return _look(disk)


@move_backup
def repair_by_moving_backup(disk: Disk) -> Observation:
    """Write the tables, the backup at the disk's end."""
    return _repair(disk, ["sgdisk", "-e", disk.whole])


@main_from_backup
def repair_main(disk: Disk) -> Observation:
    """Make the main header from the backup."""
    return _repair(disk, _recovery(disk, "b"))


@backup_from_main
def repair_backup(disk: Disk) -> Observation:
    """Make the backup header from the main one."""
    return _repair(disk, _recovery(disk, "d"))


def _recovery(disk: Disk, command: str) -> list[str]:
    """The recovery menu, the command, write, yes."""
    return ["sh", "-c", f"printf 'r\\n{command}\\nw\\ny\\n' | gdisk {disk.whole}"]


def _look(disk: Disk) -> Observation:
    result = disk.run(["sgdisk", "-v", disk.whole])
    reason = _reason(result)
    if result.code != 0 or NO_TABLE in result.output:
        return Observation(Says.REFUSED, reason or f"exit {result.code}")
    return Observation(Says.DETECTED if reason else Says.CLEAN, reason)


def _repair(disk: Disk, argv: list[str]) -> Observation:
    result = disk.run(argv, timeout=20)
    reason = _reason(result)
    if result.code != 0 or DONE not in result.output:
        return Observation(Says.REFUSED, reason or f"exit {result.code}")
    observation = Observation(Says.CLEAN, reason)
    if reason:
        observation.says = Says.REPAIRED
        observation.again = _look(disk).says
    observation.files = read_by_table(disk)
    return observation


def _reason(result: Run) -> str:
    """The first fault, in the tool's words, of those that it does not mend in silence."""
    if NO_TABLE in result.output:
        return NO_TABLE
    found = CAUTION.search(result.errors) or PROBLEM.search(result.output)
    return found[0].replace("\n", " ") if found else ""
