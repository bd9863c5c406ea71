# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remarkable about a tool, concluded from records and from nothing else.

What a tool says and what became of the data are kept apart until here, where they meet:

    false-success    it says that it repaired the disk, but files are not what they were, or it has not written a byte
    undetected       it says clean, but files are not what they were
    made-worse       files that could be read before it wrote cannot be read afterwards
    not-converged    it says that it repaired the disk, but a checker still complains, or a second repair changes more
    correct-refusal  it refuses to touch a disk whose files cannot all be read, and has not touched it
    wrote-on-look    it was asked only to look, and wrote
    disagreement     of those who are asked the same of the same disk (Probe.asked), most say the opposite

Whether somebody is the opposite of somebody else depends on what both are asked. A checker says whether the volume is
sound; a driver, whether it can be mounted, and by what it reads, whether the files are there. A driver that works where a
checker complains is no contradiction: it was not asked to check, nor was blkid, a list of names, or a comparison of the FATs.

What the tool does to a healthy disk, too, is its habit and no finding. A probe that is not content with the healthy disk
proves nothing about the damaged one, and an error of the harness proves nothing at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from harness import probes
from harness.record import Record

HARMED = {"altered", "partial", "lost", "moved"}
COMPLAINTS = {"detected", "repaired", "partly", "refused", "crashed", "hung", "out-of-memory", "kernel-oops", "kernel-warning"}
SOUND, UNSOUND = {"clean"}, {"detected", "repaired", "partly", "refused"}  # who crashed or hung said nothing of the disk
MOUNTED, NOT_MOUNTED = {"clean", "detected"}, {"refused", "read-only"}


def _false_success(record: Record, healthy: Record) -> bool:
    return record.says == "repaired" and (record.data in HARMED or record.wrote is False)


def _undetected(record: Record, healthy: Record) -> bool:
    return record.says == "clean" and (record.before if record.data is None else record.data) in HARMED


def _made_worse(record: Record, healthy: Record) -> bool:
    return bool(record.worse)


def _not_converged(record: Record, healthy: Record) -> bool:
    if record.says == "partly":
        return True
    complains = record.again in COMPLAINTS and healthy.again not in COMPLAINTS
    return record.says == "repaired" and (complains or bool(record.twice) and not healthy.twice)


def _correct_refusal(record: Record, healthy: Record) -> bool:
    harmed = (record.before if record.before is not None else record.data) in HARMED
    return record.role != "look" and record.says == "refused" and record.wrote is False and harmed


def _wrote_on_look(record: Record, healthy: Record) -> bool:
    return record.role == "look" and record.wrote is True


RULES: Mapping[str, Callable[[Record, Record], bool]] = {
    "false-success": _false_success,
    "undetected": _undetected,
    "made-worse": _made_worse,
    "not-converged": _not_converged,
    "correct-refusal": _correct_refusal,
    "wrote-on-look": _wrote_on_look,
}


def of(record: Record, healthy: Record) -> list[str]:
    """The findings about one record, given the same probe's record of the healthy disk."""
    if record.says == "error" or record.healthy:
        return []
    return [name for name, rule in RULES.items() if rule(record, healthy)]


def disagreements(records: Iterable[Record]) -> set[tuple[str, str, str]]:
    """The keys of records that contradict most of their peers about the same damage; all of them if neither side has more."""
    camps: dict[tuple[str, str, str], dict[tuple[str, str, str], bool]] = {}
    known = probes.all()
    for record in records:
        question = known[record.probe].asked if record.probe in known else ""
        if question and not record.healthy and (answer := _answer(question, record)) is not None:
            camps.setdefault((record.scenario, record.variant, question), {})[record.key] = answer
    return {key for camp in camps.values() for key in _minority(camp)}


def _answer(question: str, record: Record) -> bool | None:
    """Whether all is well, as far as it was asked; None if it did not say."""
    good, bad = (SOUND, UNSOUND) if question.startswith("check") else (MOUNTED, NOT_MOUNTED)
    if record.says not in good | bad:
        return None
    return record.says in good and (good is SOUND or record.data not in HARMED)


def _minority(camp: dict[tuple[str, str, str], bool]) -> set[tuple[str, str, str]]:
    counts = Counter(camp.values())
    if len(counts) < 2:
        return set()
    if counts[True] == counts[False]:
        return set(camp)
    fewer = counts[True] < counts[False]
    return {key for key, well in camp.items() if well == fewer}
