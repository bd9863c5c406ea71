# SPDX-License-Identifier: GPL-2.0-or-later
"""sgdisk and gdisk: check and repair GPT. The same code; gdisk has the recovery commands, which it takes from a pipe.

`sgdisk -v` checks, and exits with 0 whatever it finds. What it says of the headers' sums goes to the error stream,
other faults begin with "Problem:", and some with another word, but it counts them all in its last line. A gap before
the first usable sector, which fdisk leaves on purpose, is no fault.
`sgdisk -e` moves the backup to the disk's end; on the way it writes both tables anew. So do, in gdisk, `b` (the main
header from the backup) and `d` (the other way round). When no header can be used, all of them write an empty table,
and report success. After they have written they sleep for a second, which their clock here makes a thousandth of one.

sgdisk takes the partitions' own alignment for its measure, so that none can be out of it; `sgdisk-v-2048` names one, the
1 MiB that all partition tools use by now. `gdisk -l` tells more than sgdisk while it loads the table, and reads an
MBR with its chain of logical partitions, too. `sgdisk-v-4096` is given a device with
sectors of 4096 bytes, which a file cannot be: the loop device inside the appliance.
"""

from __future__ import annotations

import re

from harness import Disk, Observation, Probe, Run, Says, appliance
from harness.built import text
from harness.probes.whole_disk import GPT, GPT_4096, MBR, read_by_table
from harness.run import SCRATCH

NO_TABLE = "Creating new GPT entries in memory."
DONE = "The operation has completed successfully."
PROBLEM = re.compile(r"^Problem: [^.]*", re.MULTILINE)
CAUTION = re.compile(r"^(?:Caution|Warning)[:!] [^.!]*", re.MULTILINE)
COUNTED = re.compile(r"^Identified \d+ problems!", re.MULTILINE)
OTHERS = re.compile(r"^(?:Warning!|Caution:|Partition\(s\)) [^.!]*", re.MULTILINE)
UNALIGNED = re.compile(r"^Caution: Partition \d+ doesn't [^.]*", re.MULTILINE)
STRAY = re.compile(r"Caution! Header size for CRC check is \d+, which is greater than \d+")
# Not that tables overlap partitions: of an MBR's partitions, that is about the GPT that it would become.
LOADING = re.compile(r"^\a*(?:(?:Caution|Warning|Error)[:!] (?!(?:Main|Secondary) partition table overlaps)[^.!]*|"
                     r"Error (?:seeking|reading) [^!]*!|Logical partition .*!|EBR .*|.* is oversized!)", re.MULTILINE)
ASKED = re.compile(r"Warning! Secondary header is placed too \w+ on the disk|"
                   r"Found (?:valid GPT with corrupt MBR|valid MBR and|invalid MBR and)[^.;]*")
VERIFY = ("sgdisk", "-v", "/dev/loop0")
IN_THE_APPLIANCE = f"{' '.join(VERIFY)} > /run/output; code=$?; echo '== output'; cat /run/output; exit $code"
HURRIED = ("env", "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1", "FAKETIME=+0 x1000")  # faketime(1) would hide signals
DEFAULTS = "\\n\\n"  # to the questions which table to use; a GPT rather than an MBR, what there is rather than nothing

verify = Probe("sgdisk-v", GPT, needs=("sgdisk",), writes=False, asked="check a partition table")
verify_alignment = Probe("sgdisk-v-2048", GPT, needs=("sgdisk",), writes=False)
verify_large = Probe("sgdisk-v-4096", GPT_4096, needs=("sgdisk", appliance.missing), writes=False)
listing = Probe("gdisk-l", MBR | GPT, needs=("gdisk",), writes=False)
move_backup = Probe("sgdisk-e", GPT, needs=("sgdisk", "sfdisk", "faketime"), writes=True, after="sgdisk-v")
main_from_backup = Probe("gdisk-b", GPT, needs=("gdisk", "sgdisk", "sfdisk", "faketime"), writes=True, after="sgdisk-v")
backup_from_main = Probe("gdisk-d", GPT, needs=("gdisk", "sgdisk", "sfdisk", "faketime"), writes=True, after="sgdisk-v")


