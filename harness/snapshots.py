# SPDX-License-Identifier: GPL-2.0-or-later
"""Base disks, opened once for the questions of a whole process: what a tool changed in them, and what their files hold then."""

from __future__ import annotations

from functools import lru_cache

import corruptor
from harness import Source, copies


def of(source: Source, length: int) -> corruptor.Snapshot:
    """The disk without its patches, seen as the volume alone, of this length."""
    volume = f"offset={source.start},length={length}"
    return (_lasting if source.lasting else corruptor.Snapshot)(str(source.path), format=source.format, volume=volume)


@lru_cache(copies.BASES)
def _lasting(path: str, *, format: str, volume: str) -> corruptor.Snapshot:
    return corruptor.Snapshot(path, format=format, volume=volume)
