# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts and terminals rely on: --json, --help, colour, pipes that break, the catalogue and the documents."""
from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from program import ENVIRONMENT, IO, LONGEST, MISUSE, PROGRAM, ROOT, corruptor, healthy, shell

Copy = Callable[..., Path]
COMMANDS = ["apply", "status", "undo", "plan", "inspect", "get", "set", "list", "show", "fields", "docs"]
MBR_BASE = "ntfs-mbr-64m"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    told = corruptor(command, "--help").out
    assert f"Example: corruptor {command} " in told or f"Example: corruptor {command}\n" in told
    assert command == "docs" or "--json" in told
    assert told.endswith("\n")


def test_the_example_commands_run(disk: Copy) -> None:
    """The examples of --help name disk.qcow2, on which the second volume is meant where one is named."""
    image = disk("windows-disk")
    assert image.name == "disk.qcow2"
    for command in COMMANDS:
        example = corruptor(command, "--help").out.split("Example: ")[1].strip()
        if command in ("apply", "plan"):
            example += " --volume 1"  # this disk has two
        example = example.replace("mft_lcn=4", "mft_lcn=5")  # 4 is where mkntfs puts it
        subprocess.run(["bash", "-c", example], cwd=image.parent, env=ENVIRONMENT, check=True, capture_output=True,
                       timeout=LONGEST)


def documented_keys(command: str) -> set[str]:
    """The words of the command's entry under JSON in the man page."""
    page = corruptor("docs", "man").out.replace("\\-", "-")
    section = page.split(".SH JSON")[1].split(".SH ")[0]
    for entry in section.split(".TP\n.B ")[1:]:
        names, text = entry.split("\n", 1)
        if command in names.split(", "):
            return set(re.findall(r"[a-z_]+", text))
    raise AssertionError(f"{command} is not under JSON in the man page")


