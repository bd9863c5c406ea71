# SPDX-License-Identifier: GPL-2.0-or-later
"""What a driver and a wiper find only when a volume is used, and that using a volume leaves it as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from damaged_bases import ask, report

from harness import use

DISK = "ntfs-64m"
FILE = 'ntfs.mft["/Documents/Annual report.pdf"]'
SORTED_BY_NAMES = ['set: ntfs.mft[9].tree["$SII"].root.collation\n    to: 1']
HIBERNATED = "ntfs-hibernated"
ONE_CLUSTER_MORE = [f"add: {FILE}.data.allocated_size\n    by: 4096"]
NO_BOOT = ["zero: ntfs.boot"]


@pytest.mark.parametrize(("base", "edits", "probe", "says", "wrote", "data", "reason", "said"), [
    (DISK, [], "ntfs-3g-use", "clean", True, "intact", "", ""),
    (DISK, SORTED_BY_NAMES, "ntfs-3g-mount", "clean", True, "intact", "", ""),
    (DISK, SORTED_BY_NAMES, "ntfs-3g-use", "detected", True, "intact", "create /!new: Input/output error",
     "Inconsistency in index $SII"),
    (HIBERNATED, [], "ntfs-3g-use", "read-only", False, "intact", "Windows is hibernated", ""),
    (DISK, NO_BOOT, "ntfs-3g-use", "refused", False, "lost", "not a valid NTFS", "NTFS signature is missing."),
    (DISK, [], "ntfswipe-n", "clean", False, None, "", "wipe_tails"),
    (DISK, ONE_CLUSTER_MORE, "ntfs-3g-mount", "clean", True, "intact", "", ""),
    (DISK, ONE_CLUSTER_MORE, "ntfswipe-n", "detected", False, None, "Failed to load full runlist: inode: 67", "wipe_tails"),
    (DISK, NO_BOOT, "ntfswipe-n", "refused", False, None, "NTFS signature is missing.", "ntfswipe"),
])
def test_what_is_found_only_in_use(tmp_path: Path, base: str, edits: list[str], probe: str, says: str, wrote: bool,
                                   data: str | None, reason: str, said: str) -> None:
    observation, measured = ask(tmp_path, base, edits, probe)
    told = report(observation)
    assert (observation.says, observation.wrote, measured) == (says, wrote, data), told
    assert observation.reason.startswith(reason) and said in told, f"{observation.reason}\n{told}"


def test_use_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/file").write_bytes(b"content")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    assert use_program(tmp_path) == ""
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["a", "a/b", "a/file", "a/loop"]
    assert (tmp_path / "a/file").read_bytes() == b"content"


def test_use_tells_what_fails(tmp_path: Path) -> None:
    told = use_program(tmp_path / "gone").split("\n")
    assert told[:2] == ["list /: No such file or directory", "create /Mnew: No such file or directory"]


def use_program(folder: Path) -> str:
    """What use.py prints about a folder."""
    return subprocess.run([sys.executable, use.__file__, folder], stdout=subprocess.PIPE, text=True, check=True).stdout
