# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remembered of tools: by version, without numbers that say little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import Probe, seen, version
from harness.record import Record


SCENARIO = """
title: A fault
why: It is one.
target: nobody
image: fat16-64m
edits:
  - zero: fat16.boot.name
"""


@pytest.mark.parametrize("reason, remembered", [
    ("", ""),
    ("Free cluster summary wrong (134247 vs. really 130151)", "Free cluster summary wrong (# vs. really #)"),
    ("bad magic 0xdeadBEEF; and more", "bad magic #"),
    ("first line\nsecond", "first line"),
])
def test_the_reason_is_its_beginning_without_numbers(reason: str, remembered: str) -> None:
    assert seen.line_of(Record(reason=reason))["reason"] == remembered


def test_a_difference_names_what_differs() -> None:
    before = seen.line_of(Record(says="clean", data="intact", findings=[]))
    assert seen.differences(before, Record(says="clean", data="intact", reason="")) == []
    assert seen.differences(before, Record(says="clean", data="lost", findings=["undetected"])) == [
        "data is lost, was seen as intact", "findings is ['undetected'], was seen as []"]


def test_versions_are_those_of_packages_each_once() -> None:
    dash = version.of(Probe("x", frozenset(), needs=("sh", "sh", lambda: None), writes=False))
    assert dash.startswith("dash ") and dash.count("dash") == 1 and dash != "dash "


def test_a_command_that_no_package_owns_is_known_by_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "own-fsck"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setitem(version.ENVIRONMENT, "PATH", str(tmp_path))
    assert version.of(Probe("x", frozenset(), needs=("own-fsck",), writes=False)) == "own-fsck sha256:a8076d3d28d21e02"


def test_what_is_remembered_comes_back_with_the_versions_that_did_the_same(tmp_path: Path) -> None:
    (tmp_path / "schema.json").touch()
    file = tmp_path / "zeroed.yaml"
    file.write_text(SCENARIO)
    old = Record("zeroed", probe="a", tool="tool 1", says="refused", reason="bad 7", data="lost", findings=["correct-refusal"])
    other = Record("zeroed", probe="b", tool="tool 1", says="clean")
    gone = Record("removed", probe="a", tool="tool 1", says="clean")
    failed = Record("zeroed", probe="c", tool="tool 1", says="error")
    seen.remember([(record, file) for record in (old, other, gone, failed)])
    seen.remember([(replace(old, tool="tool 2"), file), (replace(other, tool="tool 2", says="refused"), file)])
    lines = seen.load(seen.file_of(file))
    assert {key: (line["says"], line["since"], line["tool"]) for key, line in lines.items()} == {
        ("zeroed", "", "a"): ("refused", "tool 1", "tool 2"), ("zeroed", "", "b"): ("refused", "tool 2", "tool 2")}
    assert seen.differences(lines[old.key], old) == []


def test_of_a_tool_that_hangs_it_is_not_kept_which_limit_ended_it_and_where() -> None:
    ends = [Record("ntfs/dirty-flag", "", "ntfsfix-d", says="hung", reason=reason)
            for reason in ("ntfsfix: killed after 10 s of work", "read: killed after 61 s")]
    assert seen.differences(seen.line_of(ends[0]), ends[1]) == []
    assert seen.differences(seen.line_of(ends[0]), replace(ends[0], says="crashed")) != []