@verify
def look(disk: Disk) -> Observation:
    """Check both tables."""
    return _look(disk, ["sgdisk", "-v", disk.whole])


@verify_alignment
def look_at_alignment(disk: Disk) -> Observation:
    """Check both tables, and whether partitions begin and end at multiples of 2048 sectors."""
    return _look(disk, ["sgdisk", "-a", "2048", "-v", disk.whole], UNALIGNED)


@verify_large
def look_at_large_sectors(disk: Disk) -> Observation:
    """Check both tables on a device with sectors of 4096 bytes."""
    try:
        look = appliance.look(disk, {"script": IN_THE_APPLIANCE, "sector_size": 4096}, whole=True)
    except appliance.GuestEnded as ended:
        return appliance.told_by_end(disk, VERIFY, ended)
    errors, _, output = text(look.answer["script"]["output"]).partition("== output\n")
    disk.runs.append(Run(VERIFY, look.answer["script"]["code"], None, False, output, errors, look.seconds))
    return _judge(disk.runs[-1], STRAY)


@listing
def read(disk: Disk) -> Observation:
    """Load whatever table there is, and list the partitions."""
    result = disk.run(["sh", "-c", f"printf '{DEFAULTS}' | gdisk -l {disk.whole}"])
    if result.code != 0 or NO_TABLE in result.output:
        return Observation(Says.REFUSED, NO_TABLE if NO_TABLE in result.output else f"exit {result.code}")
    found = LOADING.search(result.errors) or LOADING.search(result.output) or ASKED.search(result.output)
    return Observation(Says.DETECTED, " ".join(found[0].strip("\a").split())) if found else Observation(Says.CLEAN)


@move_backup
def repair_by_moving_backup(disk: Disk) -> Observation:
    """Write the tables, the backup at the disk's end."""
    return _repair(disk, [*HURRIED, "sgdisk", "-e", disk.whole])


@main_from_backup
def repair_main(disk: Disk) -> Observation:
    """Make the main header from the backup."""
    return _repair(disk, _recovery(disk, "b"))


@backup_from_main
def repair_backup(disk: Disk) -> Observation:
    """Make the backup header from the main one."""
    return _repair(disk, _recovery(disk, "d"))


def _recovery(disk: Disk, command: str) -> list[str]:
    """The recovery menu, the command, write, and yes to all that it asks then; the menus pass over an empty line.

    The main menu's `b` is another: it saves the table to a file, so gdisk had better be where such a file does no harm.
    """
    return [*HURRIED, "sh", "-c", f"cd {SCRATCH}; printf '{DEFAULTS}r\\n{command}\\nw\\ny\\ny\\ny\\n' | gdisk {disk.whole}"]


def _look(disk: Disk, argv: list[str], *more: re.Pattern[str]) -> Observation:
    return _judge(disk.run(argv), *more)


def _judge(result: Run, *more: re.Pattern[str]) -> Observation:
    more += (OTHERS,) * bool(COUNTED.search(result.output))
    found = [match for each in more if (match := each.search(result.output))]
    reason = _reason(result) or " ".join(found[0][0].split() if found else ())
    if result.code != 0 or NO_TABLE in result.output:
        return Observation(Says.REFUSED, reason or f"exit {result.code}")
    return Observation(Says.DETECTED if reason else Says.CLEAN, reason)


def _repair(disk: Disk, argv: list[str]) -> Observation:
    result = disk.run(argv, timeout=20)
    asked = ASKED.search(result.output)
    reason = _reason(result) or (asked[0] if asked else "")
    if result.code != 0 or DONE not in result.output:
        return Observation(Says.REFUSED, reason or f"exit {result.code}")
    observation = Observation(Says.CLEAN, reason)
    if reason:
        observation.says = Says.REPAIRED
        observation.again = look(disk).says
    observation.files = read_by_table(disk)
    return observation


def _reason(result: Run) -> str:
    """The first fault, in the tool's words, of those that it does not mend in silence."""
    if NO_TABLE in result.output:
        return NO_TABLE
    found = CAUTION.search(result.errors) or PROBLEM.search(result.output)
    return found[0].replace("\n", " ") if found else ""
