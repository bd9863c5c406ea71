# SPDX-License-Identifier: GPL-2.0-or-later
"""One appliance serves many disks, survives what they do to it, and ends with the harness."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from small_volumes import FILES, TRUTH, little, make_fat, make_ntfs, overwrite

from harness import Disk, Observation, Source, appliance, case, probes
from harness.kvm import kvm_trouble
from harness.probes import kernel_mounts
from harness.truth import compare, entry

TOP = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(appliance.missing() is not None, reason=str(appliance.missing()))


def check(probe: str, source: Source) -> Observation:
    with Disk(source) as disk:
        return probes.all()[probe].check(disk)


def test_many_disks_of_all_sizes_go_through_one_appliance(tmp_path: Path) -> None:
    ntfs, fat = make_ntfs(tmp_path / "ntfs"), make_fat(tmp_path / "fat")
    fat32 = make_fat(tmp_path / "fat32", bits=32, size=64 << 20)
    no_boot = overwrite(make_ntfs(tmp_path / "no_boot"), (0, bytes(512)))
    rows = [
        (ntfs,    "ntfs3-mount",    "clean",   True,  "intact"),
        (fat32,   "vfat-mount",     "clean",   True,  "intact"),
        (no_boot, "ntfs3-mount",    "refused", False, "lost"),
        (ntfs,    "ntfs3-mount-ro", "clean",   False, "intact"),
        (fat,     "vfat-mount-ro",  "clean",   False, "intact"),
        (no_boot, "filesystems",    "refused", False, None),
        (ntfs,    "filesystems",    "clean",   False, None),
    ]
    used = set()
    for volume, probe, says, wrote, data in rows:
        observation = check(probe, Source(volume, "raw"))
        measured = None if observation.files is None else compare(TRUTH, observation.files).whole
        assert (observation.says, observation.wrote, measured) == (says, wrote, data), (probe, observation)
        used.add(appliance.shared().jail.pid)
    assert len(used) == 1


def test_libguestfs_leaves_no_socket_folder_behind() -> None:
    """It would keep one in /tmp for as long as it lives, and for ever if it is killed."""
    before = set(Path("/tmp").glob("libguestfs*"))
    here = appliance.shared().jail.outside("/tmp")
    assert list(here.glob("libguestfs*"))
    assert not {folder.name for folder in here.glob("libguestfs*")} & {folder.name for folder in before}


def test_why_a_mount_is_refused_is_in_the_kernels_words(tmp_path: Path) -> None:
    no_boot = overwrite(make_ntfs(tmp_path / "no_boot"), (0, bytes(512)))
    assert "Primary boot signature is not NTFS." in check("ntfs3-mount", Source(no_boot, "raw")).reason


def test_a_file_that_breaks_off_counts_with_what_could_be_read(tmp_path: Path) -> None:
    """The third cluster of a file's chain is marked bad: vfat gives an error there, after 4 KiB."""
    volume = make_fat(tmp_path / "fat")
    table = little(volume, 0x0E, 2) * 512
    first = next(cluster for cluster in range(2, 100) if little(volume, table + 2 * cluster, 2) == cluster + 1)
    overwrite(volume, (table + 2 * (first + 1), b"\xf7\xff"))
    observation = check("vfat-mount-ro", Source(volume, "raw"))
    assert observation.says == "detected"
    assert observation.files["/Größe.bin"] == entry(FILES["Größe.bin"][:4096])
    assert compare(TRUTH, observation.files).files["/Größe.bin"] == "partial"


def test_a_dirty_fat_is_mounted_with_a_complaint(tmp_path: Path) -> None:
    volume = overwrite(make_fat(tmp_path / "fat"), (0x25, b"\x01"))
    observation = check("vfat-mount", Source(volume, "raw"))
    assert (observation.says, compare(TRUTH, observation.files).whole) == ("detected", "intact")
    assert "not properly unmounted" in observation.reason


