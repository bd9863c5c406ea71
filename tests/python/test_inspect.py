# SPDX-License-Identifier: GPL-2.0-or-later
"""inspect, get and set: what two tutorials compute by hand, agreeing with ntfsinfo; every kind of field; wrong paths."""
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from program import DAMAGE, MISUSE, base, copy_of, corruptor, healthy, run

Copy = Callable[..., Path]
MBR_BASE = "ntfs-mbr-64m"


@pytest.fixture(scope="module")
def ntfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An NTFS disk that is only read."""
    return copy_of(MBR_BASE, tmp_path_factory.mktemp("ntfs"))


@pytest.fixture(scope="module")
def fat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FAT32 disk that is only read."""
    return copy_of("fat32-flash", tmp_path_factory.mktemp("fat"))


def value(image: Path, path: str, *options: str) -> Any:
    return corruptor("get", image, path, *options, "--json").json["value"]


def test_a_system_file_that_is_gone_is_damage(tmp_path: Path) -> None:
    image = copy_of("ntfs-64m", tmp_path)
    for name in ('ntfs.mft["/$Extend/$ObjId"].file_name[0].name', 'ntfs.mft["/$Extend"].index_root.entry[0].file_name.name'):
        assert value(image, name) == "$ObjId"
        corruptor("set", image, f"{name}=$XbjId")
    corruptor("inspect", image, "ntfs.object_ids[0]", code=DAMAGE)


def test_an_attribute_list_with_a_name_is_not_looked_up_in_itself(tmp_path: Path) -> None:
    image, record = copy_of("ntfs-64m", tmp_path), 'ntfs.mft["/pieces/many runs.bin"]'
    corruptor("set", image, f'{record}.attribute["$ATTRIBUTE_LIST"].name_length=1')
    corruptor("inspect", image, f"{record}.attribute_list[0]")


# $MFT's place, and what the seeds' tutorials read off a disk


def ntfsinfo(image: str, number: int, folder: Path) -> dict[str, str]:
    """What ntfsinfo -m says of one volume, by its own words."""
    original = base(image)
    place = original.volumes[number]
    disk, volume = folder / "whole.raw", folder / f"volume-{number}"
    run("qemu-img", "convert", "-f", original.format, "-O", "raw", original.path, disk)
    run("dd", f"if={disk}", f"of={volume}", "bs=512", f"skip={place.offset // 512}", f"count={place.size // 512}", "conv=sparse",
        "status=none")
    told = run("ntfsinfo", "-m", "-f", volume)
    return dict(re.findall(r"^\s*(.+?): +(.+?)\s*$", told, re.MULTILINE))


@pytest.mark.parametrize("image, number, options", [
    (MBR_BASE, 0, []), ("windows-disk", 0, ["--volume", "1"]), ("windows-disk", 1, ["--volume", "2"]), ("ntfs-64m", 0, []),
    ("gpt-ntfs-64m", 0, []), ("ntfs-512-clusters", 0, []), ("ntfs-2mib-clusters", 0, []), ("ntfs-4096-sectors", 0, [])])
def test_the_place_of_mft_and_all_sizes_agree_with_ntfsinfo(image: str, number: int, options: list[str], tmp_path: Path) -> None:
    told = ntfsinfo(image, number, tmp_path)
    original = base(image)
    begin = original.volumes[number].offset
    answer = corruptor("get", original.path, "ntfs.boot.mft_lcn", *options, "--json").json
    cluster = int(told["Cluster Size"])
    assert answer["value"] == int(told["LCN of Data Attribute for FILE_MFT"])
    assert answer["points_to"]["in_volume"] == answer["value"] * cluster
    assert answer["points_to"]["at"] == begin + answer["value"] * cluster
    assert answer["extents"] == [{"at": begin + 0x30, "length": 8}]
    assert corruptor("get", original.path, f"@{answer['points_to']['at']}+4", *options).out.split("|")[1] == "FILE"
    for path, words in (("boot.cluster_bytes", "Cluster Size"), ("boot.record_bytes", "MFT Record Size"),
                        ("boot.index_block_bytes", "Index Block Size"), ("boot.bytes_per_sector", "Sector Size"),
                        ("boot.mirror_lcn", "LCN of Data Attribute for File_MFTMirr")):
        assert value(original.path, f"ntfs.{path}", *options) == int(told[words]), words
    assert value(original.path, "ntfs.boot.total_sectors", *options) * int(told["Sector Size"]) // cluster == \
        int(told["Volume Size in Clusters"])
    assert value(original.path, "ntfs.mft[3].volume_name.name", *options) == told["Volume Name"] == original.volumes[number].label
    assert f"{told['Volume Version']}" == ".".join(str(value(original.path, f"ntfs.mft[3].volume_information.{part}", *options))
                                                 for part in ("major_version", "minor_version"))


