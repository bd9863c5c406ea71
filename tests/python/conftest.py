# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes `pytest tests/python` work from a checkout: the module from its build folder, the harness, and what tests
share (program, small_volumes)."""
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "build/bindings"), str(HERE.parents[1]), str(HERE)]

# What `ci/test quick` leaves out: files whose tests build disks, start appliances, or use many tools on many disks.
SLOW = {"test_appliance", "test_catalogue", "test_cli_scripts", "test_cross_checks_fat", "test_cross_checks_ntfs", "test_images",
        "test_images_kept", "test_kill", "test_matrix", "test_probes", "test_probes_fat_tools", "test_probes_more",
        "test_probes_ntfs_tools", "test_probes_own_tool", "test_probes_partition_tables", "test_probes_testdisk", "test_probes_use",
        "test_stories", "test_unreadable", "test_walk", "test_windows_disk"}


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark of these."""
    config.addinivalue_line("markers", "slow: builds disks, starts appliances, or uses many tools on many disks")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them."""
    for item in items:
        if item.path.parent == HERE and item.path.stem in SLOW:
            item.add_marker(pytest.mark.slow)


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
