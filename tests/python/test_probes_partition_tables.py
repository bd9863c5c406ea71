# SPDX-License-Identifier: GPL-2.0-or-later
"""What tools for partition tables say of healthy and of damaged disks, and whether the volume is found afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from damaged_bases import ask, damage, report

from harness import Disk

GPT, MBR, EXTENDED, FLASH = "gpt-ntfs-64m", "ntfs-mbr-64m", "ntfs-extended", "fat32-flash"
LARGE = "gpt-4096-sectors"
HEALTHY: list[str] = []
NO_MAIN = ["zero: gpt.primary"]
NO_BACKUP = ["zero: gpt.backup"]
NO_HEADER = [*NO_MAIN, *NO_BACKUP]
SELF = ["set: gpt.primary.my_lba\n    to: 5"]
SHORT = ["set: gpt.primary.last_usable_lba\n    to: 130000\n    copies: all"]
BIG = ["set: gpt.primary.header_size\n    to: 600"]
OVERLAP = ["set: gpt.primary.first_usable_lba\n    to: 2112\n    copies: all"]
UNALIGNED = ["add: gpt.primary.entry[1].first_lba\n    by: 1\n    copies: all"]
OVERSIZED = ["set: mbr.entry[1].sector_count\n    to: 0xffffffff"]
NO_MBR, NO_EE = ["zero: mbr"], ["zero: mbr.entry[1]"]
NO_MARK = ["set: ebr[1].signature\n    to: 0"]
EARLY = ["set: gpt.backup.my_lba\n    to: 7"]
NO_EBR, FAR_EBR = ["zero: ebr[2]"], ["set: mbr.entry[1].start_lba\n    to: 0x10000000"]
NO_TABLE = ["zero: mbr@0x1be+66"]
NO_ENTRY = ["zero: mbr.entry[1]"]
TOO_LONG = ["set: mbr.entry[1].sector_count\n    to: 999999"]
NO_LENGTH = ["set: mbr.entry[1].sector_count\n    to: 0"]

DIFFER = "Warning! Main and backup partition tables differ"
SUMS = "Warning! One or more CRCs don't match"
NEW = "Creating new GPT entries in memory."
USED_BACKUP = "The primary GPT table is corrupt, but the backup appears OK, so that will be used."
FOUND = "listed: none; found: "

# Disk, damage, probe, what it says, asked again, whether it wrote, the data, how its reason begins.
ROWS = [
    (GPT,      HEALTHY,   "sgdisk-v",            "clean",    None,    False, None,     ""),
    (GPT,      NO_MAIN,   "sgdisk-v",            "detected", None,    False, None,     DIFFER),
    (GPT,      NO_BACKUP, "sgdisk-v",            "detected", None,    False, None,     SUMS),
    (GPT,      SELF,      "sgdisk-v",            "detected", None,    False, None,     "Problem: The main header's self-"),
    (GPT,      NO_HEADER, "sgdisk-v",            "refused",  None,    False, None,     NEW),
    (GPT,      OVERLAP,   "sgdisk-v",            "detected", None,    False, None,     "Warning! Main partition table overlaps"),
    (GPT,      UNALIGNED, "sgdisk-v",            "clean",    None,    False, None,     ""),
    (GPT,      UNALIGNED, "sgdisk-v-2048",       "detected", None,    False, None,     "Caution: Partition 1 doesn't begin on"),
    (GPT,      HEALTHY,   "sgdisk-v-2048",       "clean",    None,    False, None,     ""),
    (LARGE,    HEALTHY,   "sgdisk-v-4096",       "clean",    None,    False, None,     ""),
    (LARGE,    NO_MAIN,   "sgdisk-v-4096",       "detected", None,    False, None,     DIFFER),
    (LARGE,    BIG,       "sgdisk-v-4096",       "detected", None,    False, None,     "Caution! Header size for CRC check is"),
    (GPT,      HEALTHY,   "gdisk-l",             "clean",    None,    False, None,     ""),
    (GPT,      NO_MAIN,   "gdisk-l",             "detected", None,    False, None,     "Caution: invalid main GPT header"),
    (GPT,      OVERSIZED, "gdisk-l",             "detected", None,    False, None,     "The protective MBR's 0xEE partition"),
    (GPT,      NO_HEADER, "gdisk-l",             "refused",  None,    False, None,     NEW),
    (GPT,      NO_MBR,    "gdisk-l",             "detected", None,    False, None,     "Found valid GPT with corrupt MBR"),
    (GPT,      NO_EE,     "gdisk-l",             "detected", None,    False, None,     "Found valid MBR and GPT"),
    (EXTENDED, HEALTHY,   "gdisk-l",             "clean",    None,    False, None,     ""),
    (EXTENDED, NO_EBR,    "gdisk-l",             "detected", None,    False, None,     "EBR signature for logical partition"),
    (EXTENDED, FAR_EBR,   "gdisk-l",             "detected", None,    False, None,     "Error seeking to or reading logical"),
    (GPT,      HEALTHY,   "sgdisk-e",            "clean",    None,    True,  "intact", ""),
    (GPT,      NO_MAIN,   "sgdisk-e",            "repaired", "clean", True,  "intact", DIFFER),
    (GPT,      NO_HEADER, "sgdisk-e",            "repaired", "clean", True,  "lost",   NEW),
    (GPT,      NO_MAIN,   "gdisk-b",             "repaired", "clean", True,  "intact", DIFFER),
    (GPT,      NO_HEADER, "gdisk-b",             "repaired", "clean", True,  "lost",   NEW),
    (GPT,      EARLY,     "gdisk-b",             "repaired", "clean", True,  "intact", "Warning! Secondary header is placed"),
    (GPT,      NO_EE,     "gdisk-d",             "repaired", "clean", True,  "intact", "Found valid MBR and GPT"),
    (GPT,      HEALTHY,   "gdisk-d",             "clean",    None,    False, "intact", ""),
    (GPT,      NO_BACKUP, "gdisk-d",             "repaired", "clean", True,  "intact", SUMS),

    (GPT,      HEALTHY,   "sfdisk-V",            "clean",    None,    False, None,     ""),
    (MBR,      HEALTHY,   "sfdisk-V",            "clean",    None,    False, None,     ""),
    (EXTENDED, HEALTHY,   "sfdisk-V",            "clean",    None,    False, None,     ""),
    (GPT,      NO_MAIN,   "sfdisk-V",            "detected", None,    False, None,     USED_BACKUP),
    (MBR,      TOO_LONG,  "sfdisk-V",            "detected", None,    False, None,     "Total allocated sectors 1002047"),
    (MBR,      NO_TABLE,  "sfdisk-V",            "refused",  None,    False, None,     "unrecognized partition table"),
    (MBR,      NO_LENGTH, "sfdisk-V",            "clean",    None,    False, None,     ""),
    (EXTENDED, HEALTHY,   "fdisk-l",             "clean",    None,    False, None,     ""),
    (GPT,      NO_MAIN,   "fdisk-l",             "detected", None,    False, None,     USED_BACKUP),
    (MBR,      TOO_LONG,  "fdisk-l",             "clean",    None,    False, None,     ""),
    (MBR,      NO_TABLE,  "fdisk-l",             "refused",  None,    False, None,     "no partition table"),

    (GPT,      HEALTHY,   "parted-s",            "clean",    None,    False, None,     ""),
    (EXTENDED, HEALTHY,   "parted-s",            "clean",    None,    False, None,     ""),
    (GPT,      SHORT,     "parted-s",            "detected", None,    False, None,     "Warning: Not all of the space"),
    (GPT,      NO_BACKUP, "parted-s",            "detected", None,    False, None,     "Error: The backup GPT table is"),
    (GPT,      NO_MAIN,   "parted-s",            "refused",  None,    False, None,     "Error: /dev/shm/disk: unrecognised"),
    (MBR,      TOO_LONG,  "parted-s",            "refused",  None,    False, None,     "Error: Can't have a partition out"),
    (GPT,      SHORT,     "parted-f",            "repaired", "clean", True,  "intact", "Warning: Not all of the space"),
    (GPT,      NO_BACKUP, "parted-f",            "detected", None,    False, "intact", "Error: The backup GPT table is"),
    (EXTENDED, NO_MARK,   "parted-f",            "refused",  None,    False, "intact", "Error: Invalid partition table on"),
    (MBR,      NO_LENGTH, "parted-f",            "clean",    None,    False, "lost",   ""),

    (GPT,      HEALTHY,   "wipefs-n",            "clean",    None,    False, None,     ""),
    (FLASH,    HEALTHY,   "wipefs-n",            "clean",    None,    False, None,     ""),
    (GPT,      NO_BACKUP, "wipefs-n",            "detected", None,    False, None,     "1 gpt, 1 PMBR"),
    (MBR,      NO_TABLE,  "wipefs-n",            "refused",  None,    False, None,     "no signature"),
    (MBR,      NO_TABLE,  "blkid",               "clean",    None,    False, None,     ""),

    (EXTENDED, HEALTHY,   "testdisk-i386",       "clean",    None,    False, None,     ""),
    (FLASH,    HEALTHY,   "testdisk-i386",       "clean",    None,    False, None,     ""),
    (MBR,      NO_ENTRY,  "testdisk-i386",       "detected", None,    False, None,     f"{FOUND}0 32 33 8 7 63 126976"),
    (FLASH,    NO_TABLE,  "testdisk-i386",       "refused",  None,    False, None,     "No partition found or selected"),
    (MBR,      NO_TABLE,  "testdisk-i386-write", "repaired", "clean", True,  "intact", f"{FOUND}0 32 33 8 7 63 126976"),
    (GPT,      HEALTHY,   "testdisk-gpt",        "clean",    None,    False, None,     ""),
    (GPT,      NO_MAIN,   "testdisk-gpt",        "detected", None,    False, None,     "Bad GPT partition, invalid sig"),
    (GPT,      NO_BACKUP, "testdisk-gpt",        "clean",    None,    False, None,     ""),
    (GPT,      NO_HEADER, "testdisk-gpt-write",  "repaired", "clean", True,  "intact", f"{FOUND}2048 129023 126976"),
]


@pytest.mark.parametrize("base, edits, probe, says, again, wrote, data, reason", ROWS,
                         ids=[f"{row[2]}-{number}" for number, row in enumerate(ROWS)])
def test_what_it_says(tmp_path: Path, base: str, edits: list[str], probe: str, says: str, again: str | None, wrote: bool,
                      data: str | None, reason: str) -> None:
    observation, measured = ask(tmp_path, base, edits, probe)
    found = (observation.says, observation.again, observation.wrote, measured)
    assert found == (says, again, wrote, data), report(observation)
    assert observation.reason.startswith(reason) and bool(observation.reason) == bool(reason)


@pytest.mark.parametrize("command, wrote", [("true {}", False), ("printf x | dd of={} conv=notrunc", True),
                                            ("truncate -s 1M {}", True), ("truncate -s +1 {}", True)])
def test_writes_anywhere_on_the_disk_are_noted(tmp_path: Path, command: str, wrote: bool) -> None:
    source, _ = damage(tmp_path, MBR, NO_ENTRY)
    with Disk(source) as disk:
        disk.run(["sh", "-c", command.format(disk.whole)])
        assert disk.written() == wrote
