# SPDX-License-Identifier: GPL-2.0-or-later
"""Stories of several steps, with the commands and tools that their tellers used; each ends with the disk given back."""
from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from program import ENVIRONMENT, LONGEST, base, corruptor, healthy, run

from harness import images

Copy = Callable[..., Path]
STICK = "fat32-flash"


def volume_of(image: Path, name: str) -> Path:
    """The first volume on a disk, as a file of its own."""
    volume, file = base(name).volumes[0], image.with_name("volume")
    part = f"driver=raw,offset={volume.offset},size={volume.size},file.driver={base(name).format},file.file.filename={image}"
    run("qemu-img", "convert", "--image-opts", part, "-O", "raw", file)
    return file


def donor(folder: Path, *options: str) -> Path:
    """A disk with the stick's partition, freshly formatted: "create an empty file, format it, take its first sectors"."""
    stick = base(STICK).volumes[0]
    partition, disk = folder / "partition", folder / "donor.raw"
    for file, size in ((partition, stick.size), (disk, base(STICK).size)):
        with open(file, "wb") as empty:
            empty.truncate(size)
    run("mkfs.fat", "-F", "32", "-s", "16", "-R", "32", "-h", stick.offset // 512, "-n", stick.label, *options, partition)
    run("dd", f"if={base(STICK).path}", f"of={disk}", "bs=512", "count=1", "conv=notrunc", "status=none")  # the same table
    run("dd", f"if={partition}", f"of={disk}", "bs=1M", "oflag=seek_bytes", f"seek={stick.offset}", "conv=sparse,notrunc", "status=none")
    return disk


def differing_files(volume: Path, every: int) -> list[str]:
    """Files that mtools cannot read, or reads otherwise than they were written; every so-manieth is looked at."""
    wrong = []
    for path, written in list(base(STICK).volumes[0].manifest.items())[::every]:
        done = subprocess.run(["mtype", "-i", volume, f"::{path}"], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=LONGEST)
        if done.returncode or hashlib.sha256(done.stdout).hexdigest() != written.sha256:
            wrong.append(path)
    return wrong


def test_the_wiped_stick_is_repaired_by_hand_and_taken_back(disk: Copy, tmp_path: Path) -> None:
    """Boot area from a fresh volume, SectorsPerFat put right in both copies, the second FAT over the first, FSInfo set."""
    image = disk(STICK)
    corruptor("apply", "fat/boot-area-overwritten", image)
    assert run("fsck.fat", "-n", volume_of(image, STICK), code=1)
    fresh = donor(tmp_path)
    length = corruptor("get", fresh, "fat32.boot.sectors_per_fat_32", "--json").json["value"]
    assert length == base_length() + 2  # what the teller of the story needed an hour to find
    corruptor("apply", "fat/repair-by-hand", image, "-D", f"donor={fresh}", "-D", "excess=2")
    told = run("fsck.fat", "-n", volume_of(image, STICK), code=1)
    (really,) = re.findall(r"Free cluster summary wrong \(\d+ vs\. really (\d+)\)", told)
    assert "differ" not in told
    corruptor("set", image, f"fat32.fsinfo.free_clusters={really}")
    volume = volume_of(image, STICK)
    assert "clusters" in run("fsck.fat", "-n", volume)
    assert differing_files(volume, every=1) == []
    assert [row["plan"] for row in corruptor("status", image, "--json").json["plans"]] == \
        ["set", "fat/repair-by-hand", "fat/boot-area-overwritten"]
    corruptor("undo", image, "--all")
    assert healthy(image, STICK)


def base_length() -> int:
    return corruptor("get", base(STICK).path, "fat32.boot.sectors_per_fat_32", "--json").json["value"]


def test_the_stick_with_the_donors_length_mounts_and_is_rubbish(disk: Copy, tmp_path: Path) -> None:
    """The teller's first attempt: all but SectorsPerFat is right, names are found, contents are not."""
    image = disk(STICK)
    scenario = tmp_path / "first-attempt.yaml"
    scenario.write_text('title: The boot area of a fresh volume\nparameters: { donor: { default: x, help: a disk } }\n'
                        'edits:\n  - copy: fat32@0+16KiB\n    from: fat32@0+16KiB\n    donor: ${donor}\n')
    corruptor("apply", scenario, image, "-D", f"donor={donor(tmp_path)}")
    assert len(differing_files(volume_of(image, STICK), every=10)) > len(base(STICK).volumes[0].manifest) // 20
    corruptor("set", image, f"fat32.boot.sectors_per_fat_32={base_length()}", f"fat32.boot_backup.sectors_per_fat_32={base_length()}")
    assert differing_files(volume_of(image, STICK), every=10) == []
    corruptor("undo", image, "--all")
    assert healthy(image, STICK)


@pytest.mark.parametrize("name", ["ntfs-mbr-64m", "ntfs-windows"])
def test_ntfsfix_repairs_a_zeroed_boot_sector_and_all_is_taken_back(name: str, disk: Copy) -> None:
    if reason := images.unavailable(images.find(name)):
        pytest.skip(reason)
    image = disk(name)
    corruptor("apply", "zero-dbr", image)
    volume = volume_of(image, name)
    run("ntfs-3g.probe", "--readwrite", volume, code=12)
    assert "processed successfully" in run("ntfsfix", "-d", volume)
    run("ntfs-3g.probe", "--readwrite", volume)
    corruptor("undo", image)
    assert healthy(image, name)


def test_the_missing_partition_is_found_by_its_place(disk: Copy) -> None:
    """The table is gone; by offset the volume is there, whole, and a second fault can be put on it."""
    image = disk(STICK)
    corruptor("apply", "mbr/table-gone", image)
    place = f"offset={base(STICK).volumes[0].offset}"
    assert corruptor("get", image, "fat32.label", "--volume", place).out == '"TRANSCEND"\n'
    corruptor("apply", "fat/fsinfo-stale", image, "--volume", place)
    corruptor("undo", image, "--all")
    assert healthy(image, STICK)


def test_a_dry_run_of_the_repair_says_that_the_donor_is_missing(disk: Copy) -> None:
    image = disk(STICK)
    corruptor("apply", "fat/boot-area-overwritten", image)
    assert "empty.img: no such file" in corruptor("plan", "fat/repair-by-hand", image, code=2).err
