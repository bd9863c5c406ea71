# SPDX-License-Identifier: GPL-2.0-or-later
"""What the program must not do: each refusal says what, where and what to do, and leaves every byte as it was."""
from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from program import ENVIRONMENT, IO, LONGEST, MISUSE, PROGRAM, REFUSED, base, corruptor, healthy, run, same_content

import corruptor as module

Copy = Callable[..., Path]
BASE = "ntfs-mbr-64m"


@pytest.mark.parametrize("command", [["apply", "zero-dbr", "IMAGE"], ["plan", "zero-dbr", "IMAGE"], ["inspect", "IMAGE"],
                                     ["get", "IMAGE", "@0+1"], ["set", "IMAGE", "ntfs.boot.heads=1"]], ids=lambda words: words[0])
@pytest.mark.parametrize("image, code, told", [
    ("missing.raw", MISUSE, "missing.raw: no such file"), ("folder", REFUSED, "folder: is a directory"),
    ("empty", REFUSED, "empty: is empty"), ("/dev/zero", REFUSED, "/dev/zero: is neither a file nor a block device")])
def test_what_is_no_image(command: list[str], image: str, code: int, told: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    writes = command[0] in ("apply", "set")
    options = ["--journal", "journal"] if writes else []
    ran = corruptor(*[image if word == "IMAGE" else word for word in command], *options, code=code, cwd=tmp_path)
    assert told in ran.err and ran.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "folder"]


