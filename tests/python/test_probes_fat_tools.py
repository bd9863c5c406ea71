# SPDX-License-Identifier: GPL-2.0-or-later
"""What the less usual tools for FAT and exFAT say of healthy and of damaged volumes."""

from __future__ import annotations

from pathlib import Path

import pytest
from damaged_bases import ask, damage, report

from harness import Disk

HEALTHY: list[str] = []
FAT32, FAT16, FAT12, EXFAT = "fat32-64m", "fat16-64m", "fat12-floppy", "exfat-64m"
NO_BOOT = ["zero: fat32.boot"]
FIRST_TABLE = ["zero: fat32.fat[0]@0+4KiB"]
FIRST_CHAINS = ["zero: fat32.fat[0]@20+4KiB"]  # all but what tells the medium
BOTH_TABLES = ["zero: fat32.fat[0]", "zero: fat32.fat[1]"]
FREE_COUNT = ["add: fat32.fsinfo.free_clusters\n    by: 4"]
LENGTH_OF_TABLE = ["add: fat32.boot.sectors_per_fat_32\n    by: 2\n    copies: all"]
NOT_MERGEABLE = ["set: fat32.fat[1].entry[2]\n    to: 77"]
CUT_CHAIN = [f"set: fat32.fat[{table}].entry[5]\n    to: 0" for table in (0, 1)]
EXFAT_BOOT = ["zero: exfat.boot\n    copies: all"]
HEADS = ["zero: fat32.fat[0]@0+4", "zero: fat32.fat[1]@0+4"]
LOWER_CASE = ["set: fat16.label_in_root.text\n    to: label\n    copies: all"]
ONE_SECTOR_MORE = ["add: fat32.boot.total_sectors_32\n    by: 1\n    copies: all"]
EXFAT_BITMAP = ["zero: exfat.bitmap"]
EXFAT_NAME = ["zero: exfat.boot.name"]
EXFAT_LEAK = ["set: exfat.bitmap.bit[8998]\n    to: 1"]
EXFAT_BAD = ["set: exfat.fat[9000].next\n    to: bad"]
EXFAT_SUM = ["set: exfat.boot.drive_select\n    to: 0\n    seal: stale"]

