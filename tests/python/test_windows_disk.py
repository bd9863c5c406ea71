# SPDX-License-Identifier: GPL-2.0-or-later
"""The founding stories on a disk that Windows 10 formatted, where that disk is at hand beside the checkout.

The tools say the same of it as of the disks that we make, so the scenarios' own expectations are asked of them. Two
kinds of scenario do not fit: those that build a journal of another size say so, and a transplant needs its own donor.
"""
from pathlib import Path

import pytest

import corruptor
from harness import case, images, probes

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("ntfs-3g-probe", "ntfs-3g-mount", "ntfsfix-n", "ntfsfix-d")
STORIES = ["ntfs/zero-dbr", "ntfs/boot-copy-lost", "ntfs/boots-lost", "ntfs/mft-lcn-shifted", "ntfs/hibernated", "ntfs/mirror-differs",
           "ntfs/upcase-wrong", "ntfs/dirty-flag", "ntfs/total-sectors-too-large", "ntfs/total-sectors-too-small",
           "ntfs/mft-head-lost", "mbr/entry-lost"]
REASON = images.unavailable(images.find("ntfs-windows"))
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "")


@pytest.mark.parametrize("story", STORIES)
def test_a_story_on_a_disk_that_windows_made(story: str, tmp_path: Path) -> None:
    scenario = case.load(ROOT / f"scenarios/{story}.yaml")
    damaged = case.make(scenario, tmp_path, "ntfs-windows")
    assert case.outside_plan(damaged) == []
    for tool in TOOLS:
        expected = scenario.expect.get(tool)
        if expected:
            # What is restored is not asked: ntfsfix also clears a flag, 0x80, that Windows had set.
            both = {"says": expected} if isinstance(expected, str) else {key: expected[key] for key in ("says", "data") if key in expected}
            wrong = case.judge(damaged, probes.all()[tool], both)
            assert not wrong, f"{tool}\n" + "\n".join(wrong)
    case.undo(damaged)
    assert case.content_hash(str(damaged.overlay), "qcow2") == case.content_hash(str(damaged.base.path), damaged.base.format)


@pytest.mark.parametrize("story", ["ntfs/journal-unclean", "ntfs/journal-fast-startup"])
def test_a_journal_of_another_size_is_what_the_scenario_says_it_lacks(story: str, tmp_path: Path) -> None:
    with pytest.raises(corruptor.Refused, match="the restart area below is for a journal of 2 MiB"):
        case.make(case.load(ROOT / f"scenarios/{story}.yaml"), tmp_path, "ntfs-windows")