def test_a_file_that_is_no_disk(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    text = "Dear Sir or Madam,\n" * 1000
    file.write_text(text)
    assert "no ntfs volume is recognised" in corruptor("apply", "zero-dbr", file, code=MISUSE).err
    assert "no fat32 volume is recognised" in corruptor("set", file, "fat32.boot.media=0", code=MISUSE).err
    assert file.read_text() == text and list(tmp_path.iterdir()) == [file]
    corruptor("inspect", file)  # reading is never refused


def test_a_scenario_for_another_kind_of_volume(disk: Copy) -> None:
    image = disk(BASE)
    told = corruptor("apply", "fat/sectors-per-fat-too-large", image, code=MISUSE).err
    assert "sectors-per-fat-too-large.yaml:" in told and "no fat32 volume is recognised" in told
    assert "at 0x100000  62 MiB  type ntfs" in told
    assert healthy(image, BASE) and not Path(f"{image}.journal").exists()
    other = disk("fat16-64m", "fat.raw")
    assert "no ntfs volume" in corruptor("apply", "zero-dbr", other, code=MISUSE).err
    assert healthy(other, "fat16-64m")


def test_a_read_only_file_is_read_but_not_written(disk: Copy) -> None:
    image = disk(BASE)
    image.chmod(0o444)
    corruptor("plan", "zero-dbr", image)
    told = corruptor("apply", "zero-dbr", image, code=REFUSED).err
    assert "is read-only" in told and "chmod u+w" in told
    assert healthy(image, BASE) and list(image.parent.iterdir()) == [image]


def test_a_qcow2_that_qemu_uses_is_in_use(disk: Copy) -> None:
    image = disk("windows-disk")
    with held_by_qemu(image):
        told = corruptor("apply", "zero-dbr", image, "--volume", "1", code=REFUSED).err
        assert "is in use" in told and "QEMU's lock" in told
    assert healthy(image, "windows-disk") and list(image.parent.iterdir()) == [image]
    corruptor("apply", "zero-dbr", image, "--volume", "1")
    with held_by_qemu(image):
        assert "is in use" in corruptor("undo", image, code=REFUSED).err
    corruptor("undo", image)
    assert healthy(image, "windows-disk")


@contextmanager
def held_by_qemu(image: Path) -> Iterator[None]:
    """A qemu-io that has the image open for writing; it answers a command, so it is there."""
    holder = subprocess.Popen(["qemu-io", "-f", "qcow2", image], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdin and holder.stdout
    holder.stdin.write("length\n")
    holder.stdin.flush()
    assert "720 MiB" in holder.stdout.readline()
    try:
        yield
    finally:
        holder.stdin.write("quit\n")
        holder.stdin.close()
        assert holder.wait(LONGEST) == 0


@pytest.mark.parametrize("command", [["apply", "zero-dbr", "IMAGE"], ["inspect", "IMAGE"], ["undo", "IMAGE"]], ids=lambda words: words[0])
def test_a_raw_image_that_we_write_is_in_use(command: list[str], disk: Copy) -> None:
    image = disk(BASE)
    corruptor("apply", "ntfs/dirty-flag", image)
    arguments = [str(image) if word == "IMAGE" else word for word in command]
    with module.Image(str(image), writable=True):
        told = corruptor(*arguments, code=REFUSED).err
    assert "is in use" in told and f"process {os.getpid()}" in told
    corruptor("undo", image)
    assert healthy(image, BASE)


def test_two_may_read_at_once(disk: Copy) -> None:
    image = disk(BASE)
    with module.Image(str(image)):
        corruptor("inspect", image)
        assert "is in use" in corruptor("apply", "zero-dbr", image, code=REFUSED).err


def test_undo_on_another_image_is_refused(disk: Copy) -> None:
    image, other = disk(BASE), disk("ntfs-hibernated", "other.raw")
    corruptor("apply", "zero-dbr", image)
    damaged = image.read_bytes()
    told = corruptor("undo", other, "--journal", f"{image}.journal", code=REFUSED).err
    assert "another disk" in told and "disk.raw.journal" in told
    assert healthy(other, "ntfs-hibernated") and image.read_bytes() == damaged
    smaller = disk("fat12-floppy", "smaller.raw")
    corruptor("undo", smaller, "--journal", f"{image}.journal", code=REFUSED)
    assert healthy(smaller, "fat12-floppy")
    corruptor("undo", image)


def test_undo_over_changed_bytes_is_refused_and_says_where(disk: Copy) -> None:
    image = disk(BASE)
    corruptor("apply", "zero-dbr", image)
    with open(image, "r+b") as file:
        file.seek((1 << 20) + 0x30)
        file.write(b"\x04")
    changed = image.read_bytes()
    told = corruptor("undo", image, code=REFUSED).err
    assert "changed since" in told and "0x100000" in told and "force" in told
    assert image.read_bytes() == changed
    corruptor("undo", image, "--force")
    assert healthy(image, BASE)


def test_a_journal_that_is_none_is_never_overwritten(disk: Copy) -> None:
    image = disk(BASE)
    journal = image.with_name("diary.txt")
    journal.write_text("Monday: nothing happened.\n")
    for command in (["apply", "zero-dbr", image], ["undo", image], ["status", image]):
        told = corruptor(*command, "--journal", journal, code=MISUSE).err
        assert "diary.txt: exists but is no journal" in told
    assert journal.read_text() == "Monday: nothing happened.\n" and healthy(image, BASE)


@contextmanager
def small_file_system(folder: Path, size: str) -> Iterator[Path]:
    """A tmpfs of so many bytes; skips where nobody may mount."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting a tmpfs: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        run("umount", folder)


def test_no_room_for_the_journal_leaves_the_image_alone(tmp_path: Path) -> None:
    image, scenario = tmp_path / "disk.raw", tmp_path / "wipe.yaml"
    content = os.urandom(4 << 20)
    image.write_bytes(content)
    scenario.write_text('title: A wide wipe\nedits: [{ zero: "@0+3MiB" }]\n')
    with small_file_system(tmp_path / "small", "1m") as small:
        told = corruptor("apply", scenario, image, "--journal", small / "journal", code=IO).err
        assert "No space left on device" in told and "journal" in told
        assert image.read_bytes() == content
        assert "nothing" in corruptor("undo", image, "--journal", small / "journal", code=MISUSE).err
    corruptor("apply", scenario, image)
    corruptor("undo", image)
    assert image.read_bytes() == content


def test_no_room_in_the_image_is_partly_applied_and_undone(tmp_path: Path) -> None:
    """A sparse raw image on a full disk: some of the writes get through, the journal takes them back."""
    scenario = tmp_path / "fill.yaml"
    scenario.write_text('title: Fill the holes\nedits: [{ fill: "@0+6MiB", with: 55 }]\n')
    with small_file_system(tmp_path / "small", "4m") as small:
        image = small / "disk.raw"
        with open(image, "wb") as file:
            file.truncate(8 << 20)
        told = corruptor("apply", scenario, image, "--journal", tmp_path / "journal", code=5).err
        assert "No space left on device" in told and "undo" in told
        corruptor("undo", image, "--journal", tmp_path / "journal")
        assert not image.read_bytes().strip(b"\0")


def test_a_block_device_needs_a_word_of_permission(tmp_path: Path, disk: Copy) -> None:
    """A loop device over a copy if the kernel lends one, else the refusal alone, on a device of our own making."""
    image = disk(BASE)
    done = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True)
    if done.returncode:
        refuse_a_device_without_a_disk(tmp_path)
        return
    device = done.stdout.strip()
    try:
        told = corruptor("apply", "zero-dbr", device, "--journal", tmp_path / "journal", code=REFUSED).err
        assert "is a block device" in told
        assert healthy(image, BASE)
        assert "--journal" in corruptor("apply", "zero-dbr", device, "--block-device", code=MISUSE).err
        corruptor("apply", "zero-dbr", device, "--block-device", "--journal", tmp_path / "journal")
        assert corruptor("status", device, "--journal", tmp_path / "journal", "--json").json["plans"][0]["state"] == "applied"
        assert "is a block device" in corruptor("undo", device, "--journal", tmp_path / "journal", code=REFUSED).err
        corruptor("undo", device, "--block-device", "--journal", tmp_path / "journal")
    finally:
        run("losetup", "--detach", device)
    assert same_content(image, base(BASE).path)


def refuse_a_device_without_a_disk(folder: Path) -> None:
    device = folder / "device"
    os.mknod(device, stat.S_IFBLK | 0o600, os.makedev(7, 0))
    assert "is a block device" in corruptor("apply", "zero-dbr", device, code=REFUSED).err


def test_a_backing_file_elsewhere_is_used_only_when_the_format_is_declared(disk: Copy, tmp_path_factory: pytest.TempPathFactory) -> None:
    backing = disk(BASE)
    image = tmp_path_factory.mktemp("elsewhere") / "disk.qcow2"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", backing, "-F", "raw", image)
    told = corruptor("inspect", image, code=REFUSED).err
    assert "outside" in told and "--format qcow2" in told
    corruptor("inspect", image, "--format", "qcow2")


def test_a_format_that_the_file_has_not(disk: Copy) -> None:
    image = disk(BASE)
    assert "was declared as qcow2" in corruptor("apply", "zero-dbr", image, "--format", "qcow2", code=MISUSE).err
    assert healthy(image, BASE)


def test_no_program_is_left_behind_by_a_refusal(disk: Copy) -> None:
    image = disk("windows-disk")
    corruptor("apply", "zero-dbr", image, code=MISUSE)
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert str(image) not in process.read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked


def test_without_qemu_the_package_is_named(disk: Copy, tmp_path: Path) -> None:
    """A PATH with everything but QEMU's tools."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("setpriv", "sh"):
        (tools / tool).symlink_to(run("which", tool).strip())
    done = subprocess.run([PROGRAM, "inspect", disk("windows-disk")], env=ENVIRONMENT | {"PATH": str(tools)}, capture_output=True,
                          text=True, timeout=LONGEST)
    assert done.returncode == IO and "qemu-utils" in done.stderr
