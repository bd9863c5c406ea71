# SPDX-License-Identifier: GPL-2.0-or-later
"""From a scenario to a verdict: base image, plan, damage, probe, comparison.

The base is built once and never written. What the plan would write is put on private copies of it, one for each probe;
`make` carries it out on an overlay instead, by the same calls that the command line is made of, where the carrying out
is what is looked at. What a probe says and what its bytes say are compared with `expect` in two columns that are
never mixed.
"""
from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import corruptor
from harness import Disk, Observation, Probe, Says, Source, copies, images, probes
from harness.pieces import Patch
from harness.truth import Truth, compare

CHUNK = 4 << 20
PIECE = 1 << 20
OPEN_BASES = 4


@dataclass
class Damaged:
    """A base disk, the volume on it that is damaged, and the plan that makes the damage; a healthy one has no plan.

    A plan can be read only while the disk is open for which it was made, so `facts` and the source's patches are read at
    once. `overlay` holds the damage, if it was carried out.
    """

    base: images.Image
    volume: images.Volume
    plan: corruptor.Plan | None = None
    name: str = ""
    variant: str = ""
    overlay: Path | None = None

    def __post_init__(self) -> None:
        self.facts: dict[str, Any] = self.plan.as_dict() if self.plan else {"seed": 1, "changes": []}
        changed = tuple(patches(self.plan)) if self.plan else ()
        self.source = Source(self.base.path, self.base.format, self.volume.offset, self.volume.size, patches=changed,
                             lasting=True, shown=_shown(self.base, self.volume, changed))


def patches(plan: corruptor.Plan) -> list[Patch]:
    """What a plan writes, and where. Of a long place only the pieces that it changes: most of it may be holes already."""
    found: list[Patch] = []
    for index, (at, length, _) in enumerate(plan.patches()):
        for first in range(0, length, PIECE):
            size = min(PIECE, length - first)
            content = plan.after(index, first, size)
            if length <= PIECE or content != plan.before(index, first, size):
                found.append((at + first, content))
    return found


def damage(scenario: corruptor.Scenario, variant: str = "", image: str = "") -> Damaged:
    """Work out the damage to the base disk that a scenario names, or to another one. Nothing is written."""
    base = build(image or scenario.image)
    disk = _open(str(base.path), base.format)
    prepared = disk.prepare(scenario) if scenario.as_dict()["prepare"] else None
    plan = disk.plan(scenario, prepared=prepared)
    return Damaged(base, _volume(base, plan), plan, name_of(Path(scenario.file)), variant)


def lot(scenario: corruptor.Scenario, name: str, variant: str) -> int:
    """A number that has nothing to do with anything, to draw samples by; founding scenarios are in every one."""
    return 0 if "founding" in scenario.as_dict()["tags"] else zlib.crc32(f"{name} {variant}".encode())


def variants(scenario: corruptor.Scenario) -> list[str]:
    """The names of its variants; those of a sweep are found on its base disk, and there are none where it cannot be made."""
    facts = scenario.as_dict()
    if not facts["sweep"] or images.unavailable(images.find(scenario.image)):
        return [row["name"] for row in facts["variants"]]
    base = build(scenario.image)
    return list(_open(str(base.path), base.format).variants(scenario))


def name_of(file: Path) -> str:
    """A scenario's name in its catalogue: ntfs/boot/oem-id."""
    roots = [folder for folder in file.parents if (folder / "schema.json").exists()]
    return str((file.relative_to(roots[0]) if roots else file).with_suffix(""))


def make(scenario: corruptor.Scenario, folder: Path, image: str = "") -> Damaged:
    """Apply a scenario to a fresh overlay, in `folder`, of the base disk that it names, or of another one."""
    damaged = damage(scenario, image=image)
    damaged.overlay = folder / "damaged.qcow2"
    corruptor.create_overlay(str(damaged.base.path), str(damaged.overlay), damaged.base.format)
    with corruptor.Image(str(damaged.overlay), format="qcow2", writable=True) as disk:
        damaged.plan = disk.apply(damaged.plan)
    return damaged


@lru_cache
def build(image: str) -> images.Image:
    """A base disk, looked up once."""
    return images.build(image)


@lru_cache(OPEN_BASES)
def _open(path: str, format: str) -> corruptor.Image:
    """A base disk, opened once for many plans."""
    return corruptor.Image(path, format=format)


def load(file: Path, variant: str = "") -> corruptor.Scenario:
    """Read a scenario, or one variant of it. Where a parameter is a donor, its default names a base disk, which is built."""
    scenario = corruptor.load_scenario(str(file), variant=variant)
    donors = {row["name"]: row["value"] for row in scenario.as_dict()["parameters"] if row["name"] == "donor"}
    if not donors:
        return scenario
    paths = {name: str(build(value).path) for name, value in donors.items()}
    return corruptor.load_scenario(str(file), paths, variant)


def judge(damaged: Damaged, probe: Probe, expected: dict[str, Any]) -> list[str]:
    """Run one probe and say in which ways it is not as expected; nothing if it is."""
    with Disk(damaged.source) as disk:
        observation = probe.check(disk)
        wrong = _broken_rules(probe, observation, expected) + _differences(damaged, observation, expected)
        if "restores" in expected:
            wrong += _not_restored(damaged, disk, expected["restores"])
        if wrong:
            wrong += _evidence(damaged, observation)
    return wrong


