# SPDX-License-Identifier: GPL-2.0-or-later
"""FAT12, FAT16 and FAT32 as mtools, fsck.fat and sleuthkit read them, with one and two tables, in many cluster sizes."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cross_checks import Row, compare, hexadecimal, place, sparse, times, tool
from small_volumes import overwrite

from corruptor import Image

MiB = 1 << 20
LONG = "A rather long name, of three parts.text"


class Make(NamedTuple):
    width: int
    size: int
    sectors: int
    tables: int
    sector: int = 512
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"fat{self.width}-{self.sectors}x{self.sector}-{self.tables}" + "".join(self.options).replace(" ", "")


MAKES = [
    Make(12, 1474560, 1, 2, options=("-M0xf0",)), Make(12, 2 * MiB, 1, 1), Make(12, 4 * MiB, 4, 2), Make(12, 200 * MiB, 128, 2),
    Make(16, 16 * MiB, 4, 2), Make(16, 32 * MiB, 1, 1, options=("-h63",)), Make(16, 64 * MiB, 2, 2, 2048),
    Make(16, 512 * MiB, 64, 2),
    Make(32, 64 * MiB, 1, 2, options=("-h2048",)), Make(32, 40 * MiB, 1, 1), Make(32, 300 * MiB, 8, 2),
    Make(32, 300 * MiB, 1, 2, 4096),
    Make(32, 1024 * MiB, 16, 2, options=("-R64", "-b9")),
]


def made(make: Make, folder: Path) -> Path:
    """A volume with a long and a short name, a file in two pieces, a directory and what was deleted."""
    disk = sparse(folder / str(make), make.size)
    tool("mkfs.fat", "-F", make.width, "-s", make.sectors, "-f", make.tables, "-S", make.sector, "-n", "MY LABEL", "-i", "12345abc",
         *make.options, disk)

    def put(name: str, length: int) -> None:
        tool("mcopy", "-i", disk, "-", f"::{name}", input=bytes(length))

    cluster = make.sectors * make.sector
    put("gap", cluster)
    put("SHORT.TXT", 700)
    tool("mdel", "-i", disk, "::gap")
    if make.width == 32:  # else mtools goes on behind what it wrote last
        overwrite(disk, (make.sector + 0x1EC, bytes([2, 0, 0, 0])))
    put(LONG, 2 * cluster + 5)
    tool("mmd", "-i", disk, "::dir")
    put("dir/inner", 3)
    put("gone for good.text", 10)
    tool("mattrib", "+h", "+r", "-i", disk, "::SHORT.TXT")
    tool("mdel", "-i", disk, "::gone for good.text")
    return disk


@pytest.fixture(scope="module", params=MAKES, ids=str)
def make(request: pytest.FixtureRequest) -> Make:
    return request.param


@pytest.fixture(scope="module")
def volume(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    disk = made(make, tmp_path_factory.mktemp("volume"))
    yield disk
    disk.unlink()


BOOT_MINFO: list[Row] = [
    ("boot.oem_name", r'banner:"(.*)"', str),
    ("boot.bytes_per_sector", r"^sector size: (\d+) bytes"),
    ("boot.sectors_per_cluster", r"^cluster size: (\d+) sectors"),
    ("boot.reserved_sectors", r"^reserved \(boot\) sectors: (\d+)"),
    ("boot.fat_count", r"^fats: (\d+)"),
    ("boot.root_entries", r"^max available root directory slots: (\d+)"),
    ("boot.total_sectors_16", r"^small size: (\d+) sectors"),
    ("boot.media", r"^media descriptor byte: (0x\w+)"),
    ("boot.sectors_per_fat_16", r"^sectors per fat: (\d+)"),
    ("boot.sectors_per_track", r"^sectors per track: (\d+)"),
    ("boot.heads", r"^heads: (\d+)"),
    ("boot.hidden_sectors", r"^hidden sectors: (\d+)"),
    ("boot.drive_number", r"^physical drive id: (0x\w+)"),
    ("boot.state", r"^reserved=(0x\w+)"),
    ("boot.extended_signature", r"^dos4=(0x\w+)"),
    ("boot.serial", r"^serial number: (\w+)", hexadecimal),
    ("boot.volume_label", r'^disk label="(.*)"', str),
    ("boot.file_system_type", r'^disk type="(.*)"', str),
]
BOOT_MINFO_LARGE: list[Row] = [("boot.total_sectors_32", r"^big size: (\d+) sectors")]
BOOT_MINFO_32: list[Row] = [
    ("boot.sectors_per_fat_32", r"^Big fatlen=(\d+)"),
    ("boot.mirror_flags", r"^Extended flags=(0x\w+)"),
    ("boot.version", r"^FS version=(0x\w+)"),
    ("boot.root_cluster", r"^rootCluster=(\d+)"),
    ("boot.fsinfo_sector", r"^infoSector location=(\d+)"),
    ("boot.backup_boot_sector", r"^backup boot sector=(\d+)"),
    ("fsinfo.lead_signature", r"^signature=(0x\w+)", lambda text: int(text, 0).to_bytes(4, "little").decode()),
    ("fsinfo.free_clusters", r"^free clusters=(\d+)"),
    ("fsinfo.next_free", r"^last allocated cluster=(\d+)"),
]


def test_the_boot_sector_agrees_with_minfo(make: Make, volume: Path) -> None:
    with Image(str(volume)) as image:
        said = tool("minfo", "-i", volume, "::")
        large = BOOT_MINFO_LARGE if image.get(f"fat{make.width}.boot.total_sectors_16")["value"] == 0 else []
        compare(image, said, BOOT_MINFO + large + (BOOT_MINFO_32 if make.width == 32 else []), f"fat{make.width}.")


FSCK: list[Row] = [
    ("boot.oem_name", r'^System ID "(.*)"', str),
    ("boot.media", r"^Media byte (0x\w+)"),
    ("sector_size", r"(\d+) bytes per logical sector"),
    ("cluster_size", r"(\d+) bytes per cluster"),
    ("boot.reserved_sectors", r"(\d+) reserved sectors?$"),
    ("fat_offset", r"^First FAT starts at byte (\d+)"),
    ("fat[0].media@", r"^First FAT starts at byte (\d+)"),
    ("boot.fat_count", r"(\d+) FATs, "),
    ("fat_size", r"(\d+) bytes per FAT "),
    ("data_offset", r"^Data area starts at byte (\d+)"),
    ("cluster_count", r"(\d+) data clusters"),
    ("boot.sectors_per_track", r"(\d+) sectors/track"),
    ("boot.heads", r"(\d+) heads"),
    ("boot.hidden_sectors", r"(\d+) hidden sectors"),
]
FSCK_SMALL: list[Row] = [
    ("root_offset", r"^Root directory starts at byte (\d+)"),
    ("root.entry[0].name@", r"^Root directory starts at byte (\d+)"),
    ("boot.root_entries", r"(\d+) root directory entries"),
]
FSCK_32: list[Row] = [("boot.root_cluster", r"^Root directory start at cluster (\d+)")]


def test_places_agree_with_fsck(make: Make, volume: Path) -> None:
    with Image(str(volume)) as image:
        said = tool("fsck.fat", "-v", "-n", volume)
        compare(image, said, FSCK + (FSCK_32 if make.width == 32 else FSCK_SMALL), f"fat{make.width}.")


def fsstat_rows(sector: int, tables: int, width: int) -> list[Row]:
    in_bytes = times(sector)
    rows: list[Row] = [
        ("boot.oem_name", r"^OEM Name: (.{8})$", str),
        ("boot.serial", r"^Volume ID: (0x\w+)"),
        ("boot.volume_label", r"^Volume Label \(Boot Sector\): (.{11})$", str),
        ("label_in_boot.text", r"^Volume Label \(Boot Sector\): (.{11})$", str),
        ("label_in_root.text", r"^Volume Label \(Root Directory\): (.{11})$", str),
        ("boot.file_system_type", r"^File System Type Label: (.{8})$", str),
        ("boot.hidden_sectors", r"^Sectors before file system: (\d+)"),
        ("boot.oem_name@", r"Boot Sector: (\d+)", lambda text: int(text) * sector + 3),
        ("data_offset", r"Cluster Area: (\d+) -", in_bytes),
        ("sector_size", r"^Sector Size: (\d+)"),
        ("cluster_size", r"^Cluster Size: (\d+)"),
        ("cluster_count", r"^Total Cluster Range: 2 - (\d+)", lambda text: int(text) - 1),
    ]
    rows += [(f"fat[{n}].media@", rf"FAT {n}: (\d+) -", in_bytes) for n in range(tables)]
    if width == 32:
        rows += [
            ("fsinfo.lead_signature@", r"FS Info Sector: (\d+)", in_bytes),
            ("boot_backup.jump@", r"Backup Boot Sector: (\d+)", in_bytes),
            ("fsinfo.free_clusters", r"^Free Sector Count \(FS Info\): (\d+)"),
        ]
    return rows


def test_the_layout_agrees_with_fsstat(make: Make, volume: Path) -> None:
    with Image(str(volume)) as image:
        rows = fsstat_rows(make.sector, make.tables, make.width)
        if make.width == 32:  # fsstat counts free sectors, FSInfo free clusters
            rows[-1] = (*rows[-1][:2], lambda text: int(text) // make.sectors)
        compare(image, tool("fsstat", "-f", f"fat{make.width}", "-b", make.sector, volume), rows, f"fat{make.width}.")


ATTRIBUTES = {"Read Only": 0x01, "Hidden": 0x02, "System": 0x04, "Volume Label": 0x08, "Directory": 0x10, "Archive": 0x20,
              "File": 0, "Long File Name": 0x0F}


def attributes(text: str) -> int:
    return sum(ATTRIBUTES[word] for word in text.split(", "))


SHORT: list[Row] = [
    ("attributes", r"^File Attributes: (.*)$", attributes),
    ("write_date:name", r"^Written:\t(\S+)", str),
    ("write_time:name", r"^Written:\t\S+ (\S+)", str),
    ("access_date:name", r"^Accessed:\t(\S+)", str),
    ("create_date:name", r"^Created:\t(\S+)", str),
]
SIZE: Row = ("size", r"^Size: (\d+)")
PART: list[Row] = [("attributes", r"^File Attributes: (.*)$", attributes)]


def short_name(told: str) -> tuple[str, str]:
    """The name field and the extension field of a name that istat says; a deleted one begins with '_'."""
    name, _, extension = told.partition(".") if not told.startswith(".") else (told, "", "")
    return f"{name:8}", f"{extension:3}"


def compare_content(image: Image, said: str, slot: str, sector: int) -> None:
    """The sectors that hold the file; istat goes on to the end of the cluster."""
    told = [int(number) for number in said.split("Sectors:")[1].split()]
    extents = image.get(slot + "content")["extents"]
    found = [at // sector for extent in extents for at in range(extent["at"], extent["at"] + extent["length"], sector)]
    assert found and found == told[:len(found)], slot


def compare_slot(image: Image, said: str, slot: str, sector: int) -> str:
    """One slot of a directory; returns what it is."""
    told = re.search(r"^Name: (.*)$", said, re.MULTILINE)[1]  # type: ignore[index]
    deleted = "deleted " if re.search(r"^Not Allocated", said, re.MULTILINE) else ""
    flags = image.get(slot + "attributes")["value"]
    if flags & 0x3F == 0x0F:
        compare(image, said, PART, slot)
        assert image.get(slot + "name")["value"].split("\0")[0] == told
        assert (image.get(slot + "ordinal")["value"] == 0xE5) == bool(deleted)
        return deleted + "part"
    directory = flags & 0x10 != 0  # of a directory istat tells the size of its chain
    compare(image, said, SHORT if directory else [*SHORT, SIZE], slot)
    assert (image.get(slot + "mark")["value"] == 0xE5) == bool(deleted)
    fields = image.get(slot + "name")["value"], image.get(slot + "extension")["value"]
    if flags & 0x08:
        assert "".join(fields) == f"{told:11}"
        return "label"
    if not deleted:
        assert fields == short_name(told.upper())
    if not directory and not deleted:
        compare_content(image, said, slot, sector)
    return deleted + ("." if told in (".", "..") else "directory" if directory else "file")


def test_every_slot_of_two_directories_agrees_with_istat(make: Make, volume: Path) -> None:
    """sleuthkit numbers all places that may be a slot, from 3 at the root directory (on FAT32: at cluster 2)."""
    kinds = set()
    name = f"fat{make.width}"
    with Image(str(volume)) as image:
        first = image.get(f"{name}.{'data' if make.width == 32 else 'root'}_offset")["value"]
        for directory in (f"{name}.root", f'{name}.file["/dir"]'):
            for n in range(32):
                slot = f"{directory}.entry[{n}]."
                at = place(image, slot + "attributes") - 0x0B
                if image.read(at, 1) == b"\0":
                    break
                said = tool("istat", "-f", name, "-b", make.sector, volume, 3 + (at - first) // 32)
                kinds.add(compare_slot(image, said, slot, make.sector))
    assert kinds == {"label", "file", "directory", ".", "part", "deleted file", "deleted part"}


def test_dot_and_dot_dot_lead_to_the_directory_and_to_the_one_above(make: Make, volume: Path) -> None:
    entry = f'fat{make.width}.file["/dir"].'
    with Image(str(volume)) as image:
        assert image.get(entry + "entry[0].mark")["name"] == image.get(entry + "entry[1].mark")["name"] == "dot"
        assert image.get(entry + "entry[0].first_cluster")["value"] == image.get(entry + "first_cluster")["value"]
        assert image.get(entry + "entry[1].first_cluster")["value"] == 0, "the root directory is called 0, wherever it is"


def ranges(text: str) -> list[int]:
    """The clusters in "<5-7> <9>"."""
    found = [tuple(map(int, one.split("-"))) for one in re.findall(r"<([\d,-]+)>", text.replace(",", "><"))]
    return [cluster for one in found for cluster in range(one[0], one[-1] + 1)]


@pytest.mark.parametrize("file", ["SHORT.TXT", LONG, "dir", "dir/inner"])
def test_chains_agree_with_mshowfat(make: Make, volume: Path, file: str) -> None:
    expected = ranges(tool("mshowfat", "-i", volume, f"::{file}"))
    entry = f'fat{make.width}.file["/{file}"].'
    with Image(str(volume)) as image:
        assert [image.get(f"{entry}chain[{n}].cluster")["value"] for n in range(len(expected))] == expected
        assert image.get(entry + "first_cluster")["value"] == expected[0]
        assert image.get(f"{entry}chain[{len(expected) - 1}].next")["name"].startswith("end")
        if file == LONG:
            assert expected != list(range(expected[0], expected[0] + 3)), "the file should be in two pieces"
            for table in range(make.tables):
                links = [image.get(f"fat{make.width}.fat[{table}].entry[{cluster}]")["value"] for cluster in expected[:-1]]
                assert links == expected[1:]


def test_the_tree_and_its_long_names_are_those_of_fls(make: Make, volume: Path) -> None:
    said = tool("fls", "-r", "-p", "-u", "-F", "-f", f"fat{make.width}", "-b", make.sector, volume)
    told = {line.split(":\t", 1)[1] for line in said.splitlines() if line.startswith("r/r") and "(Volume Label" not in line}
    assert told == {LONG, "SHORT.TXT", "dir/inner"}
    with Image(str(volume)) as image:
        for name in told:
            assert image.get(f'fat{make.width}.file["/{name}"].size')["value"] > 0
        assert image.get(f'fat{make.width}.file["/{LONG}"].long_name')["value"] == LONG
