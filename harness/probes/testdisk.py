# SPDX-License-Identifier: GPL-2.0-or-later
"""testdisk: finds lost partitions, and mends boot sectors and $MFT from their copies, or out of nothing.

It is a program of menus. A list of choices can stand on the command line, but it still wants a terminal and asks some
questions on it, which terminal.py answers with "yes". Its exit code is always 0, even when it did not understand a
choice, because the menu for what it found has none of that name (the boot menu of FAT16, say). What counts is
testdisk.log: the state of the boot sectors, what was done, and after a repair their state once more; or the partitions
of the table, and those that a search found.

`rebuildbs` works a boot sector out from where it finds $MFT, and writes one even where nothing was wrong with the old
one. `repairmft` copies the head of $MFT over $MFTMirr or the other way round, whichever of them leads to a root
directory. `rebuildfat` works a boot sector of FAT out from where tables and directories begin; it has to be told which
FAT. `repairfat` copies the better of two tables over the other, and cuts chains where an entry leads nowhere. The search
looks where partitions usually begin, and misses the others.
"""

from __future__ import annotations

import re

from harness import Disk, Observation, Probe, Says
from harness.probes.mtools import FAT, read_after_repair
from harness.probes.ntfs_3g import NTFS, read_through_mount
from harness.probes.whole_disk import GPT, MBR, read_by_table
from harness.run import SCRATCH

FAT32 = frozenset({"fat32"})
LOG = f"{SCRATCH}/testdisk.log"
ANSWERS = ((r"\(Y/N\)", "Y"), (r"Ok\]", "\n"))
TO_NTFS = "type,21"  # testdisk's own number, for a volume that it does not recognise
TO_FAT = {"fat12": "type,9", "fat16": "type,a", "fat32": "type,b"}
BOOT_MENU = "partition_none,advanced,boot"

STATE = re.compile(r"^Boot sector\n(?P<main>.*?)(?:^Backup boot sector\n(?P<backup>.*?))?"
                   r"(?P<compared>[^\n]*identical\.)?\nA valid ", re.MULTILINE | re.DOTALL)
CALCULATED = re.compile(r"New / Current boot sector\n(?:FAT\d\d\n)?((?:[a-z][a-z0-9_ ]* -?\w[\w.]* +-?\w[\w.]*\n)*)")
ALWAYS_SET = {"media", "secs_track", "heads", "hidden", "free_count", "next_free"}
DONE = re.compile(r"^(copy (?:original|backup) boot sector over .*|Write new boot!|MFT(?: mirror)? fixed\.|"
                  r"repair_FAT_table: correcting FAT.*)$", re.MULTILINE)
NOT_DONE = re.compile(r"^(Syntax error in command line: .*|No partition found .*|Failed to .*)$", re.MULTILINE)
SEARCH = re.compile(r"^Current partition structure:\n(?P<listed>.*)"
                    r"^search_part\(\)\n.*^interface_write\(\)\n(?P<found>.*)", re.MULTILINE | re.DOTALL)
# number, kind (not a container of logical ones), type; where it begins, ends, and its sectors; label
PARTITION = re.compile(r"^ *\d+ [*PL] \S.*? {2,}(\d[\d ]*\d)(?: \[.*)?$", re.MULTILINE)

boot_sectors = Probe("testdisk-boot", NTFS | FAT, needs=("testdisk",), writes=False)


@boot_sectors
def look(disk: Disk) -> Observation:
    """See what it says of the boot sector and its copy."""
    log = _run(disk, disk.volume, BOOT_MENU)
    if not STATE.search(log):
        return Observation(Says.REFUSED, "not recognised")
    faults = _faults(log)
    return Observation(Says.DETECTED if faults else Says.CLEAN, "; ".join(faults))


def _repairing(choice: str, formats: frozenset[str], choices: str) -> Probe:
    needs = ("testdisk", "ntfs-3g" if formats == NTFS else "mcopy")
    probe = Probe(f"testdisk-{choice}", formats, needs, writes=True)

    @probe
    def repair(disk: Disk) -> Observation:
        observation = _judge_repair(_run(disk, disk.volume, choices))
        if observation.says == Says.REPAIRED:
            observation.again = look(disk).says
        observation.files = read_through_mount(disk) if formats == NTFS else read_after_repair(disk)
        return observation

    return probe


