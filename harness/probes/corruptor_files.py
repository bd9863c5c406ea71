# SPDX-License-Identifier: GPL-2.0-or-later
"""corruptor files: reads all files by the structures alone, as the specifications have drivers read them.

It asks no bitmap and no checksum, mounts nothing, and says what it stumbles over, so it tells whether bytes are still there
where no driver would mount. The base disk is opened once, and files whose bytes neither the damage nor a tool has touched
are not read again; in a shell it is `corruptor files`.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import corruptor
from harness import Disk, Observation, Probe, Run, Says, snapshots
from harness.readback import asked_once, saved
from harness.run import SCRATCH
from harness.truth import Entry, Found

VOLUME = f"{SCRATCH}/volume"  # as other tools are given it
ALL = frozenset({"ntfs", "fat12", "fat16", "fat32", "exfat"})

read_all = Probe("corruptor-files", ALL, needs=(), writes=False)


@read_all
def read(disk: Disk) -> Observation:
    """Read every file."""
    report = _report(disk)
    files, troubles = _found(report), _troubles(report)
    if not report["volumes"]:
        troubles = ["no volume is recognised"]
    says = Says.CLEAN if not troubles else Says.DETECTED if files else Says.REFUSED
    return Observation(says, troubles[0] if troubles else "", files, wrote=False)


@asked_once
def read_after_repair(disk: Disk) -> Found | None:
    """For probes that judge a repair."""
    files = _found(_report(disk))
    content, patches = _snapshot(disk).content, disk.patches()
    return files | {path: replace(file, content=content(path, patches, most=file.size)) for path, file in saved(files).items()}


def _report(disk: Disk) -> dict[str, Any]:
    """What the program prints with --json, about the disk as it is now."""
    began = time.monotonic()
    report: dict[str, Any] = _snapshot(disk).files(disk.patches())
    troubles = "".join(f"{trouble}\n" for trouble in _troubles(report))
    disk.runs.append(Run(("corruptor", "files", VOLUME, "--volume", "0"), 3 if troubles else 0, None, False, "",
                         troubles, time.monotonic() - began))
    return report


def _snapshot(disk: Disk) -> corruptor.Snapshot:
    """The volume as the damaged partition table has it; a disk may end before its partition does."""
    source = disk.source
    return snapshots.of(source, min(source.shown or source.length or disk.size, disk.size - source.start))


def _found(report: dict[str, Any]) -> Found:
    files = [file for volume in report["volumes"] for file in volume["files"]]
    return {file["path"]: Entry(file["size"], file["sha256"]) if file["size"] or "trouble" not in file
            else f"cannot read: {file['trouble']}" for file in files}


def _troubles(report: dict[str, Any]) -> list[str]:
    told = [f"{finding['path']}: {finding['what']}" for finding in report["findings"]]
    return told + [f"{file['path']}: {file['trouble']}" for volume in report["volumes"] for file in volume["files"] if "trouble" in file]
