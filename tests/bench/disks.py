# SPDX-License-Identifier: GPL-2.0-or-later
"""The disks that are measured on: made in seconds, sparse where a real one would be empty.

Their contents are drawn with a fixed seed. What counts of the bytes is whether they are there at all: holes are
neither read nor kept.
"""
from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from harness.images.tools import run

MiB, GiB = 1 << 20, 1 << 30
FIRST = MiB  # where the first partition begins


def noise(seed: int, size: int) -> bytes:
    """Bytes that are no zeroes."""
    return random.Random(seed).randbytes(size)


def big_ntfs(folder: Path, used: int) -> Path:
    """A qcow2 of 64 GiB with one NTFS partition, `used` bytes of whose clusters hold data."""
    disk, raw, volume = folder / "big.qcow2", folder / "big.raw", folder / "volume.raw"
    for file, size in ((raw, 64 * GiB), (volume, 64 * GiB - FIRST)):
        with open(file, "wb") as sparse:
            sparse.truncate(size)
    run("sfdisk", "--quiet", raw, text="2048,,7\n")
    run("mkntfs", "--quick", "--quiet", "--force", "--partition-start", "2048", "--heads", "255",
        "--sectors-per-track", "63", volume)
    with open(volume, "r+b") as file:
        file.seek(GiB)
        for done in range(0, used, 64 * MiB):
            file.write(noise(done, min(64 * MiB, used - done)))
    run("qemu-img", "create", "-q", "-f", "qcow2", disk, str(64 * GiB))
    run("qemu-img", "convert", "-n", "-f", "raw", "-O", "qcow2", raw, disk)
    run("qemu-img", "convert", "-n", "-f", "raw", volume, "--target-image-opts",
        f"driver=raw,offset={FIRST},file.driver=qcow2,file.file.driver=file,file.file.filename={disk}")
    raw.unlink()
    volume.unlink()
    return disk


def noises() -> Iterator[bytes]:
    """MiB after MiB of data."""
    for number in count():
        yield noise(number, MiB)


def holes() -> Iterator[bytes | None]:
    """One MiB that is there, and 63 that are not."""
    for number in count():
        yield None if number % 64 else noise(number, MiB)


CONTENTS = {"full": noises, "mostly holes": holes}


def to_wipe(folder: Path, content: str, format: str) -> Path:
    """A disk of 1.5 GiB with two partitions, and data from the end of the first well into the second."""
    raw, disk = folder / "making.raw", folder / f"pristine.{format}"
    with open(raw, "wb") as file:
        file.truncate(1536 * MiB)
        file.write(noise(0, 440))  # boot code
        for number, data in zip(range(480, 1000), CONTENTS[content]()):
            if data:
                file.seek(number * MiB)
                file.write(data)
    run("sfdisk", "--quiet", raw, text="2048,1024000,7\n2091008,,7\n")
    if format == "raw":
        raw.rename(disk)
    else:
        run("qemu-img", "convert", "-f", "raw", "-O", format, raw, disk)
        raw.unlink()
    return disk


def fresh(pristine: Path, copy: Path) -> Path:
    """Make `copy` a copy that is on the disk, so that nobody's flush has to write it."""
    run("cp", "--sparse=auto", pristine, copy)
    with open(copy, "rb") as file:
        os.fsync(file.fileno())
    return copy


def same(one: Path, other: Path) -> bool:
    """Whether two disks hold the same bytes."""
    try:
        run("qemu-img", "compare", "-q", one, other)
    except RuntimeError:
        return False
    return True
