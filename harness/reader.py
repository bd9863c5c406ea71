# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads every file below a folder, as the first process of a jail forks it: keeper.py runs this, readback.py understands it.

It says the same as appliance/inside/tree.cc, which does the work inside the appliance, where there is no Python. It imports
nothing of the project.

A FUSE driver and its reader wait for each other four times a file. On two processors each time one of them is woken from
its sleep, which costs a virtual machine three times what the reading does; so both run on the one that the reader is on.

What it prints is JSON: path, bytes that could be read, their SHA-256, and the error that ended it, if one did. The path
of a folder that cannot be listed ends with a slash. Names are any bytes, and come as Python decodes file names.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator

BLOCK = 1 << 17
MOST = 3 << 20  # characters that are printed; a damaged tree may have no end

Line = tuple[str, int, str, str]


def main(folder: str) -> None:
    """Print what is below a folder."""
    _share_processor()
    lines, room = [], MOST
    for line in _below(folder):
        text = json.dumps(line)
        if len(text) > room:
            break
        room -= len(text) + 2
        lines.append(text)
    sys.stdout.write(f"[{', '.join(lines)}]")
    sys.stdout.flush()


def _share_processor() -> None:
    """Bind this process, and daemons, to one processor. /proc has other process numbers than the jail: NSpid tells both."""
    stat = _text("/proc/self/stat").rpartition(")")[2].split()
    keeper, processor = stat[1], int(stat[36])
    for process in _text(f"/proc/{keeper}/task/{keeper}/children").split():
        try:
            status = dict(line.split(":", 1) for line in _text(f"/proc/{process}/status").splitlines())
            os.sched_setaffinity(int(status["NSpid"].split()[-1]), {processor})
        except OSError:
            pass  # it has ended meanwhile


def _text(path: str) -> str:
    with open(path, errors="replace") as file:
        return file.read()


def _below(root: str) -> Iterator[Line]:
    unread: list[tuple[str, frozenset[int]]] = [("", frozenset())]
    while unread:
        name, above = unread.pop()
        try:
            with os.scandir(root + name) as entries:
                children = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield _unlisted(name, error.strerror)
            continue
        for child in children:
            path = f"{name}/{child.name}"
            try:
                if child.is_dir(follow_symlinks=False):
                    if child.inode() in above:
                        yield _unlisted(path, "it leads back to a folder above it")
                    else:
                        unread.append((path, above | {child.inode()}))
                elif child.is_file(follow_symlinks=False):
                    yield path, *_read(child.path)
            except OSError as error:
                yield _unlisted(path, error.strerror)


def _unlisted(path: str, why: str) -> Line:
    return f"{path}/", 0, "", why


def _read(path: str) -> tuple[int, str, str]:
    """How many bytes can be read, their hash, and why there are no more."""
    digest, size = hashlib.sha256(), 0
    try:
        with open(path, "rb", buffering=0) as file:
            while block := file.read(BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        return size, digest.hexdigest(), error.strerror
    return size, digest.hexdigest(), ""
