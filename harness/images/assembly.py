# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds one disk, apart from everything else: python -m harness.images.assembly NAME DIRECTORY

`isolated` runs this module in namespaces of its own. Its mounts are seen by nobody else, and when process 1 in
there ends, in whatever way, the kernel ends all others and takes the mounts away. Every tool in there also lives
at the same frozen moment, so that neither times nor what tools draw from the clock differ between two builds.

Each volume is made in a file of its own and then copied to its place on the disk: tools see a device that
ends where the partition ends, and none needs to know about offsets.
"""
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from harness.images.catalogue import find
from harness.images.recipe import SECTOR, Recipe, Unavailable, Volume
from harness.images.tools import copy_sparsely, make_hole, run

# An absolute time, which faketime keeps still. It must not touch the clock that only measures.
CLOCK = {"FAKETIME": "2024-02-29 12:00:00", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
# A /dev/shm of its own, as faketime's files there are named after process numbers, which begin anew in a namespace.
ISOLATED = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
            "sh", "-c", 'mount -t tmpfs tmpfs /dev/shm && LD_PRELOAD="$0" exec "$@"']
ROOT = Path(__file__).parents[2]


def isolated(name: str, directory: Path) -> None:
    """Build a disk into an empty directory, in namespaces and at a time of its own; die with the caller."""
    if os.geteuid() != 0:
        raise Unavailable(f"{name}: a disk is filled through a mount, which needs root: run as root, or with sudo")
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not libraries:
        raise Unavailable(f"{name}: no libfaketime.so.1 under /usr/lib: run ci/setup, which installs faketime")
    command = [*ISOLATED, str(libraries[0]), sys.executable, "-m", "harness.images.assembly", name, str(directory)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | CLOCK, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"building the disk {name} failed with status {done.returncode}\n{done.stdout}")


def assemble(recipe: Recipe, disk: Path) -> list[Volume]:
    """Make the partition table, then every volume in its place."""
    make_hole(disk, recipe.size)
    if recipe.table:
        run("sfdisk", "--quiet", disk, text=partition_script(recipe))
    volumes = []
    for partition in recipe.partitions:
        file = make_hole(disk.with_name("volume"), partition.size)
        partition.filesystem.make(file, partition.first_sector)
        tree = partition.filesystem.fill(file, partition.kinds)
        offset = partition.first_sector * SECTOR
        copy_sparsely(file, disk, seek=offset)
        file.unlink()
        volumes.append(Volume(partition.filesystem.name, partition.filesystem.label, offset, partition.size,
                              partition.contains, tree.manifest, tree.streams))
    return volumes


def partition_script(recipe: Recipe) -> str:
    """The table in sfdisk's language. Nothing is left to its choice, least of all identities."""
    label = "dos" if recipe.table == "mbr" else recipe.table
    lines = [f"label: {label}", f"label-id: {recipe.identity}", "unit: sectors"]
    if recipe.extended:
        first, size = recipe.extended
        lines.append(f"p1 : start={first}, size={size // SECTOR}, type=f")
    first_number = 5 if recipe.extended else 1
    for number, partition in enumerate(recipe.partitions, first_number):
        line = f"p{number} : start={partition.first_sector}, size={partition.size // SECTOR}, type={partition.type}"
        if partition.active:
            line += ", bootable"
        if recipe.table == "gpt":
            line += f", uuid={recipe.identity[:-4]}{number:04X}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def main(name: str, directory: Path) -> None:
    """Build the disk, turn it into its format, and write down beside it what is known of it."""
    recipe = find(name)
    raw = directory / "disk.raw"
    volumes = (recipe.assemble or assemble)(recipe, raw)
    disk = directory / f"disk.{recipe.format}"
    if recipe.format != "raw":
        compress = ["-c"] if recipe.compressed else []
        run("qemu-img", "convert", "-f", "raw", "-O", recipe.format, "-m", "1", *compress, raw, disk)
        raw.unlink()
    facts = {"volumes": [asdict(volume) for volume in volumes]}
    (directory / "image.json").write_text(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
