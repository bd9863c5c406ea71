# SPDX-License-Identifier: GPL-2.0-or-later
"""What each probe says about a healthy base disk: the measure for all that it says about damaged ones.

A probe that is not content with a disk that nothing is wrong with shows an error of ours, or a habit of the tool's; both
would look like findings. What was seen is kept beside the base disks, for as long as disk, tool and harness stay the same.
"""

from __future__ import annotations

import hashlib
import os
import time
from functools import cache
from pathlib import Path

from harness import Probe, findings, images, oracle, record, version
from harness.case import Damaged
from harness.images import cache as image_cache
from harness.record import Record

_known: dict[Path, Record] = {}


def of(base: images.Image, volume: images.Volume, probe: Probe) -> Record:
    """The record of a probe and a healthy disk: `healthy` tells what is wrong with it, if something is."""
    file = _file(base, volume, probe)
    if file not in _known:
        _known[file] = record.read(file.read_text()) if file.exists() else _measure(base, volume, probe, file)
    return _known[file]


def judge(damaged: Damaged, probe: Probe) -> Record:
    """Every step of the oracle, and what follows from them."""
    measure = of(damaged.base, damaged.volume, probe)
    usual = frozenset(path for path, word in measure.files.items() if word == "extra")
    found = oracle.examine(damaged, probe, usual)
    found.healthy = measure.healthy
    found.findings = findings.of(found, measure)
    return found


def _measure(base: images.Image, volume: images.Volume, probe: Probe, file: Path) -> Record:
    seen = oracle.examine(Damaged(base, volume), probe)
    content = seen.says == "clean" and seen.data in (None, "intact", "extra") and not (probe.role == "look" and seen.wrote)
    seen.healthy = "" if content else f"{seen.says}: {seen.reason}; data {seen.data}"
    if seen.says == "error":
        return seen
    file.parent.mkdir(exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(seen.line())
    part.rename(file)
    _drop_unused(file.parent)
    return seen


def _file(base: images.Image, volume: images.Volume, probe: Probe) -> Path:
    key = hashlib.sha256(f"{volume.offset} {version.of(probe)} {_code()}".encode()).hexdigest()[:16]
    return image_cache.directory() / "healthy" / f"{base.path.parent.name}-{probe.name}-{key}.json"


@cache
def _code() -> str:
    """A hash of the harness, whose words these are."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in (".py", ".sh") and path.parent.name not in ("images", "matrix", "problems"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _drop_unused(folder: Path) -> None:
    for file in folder.glob("*.json"):
        if time.time() - file.stat().st_mtime > image_cache.KEEP_UNUSED:
            file.unlink(missing_ok=True)
