# SPDX-License-Identifier: GPL-2.0-or-later
"""Two images compared: in words, and as a scenario that gives the second from the first."""
from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from program import MISUSE, base, corruptor, run

import corruptor as library

Copy = Callable[..., Path]
NTFS, FAT, EXFAT = "ntfs-mbr-64m", "fat32-64m", "exfat-64m"
DIFFERENT = 1


def differences(before: Path, after: Path) -> list[dict[str, Any]]:
    return corruptor("diff", before, after, "--json", code=DIFFERENT).json["differences"]


def damaged(disk: Copy, image: str, *scenario: str) -> tuple[Path, Path]:
    """A healthy disk, and a copy that was damaged."""
    after = disk(image, "after.raw")
    corruptor("apply", *scenario, after)
    return base(image).path, after


def test_a_field_is_named_with_both_values_and_its_copy(disk: Copy) -> None:
    after = disk(NTFS)
    corruptor("set", after, "ntfs.mirror[3].volume_information.flags=dirty", "ntfs.boot.heads=7")
    heads, flags = differences(base(NTFS).path, after)
    assert (heads["path"], heads["before"], heads["after"]) == ("ntfs.boot.heads", "255", "7")
    assert flags["path"] == "ntfs.mirror[3].volume_information.flags"
    assert (flags["before"], flags["after"], flags["note"]) == ("0x0", "0x1 (dirty)", "the copy of ntfs.mft[3]")


def test_a_sum_is_said_to_be_one(disk: Copy) -> None:
    after = disk("gpt-ntfs-64m")
    corruptor("set", after, "gpt.primary.first_usable_lba=40")
    found = {row["path"]: row.get("note", "") for row in differences(base("gpt-ntfs-64m").path, after)}
    assert found == {"gpt.primary.first_usable_lba": "", "gpt.primary.header_crc32": "a sum"}


def test_fields_that_share_a_byte_are_both_named(disk: Copy) -> None:
    after = disk(NTFS)
    corruptor("set", after, "mbr.entry[1].start_cylinder=1000", "mbr.entry[1].start_sector=1")
    assert [row["path"] for row in differences(base(NTFS).path, after)] == ["mbr.entry[1].start_sector", "mbr.entry[1].start_cylinder"]


def test_bytes_of_a_file_are_a_range_with_the_file_s_name(disk: Copy) -> None:
    after = disk(NTFS)
    corruptor("set", after, "ntfs.boot.heads=7")
    corruptor("undo", after)
    with open(after, "r+b") as file:
        place = corruptor("get", after, 'ntfs.mft["/download.exe"].data.content@0x1000+1', "--json").json["extents"][0]["at"]
        file.seek(place)
        old = file.read(3000)
        file.seek(place)
        file.write(bytes(byte ^ 0xff for byte in old))
    [row] = differences(base(NTFS).path, after)
    assert (row["known"], row["file"], row["at"]) == (False, "/download.exe", place)
    assert row["path"].endswith("data.content@0x1000+16384") and row["differs"] == "3000 of 16384 bytes"


def test_equal_images_of_any_format_differ_in_nothing(disk: Copy, tmp_path: Path) -> None:
    copy = tmp_path / "copy.vhdx"
    run("qemu-img", "convert", "-O", "qcow2", base(NTFS).path, tmp_path / "copy.qcow2")
    run("qemu-img", "convert", "-O", "vhdx", base(NTFS).path, copy)
    for other in (copy, tmp_path / "copy.qcow2"):
        assert corruptor("diff", base(NTFS).path, other).out == ""


def test_disks_of_different_sizes_are_misuse() -> None:
    assert "differ in size" in corruptor("diff", base(NTFS).path, base("fat12-floppy").path, code=MISUSE).err


def test_what_ntfsfix_did_reads_as_an_explanation(disk: Copy, tmp_path: Path) -> None:
    """The boot sector is back, so all that is left is the mark on the volume, in the record and in its copy."""
    before = disk("ntfs-64m", "before.raw")
    corruptor("apply", "ntfs/zero-dbr", before)
    after = tmp_path / "after.raw"
    after.write_bytes(before.read_bytes())
    subprocess.run(["ntfsfix", after], check=True, capture_output=True)
    left = differences(base("ntfs-64m").path, after)
    assert {row["path"] for row in left if not row["path"].startswith("ntfs.logfile")} == {
        f"ntfs.{copy}[3].{field}" for copy in ("mft", "mirror")
        for field in ("volume_information.flags", "fixup.usn", "fixup.tail[0]", "fixup.tail[1]")}


