# SPDX-License-Identifier: GPL-2.0-or-later
"""A copy that is used again is, each time, the base disk with the patches that were asked for, and nothing else."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest

from harness import Disk, Source, copies
from harness.pieces import CHUNK, SECTOR, data_of, differences, overlaid

SIZE = 4 << 20
START = 63 * 512
LENGTH = 3 << 20


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A disk with two pieces of data, one across the border of two chunks, and holes."""
    path = tmp_path / "base.raw"
    with open(path, "wb") as file:
        file.truncate(SIZE)
        for at in (START, 2 * CHUNK - 700):
            os.pwrite(file.fileno(), random.Random(at).randbytes(1500), at)
    return path


def expected(base: Path, patches: list[tuple[int, bytes]]) -> bytes:
    return overlaid(base.read_bytes(), 0, patches)[START:START + LENGTH]


def test_whatever_tools_wrote_the_next_disk_is_fresh(base: Path) -> None:
    chance = random.Random(1)
    jails = set()
    for _ in range(30):
        patches = [(chance.randrange(SIZE - 3000), chance.randbytes(chance.randrange(1, 3000))) for _ in range(3)]
        with Disk(Source(base, "raw", START, LENGTH, patches=tuple(patches), lasting=True)) as disk:
            file = disk.outside(disk.volume)
            assert file.read_bytes() == expected(base, patches)
            assert disk.written() is False
            written = [(chance.randrange(LENGTH - 3000), chance.randbytes(chance.randrange(1, 3000))) for _ in range(2)]
            with open(file, "r+b", buffering=0) as volume:
                for at, content in written:
                    os.pwrite(volume.fileno(), content, at)
            after = file.read_bytes()
            assert disk.written() is True
            assert expected(base, patches + disk.changes()) == after
            jails.add(disk.jail.pid)
    assert len(jails) == 1


@pytest.mark.parametrize("wreck", ["truncate -s 1M {}", "rm {}", "dd if=/dev/urandom of={} bs=1M count=3 conv=notrunc"])
def test_a_copy_that_was_wrecked_is_made_anew(base: Path, wreck: str) -> None:
    source = Source(base, "raw", START, LENGTH, lasting=True)
    for _ in range(2):
        with Disk(source) as disk:
            assert disk.outside(disk.volume).read_bytes() == expected(base, [])
            disk.run(["sh", "-c", wreck.format(disk.volume)])


def test_a_disk_of_another_place_or_base_does_not_get_the_kept_copy(base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.raw"
    other.write_bytes(b"y" * SIZE)
    for source in (Source(base, "raw", START, LENGTH, lasting=True), Source(other, "raw", START, LENGTH, lasting=True),
                   Source(base, "raw", 0, LENGTH, lasting=True), Source(other, "raw", 0, LENGTH)):
        with Disk(source) as disk:
            end = source.start + LENGTH
            assert disk.outside(disk.volume).read_bytes() == source.path.read_bytes()[source.start:end]


def test_what_one_tool_leaves_behind_the_next_does_not_find(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, a mount and a daemon: the jail is used again only if none of them is left."""
    monkeypatch.setattr(sys.modules["harness.run"], "_idle", [])  # what tests before this one left there keeps copies of other disks
    source = Source(base, "raw", START, LENGTH, lasting=True)
    with Disk(source) as disk:
        first = disk.jail.pid
        disk.run(["mkdir", "-p", f"{disk.folder('a')}/b"])
    with Disk(source) as disk:
        assert (disk.jail.pid, [*disk.outside("/dev/shm").iterdir()]) == (first, [])
        disk.run(["mount", "-t", "tmpfs", "none", disk.folder("a")])
    with Disk(source) as disk:
        assert (disk.jail.pid == first, [*disk.outside("/dev/shm").iterdir()]) == (False, [])
        first = disk.jail.pid
        disk.run(["sh", "-c", "setsid sleep 1000 > /dev/null & :"])
    with Disk(source) as disk:
        assert disk.jail.pid != first
    assert not Path(f"/proc/{first}").exists()


def test_a_copy_with_too_much_to_put_back_is_given_up(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "MOST_PUT_BACK", 10_000)
    copy = copies.Copy.make(copies.open_original(base, "raw"), 0, None, tmp_path / "copy")
    for size, kept in ((9_000, True), (11_000, False)):
        copy.lay(((0, b"x" * size),))
        assert copy.take_back() is kept


def test_differences_are_whole_sectors_and_lead_from_one_file_to_the_other(base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    patches = [(5, b"a"), (CHUNK - 1, b"bc"), (SIZE - 1, b"d"), (3 * CHUNK, bytes(100))]  # the last is zeroes over a hole
    other.write_bytes(overlaid(base.read_bytes(), 0, patches))
    with open(base, "rb") as before, open(other, "rb") as after:
        found = differences(before.fileno(), after.fileno(), 0, SIZE)
        assert differences(before.fileno(), after.fileno(), 0, SIZE, found) == []
    assert [(at, len(content)) for at, content in found] == [
        (0, SECTOR), (CHUNK - SECTOR, SECTOR), (CHUNK, SECTOR), (SIZE - SECTOR, SECTOR)]


def test_a_later_patch_covers_an_earlier_one(base: Path, tmp_path: Path) -> None:
    patches = [(100, b"earlier"), (98, b"later, and longer")]
    other = tmp_path / "other"
    other.write_bytes(overlaid(base.read_bytes(), 0, patches))
    with open(base, "rb") as before, open(other, "rb") as after:
        assert differences(before.fileno(), after.fileno(), 0, SIZE, patches) == []


def test_only_data_is_walked_and_in_chunks(base: Path) -> None:
    with open(base, "rb") as file:
        pieces = [*data_of(file.fileno(), 0, SIZE)]
    assert sum(end - at for at, end in pieces) < SIZE // 4
    assert all(at // CHUNK == (end - 1) // CHUNK for at, end in pieces)