# Disk, damage, probe, what it says, asked again, whether it wrote, the data, how its reason begins.
ROWS = [
    (FAT32, HEALTHY,         "fsck.fat-nV",  "clean",    None,       False, None,     ""),
    (FAT16, HEALTHY,         "fsck.fat-nV",  "clean",    None,       False, None,     ""),
    (FAT32, FREE_COUNT,      "fsck.fat-nV",  "detected", "clean",    False, None,     "Free cluster summary wrong"),
    (FAT32, LENGTH_OF_TABLE, "fsck.fat-nV",  "detected", "detected", False, None,     "FATs differ - using first FAT."),
    (FAT32, BOTH_TABLES,     "fsck.fat-nV",  "refused",  None,       False, None,     "Both FATs appear to be corrupt."),
    (FAT32, NO_BOOT,         "fsck.fat-nV",  "refused",  None,       False, None,     "Logical sector size is zero."),

    (FAT32, HEALTHY,         "fsck.fat-nU",  "clean",    None,       False, None,     ""),
    (FAT16, LOWER_CASE,      "fsck.fat-nU",  "detected", None,       False, None,     "Volume label 'label'"),
    (FAT32, HEALTHY,         "fsck.fat-at",  "clean",    None,       False, "intact", ""),
    (FAT32, ONE_SECTOR_MORE, "fsck.fat-at",  "repaired", "clean",    True,  "intact", "Cluster 129024 is unreadable."),
    (FAT32, HEALTHY,         "fsck.fat-aF1", "clean",    None,       False, "intact", ""),
    (FAT32, HEADS,           "fsck.fat-aF1", "repaired", "clean",    True,  "intact", "Fixing first cluster in FAT."),
    (FAT32, HEADS,           "fsck.fat-a",   "refused",  None,       False, "intact", "Both FATs appear to be corrupt."),

    (EXFAT, HEALTHY,         "corruptor-files", "clean",    None, False, "intact", ""),
    (EXFAT, EXFAT_BOOT,      "corruptor-files", "refused",  None, False, "lost",   "ntfs: neither boot sector says"),
    (EXFAT, EXFAT_BITMAP,    "corruptor-files", "clean",    None, False, "intact", ""),  # tsk_recover finds no file
    (EXFAT, EXFAT_BITMAP,    "tsk_recover",     "clean",    None, False, "lost",   ""),
    (FAT32, NO_BOOT,         "corruptor-files", "clean",    None, False, "intact", ""),  # by the backup
    (FAT32, FIRST_CHAINS,    "corruptor-files", "detected", None, False, "partial",
     "fat32: fat32.table at 0x4a10: the chain leads to a free cluster"),

    (FAT32, HEALTHY,         "fatcat-2",     "clean",    None,       False, None,     ""),
    (FAT12, HEALTHY,         "fatcat-2",     "clean",    None,       False, None,     ""),
    (FAT32, FIRST_TABLE,     "fatcat-2",     "detected", None,       False, None,     "FATs differs; It seems mergeable"),
    (FAT32, NOT_MERGEABLE,   "fatcat-2",     "detected", None,       False, None,
     "FATs differs; It doesn't seems mergeable"),
    (FAT32, NO_BOOT,         "fatcat-2",     "refused",  None,       False, None,
     "! Failed to init the FAT filesystem"),
    (FAT32, HEALTHY,         "fatcat-m",     "clean",    None,       False, "intact", ""),
    (FAT32, FIRST_TABLE,     "fatcat-m",     "repaired", "clean",    True,  "lost",
     "Merge complete, 861 clusters merged"),
    (FAT32, FIRST_CHAINS,    "fatcat-m",     "repaired", "clean",    True,  "intact",
     "Merge complete, 856 clusters merged"),
    (FAT32, NOT_MERGEABLE,   "fatcat-m",     "clean",    None,       False, "intact", ""),
    (FAT32, NO_BOOT,         "fatcat-m",     "refused",  None,       False, "lost",
     "! Failed to init the FAT filesystem"),
    (FAT32, HEALTHY,         "fatcat-o",     "clean",    None,       False, None,     ""),
    (FAT32, CUT_CHAIN,       "fatcat-o",     "detected", None,       False, None,     "There is 1 orphaned elements"),

    (FAT32, HEALTHY,         "fsstat",       "clean",    None,       False, None,     ""),
    (FAT32, NO_BOOT,         "fsstat",       "clean",    None,       False, None,     ""),
    (FAT32, NO_BOOT,         "fls",          "clean",    None,       False, None,     ""),
    (EXFAT, HEALTHY,         "fls",          "clean",    None,       False, None,     ""),
    (EXFAT, EXFAT_BOOT,      "fsstat",       "refused",  None,       False, None,     "Cannot determine file system type"),
    (EXFAT, EXFAT_BAD,       "fsstat",       "hung",     None,       False, None,     "fsstat: killed after 5 s"),
    (EXFAT, HEALTHY,         "blkid",        "clean",    None,       False, None,     ""),
    (EXFAT, EXFAT_BOOT,      "blkid",        "refused",  None,       False, None,     "nothing that it knows"),

    (EXFAT, HEALTHY,         "fsck.exfat-p", "clean",    None,       False, "intact", ""),
    (EXFAT, EXFAT_BOOT,      "fsck.exfat-p", "refused",  None,       False, "lost",   "Bad fs_name in boot sector"),
    (EXFAT, EXFAT_SUM,       "fsck.exfat-p", "detected", None,       False, "intact", "boot region is corrupted."),
    (EXFAT, EXFAT_SUM,       "fsck.exfat-y", "repaired", "clean",    True,  "intact", "boot region is corrupted."),
    (EXFAT, HEALTHY,         "fsck.exfat-yb", "clean",   None,       False, "intact", ""),
    (EXFAT, EXFAT_NAME,      "fsck.exfat-y",  "refused", None,       False, "intact", "Bad fs_name in boot sector"),
    (EXFAT, EXFAT_NAME,      "fsck.exfat-yb", "repaired", "clean",   True,  "intact", "boot region is corrupted."),
    (EXFAT, HEALTHY,         "fsck.exfat-ys", "clean",   None,       True,  "intact", ""),
    (EXFAT, EXFAT_LEAK,      "fsck.exfat-ys", "repaired", "clean",   True,  "intact", "files 165, then 166"),
]


@pytest.mark.parametrize("base, edits, probe, says, again, wrote, data, reason", ROWS,
                         ids=[f"{row[2]}-{number}" for number, row in enumerate(ROWS)])
def test_what_it_says(tmp_path: Path, base: str, edits: list[str], probe: str, says: str, again: str | None,
                      wrote: bool | None, data: str | None, reason: str) -> None:
    observation, measured = ask(tmp_path, base, edits, probe)
    found = (observation.says, observation.again, observation.wrote, measured)
    assert found == (says, again, wrote, data), report(observation)
    assert observation.reason.startswith(reason) and bool(observation.reason) == bool(reason)


@pytest.mark.parametrize("edits", [FIRST_TABLE, FREE_COUNT, BOTH_TABLES])
def test_the_automatic_options_of_fsck_fat_are_one(tmp_path: Path, edits: list[str]) -> None:
    """So -p and -y are no probes."""
    source, _ = damage(tmp_path, FAT32, edits)
    outcomes = set()
    for option in ("-a", "-p", "-y"):
        with Disk(source) as disk:
            result = disk.run(["fsck.fat", option, disk.volume])
            outcomes.add((result.code, result.text, disk.outside(disk.volume).read_bytes()))
    assert len(outcomes) == 1


def test_a_reader_that_dies_after_a_repair_is_not_held_against_the_repairer(tmp_path: Path) -> None:
    """mcopy aborts over names that fsck.fat has left."""
    observation, data = ask(tmp_path, FAT32, LENGTH_OF_TABLE, "fsck.fat-a")
    assert observation.runs[-2].argv[0] == "mcopy" and observation.runs[-2].signal, report(observation)
    assert (observation.says, data) == ("partly", "lost")
