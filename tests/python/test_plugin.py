# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios as tests of pytest: what is collected and selected, what fails, and what is remembered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import corruptor
import pytest

from harness import probes

TOP = Path(__file__).resolve().parents[2]
BINDINGS = Path(corruptor.__file__).parents[1]

WITH_VARIANTS = """
title: The count of free clusters is wrong
image: fat32-64m
tags: [fsinfo]
parameters: { to: { default: 1, help: the count } }
variants: { one: { to: 1 }, two: { to: 2 } }
edits: [ { set: fat32.fsinfo.free_clusters, to: "${to}" } ]
expect:
  fsck.fat-n: detected
  mtools: { says: clean, data: intact }
"""
WITHOUT = """
title: The first sector is gone
image: fat32-64m
tags: [boot]
edits: [ { zero: fat32.boot } ]
expect: { mtools: refused, no-such-tool: refused, fsck.fat-n: { says: clean } }
"""

pytestmark = pytest.mark.skipif(probes.all()["mtools"].missing() is not None, reason=str(probes.all()["mtools"].missing()))


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Two scenarios; one has variants, the other expects what does not happen, and asks a tool that does not exist."""
    root = tmp_path / "catalogue"
    (root / "fat").mkdir(parents=True)
    (root / "schema.json").write_text("{}")
    (root / "fat/count.yaml").write_text(WITH_VARIANTS)
    (root / "fat/boot.yaml").write_text(WITHOUT)
    return root


def run(catalogue: Path, *options: str, code: int = 0) -> str:
    environment = os.environ | {"PYTHONPATH": f"{TOP}:{BINDINGS}"}
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "harness.plugin", "-p", "no:cacheprovider", "-q", "-rA", *options],
                          cwd=catalogue, env=environment, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def collected(catalogue: Path, *options: str) -> list[str]:
    return [line for line in run(catalogue, "--collect-only", *options).splitlines() if "::" in line]


def test_one_test_a_variant_and_tool_and_undo(catalogue: Path) -> None:
    assert collected(catalogue) == [
        *[f"fat/boot.yaml::{name}" for name in ("undo", "fsck.fat-n", "mtools", "no-such-tool")],
        *[f"fat/count.yaml::{variant}::{tool}" for variant in ("one", "two") for tool in ("undo", "fsck.fat-n", "mtools")]]


@pytest.mark.parametrize("options, expected", [
    (["-k", "two and mtools"],                ["fat/count.yaml::two::mtools"]),
    (["-m", "fsinfo and mtools"],             ["fat/count.yaml::one::mtools", "fat/count.yaml::two::mtools"]),
    (["-m", "fat32 and boot", "-k", "undo"],  ["fat/boot.yaml::undo"]),
    (["fat/count.yaml::one::undo"],           ["fat/count.yaml::one::undo"]),
    (["--tool", "fsck.fat-a", "-k", "boot or one"], ["fat/boot.yaml::fsck.fat-a", "fat/count.yaml::one::fsck.fat-a"]),
])
def test_tests_are_selected(catalogue: Path, options: list[str], expected: list[str]) -> None:
    assert collected(catalogue, *options) == expected


def test_a_tool_that_does_not_exist_cannot_be_asked(catalogue: Path) -> None:
    assert "no tool is called mtoolz" in run(catalogue, "--tool", "mtoolz", code=4)


def test_a_tool_of_the_users_own_is_a_command_line(catalogue: Path) -> None:
    tool = catalogue / "my-fsck"
    tool.write_text('#!/bin/sh\nfsck.fat "$@"\n[ $? -le 1 ]\n')
    tool.chmod(0o755)
    own = "--tool", "my-fsck=./my-fsck -a {disk}"
    assert collected(catalogue, *own) == ["fat/boot.yaml::my-fsck", "fat/count.yaml::one::my-fsck", "fat/count.yaml::two::my-fsck"]
    run(catalogue, *own, "--records", "records.jsonl", "-m", "my-fsck", "-k", "one")
    records = [json.loads(line) for line in (catalogue / "records.jsonl").read_text().splitlines()]
    [record] = [record for record in records if record["scenario"]]
    assert (record["says"], record["data"], record["again"]) == ("repaired", "intact", "clean")
    assert record["runs"][0]["argv"] == [str(tool), "-a", "/dev/shm/volume"]
    (catalogue / "fat/count.yaml").write_text(WITH_VARIANTS + "  my-fsck: { says: clean }\n")
    assert "count.yaml:11: one: my-fsck: says repaired" in run(catalogue, *own, "-k", "one", code=1)


def test_a_tool_of_the_users_own_takes_the_place_of_ours_and_not_of_the_checker(catalogue: Path) -> None:
    output = run(catalogue, "--tool", "fsck.fat-n=true {disk}", "fat/count.yaml", code=1)
    assert "fsck.fat-n: says clean (), expected detected" in output and "2 failed" in output
    grumbling = """fsck.fat-n=sh -c 'fsck.fat -a "$0"; exit 7' {disk}"""
    run(catalogue, "--tool", grumbling, "--records", "records.jsonl", "fat/count.yaml::one")
    assert '"again": "clean"' in (catalogue / "records.jsonl").read_text()


@pytest.mark.parametrize("tool, problem", [
    ("my-fsck=./my-fsck -a {disk}", "my-fsck: {folder}/my-fsck is not installed"),
    ("my-fsck=fsck.fat -a", "expected either {{disk}}"),
])
def test_a_command_line_that_cannot_be_asked_ends_the_run(catalogue: Path, tool: str, problem: str) -> None:
    assert problem.format(folder=catalogue) in run(catalogue, "--tool", tool, code=4)


def test_expectations_are_judged_and_a_failure_tells_all(catalogue: Path) -> None:
    output = run(catalogue, code=1)
    assert "2 failed, 8 passed" in output
    assert "fat/boot.yaml:6: fsck.fat-n: says refused" in output
    assert "zero fat32.boot:" in output and "$ fsck.fat -n /dev/shm/volume" in output
    assert "expectations that were not checked" in output and "no-such-tool: there is no such tool" in output


def test_what_was_seen_is_remembered_and_compared(catalogue: Path) -> None:
    tools = ["--tool", "mtools", "--tool", "fsck.fat-n"]
    memory, count = catalogue / "fat/seen.json", ["fat/count.yaml", *tools]
    assert "never seen before" in run(catalogue, "--seen", *count, code=1)
    run(catalogue, "--lab-update", *count)
    text = memory.read_text()
    assert all(text.count(f'\n ["{tool}",') == 2 for tool in ("fsck.fat-n", "mtools")), "a line for each tool and variant"
    seen = json.loads(text)
    assert [(name, row[0], row[3], row[5]) for name, rows in seen["seen"].items() for row in rows] == [
        ("fat/count::one", "fsck.fat-n", "detected", None), ("fat/count::one", "mtools", "clean", "intact"),
        ("fat/count::two", "fsck.fat-n", "detected", None), ("fat/count::two", "mtools", "clean", "intact")]
    run(catalogue, "--seen", *count)

    seen["versions"].append("dosfstools 1.0")
    seen["seen"]["fat/count::one"][1][5] = "lost"
    seen["seen"]["fat/count::two"][0][1:4] = [2, 2, "clean"]
    memory.write_text(json.dumps(seen))
    output = run(catalogue, "--seen", *count, code=1)
    assert "one: mtools: data is intact, was seen as lost" in output and "1 failed, 3 passed" in output
    assert "two::fsck.fat-n: dosfstools" in output and "not dosfstools 1.0: says is detected, was seen as clean" in output

    (catalogue / "fat/count.yaml").write_text(WITH_VARIANTS.replace(", two: { to: 2 }", ""))
    run(catalogue, "--lab-update", *count)
    assert [*json.loads(memory.read_text())["seen"]] == ["fat/count::one"]


def test_records_are_lines_of_json_with_the_healthy_disk_for_comparison(catalogue: Path) -> None:
    run(catalogue, "--records", "records.jsonl", "--tool", "mtools", "--tool", "fsck.fat-n", "fat/count.yaml::one")
    records = [json.loads(line) for line in (catalogue / "records.jsonl").read_text().splitlines()]
    about = {(record["scenario"], record["variant"], record["probe"]): record for record in records}
    assert sorted(about) == [("", "", "fsck.fat-n"), ("", "", "mtools"), ("fat/count", "one", "fsck.fat-n"), ("fat/count", "one", "mtools")]
    found = about["fat/count", "one", "fsck.fat-n"]
    assert found["changes"] == ["fat32.fsinfo.free_clusters"]
    assert found["findings"] == []
    assert found["runs"][0]["argv"] == ["fsck.fat", "-n", "/dev/shm/volume"] and "Free cluster summary wrong" in found["runs"][0]["text"]


def test_a_record_tells_who_contradicts_a_peer(catalogue: Path) -> None:
    (catalogue / "mbr").mkdir()
    (catalogue / "mbr/start-zero.yaml").write_text("title: t\nimage: ntfs-mbr-64m\nedits: [ { set: 'mbr.entry[1].start_lba', to: 0 } ]\n")
    run(catalogue, "--records", "records.jsonl", "--tool", "parted-s", "--tool", "sfdisk-V", "--tool", "fdisk-l", "mbr")
    records = [json.loads(line) for line in (catalogue / "records.jsonl").read_text().splitlines()]
    told = {record["probe"]: (record["says"], record["findings"]) for record in records if record["scenario"]}
    assert told == {"parted-s": ("refused", ["disagreement"]), "sfdisk-V": ("clean", ["disagreement"]), "fdisk-l": ("clean", [])}


def test_a_known_bug_is_an_expected_failure_and_its_end_is_told(catalogue: Path) -> None:
    bug = "known_bug: https://example.org/1"
    (catalogue / "fat/boot.yaml").write_text(WITHOUT.replace("says: clean", f"says: clean, {bug}"))
    (catalogue / "fat/count.yaml").write_text(WITH_VARIANTS.replace("data: intact", f"data: intact, {bug}"))
    output = run(catalogue, "-k", "(boot and fsck) or (one and mtools)", code=1)
    assert "XFAIL fat/boot.yaml::fsck.fat-n - https://example.org/1" in output
    assert "FAILED fat/count.yaml::one::mtools" in output and "XPASS(strict)" in output


def test_a_known_bug_does_not_hide_that_a_tool_does_otherwise_than_it_was_seen_to_do(catalogue: Path) -> None:
    (catalogue / "fat/boot.yaml").write_text(WITHOUT.replace("says: clean", "says: clean, known_bug: https://example.org/1"))
    boot = ["-k", "boot and fsck", "--tool", "fsck.fat-n"]
    run(catalogue, "--lab-update", *boot)
    assert "XFAIL fat/boot.yaml::fsck.fat-n" in run(catalogue, "--seen", *boot)

    memory = catalogue / "fat/seen.json"
    memory.write_text(memory.read_text().replace('"refused"', '"crashed"'))
    output = run(catalogue, "--seen", *boot, code=1)
    assert "FAILED fat/boot.yaml::fsck.fat-n" in output and "says is refused, was seen as crashed" in output
