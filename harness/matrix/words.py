# SPDX-License-Identifier: GPL-2.0-or-later
"""The signs that a cell is made of: one for what the tool says, one for what became of the data, one if it is remarkable.

They are of ASCII, so that the text is the same on every terminal, and they say without colour what the page's colours say.
"""

from __future__ import annotations

from typing import Any

SAYS = {  # word: sign, colour of the page
    "clean":          ("C", "good"),
    "repaired":       ("R", "good"),
    "detected":       ("D", "told"),
    "partly":         ("P", "told"),
    "read-only":      ("O", "told"),
    "refused":        ("X", "no"),
    "crashed":        ("!", "bad"),
    "hung":           ("H", "bad"),
    "out-of-memory":  ("M", "bad"),
    "kernel-oops":    ("K", "bad"),
    "kernel-warning": ("W", "bad"),
    "error":          ("E", "error"),
}
DATA = {"intact": "=", "extra": "+", "renamed": "~", "moved": "~", "saved": "~", "partial": "/", "altered": "#", "lost": "-"}
REMARKABLE = {"false-success", "undetected", "made-worse", "not-converged", "wrote-on-look"}  # correct-refusal is to its honour
SEVERE = {"crashed", "hung", "out-of-memory", "kernel-oops", "kernel-warning", "error"}
MARK = "*"


def cell(record: dict[str, Any]) -> str:
    """What stands in a cell: R=, Xl, C-*."""
    marked = REMARKABLE & set(record["findings"])
    return SAYS[record["says"]][0] + DATA.get(record["data"] or "", "") + (MARK if marked else "")


def legend() -> list[str]:
    """What the signs mean, in three lines."""
    says = ", ".join(f"{sign} {word}" for word, (sign, _) in SAYS.items())
    data = ", ".join(f"{sign} {word}" for word, sign in DATA.items() if word not in ("renamed", "saved"))
    return [f"the tool says: {says}", f"the files are: {data}; no sign if it reads none",
            f"{MARK} {', '.join(sorted(REMARKABLE))}"]
