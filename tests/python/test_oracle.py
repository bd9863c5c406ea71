# SPDX-License-Identifier: GPL-2.0-or-later
"""The steps of the oracle, with tools of which every move is known: small shell scripts that pose as probes."""

from __future__ import annotations

from pathlib import Path

import pytest

import corruptor
from harness import Disk, Observation, Probe, Says, case, healthy, images, oracle, probes, selftest
from harness.case import Damaged
from harness.disk import ToolEnded
from harness.probes.mtools import read_after_repair
from harness.readback import asked_once
from harness.record import Record
from harness.run import Run
from harness.truth import Found

FAT32 = frozenset({"fat32"})
LABEL = "title: t\nimage: fat32-64m\nedits:\n  - set: fat32.fsinfo.free_clusters\n    to: 5\n"

pytestmark = pytest.mark.skipif(probes.all()["mtools"].missing() is not None, reason=str(probes.all()["mtools"].missing()))


def pose(script: str, role: str = "repair", says: Says = Says.REPAIRED, files: Found | None = None) -> Probe:
    """A tool that does what a script does, and always says and reads the same."""
    probe = Probe("pose", FAT32, needs=("sh",), writes=role != "look", role=role)

    @probe
    def check(disk: Disk) -> Observation:
        disk.run(["sh", "-c", script.format(disk=disk.volume)])
        return Observation(says, files=files)

    return probe


@pytest.fixture
def damaged() -> Damaged:
    """A FAT32 disk whose count of free clusters is wrong."""
    return case.damage(corruptor.parse_scenario(LABEL))


def put(octal: str, at: int) -> str:
    """A command that writes a few bytes."""
    return f"printf '{octal}' | dd of={{disk}} bs=1 seek={at} conv=notrunc 2> /dev/null"


def place(damaged: Damaged) -> int:
    return damaged.source.patches[0][0]


def test_a_look_leaves_the_damage_where_it_is(damaged: Damaged) -> None:
    record = oracle.examine(damaged, pose("cat {disk} > /dev/null", "look", Says.DETECTED))
    assert (record.says, record.wrote, record.damage, record.again, record.before) == ("detected", False, "there", None, "intact")
    assert record.changes == ["fat32.fsinfo.free_clusters"]
    assert (record.base, record.role, len(record.plan)) == ("fat32-64m", "look", 16)


def test_a_repair_is_checked_named_and_done_twice(damaged: Damaged) -> None:
    right = damaged.plan.before(0, 0, 4)
    record = oracle.examine(damaged, pose(put("".join(f"\\{byte:03o}" for byte in right), place(damaged))))
    assert (record.wrote, record.damage, record.again, record.twice) == (True, "gone", "clean", False)
    assert (record.before, record.data, record.worse) == ("intact", "intact", [])
    assert [(row["path"], row["before"]) for row in record.rewrote] == [("fat32.fsinfo.free_clusters", "5")]
    assert record.runs[0]["argv"][:2] == ["sh", "-c"] and record.runs[0]["code"] == 0


def test_a_repair_that_never_rests_changes_something_the_second_time(damaged: Damaged) -> None:
    record = oracle.examine(damaged, pose("head -c 1 /dev/urandom | cat - /proc/uptime | dd of={disk} bs=1 count=9 seek=%d conv=notrunc"
                                          % (place(damaged) - 50)))
    assert (record.twice, record.damage) == (True, "there")


def test_a_second_repair_need_not_read_the_files_again(damaged: Damaged) -> None:
    reading, programs = Probe("pose", FAT32, needs=("sh",), writes=True), []

    @reading
    def check(disk: Disk) -> Observation:
        disk.run(["sh", "-c", put("x", place(damaged)).format(disk=disk.volume)])
        files = read_after_repair(disk)
        programs.append([run.argv[0] for run in disk.runs])
        return Observation(Says.REPAIRED, files=files)

    record = oracle.examine(damaged, reading)
    assert (record.data, record.twice, programs) == ("intact", False, [["sh", "mcopy", "read"], ["sh"]])


