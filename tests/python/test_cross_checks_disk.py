# SPDX-License-Identifier: GPL-2.0-or-later
"""MBR and GPT as sfdisk, fdisk, sgdisk and mmls read them: logical partitions, protective and hybrid MBRs, both sector sizes."""
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cross_checks import Row, compare, lower, ours, place, sparse, tool

import corruptor
from corruptor import Image

MiB = 1 << 20
DOS = """label: dos
label-id: 0x1234abcd
2048,16384,c,*
20480,60000,f
22528,8192,7
34816,8192,83
47104,8192,e
6000000,100000,17
"""


def fed(text: str, *argv: object) -> str:
    return tool(*argv, input=text.encode())


@pytest.fixture(scope="module")
def dos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Primary and logical partitions, one of them beyond cylinder 255, so that it borrows bits."""
    disk = sparse(tmp_path_factory.mktemp("dos") / "disk", 4096 * MiB)
    fed(DOS, "sfdisk", "-q", disk)
    return disk


def json_of(disk: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(tool("sfdisk", "--json", disk))["partitiontable"]
    return table


def numbered(disk: Path, table: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {int(part["node"].removeprefix(str(disk))): part for part in table["partitions"]}


def entry_of(n: int) -> str:
    """Linux's number of a partition as a path: the nth logical one has the nth extended record."""
    return f"mbr.entry[{n}]." if n < 5 else f"ebr[{n - 4}].entry[1]."


def test_mbr_entries_agree_with_sfdisk(dos: Path) -> None:
    table = json_of(dos)
    parts = numbered(dos, table)
    assert list(parts) == [1, 2, 3, 5, 6, 7]
    with Image(str(dos)) as image:
        assert ours(image, "mbr.disk_signature") == int(table["id"], 16)
        for n, part in parts.items():
            entry = entry_of(n)
            assert ours(image, entry + ("start_lba" if n < 5 else "first_sector")) == part["start"], n
            assert ours(image, entry + "sector_count") == part["size"], n
            assert ours(image, entry + "type") == int(part["type"], 16), n
            assert ours(image, entry + "status") == (0x80 if part.get("bootable") else 0), n
            assert (ours(image, f"part[{n}].start"), ours(image, f"part[{n}].length")) == (part["start"] * 512, part["size"] * 512)


def test_chs_addresses_agree_with_fdisk(dos: Path) -> None:
    told = dict(re.findall(rf"^{dos}(\d+) .*?((?:\d+/\d+/\d+\s+){{2}})", tool("fdisk", "-x", dos), re.MULTILINE))
    assert list(told) == ["1", "2", "3", "5", "6", "7"]
    with Image(str(dos)) as image:
        for n, text in told.items():
            expected = [int(number) for number in re.findall(r"\d+", text)]
            entry = entry_of(int(n))
            names = [f"{end}_{part}" for end in ("start", "end") for part in ("cylinder", "head", "sector")]
            assert [ours(image, entry + name) for name in names] == expected
        assert ours(image, "mbr.entry[3].start_cylinder") > 255, "one should need the borrowed bits"


def test_types_have_names_where_sfdisk_has_one() -> None:
    rows = {row["path"]: row for row in corruptor.fields("mbr.entry")}
    known = set(rows["mbr.entry[n].type"]["names"].values())
    told = {int(code, 16) for code in re.findall(r"^\s?([0-9a-f]{1,2})  \S", tool("sfdisk", "-T", "-X", "dos"), re.MULTILINE)}
    assert len(told) > 90
    assert sorted(told - known) == []


GPT_PARTS = ["-n1:2048:+8M", "-t1:ef00", "-c1:EFI system", "-A1:set:2", "-A1:set:60", "-n3:32768:+16M", "-t3:0700", "-c3:Größe 磁盘",
             "-A3:set:0", "-A3:set:63", "-n128:90000:+4M", "-t128:8300", "-c128:123456789012345678901234567890123456"]


