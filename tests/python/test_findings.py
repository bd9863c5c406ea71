# SPDX-License-Identifier: GPL-2.0-or-later
"""What is concluded from records, over small tables of them."""

from __future__ import annotations

import pytest

from harness import findings
from harness.record import Record, read

FINE = Record(says="clean", data="intact")
HABIT = Record(says="clean", data="intact", again="detected", twice=True)  # complains of its own work, and never rests

LOOK, REPAIR, MOUNT = ({"role": role} for role in ("look", "repair", "mount"))

ROWS = [
    # role, what the record has, what the same probe does to the healthy disk, findings
    (REPAIR, {"says": "repaired", "data": "intact", "wrote": True, "again": "clean", "twice": False}, FINE, []),
    (REPAIR, {"says": "repaired", "data": "lost", "wrote": True},                            FINE, ["false-success"]),
    (REPAIR, {"says": "repaired", "data": "moved", "wrote": True},                           FINE, ["false-success"]),
    (REPAIR, {"says": "repaired", "data": "extra", "wrote": True},                           FINE, []),
    (REPAIR, {"says": "repaired", "data": "intact", "wrote": False},                         FINE, ["false-success"]),
    (REPAIR, {"says": "repaired", "data": "partial", "wrote": True, "worse": ["/a"]}, FINE, ["false-success", "made-worse"]),
    (REPAIR, {"says": "refused", "data": "lost", "wrote": True, "worse": ["/a"]},            FINE, ["made-worse"]),
    (REPAIR, {"says": "repaired", "data": "intact", "wrote": True, "again": "detected"},     FINE, ["not-converged"]),
    (REPAIR, {"says": "repaired", "data": "intact", "wrote": True, "again": "detected"},     HABIT, []),
    (REPAIR, {"says": "repaired", "data": "intact", "wrote": True, "twice": True},           FINE, ["not-converged"]),
    (REPAIR, {"says": "repaired", "data": "intact", "wrote": True, "twice": True},           HABIT, []),
    (REPAIR, {"says": "partly", "data": "intact", "wrote": True},                            FINE, ["not-converged"]),
    (REPAIR, {"says": "refused", "data": "lost", "before": "lost", "wrote": False},          FINE, ["correct-refusal"]),
    (REPAIR, {"says": "refused", "data": "lost", "before": "intact", "wrote": False},        FINE, []),
    (REPAIR, {"says": "refused", "data": "lost", "before": "lost", "wrote": True},           FINE, []),
    (MOUNT,  {"says": "refused", "data": "lost", "before": "lost", "wrote": False},          FINE, ["correct-refusal"]),
    (MOUNT,  {"says": "clean", "data": "altered", "wrote": True},                            FINE, ["undetected"]),
    (LOOK,   {"says": "clean", "before": "lost", "wrote": False},                            FINE, ["undetected"]),
    (LOOK,   {"says": "clean", "data": "intact", "before": "lost", "wrote": False},          FINE, []),
    (LOOK,   {"says": "clean", "before": "intact", "wrote": False},                          FINE, []),
    (LOOK,   {"says": "clean", "wrote": False},                                              FINE, []),
    (LOOK,   {"says": "detected", "before": "lost", "wrote": False},                         FINE, []),
    (LOOK,   {"says": "refused", "data": "lost", "wrote": False},                            FINE, []),
    (LOOK,   {"says": "detected", "wrote": True},                                            FINE, ["wrote-on-look"]),
    (LOOK,   {"says": "clean", "before": "lost", "healthy": "detected: always"},             FINE, []),
    (LOOK,   {"says": "error", "before": "lost", "wrote": True},                             FINE, []),
]


@pytest.mark.parametrize("role, seen, healthy, expected", ROWS, ids=range(len(ROWS)))
def test_findings(role: dict[str, str], seen: dict[str, object], healthy: Record, expected: list[str]) -> None:
    assert findings.of(Record(**role, **seen), healthy) == expected


def said(words: dict[str, str], variant: str = "", role: str = "look") -> list[Record]:
    return [Record("fault", variant, probe, role=role, says=says) for probe, says in words.items()]


def contradicting(records: list[Record]) -> set[str]:
    return {probe for _, _, probe in findings.disagreements(records)}


def test_who_contradicts_most_others_disagrees() -> None:
    assert contradicting(said({"a": "clean", "b": "clean", "c": "detected"})) == {"c"}
    assert contradicting(said({"a": "clean", "b": "refused", "c": "detected"})) == {"a"}


def test_two_that_contradict_each_other_both_disagree() -> None:
    assert contradicting(said({"a": "clean", "b": "detected"})) == {"a", "b"}


def test_those_that_say_the_same_or_nothing_comparable_do_not_disagree() -> None:
    assert contradicting(said({"a": "refused", "b": "detected"})) == set()
    assert contradicting(said({"a": "clean", "b": "error", "c": "read-only"})) == set()
    assert contradicting(said({"a": "clean"}) + said({"b": "repaired"}, role="repair")) == set()


def test_variants_are_compared_each_for_itself() -> None:
    assert contradicting(said({"a": "clean", "b": "clean"}, "one") + said({"a": "detected", "b": "detected"}, "two")) == set()


def test_a_record_survives_being_a_line() -> None:
    record = Record("ntfs/x", "zero", "ntfsfix", files={"/\udcff": "lost"}, runs=[{"argv": ["a"], "code": 0}])
    assert "\n" not in record.line()
    assert read(record.line()) == record
