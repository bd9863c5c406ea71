# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands on real disks: apply, plan, undo, status, set, with all their options."""
from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from program import MISUSE, PARTLY, REFUSED, ROOT, base, corruptor, healthy, run, same_content, shell, virtual_size

Copy = Callable[..., Path]
MBR_BASE = "ntfs-mbr-64m"


def test_plan_and_dry_run_are_the_same_and_touch_nothing(disk: Copy) -> None:
    image = disk(MBR_BASE)
    plan = corruptor("plan", "zero-dbr", image, "--json").json
    assert corruptor("apply", "zero-dbr", image, "--dry-run", "--json").json == plan
    assert healthy(image, MBR_BASE) and list(image.parent.iterdir()) == [image]
    applied = corruptor("apply", "zero-dbr", image, "--json").json
    assert {key: applied[key] for key in plan} == plan


def test_a_plan_gives_offset_length_bytes_and_reason_of_every_patch(disk: Copy) -> None:
    plan = corruptor("plan", "ntfs/mft-lcn-shifted", disk(MBR_BASE), "--json").json
    (change,) = [change for change in plan["changes"] if change["path"] == "ntfs.boot.mft_lcn"]
    assert (change["before"], change["verb"]) == ("4", "add")
    for patch in plan["patches"]:
        assert patch["length"] >= 1 and patch["before"] != patch["after"] and patch["why"]
    assert any(patch["at"] == (1 << 20) + 0x30 and "ntfs.boot.mft_lcn" in patch["why"] for patch in plan["patches"])


def test_exactly_the_planned_bytes_differ(disk: Copy) -> None:
    """The wiped gap crosses one volume's end and the head of the next; here every planned byte becomes zero."""
    image, expected = disk("windows-disk"), disk("windows-disk", "expected.qcow2")
    plan = corruptor("apply", "gap-wiped", image, "-D", "at=51MiB", "-D", "length=480MiB", "--json").json
    writes = [word for patch in plan["patches"] for word in ("-c", f"write -z {patch['at']} {patch['length']}")]
    run("qemu-io", "-f", "qcow2", *writes, expected)
    assert plan["patches"] and same_content(image, expected, "qcow2", "qcow2")


def test_a_stack_of_plans_is_taken_back_in_order(disk: Copy) -> None:
    image = disk(MBR_BASE)
    corruptor("apply", "ntfs/dirty-flag", image)
    corruptor("apply", "ntfs/mirror-differs", image)
    corruptor("set", image, "ntfs.boot.heads=16", "ntfs.boot.sectors_per_track=17")
    names = ["set", "ntfs/mirror-differs", "ntfs/dirty-flag"]
    status = corruptor("status", image, "--json").json
    assert [(row["plan"], row["state"]) for row in status["plans"]] == [(name, "applied") for name in names]
    assert "2 more in the journal" in corruptor("undo", image).out
    assert corruptor("get", image, "ntfs.boot.heads").out == "255\n"
    undone = corruptor("undo", image, "--all", "--json").json
    assert [row["plan"] for row in undone["undone"]] == names[1:] and undone["left"] == 0
    assert healthy(image, MBR_BASE)


def test_a_stack_whose_plans_overlap(disk: Copy) -> None:
    image = disk(MBR_BASE)
    corruptor("set", image, "ntfs.boot.mft_lcn=5")
    corruptor("apply", "zero-dbr", image)
    corruptor("apply", "zero-dbr", image, code=MISUSE)
    assert [row["state"] for row in corruptor("status", image, "--json").json["plans"]] == ["applied"] * 2
    corruptor("undo", image)
    assert corruptor("get", image, "ntfs.boot.mft_lcn").out == "5\n"
    corruptor("undo", image)
    assert healthy(image, MBR_BASE)


def test_a_second_scenario_is_applied_to_an_already_damaged_disk(disk: Copy) -> None:
    """Without its boot sector a volume is found by the table, by the copy of the boot sector, or by --volume."""
    image = disk(MBR_BASE)
    corruptor("apply", "zero-dbr", image)
    corruptor("apply", "ntfs/dirty-flag", image)
    corruptor("undo", image)
    corruptor("apply", "mbr/table-gone", image)
    corruptor("apply", "ntfs/dirty-flag", image, "--volume", "offset=1MiB,length=63488KiB")
    corruptor("undo", image, "--all")
    assert healthy(image, MBR_BASE)


def test_the_second_undo_has_nothing_to_undo(disk: Copy) -> None:
    image = disk(MBR_BASE)
    corruptor("apply", "zero-dbr", image)
    corruptor("undo", image)
    assert "nothing to undo" in corruptor("undo", image, code=MISUSE).err
    assert "nothing to undo" in corruptor("undo", image, "--all", code=MISUSE).err


def filled(image: Path) -> Path:
    """A scenario that changes every byte of eight sectors, the NTFS boot sector first; it is applied."""
    scenario = image.with_name("filled.yaml")
    scenario.write_text('title: Eight sectors of another pattern\nedits: [{ fill: "@1MiB+4KiB", with: 5c }]\n')
    corruptor("apply", scenario, image)
    return scenario


