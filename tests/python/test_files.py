# SPDX-License-Identifier: GPL-2.0-or-later
"""files: what every file holds, by the structures alone, beside what was written and what others read."""
from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import corruptor as module
import pytest
from program import DAMAGE, MISUSE, base, copy_of, corruptor, run

from harness import images
from harness.images import many

Copy = Callable[..., Path]


@pytest.fixture
def disk(tmp_path: Path) -> Copy:
    return lambda name: copy_of(name, tmp_path)


@pytest.mark.parametrize("name", images.names())
def test_a_healthy_disk_holds_what_was_written_to_it(name: str) -> None:
    if reason := images.unavailable(images.find(name)):
        pytest.skip(reason)
    report = corruptor("files", base(name).path, "--json").json
    found = {volume["at"]: {file["path"]: (file["size"], file["sha256"]) for file in volume["files"]} for volume in report["volumes"]}
    assert found == {volume.offset: {path: (written.size, written.sha256) for path, written in volume.manifest.items()}
                     for volume in base(name).volumes}
    assert report["findings"] == []


def test_sha256sum_checks_the_list_against_files_that_another_tool_has_read(tmp_path: Path) -> None:
    run("mcopy", "-s", "-n", "-i", base("fat12-floppy").path, "::", tmp_path)
    listed = corruptor("files", base("fat12-floppy").path).out
    checked = subprocess.run(["sha256sum", "--strict", "-c"], input=listed, cwd=tmp_path, capture_output=True, text=True)
    assert checked.returncode == 0 and checked.stdout.count(": OK") == len(base("fat12-floppy").volumes[0].manifest)


