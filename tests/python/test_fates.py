# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that a repairer moved or renamed are not lost."""

from __future__ import annotations

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


def test_what_is_on_the_healthy_disk_too_is_not_extra() -> None:
    assert fates(MANIFEST, MANIFEST | {"/new": entry(b"new")}, usual=["/new"]) == ("intact", {})
