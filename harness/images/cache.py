# SPDX-License-Identifier: GPL-2.0-or-later
"""Keeps built disks: each is made once, by whoever needs it first, and is then only read.

The cache is $XDG_CACHE_HOME/corruptor/images (or ~/.cache/...). An entry is a directory named after the disk and a
hash of all that its bytes depend on: the recipe, the modules that recipes share, files from outside, the
versions of the tools. An entry appears by rename, complete or not at all. While one process builds, a file lock
makes others that want the same disk wait; the kernel drops the lock of a process that dies.
"""
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from harness import cache_folder
from harness.images import catalogue
from harness.images.assembly import isolated
from harness.images.recipe import Image, Recipe, Unavailable, Volume
from harness.truth import Entry

BUILT_AT = 1_700_000_000  # every built disk's modification time: a later one shows that somebody wrote into it
KEEP_UNUSED = 7 * 24 * 3600  # seconds until an entry whose recipe has changed may go; other checkouts may use it
VERSIONS = (["mkntfs", "--version"], ["ntfs-3g", "--version"], ["mkfs.fat", "--help"], ["mcopy", "--version"],
            ["sfdisk", "--version"], ["qemu-img", "--version"])


def build(name: str) -> Image:
    """The disk of this name, built if it is not in the cache. Raises Unavailable if it cannot be made here."""
    recipe = catalogue.find(name)
    if reason := unavailable(recipe):
        raise Unavailable(reason)
    entry = directory() / f"{name}-{_key(recipe)}"
    with _locked(name):
        if not _sound(recipe, entry):
            _build(recipe, entry)
        os.utime(entry)
        _drop_unused(name, entry)
    return _load(recipe, entry)


def unavailable(recipe: Recipe) -> str | None:
    """Why this disk cannot be made on this machine, if it cannot."""
    missing = [str(path) for path in recipe.sources if not path.exists()]
    return f"{recipe.name}: made from {', '.join(missing)}, which is not here" if missing else None


def directory() -> Path:
    """Where built disks are kept."""
    return cache_folder.of("images")


def _build(recipe: Recipe, entry: Path) -> None:
    part = entry.with_name(f".{recipe.name}.part")
    for leftover in (part, entry):
        shutil.rmtree(leftover, ignore_errors=True)
    part.mkdir()
    try:
        isolated(recipe.name, part)
        for file in part.iterdir():
            file.chmod(0o444)
            os.utime(file, (BUILT_AT, BUILT_AT))
        part.rename(entry)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sound(recipe: Recipe, entry: Path) -> bool:
    if not entry.exists():
        return False
    if all(file.stat().st_mtime == BUILT_AT for file in entry.iterdir()):
        return True
    warnings.warn(f"somebody wrote into the base disk {entry}, which is only to be read: building {recipe.name} anew")
    return False


def _load(recipe: Recipe, entry: Path) -> Image:
    facts = json.loads((entry / "image.json").read_text())
    for volume in facts["volumes"]:
        for name in ("manifest", "streams"):
            volume[name] = {path: Entry(**written) for path, written in volume[name].items()}
    return Image(recipe.name, entry / f"disk.{recipe.format}", recipe.format, recipe.size, recipe.contains,
                 tuple(Volume(**volume) for volume in facts["volumes"]))


def _key(recipe: Recipe) -> str:
    """A hash of everything that the disk's bytes depend on."""
    recipes = {catalogue.source(name) for name in catalogue.names()} - {catalogue.source(recipe.name)}
    digest = hashlib.sha256(_versions())
    for path in [*sorted(set(catalogue.FOLDER.glob("*.py")) - recipes), *recipe.sources]:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


@cache
def _versions() -> bytes:
    try:
        return b"".join(subprocess.run(command, capture_output=True).stdout for command in VERSIONS)
    except FileNotFoundError as error:
        raise Unavailable(f"the tool {error.filename} is missing: run ci/setup") from None


@contextmanager
def _locked(name: str) -> Iterator[None]:
    directory().mkdir(parents=True, exist_ok=True)
    with open(directory() / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _drop_unused(name: str, entry: Path) -> None:
    for other in directory().glob(f"{name}-{'[0-9a-f]' * 16}"):
        if other != entry and time.time() - other.stat().st_mtime > KEEP_UNUSED:
            shutil.rmtree(other)
