# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast a volume of very many files is read: one field far down, and all structures."""
from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cases import Bench, Result
from disks import MiB
from harness.images import many
from measure import Failed, medians, peaks, seconds

FILES = {"ntfs": 1_000_000, "fat32": 100_000, "exfat": 100_000}
FIELD = {"ntfs": 'ntfs.mft["{}"].data.run[0].lcn', "fat32": 'fat32.file["{}"].first_cluster',
         "exfat": 'exfat.file["{}"].slot[1].first_cluster'}


def deep_path(bench: Bench) -> Iterator[Result]:
    """One field of a file eight levels down, beside one sector of a disk whose place is known."""
    for format, files in FILES.items():
        disk = many.volume(format, files)
        get = [bench.program, "get", disk, FIELD[format].format(many.DEEP_FILE)]
        memory = peaks(get)
        floor = bench.floor_run("sector", f"read {disk} raw - 0+512")
        (our_time,), (other_time,) = medians(21, [lambda: (seconds(get),), lambda: (floor(),)])
        bound = 3 if format == "ntfs" else None
        yield Result(f"get, 8 levels deep, {files:,} files, {format}", "one sector", our_time, other_time, at_most=bound,
                     memory=memory)


def full_walk(bench: Bench) -> Iterator[Result]:
    """Every structure of a volume, beside sleuthkit's list of all names, and beside reading as many bytes."""
    for format, files in FILES.items():
        disk = many.volume(format, files)
        walk = [bench.program, "walk", disk]
        memory = peaks(walk)
        report = json.loads(subprocess.run([*walk, "--json"], capture_output=True, check=True).stdout)
        bytes_read = as_many_bytes(bench.folder / "bytes.raw", report["bytes_read"])
        copy = ["nbdcopy", "--", "[", "qemu-nbd", "-r", "-f", "raw", bytes_read, "]", "null:"]
        rounds = 3 if format == "ntfs" else 7
        (our_time,), (list_time,), (copy_time,) = medians(rounds, [
            lambda: (seconds(walk),), lambda: (seconds(["fls", "-r", "-p", disk]),), lambda: (seconds(copy),)])
        what = f"walk, {files:,} files, {format}"
        yield Result(what, "fls -r -p", our_time, list_time, faster=3, memory=memory, memory_bound=64 * MiB)
        yield Result(what, f"nbdcopy of {report['bytes_read'] // MiB} MiB", our_time, copy_time, at_most=2, memory=memory,
                     memory_bound=64 * MiB)
        bytes_read.unlink()


def as_many_bytes(file: Path, size: int) -> Path:
    """A file of this size without holes, which nobody could skip."""
    if size == 0:
        raise Failed("the walk says that it read nothing")
    with open(file, "wb") as written:
        for start in range(0, size, MiB):
            written.write(os.urandom(min(MiB, size - start)))
    return file