def test_partitions_are_found_where_they_are(tmp_path: Path) -> None:
    ntfs = make_ntfs(tmp_path / "ntfs").read_bytes()
    disk = tmp_path / "disk"
    with open(disk, "wb") as file:
        file.truncate(40 << 20)
    subprocess.run(["sfdisk", "-q", disk], input="label: gpt\nstart=2048, size=32768\n", text=True, check=True)
    overwrite(disk, (2048 * 512, ntfs))
    inside = Source(disk, "raw", 2048 * 512, len(ntfs))
    assert check("filesystems", inside).reason == "gpt partition table, 1 at 2048+32768 ntfs"
    overwrite(disk, (512, bytes(512)))
    by_backup = check("filesystems", inside)
    assert by_backup.says == "refused", "Linux does not use the backup header without being told to"
    assert by_backup.reason == "gpt partition table", "but blkid sees it, at the very end"
    overwrite(disk, (-512, bytes(512)))
    assert check("filesystems", inside).reason != by_backup.reason


def test_a_disk_of_4096_byte_sectors_is_shown_to_the_kernel_as_one(tmp_path: Path) -> None:
    with open(tmp_path / "disk", "wb") as file:
        file.truncate(1 << 20)
    with Disk(Source(tmp_path / "disk", "raw", sector_size=4096)) as disk:
        look = appliance.look(disk, {"script": "blockdev --getss --getsize64 /dev/loop0"})
    assert look.answer["script"] == {"code": 0, "output": f"4096\n{1 << 20}\n"}


def test_both_readers_say_the_same() -> None:
    """A volume with names of all kinds, read in the jail through ntfs-3g, and inside through ntfs3 and twice (it remembers)."""
    base = case.build("ntfs-64m")
    source = Source(base.path, base.format, base.volumes[0].offset, base.volumes[0].size, lasting=True)
    here, inside, again = (check(probe, source).files for probe in ("ntfs-3g-mount-ro", "ntfs3-mount-ro", "ntfs3-mount-ro"))
    assert len(here) > 200
    assert dict(here) == dict(inside) == dict(again)


def test_what_cannot_be_read_or_written_is_in_the_runs_words(tmp_path: Path) -> None:
    """The FAT is zeroes, so no chain has more than its first cluster."""
    volume = make_fat(tmp_path / "fat")
    with Disk(Source(overwrite(volume, (little(volume, 0x0E, 2) * 512, bytes(4096))), "raw")) as disk:
        observation = probes.all()["vfat-mount"].check(disk)
    assert re.search(r"^read /.*: Input/output error$", observation.runs[0].output, re.MULTILINE), observation


@pytest.mark.parametrize("driver, make", [("ntfs3", make_ntfs), ("vfat", make_fat)])
def test_editing_leaves_the_files_of_a_healthy_volume_as_they_were(tmp_path: Path, driver: str, make) -> None:
    with Disk(Source(make(tmp_path / "volume"), "raw")) as disk:
        edited = probes.all()[f"{driver}-mount-edit"].check(disk)
        after = probes.all()[f"{driver}-mount-ro"].check(disk)
    assert (edited.says, edited.wrote, edited.reason) == ("clean", True, "")
    assert compare(TRUTH, after.files).whole == "intact"


def test_a_chain_into_a_free_cluster_is_noticed_when_it_is_freed(tmp_path: Path) -> None:
    """The third cluster of a file's chain is free: to read says so, too, but only to free says what was freed."""
    volume = make_fat(tmp_path / "fat")
    table = little(volume, 0x0E, 2) * 512
    first = next(cluster for cluster in range(2, 100) if little(volume, table + 2 * cluster, 2) == cluster + 1)
    overwrite(volume, (table + 2 * (first + 1), bytes(2)))
    said = {}
    for probe in ("vfat-mount", "vfat-mount-edit"):
        with Disk(Source(volume, "raw")) as disk:
            said[probe] = "deleting FAT entry beyond EOF" in probes.all()[probe].check(disk).runs[0].text
    assert said == {"vfat-mount": False, "vfat-mount-edit": True}