def test_two_runs_of_mkfs_differ_in_named_fields_alone(tmp_path: Path) -> None:
    fat, ntfs = ([tmp_path / f"{kind}-{number}.raw" for number in range(2)] for kind in ("fat", "ntfs"))
    for volume in fat + ntfs:
        with open(volume, "wb") as file:
            file.truncate(16 << 20)
    for number, volume in enumerate(fat):
        run("mkfs.fat", "-F", "16", "-i", f"1111222{number}", volume)
    assert [row["path"] for row in differences(*fat)] == ["fat16.boot.serial"]
    for volume, label in zip(ntfs, ("one", "two")):
        run("mkntfs", "-F", "-q", "-Q", "-L", label, volume)
    rows = differences(*ntfs)
    assert "ntfs.mft[3].volume_name.name" in {row["path"] for row in rows}
    assert all(row["known"] for row in rows)


@pytest.mark.parametrize("image, scenario", [
    (NTFS, "ntfs/zero-dbr"), (NTFS, "ntfs/mft-lcn-shifted"), (NTFS, "ntfs/mft-head-lost"), (NTFS, "ntfs/dirty-flag"),
    (NTFS, "ntfs/journal-fast-startup"), (NTFS, "mbr/entry-lost"), ("fat32-flash", "fat/boot-area-overwritten"),
    (EXFAT, "exfat/dirty-flag"), (EXFAT, "exfat/boot-zeroed")])
def test_as_a_scenario_it_gives_the_other_image_bit_for_bit(image: str, scenario: str, disk: Copy, tmp_path: Path) -> None:
    before, after = damaged(disk, image, scenario)
    file = tmp_path / "difference.yaml"
    file.write_text(corruptor("diff", "--as-scenario", before, after).out)
    again = disk(image, "again.raw")
    corruptor("apply", file, again)
    assert again.read_bytes() == after.read_bytes()


def test_a_field_is_set_by_name_in_the_scenario(disk: Copy) -> None:
    before, after = damaged(disk, NTFS, "ntfs/mft-lcn-shifted")
    text = corruptor("diff", "--as-scenario", before, after).out
    assert "  - set: 'ntfs.boot.mft_lcn'\n    to: '6'\n" in text and text.count("  - ") == 1


def test_equal_images_and_ones_too_different_are_no_scenario(disk: Copy) -> None:
    assert "are the same" in corruptor("diff", "--as-scenario", base(NTFS).path, base(NTFS).path, code=MISUSE).err
    after = disk(NTFS)
    with open(after, "r+b") as file:
        file.seek(32 << 20)
        file.write(bytes(range(1, 251)) * 8192)
    assert "differ in too much" in corruptor("diff", "--as-scenario", base(NTFS).path, after, code=MISUSE).err


# The third axis of an NTFS record: its fixups


def test_a_record_is_torn_on_purpose_and_whole_otherwise(disk: Copy) -> None:
    file = disk(NTFS)
    before = corruptor("inspect", file, "ntfs.mft[5].fixup.tail[*]", "--json").json["fields"]

    def tails(policy: str) -> list[int]:
        scenario = file.with_suffix(".yaml")
        scenario.write_text(f"title: t\nedits:\n  - set: ntfs.mft[5].link_count\n    to: 9\n    seal: {policy}\n")
        corruptor("apply", scenario, file)
        found = corruptor("inspect", file, "ntfs.mft[5].fixup.tail[*]", "--json").json["fields"]
        corruptor("undo", file)
        return [row["value"] for row in found]

    whole = [row["value"] for row in before]
    assert tails("recompute") == tails("stale") == whole
    assert all(torn != sound for torn, sound in zip(tails("broken"), whole, strict=True))


def test_two_contents_of_one_place_are_named_as_two_disks_would_be(disk: Copy) -> None:
    after = disk(NTFS)
    corruptor("set", after, "ntfs.boot.heads=7", "ntfs.boot.sectors_per_track=9")
    [at] = {row["at"] // 512 * 512 for row in differences(base(NTFS).path, after)}
    with library.Image(str(base(NTFS).path), format="raw") as image, library.Image(str(after), format="raw") as other:
        old, new = image.read(at, 512), other.read(at, 512)
        snapshot = library.Snapshot(str(base(NTFS).path), format="raw")
        rows = snapshot.diff_place(at, old, new)
        assert rows == image.diff(other) and [row["path"] for row in rows] == ["ntfs.boot.sectors_per_track", "ntfs.boot.heads"]
        [row] = snapshot.diff_place(at, old, old[:0x1a] + bytes([8]) + old[0x1b:])
        assert (row["path"], row["before"], row["after"]) == ("ntfs.boot.heads", "255", "8")
        assert snapshot.diff_place(at, new, new) == []  # whatever is on the disk
        with pytest.raises(library.Misuse, match="differ in length: 512 and 1 bytes"):
            snapshot.diff_place(at, old, b"x")
        with pytest.raises(library.Damage, match="513 bytes at 0x3fffe00 leave a space of 67108864 bytes"):
            snapshot.diff_place(image.size - 512, bytes(513), bytes(513))
