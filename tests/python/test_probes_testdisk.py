# SPDX-License-Identifier: GPL-2.0-or-later
"""What testdisk says of boot sectors, what its repairs do, and the terminal that it needs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from damaged_bases import ask, report

from harness.run import Jail

NTFS, FAT32, FAT16 = "ntfs-mbr-64m", "fat32-64m", "fat16-64m"
HEALTHY: list[str] = []
NO_BOOT, NO_COPY = ["zero: ntfs.boot"], ["zero: ntfs.boot_backup"]
NO_BOOTS = [*NO_BOOT, *NO_COPY]
WRONG_MFT = ["add: ntfs.boot.mft_lcn\n    by: 2\n    copies: all"]
NO_MFT, NO_MIRROR = ["zero: ntfs.mft[1]"], ["zero: ntfs.mirror[1]"]
NO_HEADS = ["zero: ntfs.mft[0]", "zero: ntfs.mirror[0]"]
FAT_CLUSTER, NO_FAT = ["set: fat16.boot.sectors_per_cluster\n    to: 3"], ["zero: fat16.fat[1]"]
FAT_BOOT, FAT_COPY = ["zero: fat32.boot"], ["zero: fat32.boot_backup"]

# Disk, damage, probe, what it says, asked again, whether it wrote, the data, its reason.
ROWS = [
    (NTFS,  HEALTHY,            "testdisk-boot",         "clean",    None,    False, None,     ""),
    (FAT32, HEALTHY,            "testdisk-boot",         "clean",    None,    False, None,     ""),
    (FAT16, HEALTHY,            "testdisk-boot",         "clean",    None,    False, None,     ""),
    (NTFS,  NO_BOOT,            "testdisk-boot",         "detected", None,    False, None,
     "boot sector: Bad; Sectors are not identical."),
    (FAT32, FAT_COPY,           "testdisk-boot",         "detected", None,    False, None,
     "backup: Bad; First sectors (boot code and partition information) are not identical."),
    (NTFS,  NO_BOOTS,           "testdisk-boot",         "refused",  None,    False, None,     "not recognised"),
    (FAT16, ["zero: fat16.boot"], "testdisk-boot",       "refused",  None,    False, None,     "not recognised"),
    (NTFS,  HEALTHY,            "testdisk-backupntfs",   "clean",    None,    False, "intact", ""),
    (NTFS,  NO_BOOT,            "testdisk-backupntfs",   "repaired", "clean", True,  "intact",
     "copy backup boot sector over boot sector; boot sector: Bad"),
    (NTFS,  NO_BOOTS,           "testdisk-backupntfs",   "refused",  None,    False, "lost",
     "Syntax error in command line: noconfirm,backupntfs"),
    (NTFS,  NO_COPY,            "testdisk-originalntfs", "repaired", "clean", True,  "intact",
     "copy original boot sector over backup boot; backup: Bad"),
    (NTFS,  NO_BOOT,            "testdisk-originalntfs", "detected", None,    False, "lost",   "boot sector: Bad"),
    (NTFS,  HEALTHY,            "testdisk-rebuildbs",    "clean",    None,    True,  "intact", ""),
    (NTFS,  NO_BOOTS,           "testdisk-rebuildbs",    "repaired", "clean", True,  "intact",
     "Write new boot!; boot sector: Bad"),
    (NTFS,  WRONG_MFT,          "testdisk-rebuildbs",    "repaired", "clean", True,  "intact",
     "Write new boot!; mft_lcn 4, not 6"),
    (NTFS,  NO_HEADS,           "testdisk-rebuildbs",    "refused",  None,    False, "lost",
     "Failed to rebuild NTFS boot sector."),
    ("ntfs-4096-sectors", HEALTHY, "testdisk-rebuildbs", "repaired", "clean", True,  "lost",
     "Write new boot!; mftmirr_lcn 0, not 8191"),
    (NTFS,  HEALTHY,            "testdisk-repairmft",    "clean",    None,    False, "intact", ""),
    (NTFS,  NO_MFT,             "testdisk-repairmft",    "repaired", "clean", True,  "intact", "MFT fixed."),
    (NTFS,  NO_MIRROR,          "testdisk-repairmft",    "repaired", "clean", True,  "intact", "MFT mirror fixed."),
    (NTFS,  NO_HEADS,           "testdisk-repairmft",    "clean",    None,    False, "lost",   ""),
    (FAT32, HEALTHY,            "testdisk-backupfat",    "clean",    None,    False, "intact", ""),
    (FAT32, FAT_BOOT,           "testdisk-backupfat",    "repaired", "clean", True,  "intact",
     "copy backup boot sector over boot sector; boot sector: Bad"),
    (FAT32, FAT_COPY,           "testdisk-originalfat",  "repaired", "clean", True,  "intact",
     "copy original boot sector over backup boot; backup: Bad"),
    (FAT32, [*FAT_BOOT, *FAT_COPY], "testdisk-backupfat", "refused", None,    False, "lost",
     "Syntax error in command line: backupfat"),
    (FAT32, HEALTHY,            "testdisk-rebuildfat32", "clean",    None,    True,  "intact", ""),
    (FAT32, [*FAT_BOOT, *FAT_COPY], "testdisk-rebuildfat32", "repaired", "clean", True, "intact",
     "Write new boot!; boot sector: Bad"),
    (FAT16, FAT_CLUSTER,        "testdisk-rebuildfat16", "repaired", "clean", True,  "intact",
     "Write new boot!; boot sector: Bad"),
    (FAT16, HEALTHY,            "testdisk-rebuildfat16", "clean",    None,    True,  "intact", ""),
    ("fat12-floppy", HEALTHY,   "testdisk-rebuildfat12", "clean",    None,    True,  "intact", ""),
    ("fat16-one-table", HEALTHY, "testdisk-rebuildfat16", "repaired", "clean", True, "altered",
     "Write new boot!; cluster_size 4, not 2"),
    (FAT16, HEALTHY,            "testdisk-repairfat",    "clean",    None,    False, "intact", ""),
    (FAT16, NO_FAT,             "testdisk-repairfat",    "repaired", "clean", True,  "intact",
     "repair_FAT_table: correcting FAT2 (sector 127) using FAT1"),
]


@pytest.mark.parametrize("base, edits, probe, says, again, wrote, data, reason", ROWS,
                         ids=[f"{row[2]}-{number}" for number, row in enumerate(ROWS)])
def test_what_it_says(tmp_path: Path, base: str, edits: list[str], probe: str, says: str, again: str | None, wrote: bool,
                      data: str | None, reason: str) -> None:
    observation, measured = ask(tmp_path, base, edits, probe)
    found = (observation.says, observation.again, observation.wrote, measured)
    assert found == (says, again, wrote, data), report(observation)
    assert observation.reason == reason


def test_a_terminal_answers_what_is_asked() -> None:
    program = "import os; assert os.isatty(0); print(input('sure? ') + input('really? ')); raise SystemExit(7)"
    with Jail() as jail:
        done = jail.run([sys.executable, "-c", program], answers=(("sure\\? ", "yes\n"), ("really\\? ", "no\n")))
    assert "yesno" in done.output and done.code == 7, done.printed
