# SPDX-License-Identifier: GPL-2.0-or-later
"""Marked sectors of a volume cannot be read through the view that tools are given, and all else is as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import corruptor
import pytest
from damaged_bases import ask, report

from harness import Disk, Source, case, probes, unreadable

BASE = "ntfs-mbr-64m"
SIZE = 1 << 20
PAGE = 4096
FILL = f"with: {unreadable.MARK.hex()}"
BOOT_UNREADABLE = [f"fill: ntfs.boot\n    {FILL}"]
BACKUP_GONE = "zero: ntfs.boot_backup"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Sectors of ones; the fourth page has a mark in its last sector, the ninth one that does not begin with a sector."""
    content = bytearray(b"\x01" * SIZE)
    content[4 * PAGE - 512:4 * PAGE] = unreadable.MARKED
    content[8 * PAGE + 16:8 * PAGE + 528] = unreadable.MARKED
    image = tmp_path / "disk.raw"
    image.write_bytes(content)
    with Disk(Source(image, "raw")) as disk:
        yield disk


def test_only_whole_sectors_are_marked(disk: Disk) -> None:
    assert unreadable.marked(disk) == [4 * PAGE // 512 - 1]


@pytest.mark.parametrize("page, code", [(2, 0), (3, 1), (4, 0), (8, 0)])
def test_the_page_around_a_marked_sector_cannot_be_read(disk: Disk, page: int, code: int) -> None:
    with unreadable.shown(disk) as volume:
        result = disk.run(["dd", f"if={volume}", "of=/dev/null", f"bs={PAGE}", f"skip={page}", "count=1"])
    assert result.code == code
    assert ("Input/output error" in result.errors) == bool(code)


def test_what_is_written_to_the_view_is_on_the_volume_and_the_jail_is_clean_afterwards(disk: Disk) -> None:
    with unreadable.shown(disk) as volume:
        write = disk.run(["dd", "if=/dev/zero", f"of={volume}", "bs=512", "seek=2", "count=1", "conv=notrunc,fsync"])
    assert write.code == 0
    assert disk.written()
    assert disk.outside(disk.volume).read_bytes()[1024:1536] == bytes(512)
    assert disk.jail.clean()


@pytest.mark.parametrize("probe, edits, says, wrote, reason", [
    ("ntfsfix-n-unreadable", [], "clean", False, ""),
    ("ntfsfix-unreadable", [], "clean", True, ""),
    ("ntfsresize-i-unreadable", [], "clean", False, ""),
    ("ntfsfix-unreadable", [BACKUP_GONE], "repaired", True, "Checking the alternate boot sector... FIXED"),
    ("ntfsfix-n-unreadable", BOOT_UNREADABLE, "detected", False, "Error reading bootsector: Input/output error"),
    ("ntfsfix-unreadable", BOOT_UNREADABLE, "refused", False, "Error reading bootsector: Input/output error"),
    ("ntfsresize-i-unreadable", [f"fill: ntfs.mft[6].data.content@0+512\n    {FILL}"], "detected", False,
     "ntfs_attr_pread_i: ntfs_pread failed: Input/output error; ERROR: Failed to update the free space"),
])
def test_what_tools_say_of_it(tmp_path: Path, probe: str, edits: list[str], says: str, wrote: bool, reason: str) -> None:
    observation, _ = ask(tmp_path, BASE, edits, probe)
    assert (observation.says, observation.wrote, observation.reason) == (says, wrote, reason), report(observation)


@pytest.mark.parametrize("name, marked", [("ntfs/boot/sector-unreadable", True), ("ntfs/boot/sector-zeroed", False)])
def test_only_disks_with_marks_are_what_these_probes_are_for(name: str, marked: bool) -> None:
    scenario = case.load(Path(corruptor.find_scenario(name)))
    assert probes.all()["ntfsfix-n-unreadable"].only_for(case.damage(scenario).source) == marked
