# SPDX-License-Identifier: GPL-2.0-or-later
"""What the damage says of the circumstances of a repair: a volume in use, a partition that is gone, sectors of another size."""

from __future__ import annotations

from pathlib import Path

import corruptor
import pytest

from harness import Disk, Source, case, probes
from harness.mounted import is_dirty, mounted

ROWS = [
    ("ntfs/dirty-flag",          "ntfsfix-mounted",  True),
    ("ntfs/volume/name-missing", "ntfsfix-mounted",  False),
    ("mbr/zeroed",               "ntfsfix-n-absent", True),
    ("mbr/boot-code",            "ntfsfix-n-absent", False),
    ("ntfs/zero-dbr",            "ntfs3-mount-4kn",  True),
    ("ntfs/boot-copy-lost",      "ntfs3-mount-4kn",  True),
    ("ntfs/upcase-wrong",        "ntfs3-mount-4kn",  False),
]


def source(scenario: str) -> Source:
    """The damaged disk of a scenario's first variant."""
    file = Path(corruptor.find_scenario(scenario))
    return case.damage(case.load(file, next(iter(case.variants(corruptor.load_scenario(str(file)))), ""))).source


@pytest.mark.parametrize(("scenario", "probe", "suits"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_a_probe_is_for_damage_that_it_has_something_to_say_of(scenario: str, probe: str, suits: bool) -> None:
    assert probes.all()[probe].only_for(source(scenario)) == suits


def test_only_a_dirty_volume_is_mounted() -> None:
    dirty = source("ntfs/dirty-flag")
    for damaged, there in (dirty, True), (Source(dirty.path, dirty.format, dirty.start, dirty.length), False):
        assert is_dirty(damaged) == there
        with Disk(damaged) as disk, mounted(disk) as volume:
            assert (volume in disk.run(["cat", "/proc/mounts"]).output) == there
