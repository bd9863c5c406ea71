# SPDX-License-Identifier: GPL-2.0-or-later
"""What this machine can run, what not, why, and what to type: python3 -m harness.doctor [--json] [--clean]

A machine on which half of this fails seldom says so: guests die although /dev/kvm is there, FUSE is in the kernel and not
allowed, a tool is not installed and its tests are skipped. So what can be tried is tried: a jail is made, a guest started,
a volume mounted, an image opened. All this has to work where nothing was built or installed yet.

broken: nothing works without it, and the exit code is 1. limited: some tools cannot be asked, or are slow. note: good to know.
Who may read the kernels in /boot is of no interest: the appliance has its own.

`--clean` removes what killed runs left behind (leftovers.py), and lists it first.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import HarnessError, Probe, appliance, images, probes
from harness.images import cache
from harness.leftovers import leftovers
from harness.run import ENVIRONMENT, SCRATCH, Jail

PACKAGES = {
    "dosfstools": "fsck.fat mkfs.fat", "exfatprogs": "fsck.exfat", "faketime": "faketime", "fatcat": "fatcat", "fdisk": "fdisk sfdisk",
    "gdisk": "gdisk sgdisk", "libfsntfs-utils": "fsntfsinfo", "mtools": "mcopy",
    "ntfs-3g": "lowntfs-3g mkntfs ntfs-3g ntfs-3g.probe ntfsclone ntfsfix ntfsinfo ntfsrecover ntfsresize ntfswipe",
    "parted": "parted", "qemu-system-x86": "qemu-system-x86_64", "qemu-utils": "qemu-img qemu-nbd",
    "sleuthkit": "fls fsstat ils istat tsk_recover", "supermin": "supermin", "testdisk": "testdisk",
    "util-linux": "blkid nsenter prlimit setpriv unshare wipefs",
}
PACKAGE_OF = {command: package for package, commands in PACKAGES.items() for command in commands.split()}
BUILT = frozenset({"ntfsck", "ntfsresize-debug"})  # by ci/ntfs-3g-extras
AS_ROOT = "sudo -E harness/lab doctor"
PRIVILEGED = "docker run --privileged ...  # in a container"
DRIVERS = ("ntfs3", "vfat", "msdos", "exfat")
GiB = 1 << 30
DISKS_AND_KERNEL = 1 * GiB  # 0.5 for the appliance's kernel, 0.1 for the base disks, as much again for their next versions
GUEST_AND_COPIES = 2 * GiB  # libguestfs gives its guest 1.25; the rest holds copies of disks
SOCKET = "/libguestfsXXXXXX/guestfsd.sock"  # the longest name of a socket among those of our tools
APPARMOR = Path("/sys/module/apparmor/parameters/enabled")
FUSERMOUNT_PROFILE = Path("/etc/apparmor.d/fusermount3")  # Ubuntu 25.04: https://github.com/nestybox/sysbox/issues/947


@dataclass(frozen=True)
class Check:
    """What was seen of one thing, and what to type if that is not good."""

    name: str
    state: str  # works, note, limited, broken
    about: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.state:8} {self.name}: {self.about}" + (f"\n         $ {self.remedy}" if self.remedy else "")


class Trouble(Exception):
    """Why something does not work, what to type, and how bad it is, if not as bad as the table says."""

    def __init__(self, about: str, remedy: str = "", state: str = "") -> None:
        super().__init__(about)
        self.remedy = remedy
        self.state = state


def jail() -> str:
    with Jail() as made:
        made.run(["true"])
    return "tools run in namespaces of their own"


def bindings() -> str:
    """An image is opened: the library, libnbd and qemu-nbd."""
    try:
        from corruptor import Image
    except ImportError as error:
        raise Trouble(f"{sys.executable}: {error}", "ci/build") from error
    with tempfile.TemporaryDirectory(prefix="corruptor.") as folder:
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", f"{folder}/disk.qcow2", "1M"], check=True)
        with Image(f"{folder}/disk.qcow2", format="qcow2") as image:
            image.read(0, 512)
    return "an image can be opened"


def modules() -> str:
    if lacking := [name for name in ("pytest", "yaml") if importlib.util.find_spec(name) is None]:
        raise Trouble(f"{sys.executable} cannot import {', '.join(lacking)}", "ci/setup && $(ci/python) harness/lab doctor")
    return f"{sys.executable} has what the harness imports"


def base_disks() -> str:
    if not any(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")):
        raise Trouble("no libfaketime.so.1 under /usr/lib", "apt-get install faketime")
    if reasons := [reason for name in images.names() if (reason := images.unavailable(images.find(name)))]:
        raise Trouble("; ".join(reasons), state="note")
    return "all can be made"


def fuse() -> str:
    """A small volume is mounted as ntfs-3g's probes and the recipes of NTFS disks do it."""
    if not Path("/dev/fuse").exists():
        raise Trouble("no /dev/fuse", "modprobe fuse  # in a container: --device /dev/fuse --cap-add SYS_ADMIN")
    with Jail() as made:
        mounted = made.run(["sh", "-c", f"cd {SCRATCH} && truncate -s 4M volume && mkntfs -q -F volume && mkdir folder && "
                                        "ntfs-3g volume folder && umount folder"])
    if mounted.code != 0:
        confined = "aa-complain ntfs-3g  # if the kernel's log has apparmor=\"DENIED\"" if _apparmor() else PRIVILEGED
        raise Trouble(f"ntfs-3g: {mounted.fate}: {mounted.text.strip()}", confined)
    return "ntfs-3g mounts a volume"


