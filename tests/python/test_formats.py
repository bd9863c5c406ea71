# SPDX-License-Identifier: GPL-2.0-or-later
"""The seed's scenario on every kind of image: the same bytes go, the same bytes come back, no size changes."""
from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from program import LONGEST, base, copy_of, corruptor, run, same_content, virtual_size

BASE = "ntfs-mbr-64m"
ZEROED = (1 << 20, 4096)
FORMATS = ["raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc"]
NAMES = ["a b.raw", "a,b.raw", "nbd:a.raw", "json:{.raw", "-D.raw", "Größe 磁盘.raw", "back\\slash'\".raw", "line\nfeed.raw",
         "host:10809,export=x.img"]


def convert(folder: Path, format: str, name: str = "") -> Path:
    image = folder / (name or f"disk.{format}")
    # vpc counts cylinders unless it is told to keep the size that it is given
    options = ["-o", "force_size=on"] if format == "vpc" else []
    run("qemu-img", "convert", "-f", base(BASE).format, "-O", format, *options, base(BASE).path, image)
    return image


def zeroed_and_undone(image: object, *options: str, file: Path, format: str, name: str = BASE, at: int = ZEROED[0],
                      cwd: Path | None = None) -> None:
    """Apply zero-dbr and take it back, comparing all bytes with the base disk each time."""
    original, size, length = base(name), virtual_size(file, format), file.stat().st_size
    applied = corruptor("apply", "zero-dbr", image, *options, "--json", cwd=cwd).json
    assert [(patch["at"], patch["length"]) for patch in applied["patches"]] == [(at, ZEROED[1])]
    expected = file.with_name("expected.raw")
    run("qemu-img", "convert", "-f", original.format, "-O", "raw", original.path, expected)
    with open(expected, "r+b") as disk:
        disk.seek(at)
        disk.write(bytes(ZEROED[1]))
    assert same_content(file, expected, format)
    corruptor("undo", image, *options, cwd=cwd)
    assert same_content(file, original.path, format, original.format)
    assert virtual_size(file, format) == size == original.size
    if format == "raw":
        assert file.stat().st_size == length


@pytest.mark.parametrize("format", FORMATS)
def test_zero_dbr_and_undo_on_every_format(format: str, tmp_path: Path) -> None:
    image = convert(tmp_path, format)
    zeroed_and_undone(image, file=image, format=format)


@pytest.mark.parametrize("format", FORMATS)
def test_a_declared_format_is_taken_at_its_word(format: str, tmp_path: Path) -> None:
    image = convert(tmp_path, format, "disk.img")
    zeroed_and_undone(image, "--format", format, file=image, format=format)


def test_a_qcow2_with_a_backing_file_keeps_the_backing_file(tmp_path: Path) -> None:
    backing = copy_of(BASE, tmp_path, "backing.raw")
    image = tmp_path / "disk.qcow2"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", backing, "-F", "raw", image)
    zeroed_and_undone(image, file=image, format="qcow2")
    assert same_content(backing, base(BASE).path)


def test_a_volume_that_is_the_whole_disk(tmp_path: Path) -> None:
    image = copy_of("ntfs-64m", tmp_path)
    zeroed_and_undone(image, file=image, format="raw", name="ntfs-64m", at=0)


@pytest.mark.parametrize("name", NAMES)
def test_odd_names(name: str, tmp_path: Path) -> None:
    file = copy_of(BASE, tmp_path, name)
    zeroed_and_undone(file, file=file, format="raw")


def test_a_name_with_a_leading_dash_follows_two_dashes(tmp_path: Path) -> None:
    file = copy_of(BASE, tmp_path, "-D.raw")
    corruptor("apply", "--", "zero-dbr", "-D.raw", cwd=tmp_path)
    corruptor("undo", "--", "-D.raw", cwd=tmp_path)
    assert same_content(file, base(BASE).path)


def test_a_link_leads_to_the_image_and_its_journal(tmp_path: Path) -> None:
    file = copy_of(BASE, tmp_path)
    (tmp_path / "folder").mkdir()
    link = tmp_path / "folder/link.raw"
    link.symlink_to(file)
    corruptor("apply", "zero-dbr", link)
    corruptor("undo", file)
    assert same_content(file, base(BASE).path)


@contextmanager
def served(file: Path, socket: Path) -> Iterator[str]:
    """The URI at which a qemu-nbd of our own serves a raw file."""
    pid_file = socket.with_suffix(".pid")
    run("qemu-nbd", "-f", "raw", "--socket", socket, "--persistent", "--shared=4", "--fork", "--pid-file", pid_file, file)
    pid = int(pid_file.read_text())
    try:
        yield f"nbd+unix:///?socket={socket}"
    finally:
        subprocess.run(["kill", str(pid)], check=True, timeout=LONGEST)


def test_a_server_is_named_by_its_uri(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = copy_of(BASE, tmp_path)
    journal = tmp_path / "journal"
    with served(file, tmp_path_factory.getbasetemp().parent / f"{file.parent.name}.sock") as uri:
        refused = corruptor("apply", "zero-dbr", uri, code=2)
        assert "--journal" in refused.err
        corruptor("apply", "zero-dbr", uri, "--journal", journal)
        assert corruptor("status", uri, "--journal", journal, "--json").json["plans"][0]["state"] == "applied"
        assert corruptor("get", uri, "@1MiB+4").out.split()[1:5] == ["00"] * 4
        corruptor("undo", uri, "--journal", journal)
        assert corruptor("get", uri, "ntfs.boot.oem_id").out == '"NTFS    "\n'
    assert same_content(file, base(BASE).path)


def test_no_hole_is_made_where_zeroes_are_written(tmp_path: Path) -> None:
    file = copy_of(BASE, tmp_path)
    before = file.stat().st_blocks
    corruptor("apply", "zero-dbr", file)
    assert file.stat().st_blocks >= before
