# SPDX-License-Identifier: GPL-2.0-or-later
"""The /dev of a jail: the devices that tools need, a place to write, and a syslog of its own.

A driver such as ntfs-3g leaves the terminal once it has mounted, and from then on tells syslog what it finds wrong, so
/dev/log leads to a socket of the jail's. It cannot be made in the machine's /dev, which is shared. So the jail has
another one, which cannot be written to; that tools do not find the machine's disks in it is a gain.

The first process of a jail makes it (keeper.py), with mount(2), because ten starts of mount(8) took longer than most
tools do. See syslog(3).
"""

from __future__ import annotations

import ctypes
import os
import socket

SCRATCH = "/dev/shm"
NODES = ("null", "zero", "full", "random", "urandom", "tty", "fuse", "kvm")
LINKS = {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}

# See linux/mount.h.
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_MOVE = 1, 32, 4096, 8192

MESSAGE = 1 << 16
ROUND = 1 << 12  # messages that are taken at once: more than wait in a socket's queue, and a program may never stop
KEPT = 4 << 20  # bytes that are kept for whoever asks


class Log:
    """What programs in the jail have logged, until somebody takes it. Nobody who logs has to wait for that."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._text = bytearray()

    def fileno(self) -> int:
        """For poll()."""
        return self._end.fileno()

    def collect(self) -> None:
        """Take what waits in the socket."""
        for _ in range(ROUND):
            try:
                message = self._end.recv(MESSAGE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            self._text += (message.rstrip(b"\n\0") + b"\n")[:KEPT - len(self._text)]

    def take(self) -> bytes:
        """All of it, once."""
        text = bytes(self._text)
        self._text.clear()
        return text


def furnish() -> Log:
    """Replace /dev in this mount namespace, which has to be private."""
    building = SCRATCH
    _mount("harness", building, "tmpfs", 0, "mode=0755")
    for name in NODES:
        if os.path.exists(f"/dev/{name}"):
            os.close(os.open(f"{building}/{name}", os.O_CREAT))
            _mount(f"/dev/{name}", f"{building}/{name}", "", MS_BIND)
    for name, target in LINKS.items():
        os.symlink(target, f"{building}/{name}")
    for folder in ("pts", "shm"):
        os.mkdir(f"{building}/{folder}")
    _mount("harness", f"{building}/pts", "devpts", 0, "ptmxmode=0666")
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(f"{building}/log")
    os.chmod(f"{building}/log", 0o666)  # set-user-ID programs may have given up being root
    _mount(building, "/dev", "", MS_MOVE)
    _mount("harness", "/dev", "", MS_REMOUNT | MS_BIND | MS_RDONLY)
    _mount("harness", SCRATCH, "tmpfs", 0, "size=25%,mode=0700")
    return Log(log)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), target)
