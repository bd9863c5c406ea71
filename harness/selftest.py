# SPDX-License-Identifier: GPL-2.0-or-later
"""What every variant of every scenario has to do, whatever tools think of it.

It lands, it changes what its plan says and not a bit more, undo gives the disk back bit for bit, and all that on a second
base disk of the same file system as well, for a fault that works on one disk only may be an accident of that disk. Where
no other disk will do, the scenario's own `needs` must say why.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import corruptor
from harness import Probe, case, copies, images
from harness.pieces import differences

# A refusal by the scenario's own needs; a fault of hundreds of megabytes on a disk that has fewer; a change of a sweep
# that would change nothing on this disk.
BY_ITS_NEEDS = ("lacks what the scenario needs", "leaves the disk, which ends at", "is a sweep: ")


def trouble(scenario: corruptor.Scenario, folder: Path, image: str) -> list[str]:
    """What is wrong with a scenario on one base disk; its journal goes into the folder."""
    damaged = case.damage(scenario, image=image)
    disk = copies.in_memory(damaged.base.path, damaged.base.format, "self-test")
    before, journal = disk.original.file.fileno(), str(folder / f"{image}.journal")
    wrong = []
    with corruptor.Image(str(disk.file), format="raw", writable=True) as target, open(disk.file, "rb") as after:
        plan = target.apply(damaged.plan, journal=journal)
        if (state := target.observe(plan)["state"]) != "applied":
            wrong.append(f"the plan is {state} on the disk that it was applied to")
        for at, content in differences(before, after.fileno(), 0, disk.size, damaged.source.patches):
            wrong.append(f"{len(content)} bytes at {at:#x} are not what the plan says")
        target.undo(journal=journal)
        for at, content in differences(before, after.fileno(), 0, disk.size):
            wrong.append(f"{len(content)} bytes at {at:#x} are not what they were, after undo")
    if wrong:
        copies.in_memory.cache_clear()
    return [f"on {image}: {what}" for what in wrong]


def elsewhere(scenario: corruptor.Scenario, folder: Path) -> tuple[str, list[str]]:
    """The first other base disk on which it works; "" and why it does not, where it should."""
    broken = []
    for image in others(scenario.image):
        try:
            if wrong := trouble(scenario, folder, image):
                return "", wrong
            return image, []
        except corruptor.Error as error:
            suits = not _is_about_table(scenario) or _table(image) == _table(scenario.image)
            if suits and not any(words in str(error) for words in BY_ITS_NEEDS):
                broken.append(f"{image}: {error}")
    return "", ["it works on no other base disk, and its `needs` do not say why:", *broken] if broken else []


def _is_about_table(scenario: corruptor.Scenario) -> bool:
    facts = scenario.as_dict()
    return any(row["path"].startswith(("mbr", "ebr", "gpt")) for row in facts["edits"] + facts["then"])


def others(image: str) -> list[str]:
    """Base disks with the same file systems that can be built here, the small ones first."""
    recipes = [images.find(name) for name in images.names() if name != image]
    here = formats(image)
    near = [recipe for recipe in recipes if formats(recipe.name) >= here and not images.unavailable(recipe)]
    return [recipe.name for recipe in sorted(near, key=lambda recipe: recipe.size)]


def fits(probe: Probe, image: str, filesystem: str = "") -> bool:
    """Whether a probe has something to say about this base disk, or about this one of its volumes: about its file system,
    or about the disk's partition table."""
    here = {filesystem} if filesystem else formats(image)
    return bool(probe.formats & {*here, *_table(image)})


def suits(probe: Probe, damaged: case.Damaged) -> bool:
    """Whether a probe has something to say about this damaged volume."""
    return fits(probe, damaged.base.name, damaged.volume.filesystem) and probe.only_for(damaged.source)


@cache
def _table(image: str) -> frozenset[str]:
    return frozenset(images.find(image).words)


@cache
def formats(image: str) -> frozenset[str]:
    """The file systems on a base disk, known without building it."""
    return frozenset(partition.filesystem.name for partition in images.find(image).partitions)