def test_states_are_exit_codes_of_status(disk: Copy) -> None:
    image = disk(MBR_BASE)
    assert "nothing was applied" in corruptor("status", image, code=1).out
    filled(image)
    original = base(MBR_BASE).path.read_bytes()
    assert corruptor("status", image).out == "filled: applied (4096 of 4096 bytes)\n"
    write(image, (1 << 20) + 1024, original[(1 << 20) + 1024:(1 << 20) + 4096])
    assert corruptor("status", image, code=PARTLY).out == "filled: partly applied (1024 of 4096 bytes)\n"
    write(image, 1 << 20, original[1 << 20:(1 << 20) + 4096])
    assert "not applied" in corruptor("status", image, code=1).out
    write(image, (1 << 20) + 600, b"somebody else")
    told = corruptor("status", image, code=REFUSED).out
    assert "changed since" in told and "at 0x100258" in told


def test_a_partly_applied_plan_is_finished_or_taken_back(disk: Copy) -> None:
    image = disk(MBR_BASE)
    scenario = filled(image)
    damaged, healthy_bytes = image.read_bytes(), base(MBR_BASE).path.read_bytes()[(1 << 20) + 512:(1 << 20) + 2048]
    write(image, (1 << 20) + 512, healthy_bytes)
    assert "finished" in corruptor("apply", scenario, image).out
    assert image.read_bytes() == damaged
    write(image, (1 << 20) + 512, healthy_bytes)
    assert corruptor("undo", image, "--json").json["undone"][0]["was"] == "partly applied"
    assert healthy(image, MBR_BASE)


def test_an_overlay_takes_the_writes_and_leaves_the_image_alone(disk: Copy) -> None:
    image = disk(MBR_BASE)
    overlay = image.with_name("damaged.qcow2")
    corruptor("apply", "zero-dbr", image, "--overlay", overlay)
    assert healthy(image, MBR_BASE) and not Path(f"{image}.journal").exists()
    assert not same_content(overlay, image, "qcow2")
    assert virtual_size(overlay, "qcow2") == base(MBR_BASE).size
    corruptor("apply", "zero-dbr", image, "--overlay", overlay, code=REFUSED)  # it exists
    corruptor("undo", overlay)
    assert same_content(overlay, image, "qcow2")


def test_an_overlay_is_made_only_for_a_plan_that_can_be_carried_out(disk: Copy) -> None:
    image = disk("windows-disk")
    overlay = image.with_name("damaged.qcow2")
    corruptor("apply", "zero-dbr", image, "--overlay", overlay, code=MISUSE)  # which of the volumes?
    assert list(image.parent.iterdir()) == [image]
    corruptor("apply", "zero-dbr", image, "--overlay", overlay, "--volume", "1")


@pytest.mark.parametrize("name, options", [
    ("disk.raw", ""), ("it's a disk.raw", ""), ("-disk.raw", ""), ("disk.raw", "--format raw"), ("disk.raw", "--journal 'a journal'"),
    ("disk.raw", "--overlay folder/over.qcow2"), ("disk.raw", "--overlay over.qcow2 --journal j"), ("$HOME;.raw", "")])
def test_the_command_that_is_printed_takes_it_back(name: str, options: str, disk: Copy) -> None:
    image = disk(MBR_BASE, name)
    (image.parent / "folder").mkdir()
    applied = shell(f"corruptor apply {options} -- zero-dbr {shlex.quote(name)}", image.parent)
    assert applied.returncode == 0, applied.stderr
    (command,) = re.findall(r"`(corruptor undo .*)` takes it back", applied.stdout)
    undone = shell(command, image.parent)
    assert undone.returncode == 0 and "took back ntfs/zero-dbr" in undone.stdout, command + undone.stderr
    assert healthy(image, MBR_BASE)


def test_the_journal_may_be_elsewhere(disk: Copy, tmp_path_factory: pytest.TempPathFactory) -> None:
    image = disk(MBR_BASE)
    journal = tmp_path_factory.mktemp("journals") / "a journal"
    corruptor("apply", "zero-dbr", image, "--journal", journal)
    assert list(image.parent.iterdir()) == [image]
    assert "nothing to undo" in corruptor("undo", image, code=MISUSE).err
    corruptor("status", image, "--journal", journal)
    corruptor("undo", image, "--journal", journal)
    assert healthy(image, MBR_BASE)


def test_the_seed_decides_what_random_writes(disk: Copy, tmp_path: Path) -> None:
    image, scenario = disk(MBR_BASE), tmp_path / "random.yaml"
    scenario.write_text("title: Noise in the boot sector\nedits:\n  - random: ntfs.boot.serial_number\n")

    def planned(*seed: str) -> Any:
        return corruptor("plan", scenario, image, "--json", *seed).json["patches"]

    assert planned() == planned("--seed", "1") != planned("--seed", "2")


