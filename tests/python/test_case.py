# SPDX-License-Identifier: GPL-2.0-or-later
"""A damaged disk that was worked out once can be used as long as anybody likes."""

from __future__ import annotations

import gc

import corruptor

from harness import Disk, case

SCENARIO = "title: t\nimage: ntfs-64m\nedits:\n  - zero: ntfs.boot\n"


def test_damage_outlives_the_disks_that_were_opened_to_plan_it() -> None:
    scenario = corruptor.parse_scenario(SCENARIO)
    images = ["ntfs-64m", "ntfs-512-clusters", "ntfs-4096-sectors", "gpt-ntfs-64m", "ntfs-mbr-64m", "ntfs-donor"]
    assert len(images) > case.OPEN_BASES
    worked_out = [case.damage(scenario, image=image) for image in images]
    gc.collect()
    for damaged in worked_out:
        assert damaged.facts["changes"][0]["path"] == "ntfs.boot"
        with Disk(damaged.source) as disk, open(disk.outside(disk.volume), "rb") as volume:
            assert volume.read(512) == bytes(512)


def test_a_scenario_is_named_by_its_place_in_the_catalogue(tmp_path) -> None:
    (tmp_path / "ntfs/boot").mkdir(parents=True)
    (tmp_path / "schema.json").touch()
    assert case.name_of(tmp_path / "ntfs/boot/oem-id.yaml") == "ntfs/boot/oem-id"
