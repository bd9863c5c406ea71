# SPDX-License-Identifier: GPL-2.0-or-later
"""Base disks, damaged by a few edits, for tests of what probes say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import corruptor
from harness import Disk, Observation, Source, images, probes
from harness.truth import Manifest, compare

# Both pages at the head of a journal that was in use: the fixup array is zero, so it needs no sum.
RESTART = ("525354521e000900000000000000000000100000001000003000%s0000000000000000000000000000000000000000100000"
           "0000000100ffff000000002d000000d000300000002000000000000000000030004000010000000000000000001000000000"
           "000000100000000000ffffffff0000000000000000080000004e00540046005300")


def journal_in_use(version: str) -> list[str]:
    """Edits that leave $LogFile as a crash does; the version's minor and major half, as they are stored."""
    pages = [f"write: ntfs.mft[2].data.content@{page}+136\n    bytes: {RESTART % version}" for page in ("0", "4KiB")]
    return ["zero: ntfs.mft[2].data.content@0+8KiB", *pages]


def damage(folder: Path, base: str, edits: list[str]) -> tuple[Source, Manifest]:
    """The first volume of a base disk with these edits, each as it would stand in a scenario; and its files."""
    if reason := images.unavailable(images.find(base)):
        pytest.skip(reason)
    disk = images.build(base)
    volume = disk.volumes[0]
    if not edits:
        return Source(disk.path, disk.format, volume.offset, volume.size), volume.manifest
    overlay = folder / "damaged.qcow2"
    corruptor.create_overlay(str(disk.path), str(overlay), disk.format)
    text = "\n".join(["title: a test", f"image: {base}", "edits:", *(f"  - {edit}" for edit in edits)])
    with corruptor.Image(str(overlay), format="qcow2", writable=True) as image:
        image.apply(image.plan(corruptor.parse_scenario(text + "\n")))
    return Source(overlay, "qcow2", volume.offset, volume.size), volume.manifest


def ask(folder: Path, base: str, edits: list[str], name: str) -> tuple[Observation, str | None]:
    """What a probe says of a damaged base, and what became of the files if it reads any."""
    probe = probes.all()[name]
    if reason := probe.missing():
        pytest.skip(reason)
    source, manifest = damage(folder, base, edits)
    with Disk(source) as disk:
        observation = probe.check(disk)
    return observation, None if observation.files is None else compare(manifest, observation.files).whole


def report(observation: Observation) -> str:
    """Every command and what it printed."""
    return "\n".join(f"{' '.join(run.argv)}: {run.fate}\n{run.text}" for run in observation.runs)
