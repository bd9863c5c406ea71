# SPDX-License-Identifier: GPL-2.0-or-later
"""Asks a tool about a disk, but not twice about the same bytes.

A tool's answer depends on what it was given: the volume, the entire disk, or both. Much damage is elsewhere: a tool that is
given a volume meets the same one on every disk whose partition table alone is damaged; and of several repairers many leave
the same bytes to the checker that comes after them. So the first answer is remembered with what the tool was given, and
holds for every disk on which that is the same. The commands are recorded each time, as they were run.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from harness.disk import Disk, Source
from harness.pieces import Patch
from harness.probe import Probe
from harness.verdict import Observation

REMEMBERED = 256  # answers; more than there are tools to ask about two disks of different tables with the same volume
LONGEST = 1 << 20  # bytes of a patch and of what a tool printed, in answers that are remembered


@dataclass(frozen=True)
class Answer:
    """What a tool said, and what it changed, at offsets on the entire disk."""

    observation: Observation
    changes: list[Patch]


Given = tuple[str, ...]
_answers: OrderedDict[tuple[object, ...], Answer] = OrderedDict()


def ask(probe: Probe, source: Source, files_wanted: bool = True) -> Answer:
    """What a tool says to a disk, and does to it."""
    question = (probe, files_wanted)
    for given in (("volume",), ("disk",), ("disk", "volume")) if source.lasting else ():
        key = (question, given, _seen_of(source, given))
        if key in _answers:
            _answers.move_to_end(key)
            return _answers[key]
    with Disk(source, files_wanted) as disk:
        observation = probe.check(disk)
        answer, given = Answer(observation, disk.changes()), disk.given
    if source.lasting and given and _is_short(answer):
        _answers[question, given, _seen_of(source, given)] = answer
        if len(_answers) > REMEMBERED:
            _answers.popitem(last=False)
    return answer


def _seen_of(source: Source, given: Given) -> tuple[object, ...]:
    """All that a tool can know of a disk through the files that it was given."""
    return (*(source.patches_in(name) for name in given), replace(source, patches=()))


def _is_short(answer: Answer) -> bool:
    printed = sum(len(run.text) for run in answer.observation.runs)
    return printed + sum(len(content) for _, content in answer.changes) <= LONGEST
