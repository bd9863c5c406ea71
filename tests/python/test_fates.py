# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that a repairer moved or renamed are not lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.fates import fates
from harness.truth import Entry, Manifest, entry

ONE, TWO, EMPTY = entry(b"one"), entry(b"two, longer"), entry(b"")
MANIFEST: Manifest = {"/dir/one": ONE, "/two": TWO, "/empty": EMPTY}

ROWS: list[tuple[dict[str, Entry | str], str, dict[str, str]]] = [
    (MANIFEST, "intact", {}),
    (MANIFEST | {"/new": entry(b"new")}, "extra", {"/new": "extra"}),
    ({"/dir/uno": ONE, "/two": TWO, "/empty": EMPTY}, "moved", {"/dir/one": "renamed"}),
    ({"/one": ONE, "/two": TWO, "/empty": EMPTY}, "moved", {"/dir/one": "moved"}),
    ({"/FOUND.000/FILE0000.CHK": ONE, "/two": TWO, "/empty": EMPTY}, "moved", {"/dir/one": "saved"}),
    ({"/FSCK0000.REC": ONE, "/fsck0001.rec": TWO, "/empty": EMPTY}, "moved", {"/dir/one": "saved", "/two": "saved"}),
    ({"/LOST.DIR/1": ONE, "/two": entry(b"tw"), "/empty": EMPTY}, "partial", {"/dir/one": "saved", "/two": "partial"}),
    ({"/LOST.DIR/1": ONE}, "partial", {"/dir/one": "saved", "/two": "lost", "/empty": "lost"}),
    ({"/x": entry(b"")}, "lost", {"/dir/one": "lost", "/two": "lost", "/empty": "lost", "/x": "extra"}),
    ({"/dir/one": "cannot read: Input/output error"}, "lost", {"/dir/one": "lost", "/two": "lost", "/empty": "lost"}),
]


@pytest.mark.parametrize("found, whole, words", ROWS, ids=range(len(ROWS)))
def test_fates(found: dict[str, Entry | str], whole: str, words: dict[str, str]) -> None:
    assert fates(MANIFEST, found) == (whole, words)


def chain(data: bytes) -> Entry:
    """What a repairer saved, read with its bytes."""
    return replace(entry(data), content=data)


@pytest.mark.parametrize("saved, word", [
    (b"two, longer".ljust(16, b"\0"),  "saved"),
    (b"two, longer" + b"slack",        "saved"),  # of what was there before
    (b"two, longer".ljust(48, b"\0"),  "lost"),   # a cluster of 16 bytes at most, so it has one too many
    (b"two, longer".ljust(12, b"\0"),  "saved"),
    (b"two, longer".ljust(15, b"\0"),  "lost"),   # clusters of one byte
    (b"two, l0nger".ljust(16, b"\0"),  "lost"),
    (b"two, long",                     "lost"),
], ids=range(7))
def test_a_chain_that_was_saved_may_go_on_to_the_end_of_its_last_cluster(saved: bytes, word: str) -> None:
    found = {"/dir/one": ONE, "/empty": EMPTY, "/FSCK0000.REC": chain(saved)}
    assert fates(MANIFEST, found)[1]["/two"] == word
    assert ("/FSCK0000.REC" in fates(MANIFEST, found)[1]) == (word == "lost")


def test_of_files_that_begin_alike_the_longest_is_what_was_saved() -> None:
    manifest = {"/a": entry(b"a"), "/ab": entry(b"ab"), "/abc": entry(b"abc")}
    found = {"/FSCK0000.REC": chain(b"abc\0"), "/FSCK0001.REC": chain(b"ab\0\0")}
    assert fates(manifest, found) == ("partial", {"/a": "lost", "/ab": "saved", "/abc": "saved"})


def test_what_is_on_the_healthy_disk_too_is_not_extra() -> None:
    assert fates(MANIFEST, MANIFEST | {"/new": entry(b"new")}, usual=["/new"]) == ("intact", {})