original_ntfs = _repairing("originalntfs", NTFS, f"{BOOT_MENU},noconfirm,originalntfs")
backup_ntfs = _repairing("backupntfs", NTFS, f"{BOOT_MENU},noconfirm,backupntfs")
rebuild_ntfs = _repairing("rebuildbs", NTFS, f"partition_none,advanced,{TO_NTFS},boot,rebuildbs,noconfirm,write")
repair_mft = _repairing("repairmft", NTFS, f"{BOOT_MENU},repairmft")
original_fat = _repairing("originalfat", FAT32, f"{BOOT_MENU},originalfat")
backup_fat = _repairing("backupfat", FAT32, f"{BOOT_MENU},backupfat")
rebuild_fat12, rebuild_fat16, rebuild_fat32 = (
    _repairing(f"rebuild{kind}", frozenset({kind}), f"partition_none,advanced,{to},boot,rebuildbs,write")
    for kind, to in TO_FAT.items())
repair_fat = _repairing("repairfat", FAT, f"{BOOT_MENU},repairfat")


def _searching(table: str, formats: frozenset[str]) -> tuple[Probe, Probe]:
    """A probe that compares the table with what a search finds, and one that writes what was found."""
    search = Probe(f"testdisk-{table}", formats, needs=("testdisk",), writes=False)
    write = Probe(f"testdisk-{table}-write", formats, needs=("testdisk", "sfdisk"), writes=True)

    @search
    def look(disk: Disk) -> Observation:
        return _judge_search(_run(disk, disk.whole, f"partition_{table},analyze"))

    @write
    def repair(disk: Disk) -> Observation:
        observation = _judge_search(_run(disk, disk.whole, f"partition_{table},analyze,write"))
        if observation.says == Says.DETECTED:
            observation.says = Says.REPAIRED
            observation.again = _judge_search(_run(disk, disk.whole, f"partition_{table},analyze")).says
        observation.files = read_by_table(disk)
        return observation

    return search, write


search_mbr, write_mbr = _searching("i386", MBR)
search_gpt, write_gpt = _searching("gpt", GPT)


def _run(disk: Disk, file: str, choices: str) -> str:
    """Work through the choices; returns the log, which is a run of its own, so that records have it."""
    disk.outside(LOG).unlink(missing_ok=True)
    disk.run(["env", f"--chdir={SCRATCH}", "testdisk", "/log", "/cmd", file, choices], timeout=20, answers=ANSWERS)
    return re.sub(r"\n+", "\n", disk.run(["cat", LOG]).output)


def _faults(log: str) -> list[str]:
    """What is wrong with the boot sectors, at the first look at them; FAT12 and FAT16 have one."""
    state = STATE.search(log)
    faults = [f"{name}: Bad" for name, key in (("boot sector", "main"), ("backup", "backup"))
              if state[key] is not None and re.search(r"^(?:Status: )?Bad$", state[key], re.MULTILINE)]
    differ = state["compared"] and state["compared"] != "Sectors are identical."
    return faults + [state["compared"]] * bool(differ)


def _wrong_fields(log: str) -> list[str]:
    """The fields that it worked out to be other than they were, but for those that it sets to one value on every disk."""
    calculated = CALCULATED.search(log)
    rows = [line.rsplit(maxsplit=2) for line in calculated[1].splitlines()] if calculated else []
    return [f"{name.strip()} {new}, not {old}" for name, new, old in rows if new != old and name.strip() not in ALWAYS_SET]


def _judge_repair(log: str) -> Observation:
    done, failed = DONE.search(log), NOT_DONE.search(log)
    if not STATE.search(log) or failed and not done:
        return Observation(Says.REFUSED, failed[0] if failed else "not recognised")
    found = _faults(log) + _wrong_fields(log)
    if done and (found or done[0] != "Write new boot!"):
        return Observation(Says.REPAIRED, "; ".join([done[0], *found[:1]]))
    return Observation(Says.DETECTED if found else Says.CLEAN, "; ".join(found[:1]))


def _judge_search(log: str) -> Observation:
    answer = SEARCH.search(log)
    if not answer or not PARTITION.search(answer["found"]):
        return Observation(Says.REFUSED, (NOT_DONE.search(log) or ["no answer"])[0])
    listed, found = ([" ".join(row.split()) for row in PARTITION.findall(answer[key])] for key in ("listed", "found"))
    bad = re.search(r"^(Bad .*|Partition sector doesn't .*)$", answer["listed"], re.MULTILINE)
    if set(listed) != set(found):
        return Observation(Says.DETECTED, f"listed: {', '.join(listed) or 'none'}; found: {', '.join(found)}")
    return Observation(Says.DETECTED if bad else Says.CLEAN, bad[0] if bad else "")
