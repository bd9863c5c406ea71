# SPDX-License-Identifier: GPL-2.0-or-later
"""The Linux kernel's drivers, ntfs3, vfat, msdos and exfat, inside the appliance.

One script does it all, as each command costs tens of milliseconds without KVM. The kernel's log is where the drivers
say why; of a healthy volume they say nothing. An oops kills only the process that ran into it, so the log tells that,
too, and the appliance is not used again after one.

msdos is vfat without long names, and logs under the same name. All files are read through it as well, but as it has
only their short names, what it read is not compared with what was written.
"""

from __future__ import annotations

import re

from harness import Disk, HarnessError, Observation, Probe, Run, Says, appliance, readback

FAT = frozenset({"fat12", "fat16", "fat32"})
NTFS = frozenset({"ntfs"})
EXFAT = frozenset({"exfat"})
SHORT_NAMES_ONLY = "msdos"

SCRIPT = f"""
export LC_ALL=C.UTF-8
mkdir -p /run/volume
echo '== mount'; mount -t $driver -o $access /dev/loop0 /run/volume; code=$?
if [ $code = 0 ]; then
    set -- /run/volume
    {readback.SCRIPT.read_text()}
    if [ $access = rw ]; then
        echo '== touch'; touch /run/volume/written.tmp && rm /run/volume/written.tmp
    fi
    umount /run/volume
fi
echo '== code'; echo $code
echo '== log'; dmesg --notime --read-clear
"""
OOPS = re.compile(r"^(BUG: |Oops: |kernel BUG at |general protection fault).*", re.MULTILINE)
DRIVER_LINE = re.compile(r"^(?:ntfs3|FAT-fs|exFAT-fs) ?\(loop0\): .*", re.MULTILINE)


def _probe(driver: str, formats: frozenset[str], access: str) -> Probe:
    name = f"{driver}-mount" + ("-ro" if access == "ro" else "")
    probe = Probe(name, formats, needs=(appliance.missing,), writes=access == "rw")

    @probe
    def check(disk: Disk) -> Observation:
        return _mount(disk, driver, access)

    return probe


def _mount(disk: Disk, driver: str, access: str) -> Observation:
    argv = ("mount", "-t", driver, "-o", access, "/dev/loop0", "/run/volume")
    try:
        look = appliance.look(disk, f"driver={driver} access={access}\n{SCRIPT}")
    except appliance.GuestEnded as ended:
        disk.runs.append(Run(argv, None, None, ended.hung, "", str(ended), 0))
        return Observation(Says.HUNG if ended.hung else Says.CRASHED, str(ended))
    section = look.sections
    if "log" not in section:
        raise HarnessError(f"the appliance's answer about {' '.join(argv)} is not complete: {section}")
    code = int(section["code"])
    disk.runs.append(Run(argv, code, None, False, section["mount"], section["log"], look.seconds))
    observation = _judge(section, code)
    if driver == SHORT_NAMES_ONLY:
        observation.files = None
    observation.wrote = look.wrote
    return observation


def _judge(section: dict[str, str], code: int) -> Observation:
    contents = readback.parse(section) if code == 0 else readback.NOTHING
    complaints = DRIVER_LINE.findall(section["log"])
    if oops := OOPS.search(section["log"]):
        appliance.shared().close()
        return Observation(Says.CRASHED, oops[0], contents.files)
    if code != 0:
        return Observation(Says.REFUSED, "; ".join(complaints or [section["mount"].strip()]), files={})
    return readback.judge_mount(contents, complaints, section.get("touch"))


ntfs3_read_write = _probe("ntfs3", NTFS, "rw")
ntfs3_read_only = _probe("ntfs3", NTFS, "ro")
vfat_read_write = _probe("vfat", FAT, "rw")
vfat_read_only = _probe("vfat", FAT, "ro")
msdos_read_write = _probe("msdos", FAT, "rw")
msdos_read_only = _probe("msdos", FAT, "ro")
exfat_read_write = _probe("exfat", EXFAT, "rw")
exfat_read_only = _probe("exfat", EXFAT, "ro")
