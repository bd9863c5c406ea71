# SPDX-License-Identifier: GPL-2.0-or-later
"""walk: a healthy disk has nothing wrong and as much of everything as others count; each kind of damage is found where it is."""
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import corruptor as module
import pytest
from program import DAMAGE, base, copy_of, corruptor, run

from harness import images
from harness.images import many

Copy = Callable[..., Path]


@pytest.mark.parametrize("name", images.names())
def test_nothing_is_wrong_with_a_healthy_disk(name: str) -> None:
    if reason := images.unavailable(images.find(name)):
        pytest.skip(reason)
    report = corruptor("walk", base(name).path, "--json").json
    assert report["findings"] == [] and report["finding_count"] == 0
    assert len(report["volumes"]) == len(base(name).volumes)


def counts(image: Path | str) -> dict[str, int]:
    volume, = corruptor("walk", image, "--json").json["volumes"]
    return volume["counts"]


def test_ntfs_has_as_many_records_as_sleuthkit_lists() -> None:
    """On a volume without deleted files, which sleuthkit lists among the others where it finds remains of their names."""
    disk = many.volume("ntfs", 2000)
    listed = [re.match(r"([rd])/. (\d+)-", line) for line in run("fls", "-r", "-p", disk).splitlines()]
    records = {int(line[2]) for line in listed if line}
    found = counts(disk)
    nameless = 5  # records 12 to 15, which are in use without a name, and the root directory, which is not listed
    assert found["records in use"] == len(records) + nameless
    assert found["of them directories"] == len({line[2] for line in listed if line and line[1] == "d"}) + 1
    assert found["records in use"] > 2000


def test_fat_counts_what_its_checker_counts() -> None:
    disk = many.volume("fat32", 2000)
    told = re.search(r"(\d+) files, (\d+)/(\d+) clusters", run("fsck.fat", "-n", disk))
    found = counts(disk)
    assert told and found["files"] + found["directories"] == int(told[1])
    assert found["clusters of files and directories"] == int(told[2])
    assert found["free clusters"] == int(told[3]) - int(told[2])


def test_exfat_counts_what_its_checker_counts() -> None:
    disk = many.volume("exfat", 2000)
    told = re.search(r"directories (\d+), files (\d+)", run("fsck.exfat", "-n", disk))
    found = counts(disk)
    assert told and (found["directories"], found["files"]) == (int(told[1]), int(told[2]))


def some_file(name: str) -> str:
    """The path of a file that has clusters of its own."""
    volume = base(name).volumes[0]
    return next(path for path, entry in sorted(volume.manifest.items()) if entry.size > 20_000 and path.isascii())


