# SPDX-License-Identifier: GPL-2.0-or-later
"""What the reader in the jail says of a folder. The one inside the appliance is compared with it in test_appliance.py."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from harness import Disk, Source, readback
from harness.disk import ToolEnded
from harness.run import Jail


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of several sizes, names and depths, an empty folder, and what is neither file nor folder."""
    root = tmp_path / "root"
    (root / "deep/er").mkdir(parents=True)
    (root / "empty").mkdir()
    for name, size in (("a", 0), ("b", 1), ("Größe", 200_000), ("deep/c", 5), ("deep/er/== d", 5), ("line\nbreak", 7)):
        (root / name).write_bytes(b"x" * size)
    (root / "link").symlink_to("a")
    return root


def test_every_file_is_read_and_nothing_else(folder: Path) -> None:
    with Disk(Source(folder, "raw")) as disk:
        here = readback.read_files(disk, str(folder))
    assert {name: found.size for name, found in here.files.items()} == {
        "/a": 0, "/b": 1, "/Größe": 200_000, "/deep/c": 5, "/deep/er/== d": 5, "/line\nbreak": 7}
    assert not here.errors


def test_what_an_earlier_reader_has_seen_does_not_hide_that_a_file_has_changed(folder: Path) -> None:
    def sums() -> list[object]:
        with Jail() as jail:
            return json.loads(jail.read(str(folder)).output)

    first, again = sums(), sums()
    (folder / "Größe").write_bytes(b"x" * 199_999 + b"y")
    changed = sums()
    assert first == again
    assert [row for row in changed if row not in first] == [
        [path, size, sha, why] for path, size, sha, why in changed if size == 200_000 and sha == hashlib.sha256(b"x" * 199_999 + b"y").hexdigest()]
    assert len([row for row in changed if row not in first]) == 1


def test_reading_that_never_ends_is_ended_like_a_tool(folder: Path) -> None:
    with Disk(Source(folder, "raw")) as disk:
        place = disk.folder("mount")
        disk.run(["mkfifo", f"{place}/fifo"])
        disk.run(["sh", "-c", f"mkdir {place}/in && mount -t tmpfs none {place}/in && truncate -s 1E {place}/in/endless"])
        with pytest.raises(ToolEnded, match="read: killed after"):
            disk.read(place, timeout=0.5)


def test_a_folder_that_leads_back_to_itself_is_told(folder: Path) -> None:
    with Jail() as jail:
        loop = "mkdir -p /dev/shm/f/again && mount --bind /dev/shm/f /dev/shm/f/again"
        assert jail.run(["sh", "-c", loop]).code == 0
        assert jail.read("/dev/shm/f").output == '[["/again/again/",0,"","it leads back to a folder above it"]]'


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor alone")
def test_a_driver_and_its_reader_run_on_one_processor(folder: Path) -> None:
    with Jail() as jail:
        jail.run(["sh", "-c", "tail -f /dev/null < /dev/null > /dev/null 2>&1 &"])
        jail.read(str(folder))
        [driver] = map(int, Path(f"/proc/{jail.pid}/task/{jail.pid}/children").read_text().split())
        assert len(os.sched_getaffinity(driver)) == 1
