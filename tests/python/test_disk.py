# SPDX-License-Identifier: GPL-2.0-or-later
"""A throw-away disk is the partition, the whole partition and nothing but the partition."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness import Disk, HarnessError, Source
from harness.disk import ToolEnded
from harness.run import Jail

START = 63 * 512
LENGTH = 3 << 20


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A sparse disk of 64 MiB: 'B' fills the first sector of a partition, 'E' its last, 'x' is around it."""
    path = tmp_path / "disk.raw"
    with open(path, "wb") as file:
        file.truncate(64 << 20)
        end = START + LENGTH
        for offset, letter in ((START - 512, b"x"), (START, b"B"), (end - 512, b"E"), (end, b"x")):
            file.seek(offset)
            file.write(letter * 512)
    return path


@pytest.fixture(params=["raw", "qcow2"])
def source(request: pytest.FixtureRequest, raw: Path, tmp_path: Path) -> Source:
    if request.param == "raw":
        return Source(raw, "raw", START, LENGTH)
    overlay = tmp_path / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", raw, "-F", "raw", overlay], check=True)
    return Source(overlay, "qcow2", START, LENGTH)


def test_the_volume_begins_and_ends_where_the_partition_does(source: Source) -> None:
    with Disk(source) as disk:
        data = disk.outside(disk.volume).read_bytes()
    assert len(data) == LENGTH
    assert data == b"B" * 512 + bytes(LENGTH - 1024) + b"E" * 512


def test_the_whole_disk_is_there_and_takes_no_room(source: Source) -> None:
    with Disk(source) as disk:
        file = disk.outside(disk.whole)
        assert file.stat().st_size == 64 << 20
        assert file.stat().st_blocks * 512 < 1 << 20
        with open(file, "rb") as reader:
            reader.seek(START)
            assert reader.read(512) == b"B" * 512


def test_without_a_length_the_volume_reaches_to_the_end(source: Source) -> None:
    with Disk(Source(source.path, source.format, START)) as disk:
        assert disk.outside(disk.volume).stat().st_size == (64 << 20) - START


def test_writing_is_noticed(source: Source) -> None:
    with Disk(source) as disk:
        disk.run(["cat", disk.volume])
        assert disk.written() is False
        disk.run(["dd", "if=/dev/zero", f"of={disk.volume}", "bs=512", "seek=3", "count=1", "conv=notrunc"])
        assert disk.written() is False  # zeroes over zeroes
        disk.run(["sh", "-c", f"echo . | dd of={disk.volume} bs=1 seek=5000 conv=notrunc"])
        assert disk.written() is True


def test_a_volume_that_a_tool_cuts_short_counts_as_written(source: Source) -> None:
    with Disk(source) as disk:
        disk.run(["truncate", "-s", str(LENGTH - 512), disk.volume])
        assert disk.written() is True


def test_the_image_stays_as_it_was(source: Source) -> None:
    before = source.path.read_bytes()
    with Disk(source) as disk:
        disk.run(["dd", "if=/dev/urandom", f"of={disk.volume}", "bs=4096", "count=100", "conv=notrunc"])
    assert source.path.read_bytes() == before


def test_nothing_is_known_about_writing_to_a_volume_that_was_not_used(source: Source) -> None:
    with Disk(source) as disk:
        disk.run(["true"])
        assert disk.written() is None


def test_zeroes_that_are_allocated_become_holes(tmp_path: Path) -> None:
    (tmp_path / "zeroes").write_bytes(bytes(8 << 20))
    with Disk(Source(tmp_path / "zeroes", "raw")) as disk:
        assert disk.outside(disk.volume).stat().st_blocks == 0


def test_a_disk_that_ends_inside_the_partition_gives_a_shorter_volume(raw: Path) -> None:
    with open(raw, "r+b") as file:
        file.truncate(START + 4096)
    with Disk(Source(raw, "raw", START, LENGTH)) as disk:
        assert disk.outside(disk.volume).stat().st_size == 4096


def test_a_partition_beyond_the_end_is_a_clear_error(raw: Path) -> None:
    with Disk(Source(raw, "raw", 2 << 30, LENGTH)) as disk:
        with pytest.raises(HarnessError, match="starts at byte 2147483648, but the disk ends at 67108864"):
            disk.volume


def test_an_image_of_another_format_is_a_clear_error(raw: Path) -> None:
    with Disk(Source(raw, "qcow2")) as disk:
        with pytest.raises(HarnessError, match="cannot be read as qcow2.*not in qcow2 format"):
            disk.volume


def test_a_tool_that_hangs_ends_the_use_of_the_disk_but_not_its_record(source: Source) -> None:
    with Disk(source) as disk:
        with pytest.raises(ToolEnded, match="sleep: killed after"):
            disk.run(["sleep", "1000"], timeout=0.2)
        assert disk.runs[-1].timed_out
        assert disk.written() is None


def test_what_prepares_a_command_line_is_not_what_died(source: Source) -> None:
    with Disk(source) as disk, pytest.raises(ToolEnded, match="^sh: died of SIGABRT$"):
        disk.run(["env", "FAKETIME=+0 x1000", "/usr/bin/nice", "sh", "-c", "kill -ABRT $$"])


def test_a_tool_in_a_loop_is_ended_by_the_work_it_does_and_what_it_wrote_is_kept(source: Source, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules[Jail.__module__], "PROCESSOR_LIMIT", 1)
    with Disk(source) as disk:
        with pytest.raises(ToolEnded, match="sh: killed after 1 s of work"):
            disk.run(["sh", "-c", f"printf W | dd of={disk.volume} conv=notrunc status=none; while :; do :; done"])
        assert disk.runs[0].timed_out
        [(at, content)] = disk.changes()
        assert (at, content[:2]) == (START, b"WB")


def test_a_daemon_in_a_loop_is_ended_like_a_tool(source: Source, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules[Jail.__module__], "PROCESSOR_LIMIT", 1)
    with Disk(source) as disk:
        disk.run(["sh", "-c", "(while :; do :; done) > /dev/null 2>&1 &"])
        with pytest.raises(ToolEnded, match="sh: killed after 1 s of work"):
            disk.settle()
        assert disk.runs[0].timed_out