def test_where_prints_both_offsets_and_the_arithmetic() -> None:
    told = corruptor("get", base("windows-disk").path, "ntfs.boot.mft_lcn", "--where", "--volume", "2").out
    begin = base("windows-disk").volumes[1].offset
    assert told.splitlines()[0] == "4"
    assert f"byte {begin + 48} (0x20000030) of the disk = {begin} (0x20000000, where ntfs begins) + 48 (0x30) in the volume" in told
    assert "byte 16384 (0x4000) of the volume = 4 x 8 sectors x 512 bytes" in told
    assert f"byte {begin + 16384} (0x20004000) of the disk = {begin} (where ntfs begins) + 16384" in told


def test_where_of_a_field_that_is_computed_and_one_that_leads_nowhere(ntfs: Path) -> None:
    assert "stored nowhere" in corruptor("get", ntfs, "ntfs.boot.cluster_bytes", "--where").out
    told = corruptor("get", ntfs, "mbr.entry[1].start_lba", "--where").out
    assert "stored at byte 454 (0x1c6) of the disk, 4 bytes" in told
    assert told.endswith("leads to byte 1048576 (0x100000) of the disk = 2048 x 512 bytes\n")


def test_inspect_shows_the_tutorials_fields(ntfs: Path) -> None:
    fields = corruptor("inspect", ntfs, "ntfs.boot", "--json").json["fields"]
    assert fields["oem_id"]["value"] == "NTFS    "
    for name, expected in {"bytes_per_sector": 512, "sectors_per_cluster": 8, "media": 0xF8, "mft_lcn": 4, "record_size": -10,
                           "index_block_size": 1, "cluster_bytes": 4096, "record_bytes": 1024, "signature": 0xAA55}.items():
        assert fields[name]["value"] == expected, name
    record = corruptor("inspect", ntfs, "ntfs.mft[3]", "--json").json
    assert record["fields"]["magic"]["value"] == "FILE" and record["fields"]["in_use"]["value"] == 1


def test_inspect_names_structures_by_number_and_by_path(ntfs: Path) -> None:
    path = base(MBR_BASE).volumes[0].contains["fragmented-file"]
    record = corruptor("inspect", ntfs, f'ntfs.mft["{path}"]', "--json").json
    assert record["structure"] == "ntfs.record"
    runs = [value(ntfs, f'ntfs.mft["{path}"].data.run[{n}].lcn') for n in range(2)]
    assert runs[0] != runs[1]
    assert value(ntfs, f'ntfs.mft["{path}"].file_name[0].name') == path.rsplit("/", 1)[1]


def test_inspect_of_damage_shows_it_in_its_place_and_goes_on(disk: Copy) -> None:
    image = disk(MBR_BASE)
    corruptor("apply", "zero-dbr", image)
    whole = corruptor("inspect", image, "--json").json
    assert whole["fields"]["size"]["value"] == base(MBR_BASE).size
    told = corruptor("inspect", image, "ntfs").out
    assert "bytes_per_sector" in told and "backup" in told
    assert value(image, "ntfs.boot_backup.mft_lcn") == 4
    assert corruptor("get", image, "ntfs.mft[0].magic").out == '"FILE"\n'  # found through the copy
    corruptor("apply", "ntfs/boot-copy-lost", image)
    assert "damage" in corruptor("inspect", image, "ntfs").out
    told = corruptor("get", image, "ntfs.mft[0].magic", code=DAMAGE).err
    assert re.search(r"0x[0-9a-f]+", told)
    error = corruptor("get", image, "ntfs.mft[0].magic", "--json", code=DAMAGE).json["error"]
    assert error["kind"] == "damage" and error["at"] >= 1 << 20


def test_inspect_tells_that_copies_disagree(disk: Copy) -> None:
    image = disk(MBR_BASE)
    corruptor("set", image, "ntfs.boot_backup.mft_lcn=5")
    assert "boot and boot_backup disagree: mft_lcn is 4 and 5" in corruptor("inspect", image, "ntfs").out


# Every kind of field


