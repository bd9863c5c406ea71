# SPDX-License-Identifier: GPL-2.0-or-later
"""What became of each file after a repair, its name and its place included.

truth.py looks for a file under its name, and calls it lost if it is not there. Repairers give names of their own to what
they save (FSCK0000.REC, FOUND.000), so what is lost is looked for once more, by its bytes, among the files that nobody
wrote:

    renamed   the same bytes, in the same folder, under another name
    moved     the same bytes, in another folder
    saved     the same bytes, where the repairer puts what it cannot place

A file without bytes cannot be known again. One whose length a repairer rounds up to whole clusters is not, either.
All files together are `moved` if nothing else is wrong with them, and `extra` if every file is intact and there are more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from posixpath import dirname

from harness.truth import Entry, Found, Manifest, compare

LOST_AND_FOUND = re.compile(r"^/(FOUND\.\d+|FSCK\d+\.REC|LOST\.DIR|lost\+found|found\.\d+)(/|$)", re.IGNORECASE)
STILL_THERE = {"intact", "renamed", "moved", "saved"}


def fates(manifest: Manifest, found: Found, usual: Iterable[str] = ()) -> tuple[str, dict[str, str]]:
    """One word for the whole, and one for each file that is not intact; `usual` extra names are on the healthy disk, too."""
    truth = compare(manifest, found)
    words = {path: word for path, word in truth.files.items() if word != "intact" and not (word == "extra" and path in usual)}
    strangers = {found[path]: path for path, word in words.items() if word == "extra" and isinstance(found[path], Entry)}
    for path, word in list(words.items()):
        if word == "lost" and manifest[path].size and (place := strangers.get(manifest[path])):
            words[path] = _moved(path, place)
            words.pop(place, None)
    return _whole(truth.whole, set(words.values())), words


def _moved(path: str, place: str) -> str:
    if LOST_AND_FOUND.match(place):
        return "saved"
    return "renamed" if dirname(path) == dirname(place) else "moved"


def _whole(whole: str, words: set[str]) -> str:
    if whole == "intact":
        return "extra" if "extra" in words else "intact"
    if whole in ("lost", "partial") and words - {"extra"} <= STILL_THERE:
        return "moved"
    return "partial" if whole == "lost" and words & STILL_THERE else whole
