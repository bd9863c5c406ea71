# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remembered of tools: by version, without numbers that say little."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import Probe, seen, version
from harness.record import Record


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
