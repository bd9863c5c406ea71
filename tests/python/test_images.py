# SPDX-License-Identifier: GPL-2.0-or-later
"""Base disks are healthy and hold what they declare.

Every claim is put to a tool that had no part in it: ntfsinfo and sleuthkit for what mkntfs and ntfs-3g wrote,
minfo and mshowfat for the FAT volumes, fsck.exfat and sleuthkit for exFAT, sfdisk for the partition tables.
"""
import json
import os
import re
import stat
import subprocess
from functools import cache
from pathlib import Path

import pytest

from harness import Disk, Source, appliance, images
from harness.images.recipe import KiB, MiB, SECTOR
from harness.truth import compare, entry, measure

UTF8 = os.environ | {"LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"}
IN_NAMESPACES = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
WORDS = [(name, word) for name in images.names()
         for word in sorted({word for partition in images.find(name).partitions for word in partition.contains})]


def tool(*command, status=0) -> str:
    """What the tool prints, if it ends with this status."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=UTF8, timeout=120, text=True, errors="replace")
    assert done.returncode == status, f"{command}: status {done.returncode}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def volume_file(tmp_path_factory):
    """A function that gives a volume of a base disk as a file of its own."""
    @cache
    def extract(name: str, index: int) -> Path:
        image = image_of(name)
        volume = image.volumes[index]
        file = tmp_path_factory.mktemp("volume") / "volume.raw"
        part = f"driver=raw,offset={volume.offset},size={volume.size},file.driver={image.format}"
        tool("qemu-img", "convert", "--image-opts", f"{part},file.file.filename={image.path}", "-O", "raw", file)
        return file
    return extract


def image_of(name: str) -> images.Image:
    """The built disk; the test is skipped if it is made from something that is not here."""
    if reason := images.unavailable(images.find(name)):
        pytest.skip(reason)
    return images.build(name)


every_disk = pytest.mark.parametrize("name", images.names())


# What is on a disk

@every_disk
def test_a_disk_is_what_its_recipe_says(name):
    image, recipe = image_of(name), images.find(name)
    facts = json.loads(tool("qemu-img", "info", "--output=json", "-f", image.format, image.path))
    assert recipe.name == name and image.contains == recipe.contains
    assert facts["virtual-size"] == image.size == recipe.size
    assert image.path.stat().st_blocks * 512 <= 60 * MiB, "a base disk should be small where it is kept"
    assert stat.S_IMODE(image.path.stat().st_mode) == 0o444


@every_disk
def test_the_partition_table_places_the_volumes(name, tmp_path):
    image, recipe = image_of(name), images.find(name)
    if not recipe.table:
        assert [(volume.offset, volume.size) for volume in image.volumes] == [(0, image.size)]
        return
    if recipe.table == "gpt-4096":
        pytest.skip("a file shows tools no such table; the next test looks at it by way of a device")
    disk = tmp_path / "disk.raw"
    tool("qemu-img", "convert", "-f", image.format, "-O", "raw", image.path, disk)
    tool("sfdisk", "--verify", disk)
    table = json.loads(tool("sfdisk", "--json", disk))["partitiontable"]
    placed = [part for part in table["partitions"] if part["type"] != "f"]
    assert [(part["start"] * SECTOR, part["size"] * SECTOR) for part in placed] == \
        [(volume.offset, volume.size) for volume in image.volumes]
    assert [part["type"] for part in placed] == [partition.type for partition in recipe.partitions]
    assert [part.get("bootable", False) for part in placed] == [partition.active for partition in recipe.partitions]
    if recipe.table == "gpt":
        assert "No problems found" in tool("sgdisk", "--verify", disk)
    if recipe.identity:
        assert table["id"] == recipe.identity


def test_a_table_of_large_sectors_places_the_volumes_too():
    if reason := appliance.missing():
        pytest.skip(reason)
    image = image_of("gpt-4096-sectors")
    with Disk(Source(image.path, image.format)) as disk:
        look = appliance.look(disk, {"script": "sgdisk --verify --print /dev/loop0", "sector_size": 4096}, whole=True)
    shown = look.answer["script"]["output"]
    assert "No problems found" in shown
    placed = [(int(first), int(last)) for first, last in re.findall(r"^ +\d+ +(\d+) +(\d+) ", shown, re.MULTILINE)]
    assert [(first * 4096, (last - first + 1) * 4096) for first, last in placed] == \
        [(volume.offset, volume.size) for volume in image.volumes]


@every_disk
def test_a_healthy_disk_makes_the_tools_content(name, volume_file):
    for index, volume in enumerate(image_of(name).volumes):
        file = volume_file(name, index)
        if volume.filesystem == "ntfs":
            tool("ntfs-3g.probe", "--readwrite", file, status=14 if "hibernation" in volume.contains else 0)
            assert "processed successfully" in tool("ntfsfix", "--no-action", file)
        elif volume.filesystem == "exfat":
            assert "ERROR" not in tool("fsck.exfat", "-n", file)
        else:
            tool("fsck.fat", "-n", file)


@every_disk
def test_every_file_reads_as_it_was_written(name, volume_file, tmp_path):
    for index, volume in enumerate(image_of(name).volumes):
        out = tmp_path / str(index)
        out.mkdir()
        if volume.filesystem == "ntfs":
            mounted = tmp_path / f"mounted{index}"
            mounted.mkdir()
            tool(*IN_NAMESPACES, "sh", "-ec", 'ntfs-3g -o ro "$0" "$1"; cp -r "$1"/. "$2"; umount "$1"',
                 volume_file(name, index), mounted, out)
        elif volume.filesystem == "exfat":
            tool("tsk_recover", "-a", volume_file(name, index), out)
            for own in out.glob("$*"):  # sleuthkit's names for the volume's own structures
                own.unlink()
            for path, size in exfat_sizes(volume_file(name, index)).items():
                if size == 0:
                    (out / path[1:]).touch()  # tsk_recover leaves it out
        else:
            tool("mcopy", "-s", "-i", volume_file(name, index), "::/", out)
        truth = compare(volume.manifest, measure(out))
        assert truth.whole == "intact" and not truth.of("extra"), str(truth)
        assert volume.manifest, "a volume without a file proves nothing"


# What a disk contains, word by word

def attributes(file: Path, path: str) -> str:
    """What ntfsinfo says of every attribute of a file, in all its records."""
    return tool("ntfsinfo", "-v", "-F", path, file)


def attribute(file: Path, path: str, kind: str = "$DATA") -> str:
    """What it says of the first attribute of this kind."""
    return next(text for text in attributes(file, path).split("Dumping attribute ") if text.startswith(kind + " "))


def number(text: str, label: str) -> int:
    """The number that a tool prints after this label."""
    found = re.search(re.escape(label) + r"[:\s]*(0x[0-9a-f]+|\d+)", text)
    assert found, f"no {label!r} in:\n{text}"
    return int(found[1], 0)


def runs(text: str) -> list[str]:
    """The runs that ntfsinfo lists, as their logical cluster or <HOLE>."""
    return re.findall(r"^\s+0x[0-9a-f]+\t+(0x[0-9a-f]+|<HOLE>)\t+0x[0-9a-f]+", text, re.M)


def fat_runs(file: Path, path: str) -> list[str]:
    """The pieces of a file's cluster chain."""
    return re.findall(r"<[\d-]+>", tool("mshowfat", "-i", file, f"::{path}"))