@pytest.fixture(scope="module", params=["protective", "hybrid"])
def gpt(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    disk = sparse(tmp_path_factory.mktemp("gpt") / request.param, 64 * MiB)
    tool("sgdisk", *GPT_PARTS, *(["-h1:3"] if request.param == "hybrid" else []), disk)
    return disk


HEADER: list[Row] = [
    ("primary.disk_guid", r"^Disk identifier \(GUID\): (\S+)", lower),
    ("primary.entry_count", r"^Partition table holds up to (\d+) entries"),
    ("primary.entries_lba", r"^Main partition table begins at sector (\d+)"),
    ("primary.first_usable_lba", r"^First usable sector is (\d+)"),
    ("primary.last_usable_lba", r"last usable sector is (\d+)"),
    ("backup.disk_guid", r"^Disk identifier \(GUID\): (\S+)", lower),
]
ENTRY: list[Row] = [
    ("type_guid", r"^Partition GUID code: (\S+)", lower),
    ("unique_guid", r"^Partition unique GUID: (\S+)", lower),
    ("first_lba", r"^First sector: (\d+)"),
    ("last_lba", r"^Last sector: (\d+)"),
    ("attributes", r"^Attribute flags: (\w+)", lambda text: int(text, 16)),
    ("name", r"^Partition name: '(.*)'$", str),
]


def test_gpt_headers_and_entries_agree_with_sgdisk(gpt: Path) -> None:
    with Image(str(gpt)) as image:
        compare(image, tool("sgdisk", "-p", gpt), HEADER, "gpt.")
        for copy in ("primary", "backup"):
            for n in (1, 3, 128):
                compare(image, tool("sgdisk", "-i", n, gpt), ENTRY, f"gpt.{copy}.entry[{n}].")


ATTRIBUTE_BITS = {"RequiredPartition": 0, "NoBlockIOProtocol": 1, "LegacyBIOSBootable": 2}
ATTRIBUTE_NAMES = {0: "required", 1: "no_block_io", 2: "legacy_bootable", 60: "read_only", 61: "shadow_copy",
                   62: "hidden", 63: "no_drive_letter"}


def test_gpt_entries_agree_with_sfdisk(gpt: Path) -> None:
    table = json_of(gpt)
    with Image(str(gpt)) as image:
        assert ours(image, "gpt.primary.disk_guid") == table["id"].lower()
        assert ours(image, "gpt.primary.first_usable_lba") == table["firstlba"]
        assert ours(image, "gpt.backup.last_usable_lba") == table["lastlba"]
        for n, part in numbered(gpt, table).items():
            assert ours(image, f"part[{n}].start") == part["start"] * 512
            assert ours(image, f"part[{n}].length") == part["size"] * 512
            assert ours(image, f"part[{n}].name") == part["name"]
            words = part.get("attrs", "").replace("GUID:", "").replace(",", " ").split()
            bits = sorted(ATTRIBUTE_BITS[word] if word in ATTRIBUTE_BITS else int(word) for word in words)
            assert image.get(f"gpt.primary.entry[{n}].attributes").get("name", "") == "|".join(ATTRIBUTE_NAMES[bit] for bit in bits)


def test_the_mbr_beside_a_gpt_agrees_with_sgdisk(gpt: Path) -> None:
    told = re.findall(r"^\s+(\d)\s+(\*)?\s+(\d+)\s+(\d+)\s+primary\s+0x(\w\w)$", tool("sgdisk", "-O", gpt), re.MULTILINE)
    assert len(told) == (3 if gpt.name == "hybrid" else 1)
    with Image(str(gpt)) as image:
        assert ours(image, "mbr.kind") == gpt.name
        for n, active, first, last, kind in told:
            entry = f"mbr.entry[{n}]."
            assert ours(image, entry + "start_lba") == int(first)
            assert ours(image, entry + "start_lba") + ours(image, entry + "sector_count") - 1 == int(last)
            assert ours(image, entry + "type") == int(kind, 16)
            assert ours(image, entry + "status") == (0x80 if active else 0)
        shown = next(child for child in image.inspect()["children"] if child["path"] == "mbr")
        used = [f"mbr.entry[{row[0]}]" for row in told]
        assert [child["path"] for child in shown["children"]] == used, "the empty ones are not shown"
        assert ours(image, "mbr.entry[4].type") == 0, "but are there"


LARGE = "g\nn\n1\n\n+32M\nn\n2\n\n+64M\nt\n2\n11\nx\nn\n2\nGröße\nr\nw\n"
LARGE_HEADER: list[Row] = [
    ("disk_guid", r"^Disk identifier: (\S+)", lower),
    ("first_usable_lba", r"^First usable LBA: (\d+)"),
    ("last_usable_lba", r"^Last usable LBA: (\d+)"),
    ("alternate_lba", r"^Alternative LBA: (\d+)"),
    ("entries_lba", r"^Partition entries starting LBA: (\d+)"),
    ("entry_count", r"^Allocated partition entries: (\d+)"),
]


def test_a_gpt_with_sectors_of_4096_bytes_agrees_with_fdisk_and_mmls(tmp_path: Path) -> None:
    disk = sparse(tmp_path / "disk", 256 * MiB)
    fed(LARGE, "fdisk", "-b", 4096, disk)
    said = tool("fdisk", "-b", 4096, "-x", disk)
    table = tool("mmls", "-b", 4096, "-t", "gpt", disk)
    with Image(str(disk)) as image:
        assert ours(image, "sector_size") == 4096
        compare(image, said, LARGE_HEADER, "gpt.primary.")
        assert place(image, "gpt.backup.signature") == ours(image, "gpt.primary.alternate_lba") * 4096
        parts = re.findall(rf"^{disk}(\d+) +(\d+) +(\d+) +(\d+) (\S+) (\S+) (\S*)", said, re.MULTILINE)
        assert len(parts) == 2
        for n, first, last, size, kind, unique, name in parts:
            for copy in ("primary", "backup"):
                entry = f"gpt.{copy}.entry[{n}]."
                assert [ours(image, entry + field) for field in ("first_lba", "last_lba", "type_guid", "unique_guid", "name")] == \
                    [int(first), int(last), kind.lower(), unique.lower(), name]
            assert f"{int(first):010}   {int(last):010}   {int(size):010}   {name}" in table
            assert (ours(image, f"part[{n}].start"), ours(image, f"part[{n}].length")) == (int(first) * 4096, int(size) * 4096)
        rows = re.findall(r"Meta +(\d+) +(\d+) +\d+ +(\S.*)$", table, re.MULTILINE)
        assert {name: int(first) for first, _, name in rows} == {
            "Safety Table": 0, "GPT Header": place(image, "gpt.primary.signature") // 4096,
            "Partition Table": place(image, "gpt.primary.entry[1].type_guid") // 4096}


OTHER_WORDS = {"ibm_gpfs", "windows_ldm_metadata", "windows_ldm_data"}  # "IBM General Parallel Fs", "Microsoft LDM ..."


def test_gpt_types_have_the_names_that_sfdisk_gives_them(tmp_path: Path) -> None:
    """One partition of every type that sfdisk lists; ours has some of sfdisk's words or the bare GUID."""
    told = dict(re.findall(r"^([0-9A-Fa-f-]{36})  (.*)$", tool("sfdisk", "-T", "-X", "gpt"), re.MULTILINE))
    disk = sparse(tmp_path / "disk", 8 * MiB)
    fed("label: gpt\ntable-length: 256\n" + "".join(f"{4096 + n},1,{guid}\n" for n, guid in enumerate(told)), "sfdisk", "-q", disk)
    named = 0
    with Image(str(disk)) as image:
        for n, (guid, words) in enumerate(told.items(), 1):
            name = ours(image, f"gpt.primary.entry[{n}].type")
            assert ours(image, f"gpt.primary.entry[{n}].type_guid") == guid.lower()
            if name == guid.lower() or name in OTHER_WORDS:
                continue
            named += 1
            squeezed = re.sub(r"[^a-z0-9]", "", words.lower())
            assert all(word in squeezed for word in name.split("_")), (guid, name, words)
    assert named > 90
