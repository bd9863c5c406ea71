# SPDX-License-Identifier: GPL-2.0-or-later
"""What became of each file after a repair, its name and its place included.

truth.py looks for a file under its name, and calls it lost if it is not there. Repairers give names of their own to what
they save (FSCK0000.REC, FOUND.000), so what is lost is looked for once more, by its bytes, among the files that nobody
wrote:

    renamed   the same bytes, in the same folder, under another name
    moved     the same bytes, in another folder
    saved     the same bytes, where the repairer puts what it cannot place

What is saved from a chain of clusters has lost its length, so it may go on after the file's last byte, to the end of that
cluster. The cluster's size need not be known: a power of two, it divides the length of what was saved. A file without
bytes cannot be known again.
All files together are `moved` if nothing else is wrong with them, and `extra` if every file is intact and there are more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from posixpath import dirname

from harness.truth import Entry, Found, Manifest, compare, entry

LOST_AND_FOUND = re.compile(r"^/(FOUND\.\d+|FSCK\d+\.REC|LOST\.DIR|lost\+found|found\.\d+)(/|$)", re.IGNORECASE)
STILL_THERE = {"intact", "renamed", "moved", "saved"}


def fates(manifest: Manifest, found: Found, usual: Iterable[str] = ()) -> tuple[str, dict[str, str]]:
    """One word for the whole, and one for each file that is not intact; `usual` extra names are on the healthy disk, too."""
    truth = compare(manifest, found)
    words = {path: word for path, word in truth.files.items() if word != "intact" and not (word == "extra" and path in usual)}
    strangers = {path: found[path] for path, word in words.items() if word == "extra" and isinstance(found[path], Entry)}
    lost = {path: manifest[path] for path, word in words.items() if word == "lost" and manifest[path].size}
    for path, place in _places(lost, strangers).items():
        words[path] = _moved(path, place)
        words.pop(place, None)
    return _whole(truth.whole, set(words.values())), words


def _places(lost: Manifest, strangers: Mapping[str, Entry]) -> dict[str, str]:
    """Where each file is whose bytes are somewhere."""
    by_bytes = {found: place for place, found in strangers.items()}
    places = {path: by_bytes[written] for path, written in lost.items() if written in by_bytes}
    chains = {place: found for place, found in strangers.items() if found.content and place not in places.values()}
    for path in sorted(lost.keys() - places.keys(), key=lambda path: (-lost[path].size, path)):  # short ones begin many
        if place := next((place for place, chain in chains.items() if _is_in(lost[path], chain)), None):
            places[path] = place
            del chains[place]
    return places


def _is_in(written: Entry, chain: Entry) -> bool:
    """Whether a file is what a chain of clusters holds, up to somewhere in the last one."""
    most = chain.size & -chain.size
    return 0 < chain.size - written.size < most and entry(chain.content[:written.size]) == written


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
