# SPDX-License-Identifier: GPL-2.0-or-later
"""Asks one tool about one damaged disk, in as many steps as its role has, and writes down all of it.

    1  the same on the healthy disk: a probe that is not content there proves nothing (healthy.py)
    2  is the damage on the disk, and still there afterwards?
    3  a look: what it says; it must not write a byte
    4  a repair, on a copy of its own: what it says, and what it changed, by the names of fields
    5  the checker, read-only, on what the repair left; then the same repair once more, which should change nothing
    6  a mount for writing: reads every file, makes one and takes it away; then the checker
    7  every file against the manifest: before a tool wrote, and after

Nothing here has an opinion: findings.py draws the conclusions from the record, and scenarios say what is expected.
Who wrote is not asked how it went: each file system has a checker and a reader, the same for all that write to it.
"""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice

from harness import HarnessError, Observation, Probe, Source, copies, probes, version
from harness.asked import ask
from harness.case import Damaged
from harness.changed import named
from harness.fates import fates
from harness.pieces import Patch, fingerprint, overlaid
from harness.record import Record, of_run

FAT = ("fsck.fat-n", "mtools")
REFEREES = {"ntfs": ("ntfsfix-n", "ntfs-3g-mount-ro"), "fat12": FAT, "fat16": FAT, "fat32": FAT,
            "exfat": ("fsck.exfat-n", "corruptor-files")}  # who checks, and who reads
FILES = 40  # that a record names; it counts the rest
GONE = {"lost", "altered", "partial"}


def examine(damaged: Damaged, probe: Probe, usual: frozenset[str] = frozenset()) -> Record:
    """All steps but the first. `usual` files are on the healthy disk, too, without being in its manifest."""
    record = _begun(damaged, probe)
    try:
        _ask(record, damaged, probe, usual)
    except HarnessError as error:
        record.says, record.reason = "error", str(error)
    return record


def _begun(damaged: Damaged, probe: Probe) -> Record:
    return Record(damaged.name, damaged.variant, probe.name, version.of(probe), probe.role, damaged.base.name,
                  damaged.facts["seed"], fingerprint(damaged.source.patches) if damaged.plan else "",
                  [row["path"] for row in damaged.facts["changes"]])


def _ask(record: Record, damaged: Damaged, probe: Probe, usual: frozenset[str]) -> None:
    asked = ask(probe, damaged.source)
    observation, changes = asked.observation, asked.changes
    record.says, record.reason, record.wrote = str(observation.says), observation.reason, observation.wrote
    record.damage = _left(damaged.source, changes)
    record.runs = [of_run(run) for run in observation.runs]
    manifest, (checker, reader) = damaged.volume.manifest, REFEREES[damaged.volume.filesystem]
    words: dict[str, str] = {}
    if probe.name != reader and (before := _look(reader, damaged.source)) and before.files is not None:
        record.before, words = fates(manifest, before.files, usual)
    files = observation.files
    if changes and probe.writes:
        left = damaged.source.patched(changes)
        _after(record, probe, probe.after or checker, left)
        record.rewrote = named(damaged.source, changes) if probe.role == "repair" else []
        after = files if probe.role == "repair" else None
        if after is None and (seen := _look(reader, left)):
            after = seen.files
        if after is not None:  # what a driver itself could read says nothing about what it left
            fate = fates(manifest, after, usual)[1]
            record.worse = [path for path, word in fate.items() if word in GONE and path not in words][:FILES]
            files = after if files is None else files
    if files is not None:
        record.data, fate = fates(manifest, files, usual)
        record.counts = dict(Counter(fate.values()))
        record.files = dict(islice(fate.items(), FILES)) if damaged.plan else fate


def _after(record: Record, probe: Probe, checker: str, left: Source) -> None:
    """Ask the checker about what a tool left, and let a repairer do it again."""
    if again := _look(checker, left):
        record.again, record.again_reason = str(again.says), again.reason
    if probe.role == "repair":
        record.twice = ask(probe, left, files_wanted=False).observation.wrote


def _look(name: str, source: Source) -> Observation | None:
    """What a referee sees. None if it cannot run here."""
    return None if probes.all()[name].missing() else ask(probes.all()[name], source).observation


def _left(source: Source, changes: list[Patch]) -> str:
    """How much of the damage is still on the disk: there, partly or gone."""
    original = copies.base(source.path, source.format).file.fileno()
    same = healed = True
    for at, content in source.patches:
        now = overlaid(content, at, changes)
        same = same and now == content
        healed = healed and now == os.pread(original, len(content), at)
    return "there" if same else "gone" if healed else "partly"
