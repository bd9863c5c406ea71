# SPDX-License-Identifier: GPL-2.0-or-later
"""Find out whether KVM works, by running something in it.

/dev/kvm may be there and open, and still every guest die at once: under another hypervisor that rejects a register,
say. libguestfs and qemu look no further than the open. So a guest of one boot sector is started, which writes a
byte to a port that ends qemu with an exit code no other way gives. It takes about half a second where KVM works.
"""

from __future__ import annotations

import os

from harness.run import SCRATCH, Jail

# mov al, 0x10; out 0xf4, al; hlt - and qemu's isa-debug-exit makes exit code 0x10 << 1 | 1 of it.
BOOT_SECTOR = bytes.fromhex("b010 e6f4 f4").ljust(510, b"\0") + b"\x55\xaa"
PROOF = 0x21


def kvm_trouble() -> str | None:
    """Why guests cannot run under KVM here, or None if they can."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "no usable /dev/kvm"
    with Jail() as jail:
        jail.outside(f"{SCRATCH}/boot").write_bytes(BOOT_SECTOR)
        guest = jail.run(
            ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-m", "32",
             "-machine", "pc,accel=kvm", "-cpu", "host", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
             "-drive", f"file={SCRATCH}/boot,format=raw,if=ide,read-only=on"],
            timeout=10)
    if guest.code == PROOF:
        return None
    return f"/dev/kvm is there, but a guest under it fails: {guest.fate} {guest.errors.strip().splitlines()[-1:]}"
