# SPDX-License-Identifier: GPL-2.0-or-later
"""One small virtual machine in which the Linux kernel's own drivers meet damaged disks.

A hostile file system must never be mounted by the kernel that runs this; libguestfs gives us another one. To launch
it takes some ten seconds without KVM, so one serves every disk of a test run. libguestfs cannot attach a disk later,
so the appliance is launched with a slot: a sparse file, far larger than any disk it will hold. For each disk
the harness empties the slot, copies the disk's data in (a few milliseconds), and the appliance looks at it
through a loop device that ends where the disk ends.

The appliance lives in a jail with the slot, so it ends with the harness. When a disk hangs or kills it, that is an
answer about the driver; the next disk gets a new appliance.
"""

from __future__ import annotations

import atexit
import base64
import importlib.util
import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.disk import Disk
from harness.kvm import kvm_trouble
from harness.pieces import copy_sparse, differences, is_unwritten, mark_unwritten, put
from harness.readback import sections
from harness.run import ENVIRONMENT, SCRATCH, HarnessError, Jail

SLOT = f"{SCRATCH}/slot"
SLOT_SIZE = 1 << 42
COMPLAINTS = f"{SCRATCH}/complaints"
KERNEL = f"{SCRATCH}/kernel"
LAUNCH_LIMIT = 300
GUEST_PROGRAM = Path(__file__).with_name("guest.py")

# libguestfs, started by root, puts its sockets into /tmp and nowhere else; a /tmp of its own goes with the jail. What
# the appliance needs may lie below the other /tmp, so it is brought within reach before, and the program as text.
OWN_TMP = f'mkdir {KERNEL} && mount --bind "$1" {KERNEL} && mount -t tmpfs tmpfs /tmp'

# The slot is known by its size: whether it is sda or sdb differs from launch to launch. The loop device ends where the
# disk does, and reads the slot directly, past what the appliance remembers of it.
ATTACH = f"""
for disk in /sys/block/sd*; do
    read sectors < $disk/size
    [ $sectors = {SLOT_SIZE // 512} ] && slot=/dev/${{disk##*/}}
done
losetup --direct-io=on --sizelimit $size --sector-size $sector_size $option /dev/loop0 $slot || exit
"""
DETACH = "losetup --detach /dev/loop0 && echo '== done'"


class GuestEnded(Exception):
    """The appliance hung or died. `hung` tells which."""

    def __init__(self, hung: bool, reason: str) -> None:
        super().__init__(reason)
        self.hung = hung


@dataclass(frozen=True)
class Look:
    """What a script inside printed, by the sections that it marks with lines like `== log`."""

    sections: dict[str, str]
    wrote: bool
    seconds: float


def look(disk: Disk, script: str, *, whole: bool = False, attach: str = "", timeout: float = 120) -> Look:
    """Run a script inside, with a copy of the volume (or of the whole disk) as /dev/loop0.

    GuestEnded is an answer about the kernel's driver; HarnessError says that there was no look at all.
    """
    appliance = shared()
    file = disk.outside(disk.whole if whole else disk.volume)
    appliance.insert(file)
    began = time.monotonic()
    variables = f"size={file.stat().st_size} sector_size={disk.source.sector_size} option={attach}"
    output = appliance.run("\n".join([variables, ATTACH, script, DETACH]), timeout)
    seconds = time.monotonic() - began
    found = sections(output)
    if not found:
        raise HarnessError(f"the appliance could not attach a disk: {output.strip()}")
    wrote = _bring_back(appliance.slot, file)
    if "done" not in found:
        appliance.close()  # something in it still holds the disk
    return Look(found, wrote, seconds)


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
    if not (_kernel() / "vmlinuz").exists():
        return f"no kernel for the appliance in {_kernel()}; run ci/appliance-kernel"
    if not Path("/lib/modules").is_dir():
        return "supermin needs the folder /lib/modules, even empty; run ci/appliance-kernel"
    return None