DAMAGES: list[tuple[str, str, str, str]] = [
    # base, what is set, the path of a finding, its words
    ("ntfs-64m", "ntfs.mft[5].magic=BAAD", r"ntfs.mft\[5\]", "begins with 42414144"),
    ("ntfs-64m", 'ntfs.mft["{file}"].fixup.tail[1]=0x1234', r"ntfs.mft\[\d+\]", "torn: stride 1 ends in 3412"),
    ("ntfs-64m", 'ntfs.mft["{file}"].in_use=0', r"ntfs.mft\[\d+\]", "is not in use, but marked"),
    ("ntfs-64m", 'ntfs.mft["{file}"].record_number=7', r"ntfs.mft\[\d+\]", "record_number is 7"),
    ("ntfs-64m", 'ntfs.mft["{file}"].bytes_in_use=5000', r"ntfs.mft\[\d+\]", "past the record's end"),
    ("ntfs-64m", 'ntfs.mft["{file}"].attributes_offset=8', r"ntfs.mft\[\d+\]", "inside the header"),
    ("ntfs-64m", 'ntfs.mft["{file}"].attribute[0].length=0x2000', r"ntfs.mft\[\d+\]\.attribute\[0\]", "length is 8192"),
    ("ntfs-64m", 'ntfs.mft["{file}"].attribute[0].type=0x70', r"ntfs.mft\[\d+\]\.attribute\[1\]", "behind an attribute of a higher type"),
    ("ntfs-64m", 'ntfs.mft["{file}"].attribute[0].value_length=0x4000', r"ntfs.mft\[\d+\]\.attribute\[0\]", "a value of 16384 bytes"),
    ("ntfs-64m", 'ntfs.mft["{file}"].data.runs_offset=0x10', r"ntfs.mft\[\d+\]\.attribute\[\d\]", "runs_offset is 16"),
    ("ntfs-64m", 'ntfs.mft["{file}"].data.highest_vcn=999', r"ntfs.mft\[\d+\]\.attribute\[\d\]", "highest_vcn is 999"),
    ("ntfs-64m", 'ntfs.mft["{file}"].data.run[0].length_size=9', r"ntfs.mft\[\d+\]\.attribute\[\d\]", "cannot be decoded"),
    ("ntfs-64m", 'ntfs.mft["{file}"].data.run[0].lcn={past: cluster, by: -1}', r"ntfs.mft\[\d+\]\.attribute\[\d\]", "the volume has 16383"),
    ("ntfs-64m", 'ntfs.mft["{file}"].data.run[0].lcn={at: mft}', r"ntfs.mft\[\d+\]\.attribute\[\d\]", "belongs to another run, too"),
    ("ntfs-64m", "ntfs.bitmap.bit[4]=0", r"ntfs.bitmap", "1 clusters of files are marked as free, first 4"),
    ("ntfs-64m", "ntfs.bitmap.bit[16000]=1", r"ntfs.bitmap", "marked as used, but no run has them, first 16000"),
    ("ntfs-64m", "ntfs.mft_bitmap.bit[70]=0", r"ntfs.mft\[70\]", "is in use, but free in \\$MFT's bitmap"),
    ("ntfs-64m", 'ntfs.mft["/indexed"].index_block[0].magic=XNDI', r"ntfs.mft\[\d+\]\.index_block\[0\]", "does not begin with INDX"),
    ("ntfs-64m", 'ntfs.mft["/indexed"].index_block[0].vcn=7', r"ntfs.mft\[\d+\]\.index_block\[0\]", "vcn is 7, expected 0"),
    ("ntfs-64m", 'ntfs.mft["/indexed"].index_block[0].entries_end=8000', r"ntfs.mft\[\d+\]\.index_block\[0\]", "past the node's end"),
    ("ntfs-64m", 'ntfs.mft["/indexed"].index_block[0].entry[1].length=3', r"ntfs.mft\[\d+\]\.index_block\[0\]", "an entry of 3 bytes"),
    ("ntfs-64m", 'ntfs.mft["/indexed"].index_block[0].entry[1].record=123456', r"ntfs.mft\[\d+\]\.index_block\[0\]", "an entry for record 123456"),
    ("ntfs-64m", 'ntfs.mft["/indexed"].index_block[0].fixup.tail[0]=1', r"ntfs.mft\[\d+\]\.index_block\[0\]", "torn: stride 0"),
    ("ntfs-64m", "ntfs.boot_backup.mft_lcn=9", r"ntfs", "boot and boot_backup disagree: mft_lcn is 4 and 9"),
    ("fat32-64m", 'fat32.file["{file}"].size=1', r'fat32.file\["{file}"\]', "size is 1, which takes 1 clusters"),
    ("fat32-64m", 'fat32.file["{file}"].first_cluster={past: cluster, by: 5}', r'fat32.file\["{file}"\]', "no cluster of the volume"),
    ("fat32-64m", 'fat32.file["{file}"].chain[1].next=2', r'fat32.file\["{file}"\]', "cluster 2 belongs to another file"),
    ("fat32-64m", 'fat32.file["{file}"].chain[1].next=free', r'fat32.file\["{file}"\]', "leads to 0 \\(a free cluster\\) after 2"),
    ("fat32-64m", 'fat32.file["{file}"].chain[1].next=end', r"fat32", "are in chains of no file"),
    ("fat32-64m", "fat32.fsinfo.free_clusters=12", r"fat32.fsinfo", "free_clusters is 12"),
    ("fat32-64m", "fat32.boot.total_sectors_32=0xffffffff", r"fat32", "has too many clusters to look for lost ones"),
    ("fat16-64m", "fat16.fat[1].entry[9]=9", r"fat16", r"fat\[0\] and fat\[1\] disagree"),
    ("exfat-64m", 'exfat.file["{file}"].slot[1].data_length=1', r'exfat.file\["{file}"\]', "valid_data_length"),
    ("exfat-64m", 'exfat.file["{file}"].slot[1].first_cluster=3', r'exfat.file\["{file}"\]', "belongs to another file"),
    ("exfat-64m", 'exfat.file["{file}"].slot[1].name_hash=0x1234', r"exfat.(root|file.*)", "name_hash is 0x1234"),
    ("exfat-64m", "exfat.bitmap.bit[0]=0", r"exfat.bitmap", "1 clusters of files are marked as free, first 2"),
    ("exfat-64m", "exfat.bitmap.bit[15600]=1", r"exfat.bitmap", "no file has them, first 15602"),
    ("exfat-64m", "exfat.boot.percent_in_use=77", r"exfat.boot", "percent_in_use is 77"),
]