KINDS = [
    ("unsigned", MBR_BASE, "ntfs.boot.mft_lcn", "0x10", 16, None),
    ("unsigned, with a unit", MBR_BASE, "ntfs.boot.total_sectors", "1KiB", 1024, None),
    ("64 bits", MBR_BASE, "ntfs.boot.serial_number", "18446744073709551615", 2**64 - 1, None),
    ("signed", MBR_BASE, "ntfs.boot.record_size", "-9", -9, None),
    ("named", MBR_BASE, "mbr.entry[1].type", "fat32_lba", 12, "fat32_lba"),
    ("flag", MBR_BASE, "ntfs.mft[3].volume_information.dirty", "1", 1, None),
    ("flags word", MBR_BASE, "ntfs.mft[5].flags", "2", 2, "directory"),
    ("text", MBR_BASE, "ntfs.boot.oem_id", "MSWIN4.1", "MSWIN4.1", None),
    ("utf-16", MBR_BASE, "ntfs.mft[3].volume_name.name", "ÄÖÜ", "ÄÖÜ", None),
    ("bytes", MBR_BASE, "ntfs.boot.jump", "eb 3c 90", "eb3c90", None),
    ("split over bytes", MBR_BASE, "mbr.entry[1].start_cylinder", "1023", 1023, None),
    ("guid", "gpt-ntfs-64m", "gpt.primary.disk_guid", "01234567-89ab-cdef-0123-456789abcdef",
     "01234567-89ab-cdef-0123-456789abcdef", None),
    ("filetime", MBR_BASE, "ntfs.mft[5].standard_information.created", "116444736000000000", 116444736000000000,
     "1970-01-01T00:00:00.0000000Z"),
    ("28 bits", "fat32-flash", "fat32.fat[0].entry[5]", "0x0abcdef", 0x0ABCDEF, None),
    ("16 bits", "fat16-64m", "fat16.fat[1].entry[5]", "0xfff7", 0xFFF7, "bad"),
    ("12 bits", "fat12-floppy", "fat12.fat[0].entry[3]", "0xabc", 0xABC, None),
    ("view", MBR_BASE, "ntfs.boot.mft_offset", None, 16384, None),
]


@pytest.mark.parametrize("kind, name, path, text, expected, symbol", KINDS, ids=[row[0] for row in KINDS])
def test_get_and_set_on_every_kind_of_field(kind: str, name: str, path: str, text: str | None, expected: Any, symbol: str | None,
                                            disk: Copy) -> None:
    image = disk(name)
    if text is None:
        assert "is computed" in corruptor("set", image, f"{path}=1", code=MISUSE).err
    else:
        corruptor("set", image, f"{path}={text}")
    answer = corruptor("get", image, path, "--json").json
    assert (answer["value"], answer.get("name")) == (expected, symbol)
    if text is not None:
        corruptor("undo", image)
    assert healthy(image, name)


PRINTED = [
    ("ntfs.boot.record_size", "1"), ("ntfs.boot.jump", "000000"), ("mbr.entry[1].type", "0"),
    ("ntfs.boot.oem_id", "XXXXXXXX"),
    ("ntfs.mft[5].standard_information.created", "1"),
]


@pytest.mark.parametrize("path, other", PRINTED)
def test_what_get_prints_can_be_set(path: str, other: str, disk: Copy) -> None:
    """A value as printed, its name in brackets if it has one, given back after another was set."""
    image = disk(MBR_BASE)
    printed = corruptor("get", image, path).out.strip()
    number, name = re.fullmatch(r"(.*?)(?: [(](.*)[)])?", printed).groups()  # type: ignore[union-attr]
    for text in filter(None, (number, name)):
        corruptor("set", image, f"{path}={other}")
        corruptor("set", image, f"{path}={text}")
        assert corruptor("get", image, path).out.strip() == printed
    assert healthy(image, MBR_BASE)


def test_the_reserved_bits_of_a_fat32_entry_stay(disk: Copy) -> None:
    image = disk("fat32-flash")
    entry = corruptor("get", image, "fat32.fat[0].entry[5]", "--json").json["extents"][0]["at"]
    with open(image, "r+b") as file:
        file.seek(entry + 3)
        top = file.read(1)[0]
        file.seek(entry + 3)
        file.write(bytes([top & 0x0F | 0xA0]))
    corruptor("set", image, "fat32.fat[0].entry[5]=0x1234567")
    with open(image, "rb") as file:
        file.seek(entry)
        assert int.from_bytes(file.read(4), "little") == 0xA1234567


def test_get_prints_bytes_of_a_range(ntfs: Path) -> None:
    told = corruptor("get", ntfs, "ntfs.boot@3+8").out
    assert told.startswith("0000100003  4e 54 46 53 20 20 20 20") and "|NTFS    |" in told
    assert corruptor("get", ntfs, "@0x1fe+2", "--json").json["bytes"] == "55aa"
    assert len(corruptor("get", ntfs, "ntfs@0+4KiB", "--json").json["bytes"]) == 8192