def observe(damaged: Damaged, probe: str) -> tuple[Observation, Truth | None]:
    """Run one probe, with no opinion: what it said, and what became of the data if it reads files."""
    with Disk(damaged.source) as disk:
        observation = probes.all()[probe].check(disk)
    return observation, _truth(damaged, observation)


def content_hash(image: str, format: str) -> str:
    """SHA-256 of all bytes of the disk in an image, whatever its format."""
    digest = hashlib.sha256()
    with corruptor.Image(image, format=format) as disk:
        for at in range(0, disk.size, CHUNK):
            digest.update(disk.read(at, min(CHUNK, disk.size - at)))
    return digest.hexdigest()


def outside_plan(damaged: Damaged) -> list[str]:
    """Bytes that differ from the base and are not in the plan, or are not what it says."""
    wrong = []
    patches = sorted(damaged.plan.patches())
    with corruptor.Image(str(damaged.base.path), format=damaged.base.format) as before:
        with corruptor.Image(str(damaged.overlay), format="qcow2") as after:
            for at, length, _ in before.difference(after).patches():
                if not _covered(at, at + length, patches):
                    wrong.append(f"{length} bytes at {at:#x} differ, and no patch covers them")
            if (state := after.observe(damaged.plan)["state"]) != "applied":
                wrong.append(f"the plan is {state} on the disk that it was applied to")
    return wrong


def undo(damaged: Damaged) -> None:
    """Take the damage back."""
    with corruptor.Image(str(damaged.overlay), format="qcow2", writable=True) as disk:
        disk.undo()


def _covered(start: int, end: int, patches: list[tuple[int, int, str]]) -> bool:
    for at, length, _ in patches:
        if at <= start < at + length:
            start = at + length
    return start >= end


def _shown(base: images.Image, volume: images.Volume, changed: tuple[Patch, ...]) -> int | None:
    """How long the volume is by the damaged partition table: so much of it a kernel shows to a tool. 0: no partition begins
    there any more. None: as long as it was, or the table has two answers."""
    within = [any(one.offset <= at and at + len(content) <= one.offset + one.size for one in base.volumes)
              for at, content in changed]
    if all(within):
        return None
    with copies.patched(base.path, base.format, "fields", changed) as disk, corruptor.Image(str(disk), format="raw") as image:
        parts = [part["fields"] for part in image.inspect("").get("children", []) if part["path"].startswith("part[")]
    lengths = [part["length"]["value"] for part in parts if part["start"].get("value") == volume.offset]
    return max(lengths, default=0) if len(lengths) < 2 else None


def _volume(base: images.Image, plan: corruptor.Plan) -> images.Volume:
    """The volume that the damage is in; the first one if it is in none."""
    for at, _, _ in plan.patches():
        for volume in base.volumes:
            if volume.offset <= at < volume.offset + volume.size:
                return volume
    return base.volumes[0]


def _truth(damaged: Damaged, observation: Observation) -> Truth | None:
    if observation.files is None:
        return None
    return compare(damaged.volume.manifest, observation.files)


def _broken_rules(probe: Probe, observation: Observation, expected: dict[str, Any]) -> list[str]:
    """What holds for every tool on every disk, and is never written in a scenario."""
    wrong = []
    if observation.wrote and not probe.writes:
        wrong.append("it wrote to the disk, although it was asked only to look")
    if observation.says in (Says.CRASHED, Says.HUNG) and expected.get("says") != observation.says:
        wrong.append(f"it {observation.says}: {observation.reason}")
    return wrong


def _differences(damaged: Damaged, observation: Observation, expected: dict[str, Any]) -> list[str]:
    wrong = []
    if "says" in expected and observation.says != expected["says"]:
        wrong.append(f"says {observation.says} ({observation.reason}), expected {expected['says']}")
    if "data" not in expected:
        return wrong
    truth = _truth(damaged, observation)
    if truth is None:
        return wrong + ["reads no files, so nothing is known of the data"]
    if isinstance(expected["data"], str):
        if truth.whole != expected["data"]:
            wrong.append(f"the data is {truth.whole}, expected {expected['data']}")
        return wrong
    rest = expected["data"].get("*")
    for path, word in truth.files.items():
        wanted = expected["data"].get(path, rest)
        if wanted and word != wanted and word != "extra":
            wrong.append(f"{path} is {word}, expected {wanted}")
    return wrong


def _not_restored(damaged: Damaged, disk: Disk, paths: list[str]) -> list[str]:
    wrong = []
    with corruptor.Image(str(damaged.base.path), format=damaged.base.format,
                         volume=f"offset={damaged.volume.offset},length={damaged.volume.size}") as before:
        with corruptor.Image(str(disk.outside(disk.volume)), format="raw", volume="0") as after:
            for path in paths:
                old, new = before.get(path)["value"], after.get(path)["value"]
                if old != new:
                    wrong.append(f"{path} is {new} after the repair, it was {old} before the damage")
    return wrong


def _evidence(damaged: Damaged, observation: Observation) -> list[str]:
    """What a person needs to see to believe it: what was broken, what the tool printed, what became of the files."""
    lines = ["", "what was broken:"]
    lines += [f"  {row['verb']} {row['path']}: {row['before']} -> {row['after']}" for row in damaged.facts["changes"]]
    for run in observation.runs:
        lines += ["", f"$ {' '.join(run.argv)}", run.output.rstrip(), run.errors.rstrip(), f"({run.fate})"]
    truth = _truth(damaged, observation)
    if truth is not None:
        lines += ["", "files: " + str(truth)]
    return lines
