# SPDX-License-Identifier: GPL-2.0-or-later
"""ntfs-3g: the FUSE driver for NTFS, its twin lowntfs-3g, and its own test of whether it would mount.

It mounts some volumes read-only though asked to write (hibernated Windows, fast startup), with exit code 0, so only
making a file tells whether a mount is for writing. Files are read before that, and after the unmount the daemon is
given the time to write out what it holds. Exit codes: ntfs-3g.probe(8); 22 is in the source alone.

Two of its options change what it does: `norecover` leaves a journal that was in use alone and mounts read-only
instead of emptying it, and `remove_hiberfile` wakes nobody up, it deletes the sleeping Windows; it has no falling
back to read-only either. `recover` is what it does anyway, and `force` changes nothing, so they are no probes.
"""

from __future__ import annotations

from harness import Disk, Observation, Probe, Run, Says
from harness.disk import ToolEnded
from harness.readback import asked_once, judge_mount, read_files
from harness.truth import Found

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
    22: "set-user-ID without a FUSE library of its own",
}


NOT_TELLING = ("ntfs_mst_post_read_fixup_warn", "Volume is corrupt. You should run chkdsk.")


@asked_once
def read_through_mount(disk: Disk) -> Found | None:
    """Read all files through a read-only mount; none if it does not mount. For probes that judge a repair: ntfs-3g may hang
    or die on what is left on the disk, which is no answer about them."""
    return read_mounted(disk, disk.volume)


def read_mounted(disk: Disk, volume: str) -> Found | None:
    """The same for another volume in the disk's jail, which a tool has made."""
    folder = disk.folder("mount")
    try:
        if disk.run(["ntfs-3g", "-o", "ro", volume, folder]).code != 0:
            return {}
        contents = read_files(disk, folder)
        unmount(disk, folder)
    except ToolEnded:
        return None
    return contents.files


def _mount(disk: Disk, options: str, writing: bool, driver: str = "ntfs-3g") -> Observation:
    folder = disk.folder("mount")
    mounted = disk.run([driver, "-o", options, disk.volume, folder])
    if mounted.code != 0:
        return Observation(Says.REFUSED, mount_reason(mounted), files={})
    contents = read_files(disk, folder)
    observation = judge_mount(contents, complaints(mounted.errors), _touch(disk, folder) if writing else None)
    unmount(disk, folder)
    return observation


def _touch(disk: Disk, folder: str) -> str:
    """Make a file, and take it away again; returns the error, if any."""
    return disk.run(["touch", f"{folder}/.written"]).errors + disk.run(["rm", "-f", f"{folder}/.written"]).errors


def unmount(disk: Disk, folder: str) -> None:
    disk.run(["umount", folder])
    disk.settle()


def complaints(errors: str) -> list[str]:
    """The lines that say what is wrong, without hex of single reads and advice that is the same every time."""
    return [line for line in errors.strip().split("\n") if line and not line.startswith(NOT_TELLING)]


def mount_reason(result: Run) -> str:
    """The exit code's meaning, and the first complaint."""
    meaning = EXIT_CODES.get(result.code, f"exit {result.code}")
    return ": ".join([meaning] + complaints(result.errors)[:1])


read_write = Probe("ntfs-3g-mount", NTFS, needs=("ntfs-3g",), writes=True, asked="write NTFS")
read_only = Probe("ntfs-3g-mount-ro", NTFS, needs=("ntfs-3g",), writes=False, asked="read NTFS")
keeping_journal = Probe("ntfs-3g-mount-norecover", NTFS, needs=("ntfs-3g",), writes=True)
killing_sleeper = Probe("ntfs-3g-mount-remove_hiberfile", NTFS, needs=("ntfs-3g",), writes=True)
low_level = Probe("lowntfs-3g-mount", NTFS, needs=("lowntfs-3g",), writes=True, asked="write NTFS")
would_mount = Probe("ntfs-3g-probe", NTFS, needs=("ntfs-3g.probe",), writes=False)


@read_write
def mount_read_write(disk: Disk) -> Observation:
    """Mount as a user would, read everything, make a file."""
    return _mount(disk, "rw", writing=True)


@read_only
def mount_read_only(disk: Disk) -> Observation:
    """Mount read-only, read everything."""
    return _mount(disk, "ro", writing=False)


@keeping_journal
def mount_without_recovery(disk: Disk) -> Observation:
    """Mount for writing, but only if the journal may be left as it is."""
    return _mount(disk, "norecover", writing=True)


@killing_sleeper
def mount_without_hiberfile(disk: Disk) -> Observation:
    """Mount for writing, at the price of whatever a hibernated Windows had not written yet."""
    return _mount(disk, "remove_hiberfile", writing=True)


@low_level
def mount_with_low_level_driver(disk: Disk) -> Observation:
    """Mount for writing with the driver that finds files by their numbers instead of their paths."""
    return _mount(disk, "rw", writing=True, driver="lowntfs-3g")


@would_mount
def probe_for_writing(disk: Disk) -> Observation:
    """Ask whether the volume could be mounted for writing."""
    result = disk.run(["ntfs-3g.probe", "--readwrite", disk.volume])
    if result.code == 0:
        return Observation(Says.CLEAN)
    return Observation(Says.REFUSED, mount_reason(result))
