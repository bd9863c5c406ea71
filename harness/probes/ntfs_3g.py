# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfs-3g: the FUSE driver for NTFS, and its own test of whether it would mount.

It mounts some volumes read-only though asked to write (hibernated Windows, fast startup), with exit code 0, so only
making a file tells whether a mount is for writing. Files are read before that, and after the unmount the daemon is
given the time to write out what it holds. Exit codes: ntfs-3g.probe(8).
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Run, Says
from harness.readback import NOTHING, Contents, judge_mount, read_files

NTFS = frozenset({"ntfs"})

EXIT_CODES = {
    11: "it does not understand its command line",
    12: "not a valid NTFS",
    13: "inconsistent NTFS, or hardware fault",
    14: "hibernated",
    15: "not cleanly unmounted",
    16: "already in use exclusively",
    17: "raid without its set-up",
    18: "unknown reason",
    19: "not enough privilege",
    20: "out of memory",
    21: "unclassified FUSE error",
    22: "undocumented code 22",
}


NOT_TELLING = ("ntfs_mst_post_read_fixup_warn", "Volume is corrupt. You should run chkdsk.")


def read_through_mount(disk: Disk) -> Contents:
    """Read all files through a read-only mount; nothing if it does not mount. For probes that judge a repair."""
    folder = disk.folder("mount")
    if disk.run(["ntfs-3g", "-o", "ro", disk.volume, folder]).code != 0:
        return NOTHING
    contents = read_files(disk, folder)
    _unmount(disk, folder)
    return contents


def _mount(disk: Disk, options: list[str], writing: bool) -> Observation:
    folder = disk.folder("mount")
    mounted = disk.run(["ntfs-3g", *options, disk.volume, folder])
    if mounted.code != 0:
        return Observation(Says.REFUSED, _reason(mounted), files={})
    contents = read_files(disk, folder)
    observation = judge_mount(contents, complaints(mounted.errors), _touch(disk, folder) if writing else None)
    _unmount(disk, folder)
    return observation


def _touch(disk: Disk, folder: str) -> str:
    """Make a file, and take it away again; returns the error, if any."""
    return disk.run(["touch", f"{folder}/.written"]).errors + disk.run(["rm", "-f", f"{folder}/.written"]).errors


def _unmount(disk: Disk, folder: str) -> None:
    disk.run(["umount", folder])
    disk.settle()


def complaints(errors: str) -> list[str]:
    """The lines that say what is wrong, without hex of single reads and advice that is the same every time."""
    return [line for line in errors.strip().split("\n") if line and not line.startswith(NOT_TELLING)]


def _reason(result: Run) -> str:
    """The exit code's meaning, and the first complaint."""
    meaning = EXIT_CODES.get(result.code, f"exit {result.code}")
    return ": ".join([meaning] + complaints(result.errors)[:1])


read_write = Probe("ntfs-3g-mount", NTFS, needs=("ntfs-3g",), writes=True)
read_only = Probe("ntfs-3g-mount-ro", NTFS, needs=("ntfs-3g",), writes=False)
would_mount = Probe("ntfs-3g-probe", NTFS, needs=("ntfs-3g.probe",), writes=False)


@read_write
def mount_read_write(disk: Disk) -> Observation:
    """Mount as a user would, read everything, make a file."""
    return _mount(disk, [], writing=True)


@read_only
def mount_read_only(disk: Disk) -> Observation:
    """Mount read-only, read everything."""
    return _mount(disk, ["-o", "ro"], writing=False)


@would_mount
def probe_for_writing(disk: Disk) -> Observation:
    """Ask whether the volume could be mounted for writing."""
    result = disk.run(["ntfs-3g.probe", "--readwrite", disk.volume])
    if result.code == 0:
        return Observation(Says.CLEAN)
    return Observation(Says.REFUSED, _reason(result))
