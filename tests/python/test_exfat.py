# SPDX-License-Identifier: GPL-2.0-or-later
"""The base disk exfat-64m, and our edits of it, before the tools of exfatprogs.

What we read is compared with what dump.exfat prints; what we write, with what fsck.exfat says of it.
"""
from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from program import ENVIRONMENT, base, copy_of, corruptor, run, same_content

import corruptor as module
from harness import Disk, Source, images, probes
from harness.images.tools import copy_sparsely, make_hole
from harness.truth import compare, entry

NAME = "exfat-64m"
START = 1 << 20
README = 'exfat.file["/readme.txt"]'


def volume_of(disk: Path) -> Path:
    """The volume in a file of its own, which is what the tools take."""
    volume = disk.with_name("volume")
    volume.unlink(missing_ok=True)
    copy_sparsely(disk, make_hole(volume, disk.stat().st_size - START), skip=START)
    return volume


def fsck(disk: Path) -> tuple[int, str]:
    """The exit code of fsck.exfat -n, and what it prints but for its version."""
    done = subprocess.run(["fsck.exfat", "-n", volume_of(disk)], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)
    return done.returncode, re.sub(r"exfatprogs version.*\n", "", done.stdout + done.stderr)


def get(disk: Path, path: str) -> object:
    return corruptor("get", disk, path, "--json").json["value"]


def is_clean(disk: Path) -> bool:
    code, said = fsck(disk)
    return code == 0 and "ERROR" not in said and "clean. directories 25, files 165" in said


def apply(disk: Path, edit: str) -> None:
    """Apply a scenario of one edit, of which this is the YAML."""
    scenario = disk.with_name("edit.yaml")
    scenario.write_text(f"title: an edit\nedits:\n  - {edit}\n")
    corruptor("apply", scenario, disk)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return copy_of(NAME, tmp_path)


# The base disk

def test_the_base_disk_is_clean(disk: Path) -> None:
    assert is_clean(disk), fsck(disk)


def test_sleuthkit_reads_every_file_as_it_was_written() -> None:
    image = base(NAME)
    volume = image.volumes[0]
    with Disk(Source(image.path, image.format, volume.offset, volume.size)) as copy:
        observation = probes.all()["tsk_recover"].check(copy)
    assert observation.files is not None
    truth = compare(volume.manifest, observation.files)
    assert truth.whole == "intact" and not truth.of("extra"), str(truth)
    assert len(volume.manifest) == 165


def test_our_own_reading_finds_every_file_as_it_was_written(disk: Path) -> None:
    data = disk.read_bytes()
    with module.Image(str(disk), format="raw") as image:
        for path, written in base(NAME).volumes[0].manifest.items():
            file = f'exfat.file["{path}"]'
            size = image.get(f"{file}.stream.data_length")["value"]
            content = b""
            for start in range(0, size, 1 << 20):
                part = image.get(f"{file}.content@{start}+{min(1 << 20, size - start)}")
                content += b"".join(data[place["at"]:place["at"] + place["length"]] for place in part["extents"])
            assert entry(content) == written, path


def test_the_recipe_declares_what_is_there(disk: Path) -> None:
    recipe = images.find(NAME)
    contains = recipe.partitions[0].contains
    assert {"exfat", "cluster-size-4096", "empty-file", "fragmented-file", "deep-path", "large-directory",
            "unicode-names", "long-names", "deleted-file"} <= contains.keys()
    assert get(disk, f'exfat.file["{contains["empty-file"]}"].stream.first_cluster') == 0
    assert get(disk, f'exfat.file["{contains["fragmented-file"]}"].stream.no_fat_chain') == 0
    assert get(disk, f'exfat.file["{contains["large-directory"]}"].stream.data_length') == 5 * 4096
    assert get(disk, f'exfat.file["{contains["large-directory"]}"].stream.no_fat_chain') == 0
    assert get(disk, f'exfat.file["{contains["deep-path"]}"].name') == "bottom.txt"
    pieces = [get(disk, f'exfat.file["{contains["fragmented-file"]}"].chain[{n}].cluster') for n in range(32)]
    assert sum(after != before + 1 for before, after in zip(pieces, pieces[1:])) == 7
    deleted = subprocess.run(["fls", "-d", "-F", volume_of(disk)], capture_output=True, text=True, check=True).stdout
    assert contains["deleted-file"][1:] in deleted


def test_dump_exfat_reads_the_same_numbers(disk: Path) -> None:
    said = run("dump.exfat", volume_of(disk))
    rows = {
        "exfat.boot.volume_length": "Volume Length(sectors)",
        "exfat.boot.fat_offset": "FAT Offset(sector offset)",
        "exfat.boot.fat_length": "FAT Length(sectors)",
        "exfat.boot.cluster_heap_offset": "Cluster Heap Offset (sector offset)",
        "exfat.boot.cluster_count": "Cluster Count",
        "exfat.boot.root_cluster": "Root Cluster (cluster offset)",
        "exfat.boot.serial": "Volume Serial",
        "exfat.boot.bytes_per_sector_shift": "Sector Size Bits",
        "exfat.boot.sectors_per_cluster_shift": "Sector per Cluster bits",
        "exfat.cluster_bytes": "Cluster size",
        "exfat.clusters": "Total Clusters",
        "exfat.label_entry.type": "Volume entry type",
        "exfat.label_entry.length": "Volume label character count",
        "exfat.bitmap_entry.first_cluster": "Bitmap start cluster",
        "exfat.bitmap_entry.data_length": "Bitmap size",
        "exfat.upcase_entry.first_cluster": "Upcase table start cluster",
        "exfat.upcase_entry.data_length": "Upcase table size",
    }
    for path, words in rows.items():
        found = re.search(re.escape(words) + r":\s*(0x[0-9a-f]+|\d+)", said)
        assert found, words
        assert get(disk, path) == int(found[1], 0), path
    assert re.search(r"Volume label:\s*(\w+)", said)[1] == get(disk, "exfat.label") == "EXTENDED"
    free = int(re.search(r"Free Clusters:\s*(\d+)", said)[1])
    bitmap = corruptor("get", disk, "exfat.bitmap", "--json").json["extents"][0]
    used = sum(byte.bit_count() for byte in disk.read_bytes()[bitmap["at"]:][:bitmap["length"]])
    assert get(disk, "exfat.clusters") - used == free