def fat_names(file: Path, path: str) -> list[str]:
    """The names in a directory."""
    return tool("mdir", "-b", "-i", file, f"::{path}").split("\n")


def exfat_sizes(file: Path) -> dict[str, int]:
    """Every file with its size."""
    lines = [line.split("\t") for line in tool("fls", "-r", "-p", "-u", "-F", "-l", file).splitlines()]
    return {f"/{line[1]}": int(line[6]) for line in lines if "(Volume Label Entry)" not in line[1]}


def exfat_pieces(file: Path, path: str) -> int:
    """How many times the sectors of a file go on somewhere else, and one."""
    sectors = tool("istat", file, tool("ifind", "-n", path, file).strip()).partition("Sectors:")[2].split()
    real = [int(sector) for sector in sectors if sector != "0"]  # zeroes fill up the cluster behind the last
    return 1 + sum(after != before + 1 for before, after in zip(real, real[1:]))


def exfat_names(file: Path, path: str) -> list[str]:
    """The names in a directory."""
    return tool("fls", "-u", file, tool("ifind", "-n", path, file).strip()).splitlines()


def ntfs_bytes(file: Path, path: str, *arguments: str) -> bytes:
    """What ntfscat reads."""
    return subprocess.run(["ntfscat", *arguments, file, path], env=UTF8, check=True, capture_output=True).stdout