def keys_of(value: object, free: tuple[str, ...] = ("fields", "names", "flags", "expect", "expect_lines")) -> Iterator[str]:
    """Every key in a JSON value, but not the names below `free`, which are data."""
    if isinstance(value, list):
        for one in value:
            yield from keys_of(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            if key == "fields":
                yield from keys_of(list(one.values()))
            elif key not in free:
                yield from keys_of(one)


@pytest.mark.parametrize("command", [
    ["plan", "zero-dbr", "IMAGE"], ["apply", "zero-dbr", "IMAGE"], ["set", "IMAGE", "ntfs.boot.heads=1"], ["undo", "IMAGE"],
    ["status", "IMAGE"], ["inspect", "IMAGE"], ["inspect", "IMAGE", "ntfs"], ["inspect", "IMAGE", "ntfs.mft[3]"],
    ["get", "IMAGE", "ntfs.boot.mft_lcn"], ["get", "IMAGE", "@0+16"], ["list"], ["fields"]], ids=" ".join)
def test_json_has_no_key_that_is_not_documented(command: list[str], disk: Copy) -> None:
    image = disk(MBR_BASE)
    if command[0] in ("undo", "status"):
        corruptor("apply", "ntfs/dirty-flag", image)
    answer = corruptor(*[str(image) if word == "IMAGE" else word for word in command], "--json").json
    assert set(keys_of(answer)) <= documented_keys(command[0])


def test_json_of_an_error(disk: Copy) -> None:
    for arguments in (["get", disk(MBR_BASE), "ntfs.boot.nothing"], ["get"], ["aply"], ["list", "--nothing"]):
        told = corruptor(*arguments, "--json", code=MISUSE)
        error = told.json["error"]
        assert error["kind"] == "misuse" and error["exit_code"] == MISUSE
        assert told.err == f"corruptor: misuse: {error['message']}\n"


def test_json_numbers_names_and_places_are_apart(disk: Copy) -> None:
    image = disk(MBR_BASE)
    answer = corruptor("get", image, "mbr.entry[1].type", "--json").json
    assert answer == {"path": "mbr.entry[1].type", "value": 7, "name": "ntfs", "extents": [{"at": 0x1C2, "length": 1}]}


def on_a_terminal(*arguments: object, **environment: str) -> bytes:
    """What a command shows on a terminal."""
    reader, terminal = pty.openpty()
    process = subprocess.Popen([str(PROGRAM), *map(str, arguments)], env=ENVIRONMENT | environment, stdin=subprocess.DEVNULL,
                               stdout=terminal, stderr=subprocess.DEVNULL)
    os.close(terminal)
    shown = b""
    while True:
        try:
            chunk = os.read(reader, 65536)
        except OSError:  # the last writer is gone
            break
        if not chunk:
            break
        shown += chunk
    os.close(reader)
    assert process.wait(LONGEST) == 0
    return shown


def test_colour_only_on_a_terminal_that_wants_it(disk: Copy) -> None:
    image = disk(MBR_BASE)
    assert b"\x1b[" in on_a_terminal("inspect", image, "ntfs.boot")
    assert b"\x1b[" not in on_a_terminal("inspect", image, "ntfs.boot", NO_COLOR="1")
    assert b"\x1b[" not in on_a_terminal("inspect", image, "ntfs.boot", TERM="dumb")
    assert b"\x1b[" not in on_a_terminal("inspect", image, "ntfs.boot", "--json")
    assert "\x1b[" not in corruptor("inspect", image, "ntfs.boot").out


@pytest.mark.parametrize("command", ["fields --json", "fields", "inspect disk.raw --json", "docs man", "docs schema"])
def test_a_reader_that_leaves_ends_the_output_in_silence(command: str, disk: Copy) -> None:
    done = shell(f"corruptor {command} | head -c 1; exit ${{PIPESTATUS[0]}}", disk(MBR_BASE).parent)
    assert done.returncode in (0, IO) and done.stderr == ""


@pytest.mark.parametrize("command", ["fields --json", "docs man", "docs schema", "--help", "get disk.raw nothing --json",
                                     "get disk.raw ntfs.boot.mft_lcn"])
def test_output_that_cannot_be_written_is_an_error(command: str, disk: Copy) -> None:
    done = shell(f"corruptor {command} >/dev/full", disk(MBR_BASE).parent)
    assert done.returncode in (IO, MISUSE)
    assert "cannot write the output: No space left on device" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_standard_streams_do_no_harm(closed: str, disk: Copy) -> None:
    image = disk(MBR_BASE)
    assert shell(f"corruptor apply zero-dbr disk.raw --json {closed}", image.parent).returncode in (0, IO)
    assert corruptor("status", image, "--json").json["plans"][0]["state"] == "applied"
    assert shell(f"corruptor undo disk.raw {closed}", image.parent).returncode in (0, IO)
    assert healthy(image, MBR_BASE)


def test_the_journal_is_only_its_owners_business(disk: Copy) -> None:
    image = disk(MBR_BASE)
    corruptor("apply", "zero-dbr", image)
    assert Path(f"{image}.journal").stat().st_mode & 0o077 == 0


# The catalogue and the documents


def test_list_shows_every_scenario_and_searches_titles() -> None:
    files = {str(path.relative_to(ROOT / "scenarios").with_suffix("")) for path in (ROOT / "scenarios").rglob("*.yaml")}
    assert {row["name"] for row in corruptor("list", "--json").json} == files
    assert all(row["title"] and row["target"] and row["why"] for row in corruptor("list", "--json").json)
    assert "\nntfs/hibernated " in corruptor("list", "hibernat").out
    assert "nosuchthing" in corruptor("list", "nosuchthing", code=MISUSE).err


def test_every_scenario_can_be_shown() -> None:
    for row in corruptor("list", "--json").json:
        shown = corruptor("show", row["name"]).out
        assert row["name"] in shown and row["title"] in shown
        assert corruptor("show", row["name"], "--json").json["name"] == row["name"]


def test_fields_need_no_image_and_tell_all() -> None:
    rows = corruptor("fields", "--json").json
    assert len(rows) > 500
    assert all(row["path"] and row["kind"] and row["meaning"] for row in rows)
    (row,) = corruptor("fields", "ntfs.boot.mft_lcn", "--json").json
    assert (row["kind"], row["unit"], row["bit_offset"], row["bits"]) == ("unsigned", "cluster", 0x30 * 8, 64)
    assert "FSI_Free_Count" in corruptor("fields", "fat32.fsinfo.free_clusters").out
    assert "no field" in corruptor("fields", "nosuchthing", code=MISUSE).err


def test_fields_are_written_as_paths() -> None:
    for row in corruptor("fields", "--json").json:
        assert " " not in row["path"].replace("] or [", ""), row["path"]


def test_documents_are_good_for_their_readers(tmp_path: Path) -> None:
    page = tmp_path / "corruptor.1"
    page.write_text(corruptor("docs", "man").out)
    told = subprocess.run(["man", "--warnings", "-l", page], env=ENVIRONMENT | {"MANWIDTH": "100"}, capture_output=True, text=True)
    assert told.returncode == 0 and told.stderr == ""
    for command in COMMANDS:
        assert f"corruptor {command}" in told.stdout
    completion = tmp_path / "completion"
    completion.write_text(corruptor("docs", "completion").out)
    script = f"source {completion}; COMP_WORDS=(corruptor un); COMP_CWORD=1; _corruptor; echo ${{COMPREPLY[*]}}; " \
             "COMP_WORDS=(corruptor apply ntfs/zero); COMP_CWORD=2; _corruptor; echo ${COMPREPLY[*]}; " \
             "COMP_WORDS=(corruptor undo --a); COMP_CWORD=2; _corruptor; echo ${COMPREPLY[*]}"
    assert shell(script, tmp_path).stdout.split("\n")[:3] == ["undo", "ntfs/zero-dbr", "--all"]
    assert json.loads(corruptor("docs", "schema").out) == json.loads((ROOT / "scenarios/schema.json").read_text())
