# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the built program and module: both are looked for in this checkout's build folder."""
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT / "build/bindings", ROOT, Path(__file__).parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def pytest_addoption(parser: pytest.Parser) -> None:
    """--update rewrites tests/cli/*.golden with what the program prints now."""
    parser.addoption("--update", action="store_true", help="rewrite the transcripts in tests/cli")


@pytest.fixture
def disk(tmp_path: Path) -> Callable[..., Path]:
    """A function that gives a writable copy of a base disk, called disk.raw or disk.qcow2."""
    from program import copy_of

    def copy(name: str, file: str = "") -> Path:
        return copy_of(name, tmp_path, file)

    return copy