NTFS_PROOFS = {
    "ntfs":            lambda file, path: "Volume Version: 3.1" in tool("ntfsinfo", "-m", file),
    "small-file":      lambda file, path: 0 < number(attribute(file, path), "Data size") < 1024,
    "empty-file":      lambda file, path: number(attribute(file, path), "Data size") == 0,
    "big-file":        lambda file, path: number(attribute(file, path), "Data size") > MiB,
    "documents":       lambda file, path: ntfs_bytes(file, path).startswith(b"%PDF-"),
    "unicode-names":   lambda file, path: not path.isascii() and attribute(file, path),
    "long-names":      lambda file, path: len(path) > 64 and attribute(file, path),
    "deep-path":       lambda file, path: path.count("/") > 16 and attribute(file, path),
    "fragmented-file": lambda file, path: len(runs(attribute(file, path))) >= 4,
    "large-directory": lambda file, path: len(tool("ntfsls", "-p", path, file).splitlines()) >= 150,
    "deleted-file":    lambda file, path: re.search(rf"100%.* {path[1:]}$", tool("ntfsundelete", "-s", file), re.M),
    "resident-file":   lambda file, path: re.search(r"Resident:\s+Yes", attribute(file, path)),
    "sparse-file":     lambda file, path: runs(attribute(file, path)).count("<HOLE>") == 3,
    "compressed-file": lambda file, path: "Attribute flags:\t 0x0001" in attribute(file, path)
                       and 0 < number(attribute(file, path), "Compressed size") < 300 * KiB,
    "named-stream":    lambda file, path: f"name:\t\t '{path.split(':')[1]}'" in attributes(file, path.split(":")[0]),
    "hard-link":       lambda file, path: attributes(file, path).count("$FILE_NAME") == 2,
    "short-name":      lambda file, path: re.findall(r"Namespace:\s+(\w+)",
                                                     attributes(file, path)) == ["DOS", "Win32"],
    "index-blocks":    lambda file, path: attribute(file, path, "$INDEX_ALLOCATION"),
    "many-names":      lambda file, path: tool("fls", "-r", "-p", file).count(f"\t{path[1:]}/") == 5000,
    "many-owners":     lambda file, path: len({number(attributes(file, f"{path}/owner {owner:03}.txt"), "Security ID")
                                               for owner in range(300)}) == 300
                       and "Name: $SII   Non-Resident" in tool("istat", "-f", "ntfs", file, "9"),
    "attribute-list":  lambda file, path: attribute(file, path, "$ATTRIBUTE_LIST")
                       and len(set(re.findall(r"from mft record (\d+)", attributes(file, path)))) > 1,
    "fragmented-mft":  lambda file, path: len(runs(attribute(file, path))) > 10,
    "hibernation":     lambda file, path: ntfs_bytes(file, path)[:4] == b"hibr"
                       and "hibernated" in tool("ntfs-3g.probe", "--readwrite", file, status=14),
    "donor-files":     lambda file, path: attribute(file, path) and attribute(file, "/donor.bin"),
    "boot-files":      lambda file, path: attribute(file, path) and attribute(file, "/Boot/BCD"),
    "made-by-windows": lambda file, path: b"BOOTMGR is compressed" in file.open("rb").read(SECTOR),
    "cluster-size":    lambda file, size: number(tool("ntfsinfo", "-m", file), "Cluster Size") == size,
    "sector-size":     lambda file, size: number(tool("ntfsinfo", "-m", file), "Sector Size") == size,
}

