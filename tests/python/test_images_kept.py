# SPDX-License-Identifier: GPL-2.0-or-later
"""Base disks come out the same every time, are kept, and their making leaves nothing behind, however it ends."""
import dataclasses
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from harness import images
from harness.images import assembly
from harness.images.recipe import MiB


@pytest.mark.parametrize("name", images.names())
def test_building_twice_gives_the_same_bytes(name, tmp_path, monkeypatch):
    if reason := images.unavailable(images.find(name)):
        pytest.skip(reason)
    first = images.build(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    second = images.build(name)
    assert second.path != first.path
    assert second.volumes == first.volumes
    subprocess.run(["qemu-img", "compare", "-f", "raw", "-F", "raw", first.path, second.path], check=True)  # cmp, but quick about holes


def test_processes_that_want_the_same_disk_at_once_all_get_it(tmp_path):
    command = [sys.executable, "-m", "harness.images", "fat12-floppy"]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    started = [subprocess.Popen(command, cwd=assembly.ROOT, env=environment, stdout=subprocess.PIPE, text=True)
               for _ in range(4)]
    answers = {process.communicate(timeout=120)[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    disk, = answers
    assert Path(disk.strip()).stat().st_size == images.find("fat12-floppy").size
    assert sorted(path.name for path in (tmp_path / "corruptor/images").iterdir()) == \
        [".fat12-floppy.lock", Path(disk).parent.name]


def test_a_base_disk_that_somebody_wrote_into_is_built_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    image = images.build("fat12-floppy")
    healthy = image.path.read_bytes()
    image.path.chmod(0o644)
    with open(image.path, "r+b") as disk:
        disk.write(b"damage")
    with pytest.warns(UserWarning, match="somebody wrote into the base disk"):
        assert images.build("fat12-floppy").path.read_bytes() == healthy


def test_a_build_that_is_killed_leaves_no_process_and_no_mount(tmp_path):
    """A process builds; what it started has a volume mounted; it is killed: then ntfs-3g has to end, too."""
    volume = tmp_path / "volume"
    volume.touch()
    os.truncate(volume, 8 * MiB)
    inside = ("import signal; from pathlib import Path; from harness.images.ntfs import Ntfs, mounted\n"
              f"volume = Path({str(volume)!r}); Ntfs('x', 1).make(volume, 0)\n"
              "with mounted(volume): print('mounted', flush=True); signal.pause()")
    outside = ("import os, subprocess, sys; from harness.images.assembly import *\n"
               "library, = Path('/usr/lib').glob('*/faketime/libfaketime.so.1')\n"
               f"subprocess.run([*ISOLATED, str(library), sys.executable, '-c', {inside!r}], env=os.environ | CLOCK)")
    process = subprocess.Popen([sys.executable, "-c", outside], cwd=assembly.ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "mounted\n"
        assert str(volume) not in Path("/proc/mounts").read_text()
        command = b"\0".join([b"ntfs-3g", b"-o", b""])
        drivers = [int(entry.parent.name) for entry in Path("/proc").glob("[0-9]*/cmdline")
                   if (line := entry.read_bytes()).startswith(command[:-1]) and str(volume).encode() in line]
        assert len(drivers) == 1
        driver = os.pidfd_open(drivers[0])
    finally:
        process.kill()
        process.communicate()
    assert select.select([driver], [], [], 60)[0], "ntfs-3g outlived the build"
    os.close(driver)


def test_a_tool_that_fails_is_quoted_and_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    broken = tmp_path / "mkfs.fat"
    broken.write_text("#!/bin/sh\necho the disk is full; exit 3\n")
    broken.chmod(0o755)
    with pytest.raises(RuntimeError, match="(?s)building the disk fat12-floppy failed.*exit status 3.*disk is full"):
        images.build("fat12-floppy")
    assert [path.name for path in (tmp_path / "cache/corruptor/images").iterdir()] == [".fat12-floppy.lock"]


def test_a_disk_made_from_something_that_is_missing_says_what():
    recipe = dataclasses.replace(images.find("ntfs-windows"), sources=(Path("/nowhere/disk.gz"),))
    assert images.unavailable(recipe) == "ntfs-windows: made from /nowhere/disk.gz, which is not here"


def test_an_unknown_name_is_answered_with_the_nearest_one():
    with pytest.raises(LookupError, match="no base disk is called 'ntfs-64'; did you mean ntfs-64m?"):
        images.build("ntfs-64")
