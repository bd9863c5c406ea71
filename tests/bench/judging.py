# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges the same damage again and again: `judging.py look|cheap|full ROUNDS`. Everything but the base disk is made anew.

look:  what one tool says, and whether it wrote.
cheap: a look, then a repair that is checked and whose files are read; no more than their words are told.
full: every step of the oracle and what follows from them, as the matrix has it.
"""
import sys

import corruptor
from harness import case, healthy, probes
from verdicts import FAULTS


def look(scenario: corruptor.Scenario, image: str, tools: tuple[str, ...]) -> None:
    """What a tool says."""
    observation, _ = case.observe(case.damage(scenario, image=image), tools[0])
    assert (observation.says, observation.wrote) == ("detected", False), observation


def cheap(scenario: corruptor.Scenario, image: str, tools: tuple[str, ...]) -> None:
    """What two tools say, and what became of the files."""
    damaged = case.damage(scenario, image=image)
    for tool in tools:
        observation, truth = case.observe(damaged, tool)
    assert observation.says == "repaired" and truth.whole == "intact", (observation, truth)


def full(scenario: corruptor.Scenario, image: str, tools: tuple[str, ...]) -> None:
    """A record with findings."""
    record = healthy.judge(case.damage(scenario, image=image), probes.all()[tools[-1]])
    assert (record.before, record.data, record.wrote) == ("intact", "intact", True), record


def main() -> None:
    depth, rounds = sys.argv[1:]
    fault = FAULTS[depth]
    scenario = corruptor.load_scenario(corruptor.find_scenario(fault.scenario))
    for _ in range(int(rounds)):
        {"look": look, "cheap": cheap, "full": full}[depth](scenario, fault.image, fault.tools)


if __name__ == "__main__":
    main()