def test_on_sectors_of_4096_bytes_ntfs3_writes_the_boot_sector_anew_from_its_copy(tmp_path: Path) -> None:
    no_boot = overwrite(make_ntfs(tmp_path / "no_boot"), (0, bytes(512)))
    with Disk(Source(no_boot, "raw")) as disk:
        on_large = probes.all()["ntfs3-mount-4kn"].check(disk)
        on_small = probes.all()["ntfs3-mount"].check(disk)
    assert "primary boot is updated" in on_large.runs[0].text
    assert (on_small.says, compare(TRUTH, on_small.files).whole) == ("clean", "intact")


def test_a_look_that_a_signal_ends_is_a_crash_and_the_next_one_works(tmp_path: Path) -> None:
    ntfs = make_ntfs(tmp_path / "ntfs")
    with Disk(Source(ntfs, "raw")) as disk:
        look = appliance.look(disk, {"script": "kill -KILL $PPID"})
    assert look.signal == signal.SIGKILL
    assert check("ntfs3-mount-ro", Source(ntfs, "raw")).says == "clean"


@pytest.mark.parametrize("script, hung", [("while :; do :; done", True), ("echo c > /proc/sysrq-trigger", False)])
def test_after_a_disk_that_hangs_or_kills_it_the_next_one_gets_a_new_appliance(tmp_path, script, hung) -> None:
    ntfs = make_ntfs(tmp_path / "ntfs")
    with Disk(Source(ntfs, "raw")) as disk, pytest.raises(appliance.GuestEnded) as ended:
        appliance.look(disk, {"script": script}, timeout=15)
    assert ended.value.hung == hung
    assert check("ntfs3-mount-ro", Source(ntfs, "raw")).says == "clean"


def test_what_the_kernel_reports_of_itself_has_words_of_its_own() -> None:
    rows = [
        ("BUG: kernel NULL pointer dereference, address: 0000000000000010\n#PF: supervisor read\n", 9, "kernel-oops"),
        ("WARNING: CPU: 0 PID: 211 at fs/ntfs3/inode.c:12 x+0x1/0x2 [ntfs3]\n", None, "kernel-warning"),
        ("ntfs3(loop0): x\n", 6, "crashed"),
        ("ntfs3(loop0): x\n", None, "detected"),
    ]
    for log, ended, says in rows:
        look = appliance.Look({}, f"loop0: detected capacity change\n{log}", ended, False, 1)
        assert kernel_mounts._judge(look, {"files": []}).says == says, log


def test_kvm_is_believed_only_after_a_guest_ran_in_it() -> None:
    """Whatever this machine has, the answer and the way the appliance was started agree."""
    trouble = kvm_trouble()
    assert trouble == appliance.without_kvm()
    commands = [Path(f"/proc/{pid}/cmdline") for pid in members(appliance.shared().jail.pid)]
    [qemu] = [text for text in (path.read_bytes() for path in commands) if text.startswith(b"/usr/bin/qemu")]
    assert (b"accel=tcg" in qemu) == (trouble is not None)


def test_a_killed_harness_takes_the_appliance_with_it() -> None:
    script = "from harness import appliance; print(appliance.shared().jail.pid, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as harness:
        first = int(harness.stdout.readline())
        watched = [os.pidfd_open(pid) for pid in members(first)]
        assert len(watched) >= 3, "the first process, the one that holds libguestfs, and qemu"
        harness.send_signal(signal.SIGKILL)
    for pidfd in watched:
        with os.fdopen(pidfd):
            assert select.select([pidfd], [], [], 30)[0], "a process outlived the harness by 30 s"


def members(first: int) -> list[int]:
    """All processes in the PID namespace of a jail's first process."""
    namespace = os.readlink(f"/proc/{first}/ns/pid")
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _namespace(path) == namespace]


def _namespace(process: Path) -> str | None:
    try:
        return os.readlink(process / "ns/pid")
    except OSError:  # it has ended
        return None
