# SPDX-License-Identifier: GPL-2.0-or-later
"""What the less usual tools for NTFS say of healthy and of damaged volumes."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from damaged_bases import ask, journal_in_use, report

from harness import Disk, Run, Source, images
from harness.disk import ToolEnded
from harness.probes import ntfs_3g
from harness.unreadable import MARK

DISK = "ntfs-mbr-64m"
SLEEPING = "ntfs-hibernated"
WINDOWS = "ntfs-windows"
LARGE_CLUSTERS = "ntfs-2mib-clusters"

HEALTHY: list[str] = []
NO_BOOT = ["zero: ntfs.boot"]
NO_OEM_ID = ["zero: ntfs.boot.oem_id"]
FAILING_BOOT = [f"fill: ntfs.boot\n    with: {MARK.hex(' ')}"]
NO_BACKUP = ["zero: ntfs.boot_backup"]
NO_HEAD = ["zero: ntfs.mft[0]"]
DIRTY = ["flip: ntfs.mft[3].volume_information.flags\n    bit: 0\n    copies: all"]
UNCLEAN = journal_in_use("01000100")
FAST_STARTUP = journal_in_use("00000200")
BITMAP = ["zero: ntfs.mft[6].data.content@0+64"]
MIRROR = ["zero: ntfs.mirror[1]"]
ROOT = ["zero: ntfs.mft[5]"]
VOLUME = ["zero: ntfs.mft[3]"]
TORN = ["add: ntfs.mft[24].fixup.usn\n    by: 1\n    seal: stale"]
TWO_LISTS = ["set: ntfs.mft[24].attribute[0].type\n    to: 0x20", "set: ntfs.mft[24].attribute[1].type\n    to: 0x20"]
LONG_TYPES = [f"add: ntfs.mft[4].data.{size}\n    by: 4096" for size in ("allocated_size", "data_size")]
# One cluster, which was free, is bad; the rest of the list is a hole as before.
BAD_CLUSTER = ['write: ntfs.mft[8].data["$Bad"]@72+8\n    bytes: 11 01 03 02 fe 3d 00 00',
               "flip: ntfs.mft[6].data.content@0+1\n    bit: 3"]
# The two flags that say that Windows closed its journal.
NOT_CLOSED = [f"write: ntfs.mft[2].data.content@{place}+2\n    bytes: 00 00" for place in (0x3e, 0x103e)]

UNCLEAN_WORDS = "The disk contains an unclean file system (0, 0)."
HIBERNATED_WORDS = "Windows is hibernated, refused to mount."

# Disk, damage, probe, what it says, asked again, whether it wrote, the data, how its reason begins.
ROWS = [
    (DISK,     HEALTHY,      "ntfs-3g-mount-norecover",        "clean",     None,    True,  "intact",  ""),
    (DISK,     HEALTHY,      "ntfs-3g-mount-remove_hiberfile", "clean",     None,    True,  "intact",  ""),
    (DISK,     HEALTHY,      "lowntfs-3g-mount",               "clean",     None,    True,  "intact",  ""),
    (SLEEPING, HEALTHY,      "ntfs-3g-mount-norecover",        "read-only", None,    False, "intact",  HIBERNATED_WORDS),
    (SLEEPING, HEALTHY,      "lowntfs-3g-mount",               "read-only", None,    False, "intact",  HIBERNATED_WORDS),
    (SLEEPING, HEALTHY,      "ntfs-3g-mount-remove_hiberfile", "clean",     None,    True,  "partial", ""),
    (DISK,     UNCLEAN,      "ntfs-3g-mount-norecover",        "read-only", None,    False, "intact",  UNCLEAN_WORDS),
    (DISK,     UNCLEAN,      "lowntfs-3g-mount",               "detected",  None,    True,  "intact",  UNCLEAN_WORDS),
    (DISK,     FAST_STARTUP, "ntfs-3g-mount-remove_hiberfile", "refused",   None,    False, "lost",
     f"hibernated: {UNCLEAN_WORDS}"),
    (DISK,     UNCLEAN,      "ntfs-3g-probe",                  "refused",   None,    False, None,
     f"not cleanly unmounted: {UNCLEAN_WORDS}"),
    (DISK,     NO_BOOT,      "lowntfs-3g-mount",               "refused",   None,    False, "lost",
     "not a valid NTFS: NTFS signature is missing."),
    (DISK,     NO_HEAD,      "lowntfs-3g-mount",               "refused",   None,    False, "lost",
     "inconsistent NTFS, or hardware fault: Record 0 has no FILE magic (0x0)"),

    (DISK,     HEALTHY,      "ntfsfix-b",                      "clean",     None,    True,  "intact",  ""),
    (DISK,     BAD_CLUSTER,  "ntfsfix-b",                      "repaired",  "clean", True,  "intact",
     "Going to un-mark the bad clusters ($BadClus)... OK"),

    (DISK,     HEALTHY,      "ntfsck",                         "clean",     None,    False, None,      ""),
    (DISK,     DIRTY,        "ntfsck",                         "detected",  None,    False, None,      "Volume is dirty."),
    (DISK,     TORN,         "ntfsck",                         "detected",  None,    False, None,
     "Assertion failed for '24:fixup'."),
    (DISK,     NO_OEM_ID,    "ntfsck",                         "refused",   None,    False, None,
     "Boot sector: Bad NTFS magic."),
    (DISK,     FAILING_BOOT, "ntfsck-unreadable",              "refused",   None,    False, None,
     "Failed to read boot sector."),
    (LARGE_CLUSTERS, HEALTHY, "ntfsck",                        "detected",  None,    False, None,
     "Error getting bit value for record 0."),

    (DISK,     HEALTHY,      "ntfsresize-i",                   "clean",     None,    False, None,      ""),
    (DISK,     HEALTHY,      "ntfsresize-n",                   "clean",     None,    False, None,      ""),
    (DISK,     DIRTY,        "ntfsresize-i",                   "clean",     None,    False, None,      ""),
    (DISK,     DIRTY,        "ntfsresize-n",                   "detected",  None,    False, None,
     "ERROR: Volume is scheduled for check."),
    (DISK,     BITMAP,       "ntfsresize-i",                   "detected",  None,    False, None,
     "Cluster accounting failed at 0 (0x0): missing cluster in $Bitmap"),
    (DISK,     BAD_CLUSTER,  "ntfsresize-i",                   "detected",  None,    False, None,
     "ERROR: This software has detected that the disk has at least 1 bad sector."),
    (DISK,     NO_BOOT,      "ntfsresize-i",                   "refused",   None,    False, None,
     "NTFS signature is missing.; ERROR(22): Opening "),
    (SLEEPING, HEALTHY,      "ntfsresize-n",                   "clean",     None,    False, None,      ""),
    (DISK,     HEALTHY,      "ntfsresize-s",                   "clean",     None,    False, "intact",  ""),
    (DISK,     HEALTHY,      "ntfsresize-grow",                "clean",     None,    False, "intact",  ""),
    (DISK,     HEALTHY,      "ntfsresize-expand-n",            "clean",     None,    False, None,      ""),
    (DISK,     DIRTY,        "ntfsresize-s",                   "clean",     None,    False, "intact",  ""),
    (DISK,     DIRTY,        "ntfsresize-expand-n",            "detected",  None,    False, None,
     "ERROR: Volume is scheduled for check."),
    (DISK,     BITMAP,       "ntfsresize-grow",                "detected",  None,    False, "intact",
     "Cluster accounting failed at 0 (0x0): missing cluster in $Bitmap"),
    (DISK,     NO_BOOT,      "ntfsresize-s",                   "refused",   None,    False, "lost",
     "NTFS signature is missing.; ERROR(22): Opening "),
    (DISK,     NO_BOOT,      "ntfsresize-expand-n",            "detected",  None,    False, None,
     "ERROR: The backup bootsector does not match the old bootsector"),
    (DISK,     NO_BACKUP,    "ntfsresize-expand-n",            "refused",   None,    False, None,
     "ERROR: Could not get the old volume parameters from the backup bootsector"),

    (DISK,     HEALTHY,      "ntfsclone-metadata",             "clean",     None,    False, None,      ""),
    (DISK,     BITMAP,       "ntfsclone-metadata",             "detected",  None,    False, None,
     "Cluster accounting failed at 0 (0x0): missing cluster in $Bitmap"),
    (DISK,     DIRTY,        "ntfsclone-metadata",             "detected",  None,    False, None,      "ERROR: Volume "),
    (DISK,     UNCLEAN,      "ntfsclone-metadata",             "detected",  None,    False, None,      UNCLEAN_WORDS),
    (DISK,     NO_BOOT,      "ntfsclone-metadata",             "refused",   None,    False, None,
     "NTFS signature is missing."),

    (DISK,     HEALTHY,      "ntfsinfo-m",                     "clean",     None,    False, None,      ""),
    (DISK,     DIRTY,        "ntfsinfo-m",                     "refused",   None,    False, None,
     "Volume is scheduled for check."),
    (DISK,     MIRROR,       "ntfsinfo-m",                     "refused",   None,    False, None,
     "Record 1 has no FILE magic (0x0)"),

    (DISK,     HEALTHY,      "fsstat-f",                       "clean",     None,    False, None,      ""),
    (DISK,     VOLUME,       "fsstat",                         "refused",   None,    False, None,
     "Cannot determine file system type"),
    (DISK,     VOLUME,       "fsstat-f",                       "refused",   None,    False, None,
     "Error in metadata structure (dinode_lookup: Invalid update count value out of bounds)"),
    (DISK,     LONG_TYPES,   "fsstat-f",                       "detected",  None,    False, None,
     "Error loading attribute definitions"),
    (DISK,     HEALTHY,      "istat",                          "clean",     None,    False, None,      ""),
    (DISK,     TORN,         "fsstat-f",                       "clean",     None,    False, None,      ""),
    (DISK,     TORN,         "istat",                          "detected",  None,    False, None,
     "General file system error (Incorrect update sequence value in MFT entry"),
    (DISK,     TWO_LISTS,    "istat",                          "refused",   None,    False, None,
     "Function/Feature not supported (Multiple instances of attribute lists"),
    (DISK,     NO_BOOT,      "istat",                          "refused",   None,    False, None,
     "Invalid magic value"),

    (DISK,     HEALTHY,      "ntfsrecover",                    "clean",     None,    False, "intact",  ""),
    (DISK,     HEALTHY,      "ntfsrecover-n",                  "clean",     None,    False, None,      ""),
    (DISK,     UNCLEAN,      "ntfsrecover",                    "refused",   None,    False, "intact",  "** Invalid block"),
    (DISK,     FAST_STARTUP, "ntfsrecover-n",                  "refused",   None,    False, None,
     "** Fast restart mode detected, data could be lost"),
    (WINDOWS,  HEALTHY,      "ntfsrecover-n",                  "clean",     None,    False, None,      ""),
    (WINDOWS,  HEALTHY,      "ntfsrecover",                    "clean",     None,    True,  "intact",  ""),
    (WINDOWS,  NOT_CLOSED,   "ntfsrecover-n",                  "detected",  None,    False, None,
     "* Sync simulation successful after playing 2 actions"),
    (WINDOWS,  NOT_CLOSED,   "ntfsrecover",                    "repaired",  "clean", True,  "intact",
     "* Syncing successful after playing 2 actions"),

    (DISK,     HEALTHY,      "fsntfsinfo",                     "clean",     None,    False, None,      ""),
    (DISK,     NO_HEAD,      "fsntfsinfo",                     "refused",   None,    False, None,
     "Unable to open: /dev/shm/volume.: libfsntfs_mft_attribute_get_data_flags: invalid MFT attribute."),
    (DISK,     VOLUME,       "fsntfsinfo",                     "detected",  None,    False, None,
     "Unable to print volume information."),
    (DISK,     ROOT,         "fsntfsinfo",                     "clean",     None,    False, None,      ""),
    (DISK,     HEALTHY,      "fsstat",                         "clean",     None,    False, None,      ""),
    (DISK,     HEALTHY,      "fls",                            "clean",     None,    False, None,      ""),
    (DISK,     ROOT,         "fsstat",                         "clean",     None,    False, None,      ""),
    (DISK,     ROOT,         "fls",                            "refused",   None,    False, None,
     "Error in metadata structure (dinode_lookup: "),
    (DISK,     VOLUME,       "fsstat",                         "refused",   None,    False, None,
     "Cannot determine file system type"),
]


@pytest.mark.parametrize("base, edits, probe, says, again, wrote, data, reason", ROWS,
                         ids=[f"{row[2]}-{number}" for number, row in enumerate(ROWS)])
def test_what_it_says(tmp_path: Path, base: str, edits: list[str], probe: str, says: str, again: str | None, wrote: bool,
                      data: str | None, reason: str) -> None:
    observation, measured = ask(tmp_path, base, edits, probe)
    found = (observation.says, observation.again, observation.wrote, measured)
    assert found == (says, again, wrote, data), report(observation)
    assert observation.reason.startswith(reason) and bool(observation.reason) == bool(reason)


@pytest.mark.parametrize("option", ["recover", "force"])
def test_the_options_that_are_no_probes_change_nothing(tmp_path: Path, option: str) -> None:
    """A sleeping Windows is mounted read-only with them as without; with an exit code of 0."""
    base = images.build(SLEEPING)
    with Disk(Source(base.path, base.format, base.volumes[0].offset, base.volumes[0].size)) as disk:
        folder = disk.folder("mount")
        plain, optional = (disk.run(["sh", "-c", f"ntfs-3g {given} {disk.volume} {folder} && touch {folder}/new; umount "
                                    f"{folder}"]) for given in ("", f"-o {option}"))
        assert plain.errors == optional.errors
        assert "Read-only file system" in plain.errors


def test_istat_is_asked_about_the_record_at_which_the_walk_gave_up(tmp_path: Path) -> None:
    observation, _ = ask(tmp_path, DISK, TWO_LISTS, "istat")
    walk, asked = observation.runs
    assert (walk.argv[0], walk.code) == ("ils", 1), report(observation)
    assert asked.argv == ("istat", "-f", "ntfs", walk.argv[-1], "24") and "Multiple instances" in asked.errors


@pytest.mark.parametrize("probe, words", [
    ("ntfsresize-s", "Successfully resized"), ("ntfsresize-grow", "Successfully resized"),
    ("ntfsresize-expand-n", "difference 131072"),
])
def test_a_copy_is_really_resized(tmp_path: Path, probe: str, words: str) -> None:
    """The room that a copy is given is there, and the volume that was asked about stays as it is."""
    observation, _ = ask(tmp_path, DISK, HEALTHY, probe)
    assert any(words in run.output for run in observation.runs), report(observation)
    assert not observation.wrote


def test_a_reader_that_never_ends_is_no_answer_about_the_repairer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never_ends(_disk: Disk, _folder: str) -> NoReturn:
        raise ToolEnded(Run(("read",), None, None, True, "", "", 60))

    monkeypatch.setattr(ntfs_3g, "read_files", never_ends)
    observation, _ = ask(tmp_path, DISK, DIRTY, "ntfsfix-d")
    assert (observation.says, observation.files) == ("clean", None), report(observation)