def kernel() -> str:
    """The kernel whose drivers are asked, by its file's name."""
    return os.readlink(_kernel() / "vmlinuz").rpartition("/")[2]


@cache
def without_kvm() -> str | None:
    """Why the appliance has to emulate the processor, or None if KVM works. To be shown to the user."""
    return kvm_trouble()


class Appliance:
    """A launched appliance with its slot."""

    def __init__(self) -> None:
        self.jail = Jail()
        with open(self.slot, "wb") as slot:
            slot.truncate(SLOT_SIZE)
        (_kernel() / "appliance").mkdir(exist_ok=True)
        prepared = self.jail.run(["sh", "-c", OWN_TMP, "sh", str(_kernel())])
        if prepared.code != 0:
            raise HarnessError(f"no place for the appliance: {prepared.text.strip()}")
        settings = [f"{name}={value}" for name, value in _settings().items()]
        server = [os.path.realpath(sys.executable), "-c", GUEST_PROGRAM.read_text(), SLOT]
        self._complaints = open(self.jail.outside(COMPLAINTS), "w+", errors="replace")
        self._server = self.jail.start(["env", *settings, *server], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=self._complaints)
        try:
            self.kernel = self._answer(LAUNCH_LIMIT).strip()
        except GuestEnded as ended:
            raise HarnessError(f"the libguestfs appliance does not start: {ended}") from ended

    @property
    def slot(self) -> Path:
        """The file behind the appliance's only disk."""
        return self.jail.outside(SLOT)

    @property
    def alive(self) -> bool:
        """Whether it can take another disk."""
        return self.jail.alive and self._server.poll() is None

    def insert(self, file: Path) -> None:
        """Put a disk into the slot, in place of the last one."""
        size = file.stat().st_size
        if size > SLOT_SIZE:
            raise HarnessError(f"a disk of {size} bytes does not fit the appliance's slot of {SLOT_SIZE}")
        copy_sparse(file, self.slot)
        os.truncate(self.slot, SLOT_SIZE)
        mark_unwritten(self.slot)

    def run(self, script: str, timeout: float) -> str:
        """Run a shell script inside and return what it printed. GuestEnded if it never returns."""
        self._server.stdin.write(json.dumps(script).encode() + b"\n")
        self._server.stdin.flush()
        return self._answer(timeout)

    def close(self) -> None:
        """End it, at once."""
        self.jail.close()

    def _answer(self, timeout: float) -> str:
        with selectors.DefaultSelector() as selector:
            selector.register(self._server.stdout, selectors.EVENT_READ)
            in_time = selector.select(timeout)
        answer = json.loads(self._server.stdout.readline() or "{}") if in_time else {}
        if "output" in answer:
            return base64.b64decode(answer["output"]).decode(errors="surrogateescape")
        self._complaints.seek(0)
        reason = answer.get("error", self._complaints.read()).strip() or "it ended without a word"
        self.close()
        raise GuestEnded(not in_time, reason if in_time else f"no answer within {timeout:.0f} s")


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


def _kernel() -> Path:
    """The folder that ci/appliance-kernel makes. libguestfs keeps there what it builds from it, so both go together."""
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache_folder / "corruptor/appliance-kernel"


def _settings() -> dict[str, str]:
    """How libguestfs is told to use our kernel, as seen in the jail."""
    settings = ENVIRONMENT | {
        "LIBGUESTFS_BACKEND": "direct",
        "LIBGUESTFS_CACHEDIR": f"{KERNEL}/appliance",
        "SUPERMIN_KERNEL": f"{KERNEL}/{os.readlink(_kernel() / 'vmlinuz')}",
        "SUPERMIN_MODULES": f"{KERNEL}/{os.readlink(_kernel() / 'modules')}",
    }
    if without_kvm():
        settings["LIBGUESTFS_BACKEND_SETTINGS"] = "force_tcg"
    return settings
