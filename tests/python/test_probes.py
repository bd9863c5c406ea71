# SPDX-License-Identifier: GPL-2.0-or-later
"""What the probes say, and what can be read, for damage whose outcome is known from the tools themselves."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from small_volumes import NTFS_SIZE, TRUTH, little, make_fat, make_ntfs, overwrite

from harness import Disk, Observation, Probe, Says, Source, probes
from harness.readback import judge_mount, read_files
from harness.truth import compare

NAMES = ["filesystems", "fsck.exfat-n", "fsck.exfat-y", "fsck.fat-a", "fsck.fat-n", "mtools", "ntfs-3g-mount",
         "ntfs-3g-mount-ro", "ntfs-3g-probe", "ntfs3-mount", "ntfs3-mount-ro", "ntfsfix", "ntfsfix-d", "ntfsfix-n",
         "tsk_recover", "vfat-mount", "vfat-mount-ro"]


def check(probe: str, volume: Path) -> Observation:
    found = probes.all()[probe]
    if reason := found.missing():
        pytest.skip(reason)
    with Disk(Source(volume, "raw")) as disk:
        return found.check(disk)


def damage_nothing(volume: Path) -> None:
    pass


def zero_boot(volume: Path) -> None:
    overwrite(volume, (0, bytes(512)))


def zero_both_boots(volume: Path) -> None:
    overwrite(volume, (0, bytes(512)), (-512, bytes(512)))


def zero_backup_boot(volume: Path) -> None:
    overwrite(volume, (-512, bytes(512)))


def zero_mirror(volume: Path) -> None:
    overwrite(volume, (little(volume, 0x38, 8) * 4096, bytes(4096)))


def zero_root(volume: Path) -> None:
    overwrite(volume, (little(volume, 0x30, 8) * 4096 + 5 * 1024, bytes(1024)))


# Damage, probe, what it says, what it says when asked again, whether it wrote, what became of the data.
NTFS = [
    (damage_nothing,   "ntfs-3g-mount",    "clean",    None,    True,  "intact"),
    (damage_nothing,   "ntfs-3g-mount-ro", "clean",    None,    False, "intact"),
    (damage_nothing,   "ntfs-3g-probe",    "clean",    None,    False, None),
    (damage_nothing,   "ntfsfix-n",        "clean",    None,    False, None),
    (damage_nothing,   "ntfsfix",          "clean",    None,    True,  "intact"),
    (damage_nothing,   "ntfsfix-d",        "clean",    None,    True,  "intact"),
    (zero_boot,        "ntfs-3g-mount",    "refused",  None,    False, "lost"),
    (zero_boot,        "ntfs-3g-mount-ro", "refused",  None,    False, "lost"),
    (zero_boot,        "ntfs-3g-probe",    "refused",  None,    False, None),
    (zero_boot,        "ntfsfix-n",        "detected", None,    False, None),
    (zero_boot,        "ntfsfix",          "repaired", "clean", True,  "intact"),
    (zero_boot,        "ntfsfix-d",        "repaired", "clean", True,  "intact"),
    (zero_both_boots,  "ntfs-3g-mount",    "refused",  None,    False, "lost"),
    (zero_both_boots,  "ntfsfix-n",        "detected", None,    False, None),
    (zero_both_boots,  "ntfsfix",          "refused",  None,    False, "lost"),
    (zero_both_boots,  "ntfsfix-d",        "refused",  None,    False, "lost"),
    (zero_backup_boot, "ntfs-3g-probe",    "clean",    None,    False, None),
    (zero_backup_boot, "ntfsfix-n",        "detected", None,    False, None),
    (zero_backup_boot, "ntfsfix",          "repaired", "clean", True,  "intact"),
    (zero_mirror,      "ntfs-3g-probe",    "refused",  None,    False, None),
    (zero_mirror,      "ntfsfix",          "repaired", "clean", True,  "intact"),
    (zero_root,        "ntfsfix",          "refused",  None,    True,  "lost"),
]


@pytest.mark.parametrize("damage, probe, says, again, wrote, data", NTFS,
                         ids=[f"{row[0].__name__}-{row[1]}" for row in NTFS])
def test_ntfs(tmp_path: Path, damage, probe: str, says: str, again: str | None, wrote: bool, data: str | None) -> None:
    volume = make_ntfs(tmp_path / "volume")
    damage(volume)
    expect(check(probe, volume), says, again, wrote, data)


def zero_first_table(volume: Path) -> None:
    overwrite(volume, (little(volume, 0x0E, 2) * 512, bytes(512)))


def zero_both_tables(volume: Path) -> None:
    reserved, sectors = little(volume, 0x0E, 2), little(volume, 0x16, 2)
    overwrite(volume, (reserved * 512, bytes(2 * sectors * 512)))


FAT = [
    (damage_nothing,   "fsck.fat-n", "clean",    None,    False, None),
    (damage_nothing,   "fsck.fat-a", "clean",    None,    False, "intact"),
    (damage_nothing,   "mtools",     "clean",    None,    False, "intact"),
    (zero_boot,        "fsck.fat-n", "refused",  None,    False, None),
    (zero_boot,        "fsck.fat-a", "refused",  None,    False, "lost"),
    (zero_boot,        "mtools",     "refused",  None,    False, "lost"),
    (zero_first_table, "fsck.fat-n", "detected", None,    False, None),
    (zero_first_table, "fsck.fat-a", "repaired", "clean", True,  "intact"),
    (zero_both_tables, "fsck.fat-a", "refused",  None,    False, "lost"),
]


@pytest.mark.parametrize("damage, probe, says, again, wrote, data", FAT,
                         ids=[f"{row[0].__name__}-{row[1]}" for row in FAT])
def test_fat(tmp_path: Path, damage, probe: str, says: str, again: str | None, wrote: bool, data: str | None) -> None:
    volume = make_fat(tmp_path / "volume")
    damage(volume)
    expect(check(probe, volume), says, again, wrote, data)


def test_fsck_fat_that_only_prints_a_difference_has_detected_it_in_spite_of_exit_code_0(tmp_path: Path) -> None:
    volume = make_fat(tmp_path / "volume", bits=32, size=64 << 20)
    overwrite(volume, (6 * 512, bytes(512)))
    observation = check("fsck.fat-n", volume)
    assert (observation.says, observation.runs[-1].code) == ("detected", 0)
    assert observation.reason == "There are differences between boot sector and its backup."


def test_a_mount_that_falls_back_to_read_only_is_told(tmp_path: Path) -> None:
    """A hiberfil.sys that begins with "hibr" is a sleeping Windows; ntfs-3g exits with 0 and does not write."""
    volume = make_ntfs(tmp_path / "volume")
    with Disk(Source(volume, "raw")) as disk:
        content = disk.outside("/dev/shm/content")
        content.write_bytes(b"hibr".ljust(4096, b"\0"))
        disk.run(["ntfscp", disk.volume, "/dev/shm/content", "hiberfil.sys"])
        volume.write_bytes(disk.outside(disk.volume).read_bytes())
    asleep = check("ntfs-3g-mount", volume)
    assert (asleep.says, asleep.wrote, asleep.runs[0].code) == ("read-only", False, 0)
    assert "hibernated" in asleep.reason
    assert compare(TRUTH, asleep.files).whole == "intact"
    assert check("ntfs-3g-probe", volume).reason.startswith("hibernated: ")


def expect(observation: Observation, says: str, again: str | None, wrote: bool, data: str | None) -> None:
    report = "\n".join(f"{' '.join(run.argv)}: {run.fate}\n{run.text}" for run in observation.runs)
    measured = None if observation.files is None else compare(TRUTH, observation.files).whole
    assert (observation.says, observation.again, observation.wrote, measured) == (says, again, wrote, data), report
    assert (observation.says == "clean") == (not observation.reason)


def test_all_probes_are_found_by_their_names() -> None:
    assert set(NAMES) <= set(probes.all())
    assert list(probes.all()) == sorted(probes.all())


def test_a_file_in_the_folder_is_enough_to_add_a_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from harness import Probe\nnew = Probe('new', frozenset(), (), False)\n"
    (tmp_path / "added_by_a_test.py").write_text(text)
    monkeypatch.setattr(probes, "__path__", [*probes.__path__, str(tmp_path)])
    probes.all.cache_clear()  # of a process they are found once
    assert "new" in probes.all()
    probes.all.cache_clear()
    del sys.modules["harness.probes.added_by_a_test"]


def test_a_probe_says_what_it_lacks() -> None:
    assert Probe("x", frozenset(), needs=("no-such-tool",), writes=False).missing() == "no-such-tool is not installed"
    assert Probe("x", frozenset(), needs=(lambda: "it rains",), writes=False).missing() == "it rains"
    assert Probe("x", frozenset(), needs=("sh",), writes=False).missing() is None


@pytest.mark.parametrize("command, says", [("kill -SEGV $$", Says.CRASHED), ("while :; do :; done", Says.HUNG)])
def test_a_tool_that_dies_or_hangs_is_an_answer(tmp_path: Path, command: str, says: Says) -> None:
    probe = Probe("x", frozenset(), needs=("sh",), writes=False)

    @probe
    def check_it(disk: Disk) -> Observation:
        disk.run(["sh", "-c", command], timeout=0.5)
        return Observation(Says.CLEAN)

    (tmp_path / "disk").write_bytes(bytes(512))
    with Disk(Source(tmp_path / "disk", "raw")) as disk:
        observation = probe.check(disk)
    assert observation.says == says
    assert observation.runs[-1].argv == ("sh", "-c", command)


def test_volumes_have_the_size_that_the_tests_count_on(tmp_path: Path) -> None:
    assert make_ntfs(tmp_path / "volume").stat().st_size == NTFS_SIZE


def test_a_driver_that_dies_under_a_mount_is_a_crash(tmp_path: Path) -> None:
    with Disk(Source(make_ntfs(tmp_path / "volume"), "raw")) as disk:
        folder = disk.folder("mount")
        disk.run(["ntfs-3g", disk.volume, folder])
        [daemon] = Path(f"/proc/{disk.jail.pid}/task/{disk.jail.pid}/children").read_text().split()
        os.kill(int(daemon), signal.SIGKILL)
        disk.settle()
        assert judge_mount(read_files(disk, folder), [], None).says == Says.CRASHED
