# SPDX-License-Identifier: GPL-2.0-or-later
"""One virtual machine: launched, given disks and requests, and ended.

libguestfs cannot attach a disk later, so the appliance is launched with a slot: a sparse file, far larger than any
disk it will hold. For each disk the harness empties the slot and copies the disk's data in (a few milliseconds); the
program inside looks at it through a loop device that ends where the disk ends, and answers over a port of its own,
because each call into libguestfs takes a tenth of a second where the processor is emulated.

The appliance lives in a jail with the slot, so it ends with the harness.
"""

from __future__ import annotations

import json
import os
import re
import select
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from harness import built, cache_folder
from harness.built import text
from harness.kvm import kvm_trouble
from harness.pieces import copy_sparse, mark_unwritten
from harness.run import ENVIRONMENT, SCRATCH, HarnessError, Jail

SLOT = f"{SCRATCH}/slot"
SLOT_SIZE = 1 << 42
PORT = f"{SCRATCH}/port"
COMPLAINTS = f"{SCRATCH}/complaints"
KERNEL = f"{SCRATCH}/kernel"
PROGRAM = f"{SCRATCH}/inside"
INSIDE = "appliance/inside/inside"
LAUNCH_LIMIT = 300
BLOCK = 1 << 20
LAUNCHER = Path(__file__).with_name("launcher.py")

# libguestfs, started by root, puts its sockets into /tmp and nowhere else; a /tmp of its own goes with the jail. What
# the appliance needs may lie below the other /tmp, so it is brought within reach before, and the launcher as text.
OWN_TMP = f'mkdir {KERNEL} && mount --bind "$1" {KERNEL} && mount -t tmpfs tmpfs /tmp'
LEVEL_AND_TIME = re.compile(r"^<\d+>(?:\[ *[\d.]+\] )?", re.MULTILINE)


class GuestEnded(Exception):
    """The appliance hung or died. `hung` tells which."""

    def __init__(self, hung: bool, reason: str) -> None:
        super().__init__(reason)
        self.hung = hung


class Appliance:
    """A launched appliance with its slot."""

    def __init__(self) -> None:
        self.jail = Jail()
        with open(self.slot, "wb") as slot:
            slot.truncate(SLOT_SIZE)
        folder().joinpath("appliance").mkdir(exist_ok=True)
        prepared = self.jail.run(["sh", "-c", OWN_TMP, "sh", str(folder())])
        if prepared.code != 0:
            raise HarnessError(f"no place for the appliance: {prepared.text.strip()}")
        copy_sparse(built.program(INSIDE), self.jail.outside(PROGRAM))
        self._complaints = open(self.jail.outside(COMPLAINTS), "w+", errors="replace")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.jail.outside(PORT)))
            listener.listen(1)
            self._launcher = self._launch()
            in_time, _, _ = select.select([self._launcher.stdout], [], [], LAUNCH_LIMIT)
            if not in_time or not self._launcher.stdout.readline():
                raise HarnessError(f"the libguestfs appliance does not start: {self._last_words()}")
            self._port, _ = listener.accept()

    @property
    def slot(self) -> Path:
        """The file behind the appliance's only disk."""
        return self.jail.outside(SLOT)

    @property
    def alive(self) -> bool:
        """Whether it can take another disk."""
        return self.jail.alive and self._launcher.poll() is None

    def insert(self, file: Path) -> None:
        """Put a disk into the slot, in place of the last one."""
        size = file.stat().st_size
        if size > SLOT_SIZE:
            raise HarnessError(f"a disk of {size} bytes does not fit the appliance's slot of {SLOT_SIZE}")
        copy_sparse(file, self.slot)
        os.truncate(self.slot, SLOT_SIZE)
        mark_unwritten(self.slot)

    def ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Have the program inside look at the disk in the slot (inside/look.h). GuestEnded if it never answers."""
        deadline = time.monotonic() + timeout
        answer = bytearray()
        try:
            self._port.sendall(json.dumps(request).encode() + b"\n")
            while not answer.endswith(b"\n"):
                self._port.settimeout(max(0.001, deadline - time.monotonic()))
                block = self._port.recv(BLOCK)
                if not block:
                    self._ended(hung=False, reason="its kernel died")
                answer += block
        except TimeoutError:
            self._ended(hung=True, reason=f"no answer within {timeout:.0f} s")
        except ConnectionError as error:
            self._ended(hung=False, reason=f"its kernel died: {error}")
        found = json.loads(answer)
        return found | {"log": LEVEL_AND_TIME.sub("", text(found["log"]))}

    def close(self) -> None:
        """End it, at once."""
        self.jail.close()

    def _launch(self) -> subprocess.Popen[bytes]:
        settings = [f"{name}={value}" for name, value in _settings().items()]
        launcher = [os.path.realpath(sys.executable), "-c", LAUNCHER.read_text(), PROGRAM, SLOT, PORT]
        return self.jail.start(["env", *settings, *launcher], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=self._complaints)

    def _ended(self, *, hung: bool, reason: str) -> None:
        self.close()
        raise GuestEnded(hung, reason)

    def _last_words(self) -> str:
        self._complaints.seek(0)
        words = self._complaints.read().strip()
        self.close()
        return words or "it ended without a word"


def folder() -> Path:
    """The folder that ci/appliance-kernel makes. libguestfs keeps there what it builds from it, so both go together."""
    return cache_folder.of("appliance-kernel")


@cache
def without_kvm() -> str | None:
    """Why the appliance has to emulate the processor, or None if KVM works. To be shown to the user."""
    return kvm_trouble()


def _settings() -> dict[str, str]:
    """How libguestfs is told to use our kernel, as seen in the jail."""
    settings = ENVIRONMENT | {
        "LIBGUESTFS_BACKEND": "direct",
        "LIBGUESTFS_CACHEDIR": f"{KERNEL}/appliance",
        "SUPERMIN_KERNEL": f"{KERNEL}/{os.readlink(folder() / 'vmlinuz')}",
        "SUPERMIN_MODULES": f"{KERNEL}/{os.readlink(folder() / 'modules')}",
    }
    if without_kvm():
        settings["LIBGUESTFS_BACKEND_SETTINGS"] = "force_tcg"
    return settings
