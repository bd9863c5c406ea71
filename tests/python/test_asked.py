# SPDX-License-Identifier: GPL-2.0-or-later
"""What a tool is given is all that its answer depends on: it is asked again if that differs, and otherwise not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import corruptor
from harness import Disk, Observation, Probe, Says, asked, case, images, oracle, probes
from harness.disk import Source

PATCHES = {"none": (), "table": ((446, b"table"),), "other table": ((446, b"TABLE"),),
           "volume": ((446, b"table"), ((1 << 20) + 4096, b"volume")), "border": (((1 << 20) - 2, b"both"),)}


class Counting(Probe):
    """A probe that counts how often it is asked, and may write."""

    def __init__(self, given: str, script: str = "true") -> None:
        super().__init__("counting", frozenset({"ntfs"}), needs=("sh",), writes=True)
        self.times = 0

        @self
        def check(disk: Disk) -> Observation:
            self.times += 1
            disk.run(["sh", "-c", script, *(getattr(disk, name) for name in given.split())])
            return Observation(Says.CLEAN)


@pytest.fixture
def sources() -> Iterator[dict[str, Source]]:
    """The same base disk with several patches, in its partition table and in its volume."""
    base = images.build("ntfs-mbr-64m")
    volume = base.volumes[0]
    assert volume.offset == 1 << 20
    yield {name: Source(base.path, base.format, volume.offset, volume.size, patches=patches, lasting=True)
           for name, patches in PATCHES.items()}


def asked_times(probe: Counting, *sources: Source) -> list[int]:
    """How often it had been asked, after each of these."""
    times = []
    for source in sources:
        answer = asked.ask(probe, source)
        assert [run.argv[0] for run in answer.observation.runs] == ["sh"]  # as if it had been asked each time
        times.append(probe.times)
    return times


def test_who_is_given_the_volume_is_asked_once_about_all_damage_outside(sources: dict[str, Source]) -> None:
    of = [sources[name] for name in ("none", "table", "other table", "volume", "table", "border", "volume")]
    assert asked_times(Counting("volume"), *of) == [1, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("given", ["whole", "volume whole"])
def test_who_is_given_the_disk_is_asked_about_each_damage(sources: dict[str, Source], given: str) -> None:
    of = [sources[name] for name in ("none", "table", "other table", "table", "volume")]
    assert asked_times(Counting(given), *of) == [1, 2, 3, 3, 4]


def test_who_is_given_nothing_is_asked_each_time(sources: dict[str, Source]) -> None:
    assert asked_times(Counting(""), sources["none"], sources["none"]) == [1, 2]


def test_who_reads_the_volume_by_its_structures_is_asked_like_one_who_is_given_it(sources: dict[str, Source]) -> None:
    probe = probes.all()["corruptor-files"]
    first, second, third = (asked.ask(probe, sources[name]) for name in ("table", "other table", "volume"))
    assert first is second and third is not first


def test_a_volume_of_another_length_or_kind_is_another_one(sources: dict[str, Source]) -> None:
    one = sources["table"]
    others = [replace(one, shown=1 << 20), replace(one, sector_size=4096), replace(one, length=1 << 20)]
    assert asked_times(Counting("volume"), one, *others, one) == [1, 2, 3, 4, 4]


def test_an_image_that_somebody_may_write_to_is_asked_about_each_time(sources: dict[str, Source]) -> None:
    passing = replace(sources["none"], lasting=False)
    assert asked_times(Counting("volume"), passing, passing) == [1, 2]


def test_other_tools_have_other_answers(sources: dict[str, Source]) -> None:
    one, two = Counting("volume"), Counting("volume")
    assert asked_times(one, sources["none"]) + asked_times(two, sources["none"]) == [1, 1]


def test_whether_files_are_wanted_is_part_of_the_question(sources: dict[str, Source]) -> None:
    probe = Counting("volume")
    for files_wanted in (True, False, True, False):
        asked.ask(probe, sources["none"], files_wanted)
    assert probe.times == 2


def test_what_it_changed_is_remembered_with_what_it_said(sources: dict[str, Source]) -> None:
    probe = Counting("volume", "printf new | dd of=$0 bs=1 seek=4096 conv=notrunc 2> /dev/null")
    first, second = asked.ask(probe, sources["none"]), asked.ask(probe, sources["other table"])
    assert probe.times == 1 and first.observation.wrote
    [(at, content)] = second.changes
    assert (at, content[:3]) == ((1 << 20) + 4096, b"new")


def test_long_answers_are_not_kept(sources: dict[str, Source]) -> None:
    probe = Counting("volume", f"head -c {asked.LONGEST + 1} /dev/zero")
    assert asked_times(probe, sources["none"], sources["none"]) == [1, 2]


def test_the_oldest_answer_is_forgotten(sources: dict[str, Source], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "REMEMBERED", 2)
    asked._answers.clear()
    probe = Counting("volume")
    none, volume, border = (sources[name] for name in ("none", "volume", "border"))
    assert asked_times(probe, none, volume, none, border, none, volume) == [1, 2, 2, 3, 3, 4]


def test_a_record_of_damage_that_a_tool_was_not_given_says_so_all_the_same() -> None:
    """The table's damage is still there, and what was remembered of the healthy disk is not taken for it."""
    damaged = [case.damage(corruptor.parse_scenario(f"title: t\nimage: ntfs-mbr-64m\nedits:\n  - fill: mbr@446+16\n    with: \"{byte}\"\n"))
               for byte in ("11", "22")]
    first, second = (oracle.examine(one, probes.all()["ntfsfix-n"]) for one in damaged)
    assert (first.damage, second.damage) == ("there", "there") and first.plan != second.plan
    assert first.runs == second.runs and first.says == second.says == "clean"
