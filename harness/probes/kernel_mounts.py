# SPDX-License-Identifier: GPL-2.0-or-later
"""The Linux kernel's drivers, ntfs3, vfat, msdos and exfat, inside the appliance.

The kernel's log is where the drivers say why; of a healthy volume they say nothing. An oops kills only the process that
ran into it, so the log tells that, too, and the appliance is not used again after one.

msdos is vfat without long names, and logs under the same name. All files are read through it as well, but as it has
only their short names, what it read is not compared with what was written.

Three more ways to use a driver show what the plain ones cannot: `-edit` grows, shortens, saves anew and moves what is on the
volume already, and goes on after errors; `-4kn` shows the volume on a disk whose sectors are of 4096 bytes, where boot sectors
are damaged, which tell of sectors; `-dos1x` allows what DOS 1 wrote.
"""

from __future__ import annotations

import re
from typing import Any

from harness import Disk, Observation, Probe, Run, Says, Source, appliance
from harness.appliance import Look
from harness.built import text
from harness.readback import contents, judge_mount

FAT = frozenset({"fat12", "fat16", "fat32"})
NTFS = frozenset({"ntfs"})
EXFAT = frozenset({"exfat"})
SHORT_NAMES_ONLY = "msdos"
LARGE_SECTOR = 4096

OOPS = re.compile(r"^(BUG: |Oops: |kernel BUG at |general protection fault).*", re.MULTILINE)
WARNING = re.compile(r"^WARNING: CPU: \d+ PID: \d+ at (.*)", re.MULTILINE)
DRIVER_LINE = re.compile(r"^(?:ntfs3|FAT-fs|exFAT-fs) ?\(loop0\): .*", re.MULTILINE)


def _has_damaged_boot(source: Source) -> bool:
    """Whether something is damaged where boot sectors are: FAT's within 4 KiB, the copy of NTFS's at the volume's end."""
    last = source.start + (source.length or 0) - LARGE_SECTOR
    return any(place <= at < place + LARGE_SECTOR or at <= place < at + len(content)
               for at, content in source.patches for place in (source.start, last))


def _probe(name: str, formats: frozenset[str], access: str, options: str = "", sector_size: int = 0,
           asked: str = "") -> Probe:
    driver = name.partition("-")[0]
    probe = Probe(name, formats, needs=(appliance.missing,), writes=access != "ro", asked=asked)
    request: dict[str, Any] = {"mount": {"driver": driver, "access": access, "options": options}}
    if sector_size:
        probe.only_for = _has_damaged_boot
        request["sector_size"] = sector_size

    @probe
    def check(disk: Disk) -> Observation:
        return _mount(disk, driver, request)

    return probe


def _mount(disk: Disk, driver: str, request: dict[str, Any]) -> Observation:
    how = ["ro" if request["mount"]["access"] == "ro" else "rw", request["mount"]["options"]]
    argv = ("mount", "-t", driver, "-o", ",".join(filter(None, how)), "/dev/loop0", "/run/volume")
    try:
        look = appliance.look(disk, request)
    except appliance.GuestEnded as ended:
        return appliance.told_by_end(disk, argv, ended)
    mount = look.answer.get("mount", {})
    code = None if look.signal else 1 if "refused" in mount else 0
    disk.runs.append(Run(argv, code, look.signal, False, _told(mount), look.log, look.seconds))
    observation = _judge(look, mount)
    if driver == SHORT_NAMES_ONLY:
        observation.files = None
    observation.wrote = look.wrote
    return observation


def _told(mount: dict[str, Any]) -> str:
    """All errors that the system's calls returned, a line each."""
    lines = [f"mount: {mount['refused']}"] if "refused" in mount else []
    lines += [f"read {text(path)}: {why}" for path, _, _, why in mount.get("files", []) if why]
    lines += [f"write /: {mount['touch']}"] if mount.get("touch") else []
    lines += [f"write {text(path)}: {why}" for path, why in mount.get("elsewhere", {}).items()]
    lines += [f"unmount: {mount['unmount']}"] if mount.get("unmount") else []
    return "".join(f"{line}\n" for line in lines)


def _judge(look: Look, mount: dict[str, Any]) -> Observation:
    found = contents(mount.get("files", []))
    complaints = DRIVER_LINE.findall(look.log)
    if oops := OOPS.search(look.log):
        appliance.discard()
        return Observation(Says.KERNEL_OOPS, oops[0], found.files)
    if warning := WARNING.search(look.log):
        return Observation(Says.KERNEL_WARNING, f"warning at {warning[1]}", found.files)
    if look.signal:
        return Observation(Says.CRASHED, f"what used it died of signal {look.signal}", found.files)
    if "refused" in mount:
        return Observation(Says.REFUSED, "; ".join(complaints or [mount["refused"]]), files={})
    return judge_mount(found, complaints, mount.get("touch"))


ntfs3_read_write = _probe("ntfs3-mount", NTFS, "rw", asked="write NTFS")
ntfs3_read_only = _probe("ntfs3-mount-ro", NTFS, "ro", asked="read NTFS")
ntfs3_edit = _probe("ntfs3-mount-edit", NTFS, "edit", "force")
ntfs3_large_sectors = _probe("ntfs3-mount-4kn", NTFS, "rw", sector_size=LARGE_SECTOR)
vfat_read_write = _probe("vfat-mount", FAT, "rw", asked="write FAT")
vfat_read_only = _probe("vfat-mount-ro", FAT, "ro", asked="read FAT")
vfat_edit = _probe("vfat-mount-edit", FAT, "edit", "errors=continue")
vfat_large_sectors = _probe("vfat-mount-4kn", FAT, "rw", sector_size=LARGE_SECTOR)
vfat_dos_1 = _probe("vfat-mount-dos1x", frozenset({"fat12"}), "rw", "dos1xfloppy")
msdos_read_write = _probe("msdos-mount", FAT, "rw", asked="write FAT")
msdos_read_only = _probe("msdos-mount-ro", FAT, "ro", asked="read FAT")
exfat_read_write = _probe("exfat-mount", EXFAT, "rw")
exfat_read_only = _probe("exfat-mount-ro", EXFAT, "ro")
exfat_edit = _probe("exfat-mount-edit", EXFAT, "edit", "errors=continue")