WRONG_PATHS = [
    ("ntfs.boot.mft_lcm", "nearest: 'mft_lcn'"), ("nfts", "nearest: 'ntfs'"), ("ntfs.bot", "nearest: 'boot'"),
    ("ntfs.mft[5", "column 11: expected ']'"), ("ntfs.mft[]", "column 10"), ("ntfs.mft[x]", "column 10"),
    ('ntfs.mft["/a]', "column"), ("ntfs..boot", "column 6"), (".ntfs", "column 1"), ("ntfs.", "column 6"), ("ntfs boot", "column 5"),
    ("@", "column 2"), ("@0+", "column 4"), ("@0+0", "column"), ("@x", "column 2"), ("@0-1", "column 3"), ("ntfs@1+x", "column 8"),
    ("@64MiB+1", "leaves the disk"), ("ntfs@62MiB+1", "leaves"), ("@18446744073709551615+18446744073709551615", ""),
    ("ntfs.mft[99999999999999999999]", ""), ("ntfs.boot[1]", "takes no key"), ("ntfs.boot.mft_lcn[0]", "takes no key"),
    ("ntfs.boot.mft_lcn.more", "mft_lcn"), ("ntfs.mft", "mft["), ('ntfs.mft["/no/such"]', "/no/such"), ("ntfs.mft[-1]", "column 10"),
    ("mbr.entry[5]", "entry"), ("mbr.entry[0]", "entry"), ("part[9]", "part"), ("ntfs.mft[3].volume_name[1]", "volume_name"),
    ("", "path"),
]


@pytest.mark.parametrize("path, told", WRONG_PATHS, ids=[row[0] or "empty" for row in WRONG_PATHS])
def test_a_wrong_path_says_where_or_what_is_near(path: str, told: str, ntfs: Path) -> None:
    assert told in corruptor("get", ntfs, path, code=MISUSE).err


WRONG_VALUES = [
    ("ntfs.boot.bytes_per_sector=70000", "does not fit in the 16 bits of bytes_per_sector"),
    ("ntfs.boot.bytes_per_sector=-70000", "does not fit"), ("ntfs.boot.bytes_per_sector=abc", "'abc' is no number"),
    ("ntfs.boot.bytes_per_sector=", "'' is no number"), ("ntfs.boot.bytes_per_sector=1.5", "no number"),
    ("ntfs.boot.bytes_per_sector=0x", "no number"), ("ntfs.boot.bytes_per_sector=010", "010"),
    ("ntfs.boot.bytes_per_sector=99999999999999999999999", ""), ("ntfs.boot.bytes_per_sector=512", "changes nothing"),
    ("ntfs.boot.record_size=128", "record_size"), ("ntfs.boot.record_size=-129", "record_size"),
    ("ntfs.boot.oem_id=toolongtoolong", "holds 8 bytes"), ("ntfs.boot.jump=eb5290eb", "holds 3 bytes"), ("ntfs.boot.jump=zz", "zz"),
    ("ntfs.boot=1", "is a structure"), ("@0+4=1", "set needs a field"), ("ntfs.boot.bytes_per_sector", "expected PATH=VALUE"),
    ("=1", ""), ("ntfs.boot.mft_lcm=1", "nearest: 'mft_lcn'"), ("mbr.entry[1].type=ntfz", "ntfs"),
    ("ntfs.boot.cluster_bytes=1", "is computed"), ("ntfs.mft[5].standard_information.created=yesterday", "yesterday"),
    ("ntfs.mft[5].standard_information.created=2001-13-01 00:00:00", "2001-13-01"),
]


@pytest.mark.parametrize("assignment, told", WRONG_VALUES, ids=[row[0] for row in WRONG_VALUES])
def test_a_wrong_value_is_refused_and_nothing_is_written(assignment: str, told: str, disk: Copy) -> None:
    image = disk(MBR_BASE)
    assert told in corruptor("set", image, "ntfs.boot.heads=7", assignment, code=MISUSE).err
    assert healthy(image, MBR_BASE) and list(image.parent.iterdir()) == [image]


def test_several_assignments_are_one_plan(disk: Copy) -> None:
    image = disk(MBR_BASE)
    corruptor("set", image, "ntfs.boot.mft_lcn=5", "ntfs.mft[5].flags=1")  # aimed before the first is made
    assert [row["plan"] for row in corruptor("status", image, "--json").json["plans"]] == ["set"]
    corruptor("undo", image)
    assert healthy(image, MBR_BASE)


def test_a_file_name_with_an_equals_sign_and_quotes(disk: Copy, tmp_path: Path) -> None:
    """The '=' that ends a path is the first one outside quotes."""
    image = disk(MBR_BASE)
    told = corruptor("set", image, 'ntfs.mft["/a=b"].flags=1', code=MISUSE).err
    assert "/a=b" in told and "expected PATH=VALUE" not in told


def test_files_of_a_fat_volume_by_path(fat: Path) -> None:
    volume = base("fat32-flash").volumes[0]
    path = next(path for path, entry in volume.manifest.items() if path.count("/") > 1 and entry.size > 0)
    entry = corruptor("inspect", fat, f'fat32.file["{path}"]', "--json").json
    assert entry["structure"].startswith("fat")
    assert value(fat, f'fat32.file["{path}"].size') == volume.manifest[path].size
