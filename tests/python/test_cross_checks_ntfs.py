# SPDX-License-Identifier: GPL-2.0-or-later
"""NTFS as ntfsinfo and sleuthkit read it, in every cluster size that mkntfs offers, with records of 1 and of 4 KiB."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from cross_checks import Row, compare, hexadecimal, ours, sparse, tool

from corruptor import Image
from harness import images


class Make(NamedTuple):
    cluster: int
    sector: int

    def __str__(self) -> str:
        return f"{self.cluster}-{self.sector}"


MAKES = [Make(512 << n, 512) for n in range(13)] + [Make(4096 << n, 4096) for n in range(10)]
FILES = {"resident.txt": 40, "a file of some clusters.bin": 300_000}


def made(make: Make, folder: Path) -> Path:
    disk = sparse(folder / f"ntfs-{make}", max(16 << 20, 64 * make.cluster))
    tool("mkntfs", "-Q", "-F", "-q", "-c", make.cluster, "-s", make.sector, "-p", 2048, "-H", 16, "-S", 63, "-L", "Größe", disk)
    for name, length in FILES.items():
        content = folder / "content"
        content.write_bytes(b"x" * length)
        tool("ntfscp", "-q", disk, content, name)
    return disk


@pytest.fixture(scope="module", params=MAKES, ids=str)
def make(request: pytest.FixtureRequest) -> Make:
    return request.param


@pytest.fixture(scope="module")
def volume(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    disk = made(make, tmp_path_factory.mktemp("volume"))
    yield disk
    disk.unlink()


VOLUME: list[Row] = [
    ("boot.bytes_per_sector", r"Sector Size: (\d+)"),
    ("boot.cluster_bytes", r"Cluster Size: (\d+)"),
    ("boot.index_block_bytes", r"Index Block Size: (\d+)"),
    ("boot.record_bytes", r"MFT Record Size: (\d+)"),
    ("boot.mft_lcn", r"LCN of Data Attribute for FILE_MFT: (\d+)"),
    ("boot.mirror_lcn", r"LCN of Data Attribute for File_MFTMirr: (\d+)"),
    ("mft[3].volume_name.name", r"Volume Name: (.*)", str),
    ("mft[3].volume_information.flags", r"Volume Flags: (0x\w+)"),
    ("mft[3].volume_information.major_version", r"Volume Version: (\d+)"),
    ("mft[3].volume_information.minor_version", r"Volume Version: \d+\.(\d+)"),
]


def test_the_volume_agrees_with_ntfsinfo(make: Make, volume: Path) -> None:
    with Image(str(volume)) as image:
        said = tool("ntfsinfo", "-m", volume)
        compare(image, said, VOLUME, "ntfs.")
        clusters = int(re.search(r"Volume Size in Clusters: (\d+)", said)[1])  # type: ignore[index]
        assert ours(image, "ntfs.boot.total_sectors") * make.sector // make.cluster == clusters


RECORD: list[Row] = [
    ("usa_offset", r"^Upd\. Seq\. Array Off\.:\s+(\d+)"),
    ("usa_count", r"^Upd\. Seq\. Array Count:\s+(\d+)"),
    ("fixup.usn", r"^Upd\. Seq\. Number:\s+(\d+)"),
    ("lsn", r"^LogFile Seq\. Number:\s+(0x\w+)"),
    ("sequence_number", r"^MFT Record Seq\. Numb\.:\s+(\d+)"),
    ("link_count", r"^Number of Hard Links:\s+(\d+)"),
    ("attributes_offset", r"^Attribute Offset:\s+(\d+)"),
    ("bytes_in_use", r"^Bytes Used:\s+(\d+)"),
    ("bytes_allocated", r"^Bytes Allocated:\s+(\d+)"),
    ("next_instance", r"^Next Attribute Instance:\s+(\d+)"),
]
ATTRIBUTE: list[Row] = [
    ("type", r"^Dumping attribute .*?\((0x\w+)\)"),
    ("length", r"Attribute length:\s+(\d+)"),
    ("non_resident", r"Resident:\s+(\w+)", lambda text: int(text == "No")),
    ("name_length", r"Name length:\s+(\d+)"),
    ("name_offset", r"Name offset:\s+(\d+)"),
    ("flags", r"Attribute flags:\s+(0x\w+)"),
    ("instance", r"Attribute instance:\s+(\d+)"),
]
RESIDENT: list[Row] = [
    ("value_length", r"Data size:\s+(\d+)"),
    ("value_offset", r"Data offset:\s+(\d+)"),
    ("resident_flags", r"Resident flags:\s+(0x\w+)"),
]
NON_RESIDENT: list[Row] = [
    ("lowest_vcn", r"Lowest VCN\s+(\d+)"),
    ("highest_vcn", r"Highest VCN:\s+(\d+)"),
    ("runs_offset", r"Mapping pairs offset:\s+(\d+)"),
    ("compression_unit", r"Compression unit:\s+(\d+)"),
    ("data_size", r"Data size:\s+(\d+)"),
    ("allocated_size", r"Allocated size:\s+(\d+)"),
    ("initialized_size", r"Initialized size:\s+(\d+)"),
]


def filetime(text: str) -> int:
    since = datetime.strptime(text, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC) - datetime(1601, 1, 1, tzinfo=UTC)
    return since.days * 86400 + since.seconds


TIMES = [("created", "File Creation"), ("modified", "File Altered"), ("record_changed", "MFT Changed"),
         ("accessed", "Last Accessed")]
STANDARD: list[Row] = [("file_flags", r"File attributes:.*\((0x\w+)\)")]
NAME_SPACES = {"POSIX": 0, "Win32": 1, "DOS": 2, "Win32 & DOS": 3}
FILE_NAME: list[Row] = [
    ("parent_record", r"Parent directory:\s+(\d+)"),
    ("allocated_size", r"Allocated Size:\s+(\d+)"),
    ("real_size", r"Data Size:\s+(\d+)"),
    ("name_length", r"Filename Length:\s+(\d+)"),
    ("name_space", r"Namespace:\s+(.*)$", NAME_SPACES.__getitem__),
    ("name", r"Filename:\s+'(.*)'", str),
]
INDEX_ROOT: list[Row] = [("attribute_type", r"Indexed Attr Type:.*\((0x\w+)\)"), ("block_size", r"Index Block Size:\s+(\d+)")]


def compare_times(image: Image, said: str, path: str) -> None:
    """ntfsinfo prints whole seconds."""
    for field, words in TIMES:
        told = re.search(rf"{words} Time:\s+(.*) UTC", said)[1]  # type: ignore[index]
        assert ours(image, path + field) // 10_000_000 == filetime(told), path + field


def compare_runs(image: Image, said: str, path: str) -> None:
    runs = re.findall(r"^\t+(0x\w+)\t+(0x\w+)\t+(0x\w+)$", said, re.MULTILINE)
    assert runs, said
    for n, (_, lcn, length) in enumerate(runs):
        run = f"{path}run[{n}]."
        assert (ours(image, run + "lcn"), ours(image, run + "length")) == (hexadecimal(lcn), hexadecimal(length))


def records(image: Image) -> list[int]:
    return [0, 2, 3, 5, 6] + [ours(image, f'ntfs.mft["/{name}"].record_number') for name in FILES]


def test_records_and_attributes_agree_with_ntfsinfo(volume: Path) -> None:
    seen = set()
    with Image(str(volume)) as image:
        for number in records(image):
            said = tool("ntfsinfo", "-i", number, "-v", volume)
            head, *attributes = re.split(r"^(?=Dumping attribute )", said, flags=re.MULTILINE)
            record = f"ntfs.mft[{number}]."
            compare(image, head, RECORD, record)
            assert ours(image, record + "in_use") == 1
            assert ours(image, record + "directory") == ("DIRECTORY" in head)
            names = 0
            for n, told in enumerate(attributes):
                path = f"{record}attribute[{n}]."
                resident = "Resident: \t\t Yes" in told
                compare(image, told, ATTRIBUTE + (RESIDENT if resident else NON_RESIDENT), path)
                if not resident:
                    compare_runs(image, told, path)
                kind = re.match(r"Dumping attribute \$(\w+)", told)[1]  # type: ignore[index]
                if kind == "STANDARD_INFORMATION":
                    compare(image, told, STANDARD, record + "standard_information.")
                    compare_times(image, told, record + "standard_information.")
                if kind == "FILE_NAME":
                    compare(image, told, STANDARD + FILE_NAME, f"{record}file_name[{names}].")
                    compare_times(image, told, f"{record}file_name[{names}].")
                    names += 1
                seen.add((kind, resident))
    assert {("DATA", True), ("DATA", False), ("STANDARD_INFORMATION", True), ("FILE_NAME", True), ("BITMAP", False),
            ("VOLUME_INFORMATION", True), ("INDEX_ROOT", True)} <= seen


FSSTAT: list[Row] = [
    ("boot.serial_number", r"^Volume Serial Number: (\w+)", hexadecimal),
    ("boot.oem_id", r"^OEM Name: (.{8})$", str),
    ("boot.mft_lcn", r"^First Cluster of MFT: (\d+)"),
    ("boot.mirror_lcn", r"^First Cluster of MFT Mirror: (\d+)"),
    ("boot.record_bytes", r"^Size of MFT Entries: (\d+)"),
    ("boot.index_block_bytes", r"^Size of Index Records: (\d+)"),
    ("boot.bytes_per_sector", r"^Sector Size: (\d+)"),
    ("boot.cluster_bytes", r"^Cluster Size: (\d+)"),
    ("boot.total_sectors", r"^Total Sector Range: 0 - (\d+)", lambda text: int(text) + 1),
    ("mft[3].volume_name.name", r"^Volume Name: (.*)$", str),
]
ISTAT: list[Row] = [
    ("sequence_number", r"^Entry: \d+\s+Sequence: (\d+)"),
    ("lsn", r"^\$LogFile Sequence Number: (\d+)"),
    ("link_count", r"^Links: (\d+)"),
    ("standard_information.security_id", r"^Security ID: (\d+)"),
    ("file_name[0].parent_record", r"^Parent MFT Entry: (\d+)"),
    ("file_name[0].parent_sequence", r"^Parent MFT Entry: \d+ \tSequence: (\d+)"),
]


def clusters_of(image: Image, stream: str) -> list[int]:
    """The clusters of an attribute by its runs."""
    runs = [child["path"] for child in image.inspect(stream)["children"] if child["path"].startswith(f"{stream}.run[")]
    return [ours(image, f"{run}.lcn") + n for run in runs for n in range(ours(image, f"{run}.length"))]


# sleuthkit 4.11 knows no cluster of more than 128 sectors.
@pytest.mark.parametrize("make", [make for make in MAKES if make.cluster <= 128 * make.sector], indirect=True, ids=str)
def test_volume_and_records_agree_with_sleuthkit(make: Make, volume: Path) -> None:
    with Image(str(volume)) as image:
        compare(image, tool("fsstat", "-f", "ntfs", "-b", make.sector, volume), FSSTAT, "ntfs.")
        for number in [0, ours(image, 'ntfs.mft["/a file of some clusters.bin"].record_number')]:
            said = tool("istat", "-f", "ntfs", "-b", make.sector, volume, number)
            compare(image, said, ISTAT if number == 0 else ISTAT[:3] + ISTAT[4:], f"ntfs.mft[{number}].")
            data = re.search(r"^Type: \$DATA .* Non-Resident   size: (\d+)  init_size: (\d+)\n([\d \n]*)", said, re.MULTILINE)
            assert data
            path = f"ntfs.mft[{number}].data"
            size, initialized = int(data[1]), int(data[2])
            assert (ours(image, f"{path}.data_size"), ours(image, f"{path}.initialized_size")) == (size, initialized)
            told, found = [int(word) for word in data[3].split()], clusters_of(image, path)
            used = -(-initialized // make.cluster)  # of those behind istat says 0
            assert len(told) == len(found) >= used > 0
            assert told[:used] == found[:used]


def test_a_directory_of_5000_names_has_the_names_that_sleuthkit_lists() -> None:
    """In the order of the index, over all levels of its tree; and the tree leads to each of them."""
    disk = images.build("ntfs-many-names").path
    number = next(line.split()[1].split("-")[0] for line in tool("fls", disk).splitlines() if line.endswith("\tnames"))
    listed = [line.partition("\t")[2] for line in tool("fls", disk, number).splitlines()]
    with Image(str(disk)) as image:
        found = image.inspect('ntfs.mft["/names"].index[*].file_name.name')["fields"]
        assert len(found) == len(listed) == 5000
        assert sorted(one["value"] for one in found) == sorted(listed)
        assert image.get('ntfs.mft["/names"].index_root.flags')["value"] == 1
        assert image.get('ntfs.mft["/names/name number 4321 of 5000.txt"].record_number')["value"] > 4000
