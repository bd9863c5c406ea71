# SPDX-License-Identifier: GPL-2.0-or-later
"""Which faults and which tools: from the words of a command line to a list of orders.

A word is the name of a scenario, a folder, a glob, or the path of a file, as `corruptor list` shows them. A sweep has
hundreds of variants, so it is taken only when a word names it or its folder, and never by a glob over everything.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path

import corruptor
from harness import Probe, case, images, selftest

SWEEPS = "sweeps/"


class Misuse(Exception):
    """The command line asks for what there is not; the text says what, and what there is."""


@dataclass(frozen=True)
class Order:
    """One fault, and the tools that may have something to say about its base disk."""

    file: Path
    scenario: str
    variant: str
    base: str
    tools: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """What is to be asked, and scenarios that cannot be, with the reason."""

    orders: list[Order]
    left_out: dict[str, str]

    @property
    def cells(self) -> list[tuple[str, str, str]]:
        """Scenario, variant and tool of all that may be asked."""
        return [(order.scenario, order.variant, tool) for order in self.orders for tool in order.tools]


def choose(words: list[str], tools: dict[str, Probe], every: int = 1) -> Selection:
    """The orders for some words, those with the same base disk together; all but sweeps for none. Of `every` so many, one.
    Misuse if there is nothing to ask."""
    orders: list[Order] = []
    left_out: dict[str, str] = {}
    bases: dict[str, tuple[str, tuple[str, ...]]] = {}  # there are few of them, and a thousand scenarios
    for name, file in files(words).items():
        scenario = corruptor.load_scenario(str(file))
        if scenario.image not in bases:
            bases[scenario.image] = _base(scenario.image, tools)
        reason, fitting = bases[scenario.image]
        if "repair" in scenario.as_dict()["tags"]:
            left_out[name] = "it repairs a damaged disk, and its base disk is healthy"
        elif reason:
            left_out[name] = reason
        elif fitting:
            orders += [Order(file, name, variant, scenario.image, fitting) for variant in case.variants(scenario) or [""]
                       if case.lot(scenario, name, variant) % every == 0]
    if not orders:
        raise Misuse("nothing to ask: " + ("; ".join(f"{name}: {reason}" for name, reason in left_out.items())
                                           or "none of these tools fits one of these scenarios"))
    return Selection(sorted(orders, key=lambda order: (order.base, order.scenario)), left_out)


def _base(name: str, tools: dict[str, Probe]) -> tuple[str, tuple[str, ...]]:
    """Why there is no such base disk here, and the tools that may have something to say about it."""
    try:
        reason = images.unavailable(images.find(name))
    except LookupError as error:
        reason = str(error)
    return (reason, ()) if reason else ("", tuple(tool for tool, probe in tools.items() if selftest.fits(probe, name)))


def files(words: list[str]) -> dict[str, Path]:
    """Scenarios by name. Misuse if a word fits none."""
    names = corruptor.catalogue()
    root = Path(corruptor.find_scenario(names[0])).parents[names[0].count("/")]  # one by one they are looked for, each time
    chosen: dict[str, Path] = {}
    for word in words or ["*"]:
        if word.endswith(".yaml") and Path(word).exists():
            chosen[case.name_of(Path(word).resolve())] = Path(word).resolve()
            continue
        fitting = [name for name in names if _fits(name, word)] or [name for name in names if name.endswith(f"/{word}")]
        if not fitting:
            raise Misuse(f"{word}: neither a scenario, a folder nor a glob that fits one; `corruptor list` shows them")
        chosen |= {name: root / f"{name}.yaml" for name in fitting}
    return chosen


def _fits(name: str, word: str) -> bool:
    word = word.rstrip("/")
    if name == word or name.startswith(f"{word}/"):
        return True
    return fnmatch.fnmatchcase(name, word) and (not name.startswith(SWEEPS) or word.startswith(SWEEPS))
