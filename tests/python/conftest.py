# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes `pytest tests/python` work from a checkout: the module from its build folder, the harness, and what tests
share (program, small_volumes)."""
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "build/bindings"), str(HERE.parents[1]), str(HERE)]


def pytest_addoption(parser: pytest.Parser) -> None:
    """--update rewrites tests/cli/*.golden with what the program prints now."""
    parser.addoption("--update", action="store_true", help="rewrite the transcripts in tests/cli")


@pytest.fixture
def disk(tmp_path: Path) -> Callable[..., Path]:
    """A function that gives a writable copy of a base disk, called disk.raw or disk.qcow2."""
    from program import copy_of  # not above: it needs the path

    def copy(name: str, file: str = "") -> Path:
        return copy_of(name, tmp_path, file)

    return copy