def fusermount3() -> str:
    """AppArmor may let users mount in some folders only, and `--prepare` mounts in $TMPDIR."""
    folder = Path(tempfile.gettempdir()).resolve()
    allowed = [Path.home(), *map(Path, ("/mnt", "/media", "/tmp", os.environ.get("XDG_RUNTIME_DIR") or "/tmp"))]
    if _apparmor() and FUSERMOUNT_PROFILE.exists() and not any(folder.is_relative_to(place) for place in allowed):
        raise Trouble(f"AppArmor lets no user mount in {folder}",
                      "export TMPDIR=/tmp  # or allow the folder in /etc/apparmor.d/local/fusermount3")
    return f"no profile of AppArmor's is in the way in {folder}"


def setuid() -> str:
    """A parser of hostile disks that runs as root for everybody."""
    path = shutil.which("ntfs-3g", path=ENVIRONMENT["PATH"])
    if path and os.stat(path).st_mode & stat.S_ISUID:
        raise Trouble("ntfs-3g runs as root for every user, who may feed it a damaged disk; jails do not need that",
                      f"dpkg-statoverride --update --add root root 0755 {Path(path).resolve()}")
    return "ntfs-3g is not setuid root"


def kvm() -> str:
    trouble = appliance.without_kvm()
    if not trouble:
        return "a guest ran under it"
    remedy = "modprobe kvm_intel || modprobe kvm_amd  # in a container: --device /dev/kvm"
    if Path("/dev/kvm").exists():
        remedy = "" if os.access("/dev/kvm", os.R_OK | os.W_OK) else "usermod -aG kvm $USER  # and log in again"
    raise Trouble(f"{trouble}; the appliance emulates the processor, and takes 12 s to launch", remedy)


def appliance_kernel() -> str:
    if reason := appliance.missing():
        raise Trouble(reason, _appliance_remedy())
    folder = cache.directory().parent / "appliance-kernel"
    again = f"rm -r {folder} && ci/appliance-kernel"
    if not os.access(folder / "vmlinuz", os.R_OK):
        raise Trouble(f"{folder / 'vmlinuz'} cannot be read", again)
    listed = folder / "modules/modules.dep"
    have = listed.read_text() if listed.exists() else ""
    if lacking := [driver for driver in DRIVERS if f"/{driver}.ko" not in have]:
        raise Trouble(f"{appliance.kernel()} has no {', '.join(lacking)}", again)
    return f"{appliance.kernel()} has {', '.join(DRIVERS)}"


def sockets() -> str:
    """The path of a socket has at most 107 bytes. Debian 12's libraries make theirs in /tmp whatever $TMPDIR is; not all do."""
    path = tempfile.gettempdir() + SOCKET
    try:
        with tempfile.TemporaryDirectory() as own, socket.socket(socket.AF_UNIX) as bound:
            bound.bind(f"{own}/".ljust(len(path), "x"))
    except OSError as error:
        raise Trouble(f"{path}: {error}", "export TMPDIR=/tmp") from error
    return f"{tempfile.gettempdir()} is short enough for them"


def space() -> str:
    place = next(folder for folder in (cache.directory(), *cache.directory().parents) if folder.exists())
    if (free := shutil.disk_usage(place).free) < DISKS_AND_KERNEL:
        raise Trouble(f"{place} has {free / GiB:.1f} GiB free, and 1 may be needed", "export XDG_CACHE_HOME=FOLDER", "broken")
    memory = int(re.search(r"MemAvailable: +(\d+)", Path("/proc/meminfo").read_text())[1]) << 10
    if memory < GUEST_AND_COPIES:
        raise Trouble(f"{memory / GiB:.1f} GiB of memory are free; copies of disks and the appliance's guest take 2")
    return f"{free / GiB:.0f} GiB free in {place}, {memory / GiB:.0f} GiB of memory"