FAT_PROOFS = {
    "fat":             lambda file, path: "FAT" in tool("fsstat", "-t", file).upper(),
    "fat12":           lambda file, path: tool("fsstat", "-t", file) == "fat12\n",
    "fat16":           lambda file, path: tool("fsstat", "-t", file) == "fat16\n",
    "fat32":           lambda file, path: tool("fsstat", "-t", file) == "fat32\n",
    "small-file":      lambda file, path: len(fat_runs(file, path)) == 1,
    "empty-file":      lambda file, path: fat_runs(file, path) == [],
    "big-file":        lambda file, path: len(fat_runs(file, path)) == 1
                       and "3 072 017" in tool("mdir", "-i", file, f"::{path}"),
    "documents":       lambda file, path: tool("mtype", "-i", file, f"::{path}").startswith("%PDF-"),
    "unicode-names":   lambda file, path: not path.isascii() and f"::{path}" in fat_names(file, path),
    "long-names":      lambda file, path: len(path) > 64 and f"::{path}" in fat_names(file, path),
    "deep-path":       lambda file, path: path.count("/") > 16 and f"::{path}" in fat_names(file, path),
    "fragmented-file": lambda file, path: len(fat_runs(file, path)) == 8,
    "large-directory": lambda file, path: len(fat_names(file, path)) >= 150,
    "deleted-file":    lambda file, path: f"_{path[2:]}" in tool("fls", "-d", file),
    "cluster-size":    lambda file, size: number(tool("minfo", "-i", file), "cluster size:") * SECTOR == size,
}


EXFAT_PROOFS = {
    "exfat":           lambda file, path: tool("fsstat", "-t", file) == "exfat\n",
    "small-file":      lambda file, path: exfat_pieces(file, path) == 1 and 0 < exfat_sizes(file)[path] < 4096,
    "empty-file":      lambda file, path: exfat_sizes(file)[path] == 0,
    "big-file":        lambda file, path: exfat_pieces(file, path) == 1 and exfat_sizes(file)[path] > MiB,
    "documents":       lambda file, path: tool("icat", file, tool("ifind", "-n", path, file).strip()).startswith("%PDF-"),
    "unicode-names":   lambda file, path: not path.isascii() and path in exfat_sizes(file),
    "long-names":      lambda file, path: len(path) > 64 and path in exfat_sizes(file),
    "deep-path":       lambda file, path: path.count("/") > 16 and path in exfat_sizes(file),
    "fragmented-file": lambda file, path: exfat_pieces(file, path) == 8,
    "large-directory": lambda file, path: len(exfat_names(file, path)) >= 150,
    "deleted-file":    lambda file, path: path[1:] in tool("fls", "-d", file),
    "cluster-size":    lambda file, size: number(tool("fsstat", file), "Cluster Size") == size,
}
PROOFS = {"ntfs": NTFS_PROOFS, "exfat": EXFAT_PROOFS}
LABEL = {"ntfs": "ntfslabel", "exfat": "exfatlabel"}


@pytest.mark.parametrize("name, word", WORDS)
def test_a_declared_word_is_true(name, word, volume_file):
    found = [(index, volume) for index, volume in enumerate(image_of(name).volumes) if word in volume.contains]
    assert found
    for index, volume in found:
        proofs = PROOFS.get(volume.filesystem, FAT_PROOFS)
        kind, size = re.fullmatch(r"((?:cluster|sector)-size)-(\d+)|.*", word).groups()
        assert proofs[kind or word](volume_file(name, index), int(size) if size else volume.contains[word])


@every_disk
def test_named_streams_hold_what_was_written(name, volume_file):
    for index, volume in enumerate(image_of(name).volumes):
        for path, written in volume.streams.items():
            file, stream = path.split(":")
            assert entry(ntfs_bytes(volume_file(name, index), file, "-n", stream)) == written


def test_a_labelled_volume_says_so(volume_file):
    for name in images.names():
        if images.unavailable(images.find(name)):
            continue
        for index, volume in enumerate(images.build(name).volumes):
            file = volume_file(name, index)
            said = tool(LABEL.get(volume.filesystem, "fatlabel"), file)
            assert said.splitlines()[-1].removeprefix("label: ").strip() == volume.label


def test_no_two_volumes_share_a_serial_number(volume_file):
    serials = {}
    for name in images.names():
        if images.unavailable(images.find(name)):
            continue
        for index, volume in enumerate(images.build(name).volumes):
            serial = tool("blkid", "--probe", "-o", "value", "-s", "UUID", volume_file(name, index)).strip()
            serials.setdefault(serial, []).append(f"{name} {index}")
    assert [who for who in serials.values() if len(who) > 1] == []


def test_both_ntfs_boot_sectors_are_alike(volume_file):
    data = volume_file("ntfs-4096-sectors", 0).read_bytes()
    assert data[:4096] == data[-4096:]