def test_the_files_of_the_same_bytes_are_read_once_and_those_of_others_again(damaged: Damaged) -> None:
    seen: list[tuple[list[Run], Found | None]] = []
    for script in ("true", "cat {disk} > /dev/null", "dd if=/dev/zero of={disk} bs=512 seek=32 count=2000 conv=notrunc", "true"):
        with Disk(damaged.source) as disk:
            disk.run(["sh", "-c", script.format(disk=disk.volume)])
            found = read_after_repair(disk)
            seen.append((disk.runs[1:], found))
    (first, files), (second, same), (third, other), (last, again) = seen
    assert [run.argv[0] for run in first] == ["mcopy", "read"] and set(files) == set(damaged.volume.manifest)
    assert list(map(id, second)) == list(map(id, first)) == list(map(id, last))
    assert (same, again) == (files, files) and other != files and third != first


def test_a_repair_that_wipes_the_tables_makes_it_worse(damaged: Damaged) -> None:
    record = oracle.examine(damaged, pose("dd if=/dev/zero of={disk} bs=512 seek=32 count=2000 conv=notrunc"))
    assert (record.before, record.again) == ("intact", "refused")
    assert record.data in ("lost", "partial", "altered")
    assert record.worse and record.counts
    assert len(record.files) <= oracle.FILES


def test_a_mount_is_checked_but_not_repeated(damaged: Damaged) -> None:
    record = oracle.examine(damaged, pose(put("x", place(damaged)), "mount", Says.CLEAN))
    assert (record.again, record.twice, record.rewrote, record.damage) == ("detected", None, [], "partly")


def test_a_driver_that_reads_nothing_has_not_made_it_worse(damaged: Damaged) -> None:
    """What it left is read by the file system's reader, and that only if it wrote."""
    for script in ("true", put("x", place(damaged))):
        record = oracle.examine(damaged, pose(script, "mount", Says.REFUSED, files={}))
        assert (record.data, record.before, record.worse) == ("lost", "intact", [])


def test_a_driver_that_wrecks_what_it_mounts_has_made_it_worse(damaged: Damaged) -> None:
    wreck = "dd if=/dev/zero of={disk} bs=512 seek=32 count=2000 conv=notrunc"
    assert oracle.examine(damaged, pose(wreck, "mount", Says.CLEAN, files=damaged.volume.manifest)).worse