CHECKS: tuple[tuple[Callable[[], str], str, tuple[str, ...]], ...] = (
    (jail,             "broken",  ("unshare", "nsenter", "prlimit")),
    (bindings,         "broken",  ("qemu-img", "qemu-nbd", "setpriv")),
    (modules,          "broken",  ()),
    (base_disks,       "broken",  ("mkntfs", "ntfs-3g", "mkfs.fat", "mcopy", "sfdisk", "qemu-img")),
    (fuse,             "broken",  ("mkntfs", "ntfs-3g")),
    (fusermount3,      "limited", ()),
    (setuid,           "note",    ()),
    (kvm,              "limited", ("qemu-system-x86_64",)),
    (appliance_kernel, "limited", ("supermin", "qemu-system-x86_64")),
    (sockets,          "note",    ()),
    (space,            "limited", ()),
)


def check(look: Callable[[], str], state: str, commands: tuple[str, ...]) -> Check:
    """Carry out a row of the table."""
    if lacking := absent(commands):
        return Check(look.__name__, state, f"not installed: {', '.join(lacking)}", install(lacking))
    try:
        return Check(look.__name__, "works", look())
    except Trouble as trouble:
        return Check(look.__name__, trouble.state or state, str(trouble), trouble.remedy)
    except HarnessError as error:
        return Check(look.__name__, state, str(error), AS_ROOT if os.geteuid() else PRIVILEGED)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what this machine does
        return Check(look.__name__, state, f"{type(error).__name__}: {error}")


def check_probe(probe: Probe) -> Check:
    """Whether a probe can run."""
    if lacking := absent(probe.needs):
        return Check(probe.name, "limited", f"not installed: {', '.join(lacking)}", install(lacking))
    if reason := probe.missing():
        return Check(probe.name, "limited", reason, AS_ROOT if os.geteuid() else _appliance_remedy())
    return Check(probe.name, "works", "can be asked")


def absent(needs: tuple[object, ...]) -> list[str]:
    """The commands among these that are not where jails look for them."""
    return [need for need in needs if isinstance(need, str) and not shutil.which(need, path=ENVIRONMENT["PATH"])]


def install(commands: list[str]) -> str:
    """What to type to get these commands."""
    if BUILT.issuperset(commands):
        return "ci/ntfs-3g-extras"
    packages = sorted({PACKAGE_OF.get(command, "") for command in commands})
    return f"apt-get install {' '.join(packages)}" if all(packages) else "ci/setup"


def _apparmor() -> bool:
    return APPARMOR.exists() and APPARMOR.read_text().startswith("Y")


def _appliance_remedy() -> str:
    return "apt-get install python3-guestfs" if importlib.util.find_spec("guestfs") is None else "ci/appliance-kernel"


def main(argv: list[str]) -> int:
    """Look at everything, and print what was seen."""
    parser = argparse.ArgumentParser(prog="doctor", description="Say what this machine can run, what not, and what would help.")
    parser.add_argument("--json", action="store_true", help="the same as one JSON object")
    parser.add_argument("--clean", action="store_true", help="remove what killed runs left behind, after listing it")
    try:
        options = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    checks, asked, left = [check(*row) for row in CHECKS], [*map(check_probe, probes.all().values())], leftovers()
    good = not any(each.state == "broken" for each in checks)
    if options.json:
        print(json.dumps({"good": good, "checks": [*map(asdict, checks)], "probes": [*map(asdict, asked)],
                          "leftovers": [{"what": each.what, "why": each.why} for each in left]}, indent=1))
    else:
        print(*checks, *_by_reason(asked), sep="\n")
        print(*(f"leftover {each.what}: {each.why}" for each in left), sep="\n", end="\n" if left else "")
    for each in left if options.clean else []:
        try:
            print(f"{'kept' if each.remove() is False else 'removed'} {each.what}", file=sys.stderr)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"kept {each.what}: {error}", file=sys.stderr)
    return 0 if good else 1


def _by_reason(asked: list[Check]) -> list[Check]:
    """Probes that miss the same, as one."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for each in asked:
        groups[each.state, each.about, each.remedy].append(each.name)
    return [Check(f"{len(names)} probes", state, f"{about}: {' '.join(names)}", remedy)
            for (state, about, remedy), names in groups.items()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
