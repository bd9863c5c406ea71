# SPDX-License-Identifier: GPL-2.0-or-later
"""Small volumes for tests of the harness's tool side, made by the file systems' own tools."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from harness.truth import Entry, Manifest

NTFS_SIZE = 16 << 20
FILES = {"a.txt": b"one\n", "Größe.bin": bytes(range(256)) * 300, "empty": b""}
TRUTH: Manifest = {f"/{name}": Entry(len(data), hashlib.sha256(data).hexdigest()) for name, data in FILES.items()}


def make_ntfs(path: Path) -> Path:
    """An NTFS volume of 16 MiB with FILES in it."""
    path.touch()
    path.write_bytes(b"")
    with open(path, "wb") as file:
        file.truncate(NTFS_SIZE)
    _run(["mkntfs", "-Q", "-F", "-q", "-s", "512", "-p", "0", "-H", "16", "-S", "63", path])
    for name, data in FILES.items():
        source = path.with_suffix(".content")
        source.write_bytes(data)
        _run(["ntfscp", "-q", path, source, name])
    return path


def make_fat(path: Path, bits: int = 16, size: int = 16 << 20) -> Path:
    """A FAT volume with FILES in it; 2 KiB clusters if FAT16."""
    with open(path, "wb") as file:
        file.truncate(size)
    _run(["mkfs.fat", "-F", str(bits), "-s", "4" if bits == 16 else "1", path])
    for name, data in FILES.items():
        subprocess.run(["mcopy", "-i", path, "-", f"::{name}"], input=data, check=True, env=_ENVIRONMENT)
    return path


def overwrite(path: Path, *pieces: tuple[int, bytes]) -> Path:
    """Damage a volume: put bytes at offsets (counted from the end if negative)."""
    with open(path, "r+b") as file:
        for offset, data in pieces:
            file.seek(offset, 2 if offset < 0 else 0)
            file.write(data)
    return path


def little(path: Path, offset: int, size: int) -> int:
    """A little-endian number on a volume."""
    with open(path, "rb") as file:
        file.seek(offset)
        return int.from_bytes(file.read(size), "little")


_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


def _run(argv: list[object]) -> None:
    subprocess.run(argv, check=True, capture_output=True, env=_ENVIRONMENT)
