# SPDX-License-Identifier: GPL-2.0-or-later
"""One small virtual machine in which the Linux kernel's own drivers meet damaged disks.

A hostile file system must never be mounted by the kernel that runs this; libguestfs gives us another one. To launch
it takes some ten seconds without KVM, so one serves every disk of a process (machine.py), and a small program inside
it (inside/) does the whole sequence for a disk at one request: attach, mount, read all, write, unmount, kernel log.

When a disk hangs or kills it, that is an answer about the driver; the next disk gets a new appliance.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.appliance.machine import INSIDE, Appliance, GuestEnded, folder, without_kvm
from harness.built import program
from harness.disk import Disk
from harness.pieces import differences, is_unwritten, put
from harness.run import HarnessError, Run
from harness.verdict import Observation, Says

__all__ = ["GuestEnded", "Look", "discard", "kernel", "look", "missing", "shared", "told_by_end", "without_kvm"]


@dataclass(frozen=True)
class Look:
    """What the program inside answered (inside/look.h), and what the kernel logged meanwhile.

    `signal` is what ended the look, if anything did: an oops kills whoever ran into it."""

    answer: dict[str, Any]
    log: str
    signal: int | None
    wrote: bool
    seconds: float


def look(disk: Disk, request: dict[str, Any], *, whole: bool = False, timeout: float = 120) -> Look:
    """Have one look, with a copy of the volume (or of the whole disk) as /dev/loop0.

    GuestEnded is an answer about the kernel's driver; HarnessError says that there was no look at all.
    """
    appliance = shared()
    file = disk.outside(disk.whole if whole else disk.volume)
    appliance.insert(file)
    began = time.monotonic()
    place = {"size": file.stat().st_size, "sector_size": disk.source.sector_size}
    answer = appliance.ask(place | request, timeout)
    seconds = time.monotonic() - began
    if problem := answer.get("error"):
        raise HarnessError(f"the appliance could not attach a disk: {problem}")
    wrote = _bring_back(appliance.slot, file)
    if answer.get("held", True):
        appliance.close()  # something in it still holds the disk
    return Look(answer, answer["log"], answer.get("signal"), wrote, seconds)


def told_by_end(disk: Disk, argv: tuple[str, ...], ended: GuestEnded) -> Observation:
    """What is known of whatever hung or killed the appliance, with a run to show for it."""
    disk.runs.append(Run(argv, None, None, ended.hung, "", str(ended), 0))
    return Observation(Says.HUNG if ended.hung else Says.CRASHED, str(ended))


def _bring_back(slot: Path, file: Path) -> bool:
    """Write to the disk's copy what the kernel wrote, as if it had been there; whether that was anything."""
    if is_unwritten(slot):
        return False
    with open(slot, "rb") as after, open(file, "r+b", buffering=0) as before:
        changes = differences(before.fileno(), after.fileno(), 0, file.stat().st_size)
        put(before.fileno(), changes)
    return bool(changes)


def missing() -> str | None:
    """Why there can be no appliance here, or None."""
    if importlib.util.find_spec("guestfs") is None:
        return f"{sys.executable} cannot import guestfs; use Debian's /usr/bin/python3 with python3-guestfs"
    if not (folder() / "vmlinuz").exists():
        return f"no kernel for the appliance in {folder()}; run ci/appliance-kernel"
    if not Path("/lib/modules").is_dir():
        return "supermin needs the folder /lib/modules, even empty; run ci/appliance-kernel"
    if not program(INSIDE).exists():
        return f"no program for the appliance in {program(INSIDE).parent}; run ci/build"
    return None


def kernel() -> str:
    """The kernel whose drivers are asked, by its file's name."""
    return os.readlink(folder() / "vmlinuz").rpartition("/")[2]


_shared: Appliance | None = None


def shared() -> Appliance:
    """The appliance of this process, launched when first needed and again after one ended over a disk."""
    global _shared
    if _shared is None or not _shared.alive:
        if reason := missing():
            raise HarnessError(reason)
        _shared = Appliance()
        atexit.register(_shared.close)
    return _shared


def discard() -> None:
    """End the appliance of this process: its kernel is not to be relied on any more."""
    if _shared:
        _shared.close()