def test_a_catalogue_name_may_be_short_long_or_a_file(disk: Copy) -> None:
    image = disk(MBR_BASE)
    plans = [corruptor("plan", name, image, "--json", cwd=ROOT).json["patches"]
             for name in ("zero-dbr", "zero-dbr.yaml", "ntfs/zero-dbr", "scenarios/ntfs/zero-dbr.yaml")]
    assert plans[0] and all(plan == plans[0] for plan in plans)


def test_parameters_change_the_plan_and_are_checked(disk: Copy) -> None:
    image = disk(MBR_BASE)
    assert corruptor("plan", "zero-dbr", image, "-D", "length=1KiB", "--json").json["patches"][0]["length"] == 1024


@pytest.mark.parametrize("definition, told", [
    (["x=1"], "unknown parameter"), (["length=1MiB"], "expected at most 8KiB; found 1MiB"),
    (["length"], "expected NAME=VALUE"), (["=512"], "expected NAME=VALUE"), (["length=512", "length=512"], "given twice"),
    (["length=12q"], "'12q' is no number"), (["length="], "no number"), (["length=-1"], "-1"),
])
@pytest.mark.parametrize("command", ["apply", "show"])
def test_a_wrong_definition_says_what_is_wrong(command: str, definition: list[str], told: str, disk: Copy) -> None:
    image = [disk(MBR_BASE)] if command == "apply" else []
    options = [word for text in definition for word in ("-D", text)]
    assert told in corruptor(command, "zero-dbr", *image, *options, code=MISUSE).err
    assert not image or healthy(image[0], MBR_BASE)


def test_several_volumes_are_listed_and_one_is_chosen(disk: Copy) -> None:
    image = disk("windows-disk")
    for command in (["apply", "zero-dbr", image], ["get", image, "ntfs.boot.mft_lcn"], ["inspect", image, "ntfs"]):
        told = corruptor(*command, code=MISUSE).err
        assert "--volume" in told
        assert re.search(r"^ *1 +at 0x100000 +50 MiB .*System Reserved$", told, re.MULTILINE)
        assert re.search(r"^ *2 +at 0x20000000 +200 MiB .*Data$", told, re.MULTILINE)
    for choice, at in (("1", 1 << 20), ("2", 512 << 20), ("offset=512MiB", 512 << 20), ("offset=0x100000,length=50MiB", 1 << 20)):
        plan = corruptor("plan", "zero-dbr", image, "--volume", choice, "--json").json
        assert [patch["at"] for patch in plan["patches"]] == [at]
    assert healthy(image, "windows-disk")


@pytest.mark.parametrize("choice, told", [
    ("3", "there are: 1, 2"), ("x", "'x' is no number"), ("offset=", "no number"), ("offset=1TiB", "the disk ends at 754974720"),
    ("offset=1MiB,length=1TiB", "the disk ends at 754974720"), ("offset=1MiB,size=1", "length"), ("-1", "-1")])
def test_a_volume_that_is_not_there(choice: str, told: str, disk: Copy) -> None:
    image = disk("windows-disk")
    assert told in corruptor("get", image, "ntfs.boot.mft_lcn", f"--volume={choice}", code=MISUSE).err


def test_hibernation_needs_the_file_and_prepare_makes_it_undoably(disk: Copy) -> None:
    image = disk(MBR_BASE)
    told = corruptor("apply", "hibernated", image, code=REFUSED).err
    assert "/hiberfil.sys" in told and "--prepare" in told and "hibernated.yaml:" in told
    assert healthy(image, MBR_BASE)
    corruptor("apply", "hibernated", image, "--prepare", "--dry-run")
    assert healthy(image, MBR_BASE)
    corruptor("apply", "hibernated", image, "--prepare")
    volume = base(MBR_BASE).volumes[0]
    file = image.with_name("volume")
    run("dd", f"if={image}", f"of={file}", "bs=1M", f"skip={volume.offset >> 20}", f"count={volume.size >> 20}", "status=none")
    assert run("ntfscat", "-f", file, "/hiberfil.sys").startswith("hibr")
    assert "hibernat" in run("ntfs-3g.probe", "--readwrite", file, code=14).lower()
    assert corruptor("status", image, "--json").json["plans"][0]["state"] == "applied"
    corruptor("undo", image)
    assert healthy(image, MBR_BASE)


@pytest.mark.xfail(reason="the tool that puts the file refuses the hibernated volume, and that is told as an I/O error")
def test_prepare_on_a_volume_that_is_hibernated_already(disk: Copy) -> None:
    image = disk("ntfs-hibernated")
    assert "changes nothing" in corruptor("apply", "hibernated", image, "--prepare", code=MISUSE).err


def write(image: Path, at: int, data: bytes) -> None:
    """Somebody else writes into a raw image."""
    with open(image, "r+b") as file:
        file.seek(at)
        file.write(data)