@pytest.mark.parametrize("name, edit, path, words", DAMAGES, ids=[f"{name}-{edit}" for name, edit, *_ in DAMAGES])
def test_damage_is_found_where_it_is(name: str, edit: str, path: str, words: str, disk: Copy) -> None:
    image, file = disk(name), some_file(name)
    changed = corruptor("set", image, edit.replace("{file}", file), "--json").json["changes"][0]
    report = corruptor("walk", image, "--json", code=DAMAGE).json
    pattern = re.compile(r"(part\[1\]\.)?" + path.replace("{file}", re.escape(file)))
    fitting = [finding for finding in report["findings"] if pattern.fullmatch(finding["path"]) and re.search(words, finding["what"])]
    assert fitting, f"changed {changed}; found {report['findings']}"
    assert all(finding["at"] < base(name).size for finding in report["findings"])


def test_a_finding_is_at_the_byte_that_was_changed(disk: Copy) -> None:
    image = disk("ntfs-mbr-64m")
    change, = corruptor("set", image, "ntfs.mft[5].record_number=77", "--json").json["changes"]
    finding = next(one for one in corruptor("walk", image, "--json", code=DAMAGE).json["findings"] if "record_number" in one["what"])
    assert finding["at"] == change["extents"][0]["at"]


def test_text_and_json_say_the_same(disk: Copy) -> None:
    image = disk("fat32-64m")
    corruptor("set", image, "fat32.fsinfo.free_clusters=12")
    text, report = corruptor("walk", image, code=DAMAGE).out, corruptor("walk", image, "--json", code=DAMAGE).json
    for finding in report["findings"]:
        assert f"{finding['path']} at {finding['at']:#x}: {finding['what']}" in text
    for what, number in report["volumes"][0]["counts"].items():
        assert re.search(rf"^ +{number}  {what}$", text, re.MULTILINE)
    assert text.endswith(f"1 finding; {text.split('; ')[-1]}")
    with module.Image(str(image)) as opened:
        from_module: dict[str, Any] = opened.walk()
    assert from_module["findings"] == report["findings"]


def test_a_fat32_volume_that_names_no_fsinfo(disk: Copy) -> None:
    image = disk("fat32-64m")
    for boot in "boot", "boot_backup":
        corruptor("set", image, f"fat32.{boot}.fsinfo_sector=0")
    assert "free clusters" in corruptor("walk", image).out


def test_one_volume_of_several() -> None:
    whole = corruptor("walk", base("ntfs-extended").path, "--json").json["volumes"]
    assert [volume["path"] for volume in whole] == ["part[5].ntfs", "part[6].fat16"]
    one, = corruptor("walk", base("ntfs-extended").path, "--volume", "6", "--json").json["volumes"]
    assert one["counts"] == whole[1]["counts"]


def test_a_disk_without_anything_has_nothing_to_walk(tmp_path: Path) -> None:
    empty = tmp_path / "empty.raw"
    empty.write_bytes(bytes(1 << 20))
    assert corruptor("walk", empty, "--json").json["volumes"] == []
    assert corruptor("walk", empty).out.startswith("no volume is recognised")


def test_a_volume_wiped_to_its_middle_ends_as_damage(tmp_path: Path) -> None:
    image = copy_of("ntfs-64m", tmp_path)
    scenario = tmp_path / "wiped.yaml"
    scenario.write_text('title: The first half is 0xff\nedits:\n- fill: "@0+32MiB"\n  with: ff\n')
    corruptor("apply", scenario, image)
    report = corruptor("walk", image, "--json", code=DAMAGE).json
    assert any("neither" in finding["what"] or "FILE" in finding["what"] for finding in report["findings"])


def test_a_backup_boot_sector_that_is_not_at_the_end_is_a_finding(tmp_path: Path) -> None:
    image = copy_of("ntfs-64m", tmp_path)
    with open(image, "ab") as file:
        file.write(bytes(1 << 20))
    finding, = corruptor("walk", image, "--json", code=DAMAGE).json["findings"]
    assert "the backup boot sector is at 0x3fffe00, not in the last sector" in finding["what"]


def test_a_broken_chain_of_partitions_is_a_finding_and_what_is_before_it_is_walked(disk: Copy) -> None:
    image = disk("ntfs-extended")
    corruptor("set", image, "ebr[2].signature=0")
    report = corruptor("walk", image, "--json", code=DAMAGE).json
    assert any("signature" in finding["what"] for finding in report["findings"])
    assert [volume["path"] for volume in report["volumes"]][:1] == ["part[5].ntfs"]
