# SPDX-License-Identifier: GPL-2.0-or-later
"""A probe made of a user's own command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_volumes import TRUTH, little, make_fat, make_ntfs, overwrite

from harness import Disk, Observation, Source, own_tool, version
from harness.truth import compare


def tool(folder: Path, script: str) -> Path:
    """A program."""
    path = folder / "my-fsck"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return path


def check(command_line: str, volume: Path, formats: str = "fat16") -> Observation:
    probe = own_tool.command("my-fsck", command_line, {formats})
    assert probe.missing() is None
    with Disk(Source(volume, "raw")) as disk:
        return probe.check(disk)


def broken(folder: Path) -> Path:
    """A volume whose first FAT is damaged."""
    volume = make_fat(folder / "volume")
    return overwrite(volume, (little(volume, 0x0E, 2) * 512, bytes(512)))


def test_a_tool_that_changes_bytes_and_succeeds_has_repaired(tmp_path: Path) -> None:
    path = tool(tmp_path, 'fsck.fat -a "$2" > /dev/null; echo "option $1"; exit 0\n')
    observation = check(f"{path} '-y -v' {{disk}}", broken(tmp_path))
    assert (observation.says, observation.wrote, observation.reason) == ("repaired", True, "option -y -v")
    assert compare(TRUTH, observation.files).whole == "intact"


@pytest.mark.parametrize("script, says, reason", [
    ("exit 0", "clean", ""),
    ("echo no >&2; exit 3", "refused", "exit 3: no"),
    ('printf x | dd of="$1" conv=notrunc status=none; exit 4', "detected", "exit 4"),
    ("kill -SEGV $$", "crashed", "died of SIGSEGV"),
])
def test_what_else_its_exit_code_and_the_bytes_say(tmp_path: Path, script: str, says: str, reason: str) -> None:
    observation = check(f"{tool(tmp_path, script)} {{disk}}", make_fat(tmp_path / "volume"))
    assert observation.says == says and observation.reason.endswith(reason)
    assert bool(observation.reason) == bool(reason)


def test_files_are_read_by_whichever_reader_finds_any(tmp_path: Path) -> None:
    probe = own_tool.parse("nothing=true {disk}")
    for volume in (make_ntfs(tmp_path / "ntfs"), make_fat(tmp_path / "fat")):
        with Disk(Source(volume, "raw")) as disk:
            assert compare(TRUTH, probe.check(disk).files).whole == "intact"


def test_a_tool_for_whole_disks_gets_the_whole_disk(tmp_path: Path) -> None:
    volume = make_fat(tmp_path / "volume")
    path = tool(tmp_path, 'stat --format %s "$1"; printf x | dd of="$1" conv=notrunc seek=600 bs=1 status=none')
    probe = own_tool.parse(f"my-gpt={path} {{whole}}", {"gpt"})
    with Disk(Source(volume, "raw", start=512, length=1024)) as disk:
        observation = probe.check(disk)
    assert (observation.says, observation.reason, observation.wrote) == ("repaired", str(16 << 20), True)


def test_a_path_is_looked_for_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path, "exit 0")
    monkeypatch.chdir(tmp_path)
    probe = own_tool.parse("mine=./my-fsck {disk}")
    assert probe.missing() is None and probe.writes and probe.name == "mine"
    assert own_tool.parse("mine=./other {disk}").missing() == f"{tmp_path}/other is not installed"


@pytest.mark.parametrize("text, problem", [
    ("my-fsck -y {disk}", "expected NAME=COMMAND LINE"),
    ("=my-fsck {disk}", "expected NAME=COMMAND LINE"),
    ("a=my-fsck -y", "expected either {disk} (a file with the volume) or {whole} (a file with the whole disk) among the "
                     "arguments, found neither"),
    ("a={disk}", "found neither"),
    ("a=my-fsck {disk} {whole}", "found both"),
    ("a=my-fsck '{disk}", "no closing quotation"),
    ("a=", "found neither"),
])
def test_a_command_line_that_cannot_work_is_refused_at_once(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as error:
        own_tool.parse(text)
    assert problem in str(error.value)


def test_with_other_arguments_it_is_another_tool() -> None:
    look, repair = (own_tool.command("my-fsck", f"fsck.fat {option} {{disk}}", {"fat32"}) for option in ("-n", "-a"))
    assert version.of(look) != version.of(repair)
