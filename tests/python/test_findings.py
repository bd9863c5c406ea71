# SPDX-License-Identifier: GPL-2.0-or-later
"""What is concluded from records, over small tables of them."""

from __future__ import annotations

from collections import Counter

import pytest

from harness import findings, probes
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


def said(words: dict[str, str], variant: str = "", data: dict[str, str] = {}) -> list[Record]:
    return [Record("fault", variant, probe, says=says, data=data.get(probe)) for probe, says in words.items()]


def contradicting(records: list[Record]) -> set[str]:
    return {probe for _, _, probe in findings.disagreements(records)}


def test_whoever_is_asked_something_has_a_peer() -> None:
    asked = Counter(probe.asked for probe in probes.all().values() if probe.asked)
    assert len(asked) == 6 and min(asked.values()) > 1, asked


@pytest.mark.parametrize("words, data, disagreeing", [
    # checkers
    ({"ntfsfix-n": "clean", "ntfsresize-i": "detected"},   {}, {"ntfsfix-n", "ntfsresize-i"}),
    ({"ntfsfix-n": "clean", "ntfsresize-i": "refused"},    {}, {"ntfsfix-n", "ntfsresize-i"}),
    ({"ntfsfix-n": "refused", "ntfsresize-i": "detected"}, {}, set()),
    ({"ntfsfix-n": "crashed", "ntfsresize-i": "clean"},    {}, set()),
    ({"parted-s": "clean", "sfdisk-V": "clean", "sgdisk-v": "detected"},   {}, {"sgdisk-v"}),
    ({"parted-s": "clean", "sfdisk-V": "refused", "sgdisk-v": "detected"}, {}, {"parted-s"}),
    # drivers, by whether they mount, and by what they read
    ({"ntfs-3g-mount-ro": "clean", "ntfs3-mount-ro": "refused"},      {}, {"ntfs-3g-mount-ro", "ntfs3-mount-ro"}),
    ({"ntfs-3g-mount-ro": "clean", "ntfs3-mount-ro": "detected"},     {}, set()),
    ({"ntfs-3g-mount-ro": "clean", "ntfs3-mount-ro": "kernel-oops"},  {}, set()),
    ({"ntfs-3g-mount": "read-only", "ntfs3-mount": "clean", "lowntfs-3g-mount": "read-only"}, {}, {"ntfs3-mount"}),
    ({"ntfs-3g-mount-ro": "clean", "ntfs3-mount-ro": "clean"},
     {"ntfs-3g-mount-ro": "intact", "ntfs3-mount-ro": "partial"}, {"ntfs-3g-mount-ro", "ntfs3-mount-ro"}),
    ({"mtools": "clean", "vfat-mount-ro": "detected", "msdos-mount-ro": "refused"},
     {"mtools": "extra", "vfat-mount-ro": "intact"}, {"msdos-mount-ro"}),
    # who is asked something else: a driver, a list, a comparison, another question
    ({"fsck.fat-n": "detected", "mtools": "clean", "blkid": "clean", "fls": "clean", "fatcat-2": "clean"}, {}, set()),
    ({"fsck.exfat-n": "detected", "tsk_recover": "clean", "exfat-mount-ro": "refused"}, {}, set()),
    ({"ntfsfix-n": "detected", "sgdisk-v": "clean", "ntfs-3g-mount-ro": "clean", "ntfs3-mount": "refused"}, {}, set()),
    ({"ntfsfix-d": "repaired", "ntfsresize-i": "clean"}, {}, set()),
])
def test_peers_that_say_the_opposite_disagree(words: dict[str, str], data: dict[str, str], disagreeing: set[str]) -> None:
    assert contradicting(said(words, data=data)) == disagreeing


def test_who_is_not_content_with_the_healthy_disk_has_no_say() -> None:
    contrary = Record("fault", "", "ntfsfix-n", says="detected", healthy="detected: always")
    assert contradicting([contrary, *said({"ntfsresize-i": "clean"})]) == set()


def test_variants_are_compared_each_for_itself() -> None:
    assert contradicting(said({"ntfsfix-n": "clean"}, "one") + said({"ntfsresize-i": "detected"}, "two")) == set()


def test_a_record_survives_being_a_line() -> None:
    record = Record("ntfs/x", "zero", "ntfsfix", files={"/\udcff": "lost"}, runs=[{"argv": ["a"], "code": 0}])
    assert "\n" not in record.line()
    assert read(record.line()) == record