def test_without_its_reader_a_file_system_is_still_judged(damaged: Damaged, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Probe("absent", FAT32, needs=("no-such-tool",), writes=False)
    monkeypatch.setattr(probes, "all", lambda: {"fsck.fat-n": missing, "mtools": missing})
    record = oracle.examine(damaged, pose(put("x", place(damaged))))
    assert (record.says, record.before, record.data, record.again, record.twice) == ("repaired", None, None, None, False)


def test_a_tool_that_writes_nothing_is_not_checked_afterwards(damaged: Damaged) -> None:
    record = oracle.examine(damaged, pose("true", says=Says.REFUSED))
    assert (record.wrote, record.again, record.twice, record.data) == (False, None, None, None)


def test_a_tool_that_dies_or_fails_to_start_leaves_a_record(damaged: Damaged) -> None:
    assert oracle.examine(damaged, pose("kill -SEGV $$")).says == "crashed"
    broken = Probe("pose", FAT32, needs=(), writes=False)

    @broken
    def check(disk: Disk) -> Observation:
        disk.run(["no-such-tool"])
        return Observation(Says.CLEAN)

    record = oracle.examine(damaged, broken)
    assert record.says == "error" and "no-such-tool" in record.reason


def test_what_a_tool_wrote_before_it_hung_is_known(damaged: Damaged) -> None:
    wrecking = Probe("pose", FAT32, needs=("sh",), writes=True)

    @wrecking
    def check(disk: Disk) -> Observation:
        wipe = f"dd if=/dev/zero of={disk.volume} bs=512 seek=32 count=2000 conv=notrunc"
        disk.run(["sh", "-c", f"{wipe}; exec tail -f /dev/null"], timeout=1)
        return Observation(Says.REPAIRED)

    record = oracle.examine(damaged, wrecking)
    assert (record.says, record.wrote, record.again, record.twice) == ("hung", True, "refused", False)
    assert record.worse and record.rewrote


def test_a_disk_that_a_hung_tool_removed_is_told_from_one_that_it_only_wrote_to(damaged: Damaged) -> None:
    for script, wrote, changed in (("rm {disk}", True, False), ("true", False, False), (put("x", place(damaged)), True, True)):
        with Disk(damaged.source) as disk:
            with pytest.raises(ToolEnded):
                disk.run(["sh", "-c", f"{script.format(disk=disk.volume)}; exec tail -f /dev/null"], timeout=1)
            assert (disk.written(), bool(disk.changes())) == (wrote, changed), script


def test_a_tool_that_gives_up_for_want_of_memory_is_told_from_one_that_refuses_the_disk(damaged: Damaged) -> None:
    starved = pose("echo 'fsck: Cannot allocate memory' >&2; exit 8", "look", Says.REFUSED)
    assert oracle.examine(damaged, starved).says == "out-of-memory"
    assert oracle.examine(damaged, pose("echo 'not a FAT' >&2; exit 8", "look", Says.REFUSED)).says == "refused"


def test_a_reader_that_starves_says_nothing_of_the_repairer(damaged: Damaged) -> None:
    refusing = Probe("pose", FAT32, needs=("sh",), writes=True)

    @asked_once
    def starving(disk: Disk) -> Found | None:
        return {} if disk.run(["sh", "-c", "echo 'out of memory' >&2; exit 1"]).code else None

    @refusing
    def check(disk: Disk) -> Observation:
        disk.run(["false", disk.volume])
        return Observation(Says.REFUSED, files=starving(disk))

    record = oracle.examine(damaged, refusing)
    assert (record.says, record.data, len(record.runs)) == ("refused", "lost", 2)


def test_a_kernel_that_wrote_is_checked_like_any_tool(damaged: Damaged) -> None:
    probe = probes.all()["vfat-mount"]
    if reason := probe.missing():
        pytest.skip(reason)
    record = oracle.examine(damaged, probe)
    assert (record.says, record.wrote, record.data) == ("clean", True, "intact")
    assert (record.damage, record.again) == ("gone", "clean")  # it counts for itself, and wrote the right number


def test_a_probe_that_is_not_content_with_the_healthy_disk_proves_nothing(damaged: Damaged, monkeypatch: pytest.MonkeyPatch,
                                                                          tmp_path: Path) -> None:
    monkeypatch.setattr(healthy.image_cache, "directory", lambda: tmp_path)
    for says, about_healthy, found in ((Says.CLEAN, "", []), (Says.DETECTED, "detected: ; data None", [])):
        record = healthy.judge(damaged, pose("true # " + says, "look", says))
        assert (record.healthy, record.findings) == (about_healthy, found)
        healthy._known.clear()
        for file in tmp_path.rglob("*.json"):
            file.unlink()


def test_a_healthy_disk_is_asked_once(damaged: Damaged, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(healthy.image_cache, "directory", lambda: tmp_path)
    asked = []

    def examine(about: Damaged, probe: Probe) -> Record:
        asked.append(probe.name)
        return Record(says="clean")

    monkeypatch.setattr(oracle, "examine", examine)
    base = images.build("fat32-64m")
    for _ in range(2):
        assert healthy.of(base, base.volumes[0], pose("true")).says == "clean"
        healthy._known.clear()
    assert asked == ["pose"]


def test_the_self_test_tells_when_undo_does_not_give_the_disk_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = corruptor.parse_scenario(LABEL)
    assert selftest.trouble(scenario, tmp_path, "fat32-64m") == []
    monkeypatch.setattr(case, "patches", lambda plan: [])
    [wrong] = selftest.trouble(scenario, tmp_path, "fat32-64m")
    assert wrong.startswith("on fat32-64m: 512 bytes at") and wrong.endswith("are not what the plan says")


@pytest.mark.parametrize("edits, elsewhere, complaint", [
    ("edits: [ { zero: fat32.fsinfo } ]", "fat32-flash", ""),
    ("needs: [ { value: fat32.boot.sectors_per_cluster, is: 1, why: w } ]\nedits: [ { zero: fat32.fsinfo } ]", "", ""),
    ('edits: [ { zero: "fat32.path[\\"/no-such-file\\"]" } ]', "", "do not say why"),
])
def test_a_fault_has_to_work_elsewhere_or_say_why_not(tmp_path: Path, edits: str, elsewhere: str, complaint: str) -> None:
    scenario = corruptor.parse_scenario(f"title: t\nimage: fat32-64m\n{edits}\n")
    image, wrong = selftest.elsewhere(scenario, tmp_path)
    assert image == elsewhere
    assert complaint in " ".join(wrong) and bool(wrong) == bool(complaint)
