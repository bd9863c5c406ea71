# SPDX-License-Identifier: GPL-2.0-or-later
"""The process that holds the libguestfs appliance. Runs in a jail; machine.py starts it.

It launches the appliance, puts the program into it that looks at disks (inside/), starts that, says so with a line, and
then only keeps the appliance until the harness closes the pipe: the program talks to the harness by itself.
"""

from __future__ import annotations

import os
import sys

import guestfs

PROGRAM = "/tmp/inside"
# udev would examine every disk before we do, and take as long. Nobody empties the console while libguestfs is not asked
# anything, and a kernel that cannot print what it has against a disk stands still. Why it does not take a partition table
# it says only if it is told to.
PREPARE = f"""
modprobe -a loop ntfs3 vfat msdos exfat
udevadm control --exit
echo 0 > /sys/class/tty/ttyS0/console
mount -t debugfs debugfs /sys/kernel/debug
echo 'file block/partitions/* +p' > /sys/kernel/debug/dynamic_debug/control
dmesg --clear
{PROGRAM} $size < /dev/null > /dev/null 2>&1 &
"""


def hold(program: str, slot: str, port: str) -> None:
    """Launch an appliance with the file `slot` as its only disk, and a port that leads to the socket `port`."""
    appliance = guestfs.GuestFS(python_return_dict=True)
    # libguestfs wants a disk of its own, and attaches it by way of SCSI, which takes a third longer for each request. What is
    # written to the slot is thrown away, so nothing need ever be flushed.
    appliance.add_drive_opts("/dev/null")
    appliance.config("-drive", f"file={slot},format=raw,cache=unsafe,if=none,id=slot")
    appliance.config("-device", "virtio-blk-pci,drive=slot")
    appliance.config("-chardev", f"socket,id=look,path={port}")
    appliance.config("-device", "virtserialport,chardev=look,name=corruptor.look")
    # Where the processor is emulated, string instructions are slow, and what guards against its leaks takes a quarter of
    # the time.
    appliance.config("-cpu", "max,-erms,-fsrm")
    appliance.set_append("mitigations=off")
    try:
        appliance.launch()
        appliance.debug_upload(program, PROGRAM, 0o755)
        appliance.debug("sh", [f"size={os.path.getsize(slot)}{PREPARE}"])
        print("launched", flush=True)
    except RuntimeError as error:
        sys.exit(str(error))
    sys.stdin.read()


if __name__ == "__main__":
    hold(*sys.argv[1:])