# Edits, and the sums that follow them

EDITS = [
    f"{README}.attributes=0x21",
    f"{README}.stream.valid_data_length=100",
    f"{README}.name_part[0].name=readm3.txt",
    "exfat.root.entry[3].modify_10ms=99",
    'exfat.file["/many/entry number 0149.txt"].create_utc_offset=-8',
    'exfat.file["/many"].entry[4].create_10ms=7',
    "exfat.upcase.entry[200]=0xc9",
    "exfat.boot.serial=0x11223344",
    "exfat.boot.extended[3].boot_code=" + "90" * 508,
    "exfat.boot.oem.record[2].value=" + "5a" * 32,
]


@pytest.mark.parametrize("edit", EDITS)
def test_sums_follow_an_edit_and_undo_takes_all_back(edit: str, disk: Path) -> None:
    corruptor("set", disk, edit)
    assert not same_content(disk, base(NAME).path)
    assert is_clean(disk), fsck(disk)
    corruptor("undo", disk)
    assert same_content(disk, base(NAME).path)


STALE = [
    (f"{{set: '{README}.attributes', to: 0x21, seal: stale}}", "the checksum of a file is wrong"),
    (f"{{set: '{README}.attributes', to: 0x21, seal: broken}}", "the checksum of a file is wrong"),
    ("{set: 'exfat.root.entry[4].valid_data_length', to: 1, seal: stale}", "the checksum of a file is wrong"),
    (f"{{set: '{README}.stream.name_hash', to: 1}}", "the name hash of a file is wrong"),
    ("{set: 'exfat.upcase.entry[200]', to: 0xc9, seal: stale}", "corrupted upcase table"),
    ("{set: exfat.boot.serial, to: 1, seal: stale}", "checksum of boot region is not correct"),
    ("{set: exfat.boot.serial, to: 1, seal: broken}", "checksum of boot region is not correct"),
    ("{set: 'exfat.boot.checksum[127]', to: 1}", "checksum of boot region is not correct"),
]


@pytest.mark.parametrize("edit, complaint", STALE)
def test_a_stale_sum_is_found_and_undo_takes_it_back(edit: str, complaint: str, disk: Path) -> None:
    apply(disk, edit)
    code, said = fsck(disk)
    assert code == 4 and complaint in said, said
    corruptor("undo", disk)
    assert same_content(disk, base(NAME).path)


def test_the_words_of_the_checksum_sector_are_all_the_same(disk: Path) -> None:
    corruptor("set", disk, "exfat.boot_backup.partition_offset=4096")
    sector = disk.read_bytes()[START + (12 + 11) * 512:][:512]
    assert sector == sector[:4] * 128 != base(NAME).path.read_bytes()[START + 23 * 512:][:512]


def test_flags_and_percentage_need_no_sum(disk: Path) -> None:
    changes = corruptor("set", disk, "exfat.boot.dirty=1", "exfat.boot.percent_in_use=50", "--json").json["changes"]
    assert [change["path"] for change in changes] == ["exfat.boot.dirty", "exfat.boot.percent_in_use"]
    assert is_clean(disk)


def test_a_copy_follows_where_it_is_asked_for(disk: Path) -> None:
    apply(disk, "{set: exfat.boot.serial, to: 7, copies: all}")
    assert get(disk, "exfat.boot.serial") == get(disk, "exfat.boot_backup.serial") == 7
    assert is_clean(disk)


def test_no_edit_is_refused_because_something_else_is_damaged(disk: Path) -> None:
    corruptor("set", disk, "exfat.boot.root_cluster=7000")  # an empty cluster: no bitmap, no table, no file
    corruptor("set", disk, "exfat.boot.serial=1", "exfat.fat[7000].next=end")
    assert get(disk, "exfat.boot.serial") == 1


@pytest.mark.parametrize("options", [(), ("--volume", "offset=1MiB")])
def test_a_volume_is_found_by_its_boot_sector_its_backup_or_its_place(options: tuple[str, ...], disk: Path) -> None:
    assert corruptor("get", disk, "exfat.label", *options, "--json").json["value"] == "EXTENDED"
    with open(disk, "r+b") as file:
        file.seek(START)
        file.write(bytes(512))
        if options:
            file.seek(0)
            file.write(bytes(512))
    assert corruptor("get", disk, "exfat.label", *options, "--json").json["value"] == "EXTENDED"


def test_inspect_tells_damage_and_goes_on(disk: Path) -> None:
    corruptor("set", disk, 'exfat.file["/pieces/fragmented.bin"].chain[3].next=free')
    shown = json.loads(corruptor("inspect", disk, 'exfat.file["/pieces/fragmented.bin"].content', "--json").out)
    assert "the chain leads to a free cluster" in shown["notes"][0]
    assert shown["size"] == 4 * 4096
