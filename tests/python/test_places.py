# SPDX-License-Identifier: GPL-2.0-or-later
"""Places both ways: whose bytes these are, what a number points to, many places at once, and numbers by their meaning."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from program import MISUSE, base, corruptor, healthy

Copy = Callable[..., Path]
NTFS, FAT, EXFAT = "ntfs-mbr-64m", "fat32-64m", "exfat-64m"


def disk_of(name: str) -> Path:
    return base(name).path


def extents(image: Path, path: str) -> list[dict[str, int]]:
    return corruptor("get", image, path, "--json").json["extents"]


def owners(image: Path, at: int) -> list[dict[str, Any]]:
    """Who has the byte."""
    [place] = corruptor("inspect", image, f"@{at}", "--json").json["bytes"]
    assert place["at"] == at
    return place["owners"]


# The reverse of a path


@pytest.mark.parametrize("image, path", [
    (NTFS, "mbr.signature"),
    (NTFS, "mbr.entry[1].start_lba"),
    (NTFS, "ntfs.boot.mft_lcn"),
    (NTFS, "ntfs.boot_backup.serial_number"),
    (NTFS, "ntfs.mft[3].volume_information.flags"),
    (NTFS, "ntfs.mft[5].sequence_number"),
    (NTFS, "ntfs.mirror[2].link_count"),
    (NTFS, "ntfs.mft[0].fixup.tail[1]"),
    (NTFS, "ntfs.upcase.entry[97]"),
    ("gpt-ntfs-64m", "gpt.primary.header_crc32"),
    ("gpt-ntfs-64m", "gpt.backup.entry[1].first_lba"),
    (FAT, "fat32.boot.root_cluster"),
    (FAT, "fat32.fsinfo.free_clusters"),
    (FAT, "fat32.fat[1].entry[2]"),
    ("fat12-floppy", "fat12.fat[0].entry[3]"),
    (EXFAT, "exfat.boot.cluster_count"),
    (EXFAT, "exfat.boot_backup.serial"),
])
def test_a_byte_of_a_field_leads_back_to_the_field(image: str, path: str) -> None:
    disk = disk_of(image)
    extent = extents(disk, path)[0]
    assert path in [owner["path"] for owner in owners(disk, extent["at"] + extent["length"] - 1)]


@pytest.mark.parametrize("image, path, file", [
    (NTFS, 'ntfs.mft["/readme.txt"].data.content@0+1', "/readme.txt"),
    (NTFS, 'ntfs.mft["/download.exe"].data.content@0x4000+1', "/download.exe"),
    (NTFS, 'ntfs.mft["/readme.txt"].file_name[0].name', "/readme.txt"),
    (FAT, 'fat32.file["/readme.txt"].content@10+1', "/readme.txt"),
    (FAT, 'fat32.file["/readme.txt"].size', "/readme.txt"),
    (EXFAT, 'exfat.file["/readme.txt"].content@10+1', "/readme.txt"),
    (EXFAT, 'exfat.file["/readme.txt"].stream.data_length', "/readme.txt"),
])
def test_a_byte_of_a_file_or_of_its_entry_leads_to_the_file(image: str, path: str, file: str) -> None:
    disk = disk_of(image)
    assert file in [owner.get("file") for owner in owners(disk, extents(disk, path)[0]["at"])]


def test_a_path_that_is_found_can_be_typed_again() -> None:
    disk = disk_of(NTFS)
    for at in range(0x100000, 0x102000, 0x333):
        for owner in owners(disk, at):
            assert any(place["at"] <= at < place["at"] + place["length"] for place in extents(disk, owner["path"]))


def test_a_range_is_shown_place_by_place() -> None:
    places = corruptor("inspect", disk_of(NTFS), "@0x1be+16", "--json").json["bytes"]
    assert [place["at"] for place in places] == sorted(place["at"] for place in places)
    assert sum(place["length"] for place in places) == 16
    assert "mbr.entry[1].sector_count" in [owner["path"] for owner in places[-1]["owners"]]
    told = corruptor("inspect", disk_of(NTFS), "@0x100030").out
    assert "0x100030  ntfs.boot.mft_lcn = 4" in told and "of the file /$Boot" in told


def test_bytes_that_no_structure_knows_are_a_range_of_what_they_are_in() -> None:
    assert [owner["path"] for owner in owners(disk_of(NTFS), 0x3000)] == ["@0x3000+512"]


def test_an_offset_past_the_end_is_misuse() -> None:
    assert "ends at 0x4000000" in corruptor("inspect", disk_of(NTFS), "@0x4000000", code=MISUSE).err


# What a number points to


def test_an_arrow_follows_a_number_to_what_it_points_to() -> None:
    disk = disk_of(NTFS)
    assert extents(disk, "ntfs.boot.mft_lcn->")[0]["at"] == extents(disk, "ntfs.mft[0]@0")[0]["at"]
    number = corruptor("get", disk, 'ntfs.mft[5].index["readme.txt"].record', "--json").json["value"]
    assert corruptor("get", disk, 'ntfs.mft[5].index["readme.txt"].record->file_name[0].name', "--json").json["path"] == \
        f"ntfs.mft[{number}].file_name[0].name"
    assert corruptor("get", disk, "ntfs.boot.mft_lcn->@0+4").out.split("|")[1] == "FILE"


@pytest.mark.parametrize("path, words", [
    ("ntfs.boot.heads->", "counts nothing"), ("ntfs.boot.mft_lcn-", "expected '>'"), ("ntfs.boot.mft_lcn.x", "only '->' comes after")])
def test_an_arrow_that_leads_nowhere_is_misuse(path: str, words: str) -> None:
    assert words in corruptor("get", disk_of(NTFS), path, code=MISUSE).err


# Many places at once


@pytest.mark.parametrize("pattern, paths", [
    ("ntfs.mft[0:3].file_name[*].name", [f"ntfs.mft[{n}].file_name[0].name" for n in range(3)]),
    ("ntfs.boot.*lcn", ["ntfs.boot.mft_lcn", "ntfs.boot.mirror_lcn"]),
    ("ntfs.boot*.heads", ["ntfs.boot.heads", "ntfs.boot_backup.heads"]),
    ("ntfs.mft[0].fixup.tail[*]", ["ntfs.mft[0].fixup.tail[0]", "ntfs.mft[0].fixup.tail[1]"]),
    ("ntfs.upcase.entry[97:99]", ["ntfs.upcase.entry[97]", "ntfs.upcase.entry[98]"]),
    ("mbr.entry[*].type", ["mbr.entry[1].type"]),
])
def test_stars_and_slices_name_many_places(pattern: str, paths: list[str]) -> None:
    assert [row["path"] for row in corruptor("inspect", disk_of(NTFS), pattern, "--json").json["fields"]] == paths


def test_a_pattern_of_structures_shows_each() -> None:
    shown = corruptor("inspect", disk_of(NTFS), "ntfs.mirror[1:]", "--json").json["structures"]
    assert [one["path"] for one in shown] == ["ntfs.mirror[1]", "ntfs.mirror[2]", "ntfs.mirror[3]"]


def test_a_pattern_where_one_place_is_needed_is_misuse(disk: Copy) -> None:
    assert "may name many places" in corruptor("get", disk_of(NTFS), "ntfs.boot.*", code=MISUSE).err
    assert "fits nothing" in corruptor("inspect", disk_of(NTFS), "ntfs.boot.zz*", code=MISUSE).err


# Numbers by their meaning


@pytest.mark.parametrize("image, field, place, expected", [
    (NTFS, "ntfs.boot.mirror_lcn", "mft", "ntfs.boot.mft_lcn"),
    (NTFS, "ntfs.boot.mft_lcn", "mirror", "ntfs.boot.mirror_lcn"),
    (NTFS, "ntfs.boot.mft_lcn", "/download.exe", 'ntfs.mft["/download.exe"].data.run[0].lcn'),
    (FAT, "fat32.boot.root_cluster", "/readme.txt", 'fat32.file["/readme.txt"].first_cluster'),
    (EXFAT, "exfat.boot.root_cluster", "/readme.txt", 'exfat.file["/readme.txt"].stream.first_cluster'),
])
def test_a_number_is_set_to_what_points_there(image: str, field: str, place: str, expected: str, disk: Copy) -> None:
    file = disk(image)
    wanted = corruptor("get", file, expected, "--json").json["value"]
    before = corruptor("get", file, field, "--json").json["value"]
    corruptor("set", file, f"{field}={{at: {place}}}")
    assert corruptor("get", file, "@" + str(extents(disk_of(image), field)[0]["at"]) + "+4", "--json").json["bytes"] == \
        wanted.to_bytes(4, "little").hex()
    assert before != wanted
    corruptor("undo", file)
    assert healthy(file, image)


def test_boot_self_last_and_free_are_numbers_too(disk: Copy) -> None:
    file = disk(NTFS)
    field = extents(file, "ntfs.boot.mirror_lcn")[0]["at"]

    def stored(place: str) -> int:
        corruptor("set", file, f"ntfs.boot.mirror_lcn={{at: {place}}}")
        number = int.from_bytes(file.read_bytes()[field:field + 8], "little")
        corruptor("undo", file)
        return number

    clusters = corruptor("get", file, "ntfs.clusters", "--json").json["value"]
    assert stored("boot") == stored("self") == 0
    assert stored("last") == clusters - 1
    free = stored("free")
    assert corruptor("get", file, f"ntfs.bitmap.bit[{free}]", "--json").json["value"] == 0
    assert all(corruptor("get", file, f"ntfs.bitmap.bit[{n}]", "--json").json["value"] for n in range(0, min(free, 40), 7))


@pytest.mark.parametrize("value, words", [
    ("{at: /nothing-here}", "no file /nothing-here"), ("{at: nowhere}", "nothing named 'nowhere'"), ("{to: mft}", "expected one of was, past, at")])
def test_a_place_that_is_not_there_is_misuse(value: str, words: str) -> None:
    assert words in corruptor("set", disk_of(NTFS), f"ntfs.boot.mft_lcn={value}", "--dry-run", code=MISUSE).err


# Copies, and what is computed


@pytest.mark.parametrize("image, volume, edit, note", [
    (NTFS, "ntfs", "ntfs.mirror[1].link_count=7", "mft[1] and mirror[1] disagree in 1 byte, first at"),
    (NTFS, "ntfs", "ntfs.boot_backup.heads=3", "boot and boot_backup disagree: heads is 255 and 3"),
    (FAT, "fat32", "fat32.fat[1].entry[100]=0x1234567", "fat[0] and fat[1] disagree in 4 bytes, first at"),
    (EXFAT, "exfat", "exfat.boot_backup.cluster_count=9", "boot and boot_backup disagree: cluster_count is"),
    ("gpt-ntfs-64m", "gpt", "gpt.backup.last_usable_lba=9", "primary and backup disagree: last_usable_lba is"),
])
def test_inspect_reports_copies_that_disagree(image: str, volume: str, edit: str, note: str, disk: Copy) -> None:
    file = disk(image)
    assert not any("disagree" in one for one in corruptor("inspect", file, volume, "--json").json.get("notes", []))
    corruptor("set", file, edit)
    notes = [one for one in corruptor("inspect", file, volume, "--json").json["notes"] if "disagree" in one]
    assert len(notes) == 1 and notes[0].startswith(note)


def test_a_computed_text_is_set_as_a_whole(disk: Copy) -> None:
    file = disk(NTFS)
    name = corruptor("get", file, "ntfs.label", "--json").json["value"]
    corruptor("set", file, f"ntfs.label={name[::-1]}")
    assert corruptor("get", file, "ntfs.mft[3].volume_name.name", "--json").json["value"] == name[::-1]
    assert "value has" in corruptor("set", file, "ntfs.label=" + "much too long" * 9, code=MISUSE).err


# What a file's record and its directory both say


def test_a_name_in_the_record_and_in_the_directory_are_copies(disk: Copy) -> None:
    image = disk("ntfs-64m")
    record = 'ntfs.mft["/readme.txt"]'
    healthy = corruptor("inspect", image, record, "--json").json
    assert not healthy.get("notes")
    corruptor("set", image, f"{record}.file_name[0].parent_sequence=77")
    notes = corruptor("inspect", image, record, "--json").json["notes"]
    assert any("file_name[0] and listed_name[0] disagree: parent_sequence is 77 and 5" in note for note in notes)


def test_all_copies_of_a_name_change_together(disk: Copy, tmp_path: Path) -> None:
    image, scenario = disk("ntfs-64m"), tmp_path / "both.yaml"
    scenario.write_text("title: t\nedits:\n- set: ntfs.mft[\"/readme.txt\"].file_name[0].real_size\n  to: 12345\n  copies: all\n")
    changes = corruptor("apply", scenario, image, "--json").json["changes"]
    assert {change["path"] for change in changes} == {"ntfs.mft[64].file_name[0].real_size", "ntfs.mft[64].listed_name[0].real_size"}
    listed = corruptor("get", image, 'ntfs.mft[5].index["readme.txt"].file_name.real_size', "--json").json
    assert listed["value"] == 12345


def test_a_name_that_the_directory_does_not_have_is_said(disk: Copy) -> None:
    image = disk("ntfs-64m")
    corruptor("set", image, 'ntfs.mft[5].index["readme.txt"].file_name.name=readme.txu')
    notes = corruptor("inspect", image, "ntfs.mft[64]", "--json").json["notes"]
    assert any("no entry of its directory, record 5, has this name" in note for note in notes)


# Fields by pattern


def test_fields_fit_the_paths_that_inspect_takes() -> None:
    everything = {row["path"] for row in corruptor("fields", "ntfs.boot.", "--json").json}
    fitting = {row["path"] for row in corruptor("fields", "ntfs.boot.*", "--json").json}
    assert fitting and fitting == {path for path in everything if path.startswith("ntfs.boot.")}
    run, = corruptor("fields", 'ntfs.mft["/a.b"].data.run[*].lcn', "--json").json
    assert run["path"] == "ntfs.mft[n].data.run[n].lcn"


def test_the_exfat_label_can_be_set(disk: Copy) -> None:
    image = disk("exfat-64m")
    corruptor("set", image, "exfat.label=grüße")
    assert corruptor("get", image, "exfat.label", "--json").json["value"] == "grüße"
    assert corruptor("get", image, "exfat.label_entry.length", "--json").json["value"] == 5
    assert "label holds 22 bytes" in corruptor("set", image, "exfat.label=much too long a label", code=MISUSE).err


def test_a_record_is_pointed_to_by_its_file(disk: Copy) -> None:
    image = disk("ntfs-64m")
    for path in ("/readme.txt", "/download.exe", "/documents"):
        number = corruptor("get", image, f'ntfs.mft["{path}"].record_number', "--json").json["value"]
        corruptor("set", image, f"ntfs.mft[70].base_record={{at: {path}}}")
        assert corruptor("get", image, "ntfs.mft[70].base_record", "--json").json["value"] == number


def test_a_free_cluster_of_exfat_is_free(disk: Copy) -> None:
    image = disk("exfat-64m")
    change, = corruptor("set", image, "exfat.boot.root_cluster={at: free}", "--dry-run", "--json").json["changes"][:1]
    cluster = int(change["after"])
    assert corruptor("get", image, f"exfat.bitmap.bit[{cluster - 2}]", "--json").json["value"] == 0
    assert corruptor("get", image, f"exfat.bitmap.bit[{cluster - 3}]", "--json").json["value"] == 1