def test_a_name_with_a_line_break_is_written_as_sha256sum_writes_it(tmp_path: Path) -> None:
    name = "two\nlines \\ and more"
    (tmp_path / name).write_bytes(b"content")
    disk = copy_of("ntfs-64m", tmp_path, "disk")
    run("ntfscp", "-q", disk, tmp_path / name, name)
    written = subprocess.run(["sha256sum", name], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert written.startswith("\\") and written in corruptor("files", disk).out


def test_volumes_of_a_disk_have_their_partitions_before_their_paths() -> None:
    lines = corruptor("files", base("gpt-three-volumes").path).out.splitlines()
    assert {line[66:].split("/")[0] for line in lines} == {"part[1]", "part[2]", "part[3]"}
    one = corruptor("files", base("gpt-three-volumes").path, "--volume", "2").out.splitlines()
    assert sorted(line.replace("part[2]/", "") for line in lines if "part[2]/" in line) == sorted(one)


PIECES = "/pieces/fragmented.bin"


@pytest.mark.parametrize(("name", "edit", "held", "why"), [
    ("fat16-64m", f'fat16.file["{PIECES}"].chain[2].next=0', 3 * 2048, "leads to a free cluster"),
    ("fat32-64m", f'fat32.file["{PIECES}"].chain[1].next=0x0ffffff8', 2 * 512, "the chain holds 1024 bytes"),
    ("exfat-64m", f'exfat.file["{PIECES}"].chain[1].next=1', 2 * 4096, "leads to cluster 1"),
    ("ntfs-64m", f'ntfs.mft["{PIECES}"].data.run[0].step=16382', 2 * 4096, "leave a space of"),
])
def test_of_a_broken_file_the_bytes_before_are_read(disk: Copy, name: str, edit: str, held: int, why: str) -> None:
    image = disk(name)
    written = {file["path"]: file for file in corruptor("files", image, "--json").json["volumes"][0]["files"]}
    corruptor("set", image, edit)
    report = corruptor("files", image, "--json", code=DAMAGE).json["volumes"][0]
    found = {file["path"]: file for file in report["files"]}
    broken = found.pop(PIECES)
    assert found == {other: file for other, file in written.items() if other != PIECES}
    assert broken["size"] == held and why in broken["trouble"]
    text = corruptor("files", image, code=DAMAGE)
    [line] = [line for line in text.out.splitlines() if line.endswith(PIECES[1:])]
    assert line.startswith(broken["sha256"]) and text.err.endswith(f"{PIECES}: {broken['trouble']}\n")


def test_a_directory_that_cannot_be_read_is_told_and_hides_no_other(disk: Copy) -> None:
    image = disk("fat32-64m")
    corruptor("set", image, 'fat32.file["/many"].first_cluster=0x0ffffff7')
    listed = corruptor("files", image, code=DAMAGE)
    assert "readme.txt" in listed.out and "many/" not in listed.out and "0x0ffffff7" not in listed.out
    assert listed.err.startswith("fat32: ") and "bad cluster" in listed.err


def test_a_stale_name_leads_to_no_file(disk: Copy) -> None:
    image = disk("ntfs-64m")
    corruptor("set", image, 'ntfs.mft["/readme.txt"].sequence_number=77')
    listed = corruptor("files", image, code=DAMAGE)
    assert "readme.txt" not in listed.out and "/readme.txt leads to record" in listed.err


def test_a_directory_whose_index_is_of_something_else_lists_nothing(disk: Copy) -> None:
    image = disk("ntfs-64m")
    corruptor("set", image, 'ntfs.mft["/Documents"].index_root.indexed_type=0')
    listed = corruptor("files", image, code=DAMAGE)
    assert "readme.txt" in listed.out and "Documents/" not in listed.out
    assert "an entry of an index that is not of names" in listed.err


def test_bytes_past_the_valid_length_of_exfat_read_as_zero(disk: Copy) -> None:
    image = disk("exfat-64m")
    corruptor("set", image, 'exfat.file["/readme.txt"].stream.valid_data_length=10')
    content = module.Snapshot(str(base("exfat-64m").path)).content("/readme.txt", most=1 << 20)
    held = {file["path"]: file["sha256"] for file in corruptor("files", image, "--json").json["volumes"][0]["files"]}
    assert held["/readme.txt"] == hashlib.sha256(content[:10] + bytes(len(content) - 10)).hexdigest()


def test_no_damaged_size_keeps_it_reading_for_ever(disk: Copy) -> None:
    image = disk("ntfs-64m")
    corruptor("set", image, *(f'ntfs.mft["/sparse.bin"].data.{size}=0x7fffffffffffffff' for size in ("data_size", "initialized_size")))
    assert corruptor("files", image, code=DAMAGE).err


def test_a_disk_without_volumes_has_no_files(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(bytes(1 << 20))
    assert corruptor("files", empty).err == "no volume is recognised; --volume says where one is\n"
    assert corruptor("files", empty, "--json").json["volumes"] == []
    corruptor("files", tmp_path / "absent", code=MISUSE)
    corruptor("files", code=MISUSE)


def test_a_snapshot_with_patches_is_the_disk_that_they_make(disk: Copy) -> None:
    image, before = disk("fat16-64m"), module.Snapshot(str(base("fat16-64m").path))
    untouched = before.files()["volumes"]
    with module.Image(str(image), writable=True) as opened:
        plan = opened.set('fat16.file["/readme.txt"].size=5')
        plan = opened.apply(plan)
        more = opened.apply(opened.plan(module.parse_scenario(
            'title: t\nedits:\n  - write: fat16.file["/Documents/Annual report.pdf"].content@0+4\n    bytes: "00112233"\n')))
    patches = [(at, made.after(n, 0, length)) for made in (plan, more) for n, (at, length, _) in enumerate(made.patches())]
    assert before.files(patches)["volumes"] == module.Snapshot(str(image)).files()["volumes"] != untouched
    assert before.content("/readme.txt", patches, most=100) == before.content("/readme.txt", most=5)
    assert before.content("/Documents/Annual report.pdf", patches, most=4).hex() == "00112233"
    assert before.files()["volumes"] == untouched
    with pytest.raises(module.Misuse, match="no volume has a file /absent"):
        before.content("/absent", most=1)


def test_a_volume_of_many_files_is_read_whole() -> None:
    for kind in ("ntfs", "fat32", "exfat"):
        assert len(corruptor("files", many.volume(kind, 2000)).out.splitlines()) >= 2000
