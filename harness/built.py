# SPDX-License-Identifier: GPL-2.0-or-later
"""Our own small programs that read disks where Python cannot, or takes too long, and the way they spell names."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def program(path: str) -> Path:
    """A program below harness/ that the build makes beside the bindings; perhaps it is not there."""
    bindings = importlib.util.find_spec("corruptor")
    built = Path(bindings.origin).parents[2] if bindings and bindings.origin else Path("build")
    return built.resolve() / "harness" / path


def text(received: str) -> str:
    """Bytes that they sent as characters of the same numbers, as Python has names of files."""
    return received.encode("latin-1").decode(errors="surrogateescape")
