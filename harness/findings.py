# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remarkable about a tool, concluded from records and from nothing else.

What a tool says and what became of the data are kept apart until here, where they meet:

    false-success    it says that it repaired the disk, but files are not what they were, or it has not written a byte
    undetected       it says clean, but files are not what they were
    made-worse       files that could be read before it wrote cannot be read afterwards
    not-converged    it says that it repaired the disk, but a checker still complains, or a second repair changes more
    correct-refusal  it refuses to touch a disk whose files cannot all be read, and has not touched it
    wrote-on-look    it was asked only to look, and wrote
    disagreement     most tools that looked at the same damage say otherwise

What the tool does to a healthy disk, too, is its habit and no finding. A probe that is not content with the healthy disk
proves nothing about the damaged one, and an error of the harness proves nothing at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from harness.record import Record

HARMED = {"altered", "partial", "lost", "moved"}
COMPLAINTS = {"detected", "repaired", "partly", "refused", "crashed", "hung", "out-of-memory", "kernel-oops", "kernel-warning"}
CLEAN = {"clean"}


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
    """The keys of records that contradict most others about the same damage; all of them if neither side has more."""
    camps: dict[tuple[str, str], dict[tuple[str, str, str], bool]] = {}
    for record in records:
        if record.role != "repair" and not record.healthy and record.says in CLEAN | COMPLAINTS:
            camps.setdefault((record.scenario, record.variant), {})[record.key] = record.says in CLEAN
    return {key for camp in camps.values() for key in _minority(camp)}


def _minority(camp: dict[tuple[str, str, str], bool]) -> set[tuple[str, str, str]]:
    counts = Counter(camp.values())
    if len(counts) < 2:
        return set()
    if counts[True] == counts[False]:
        return set(camp)
    fewer = counts[True] < counts[False]
    return {key for key, clean in camp.items() if clean == fewer}
