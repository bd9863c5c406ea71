# SPDX-License-Identifier: GPL-2.0-or-later
"""Base disks, damaged by a few edits, for tests of what probes say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import corruptor
from harness import Disk, Observation, Source, case, images, probes

# Both pages at the head of a journal that was in use: the fixup array is zero, so it needs no sum.
RESTART = ("525354521e000900000000000000000000100000001000003000%s0000000000000000000000000000000000000000100000"
           "0000000100ffff000000002d000000d000300000002000000000000000000030004000010000000000000000001000000000"
           "000000100000000000ffffffff0000000000000000080000004e00540046005300")


def journal_in_use(version: str) -> list[str]:
    """Edits that leave $LogFile as a crash does; the version's minor and major half, as they are stored."""
    pages = [f"write: ntfs.mft[2].data.content@{page}+136\n    bytes: {RESTART % version}" for page in ("0", "4KiB")]
    return ["zero: ntfs.mft[2].data.content@0+8KiB", *pages]


def damage(folder: Path, base: str, edits: list[str]) -> case.Damaged:
    """An overlay of a base disk with these edits, each as it would stand in a scenario."""
    if reason := images.unavailable(images.find(base)):
        pytest.skip(reason)
    disk = images.build(base)
    if not edits:
        return case.Damaged(disk, disk.volumes[0], disk.path, None)
    text = "\n".join(["title: a test", f"image: {base}", "edits:", *(f"  - {edit}" for edit in edits)])
    return case.make(corruptor.parse_scenario(text + "\n"), folder)


def ask(folder: Path, base: str, edits: list[str], name: str) -> tuple[Observation, str | None]:
    """What a probe says of a damaged base, and what became of the files if it reads any."""
    probe = probes.all()[name]
    if reason := probe.missing():
        pytest.skip(reason)
    damaged = damage(folder, base, edits)
    source = damaged.source if edits else Source(damaged.base.path, damaged.base.format, damaged.volume.offset,
                                                 damaged.volume.size)
    with Disk(source) as disk:
        observation = probe.check(disk)
    truth = case._truth(damaged, observation)
    return observation, truth.whole if truth else None


def report(observation: Observation) -> str:
    """Every command and what it printed."""
    return "\n".join(f"{' '.join(run.argv)}: {run.fate}\n{run.text}" for run in observation.runs)
