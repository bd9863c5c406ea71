# SPDX-License-Identifier: GPL-2.0-or-later
"""The catalogue as a whole: its size, its names, and that it knows every fault of the list that it was made from."""
from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import corruptor
import pytest

from harness import images, probes

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "scenarios"
LIST = ROOT.parent / "shared/faults.md"  # beside the checkout, where it is kept
MADE = [name for name in corruptor.catalogue() if not name.startswith("sweeps/")]


@cache
def variants() -> dict[str, str]:
    """Every fault by its name, and the scenario that makes it."""
    found: dict[str, str] = {}
    for name in MADE:
        rows = corruptor.load_scenario(str(CATALOGUE / f"{name}.yaml")).as_dict()["variants"]
        for fault in [f"{name}-{row['name']}" for row in rows] or [name]:
            found[fault.replace("/", "-")] = name
    return found


def unmade() -> dict[str, str]:
    """Faults that no scenario makes, with the reason."""
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", (CATALOGUE / "UNMADE.md").read_text(), re.MULTILINE))


def test_there_are_as_many_as_promised() -> None:
    assert len(MADE) >= 300
    assert len(variants()) >= 760


def test_no_two_faults_have_one_name() -> None:
    names = [fault for name in MADE for fault in _faults(name)]
    assert {name: count for name, count in Counter(names).items() if count > 1} == {}


def _faults(name: str) -> list[str]:
    rows = corruptor.load_scenario(str(CATALOGUE / f"{name}.yaml")).as_dict()["variants"]
    return [f"{name}-{row['name']}".replace("/", "-") for row in rows] or [name.replace("/", "-")]


def test_every_fault_of_the_list_is_made_or_has_a_reason() -> None:
    if not LIST.exists():
        pytest.skip("the list of faults is not here")
    listed = re.findall(r"^\| `([^`]+)`", LIST.read_text(), re.MULTILINE)
    assert len(listed) > 700
    files = {name.replace("/", "-") for name in MADE}  # a row may stand for all variants of one
    assert sorted(set(listed) - set(variants()) - files - set(unmade())) == []


def test_what_is_not_made_is_not_made_and_has_a_reason() -> None:
    assert not set(unmade()) & set(variants())
    assert all(len(reason) > 20 for reason in unmade().values())


@pytest.mark.parametrize("folder", sorted({name.split("/")[0] for name in MADE}))
def test_each_says_what_rule_it_breaks_and_where_that_is_written(folder: str) -> None:
    wrong = []
    for name in MADE:
        facts = corruptor.load_scenario(str(CATALOGUE / f"{name}.yaml")).as_dict()
        if name.split("/")[0] != folder or "repair" in facts["tags"]:
            continue
        if not facts["sources"] or len(facts["why"]) < 20 or facts["image"] not in images.names():
            wrong.append(name)
        wrong += [f"{name}: {tool}" for tool in facts["expect"] if tool not in probes.all()]
    assert wrong == []


def test_each_classic_case_has_a_scenario() -> None:
    tags = {tag for name in MADE for tag in corruptor.load_scenario(str(CATALOGUE / f"{name}.yaml")).as_dict()["tags"]}
    assert {f"case-{number}" for number in range(1, 49)} - tags == set()
