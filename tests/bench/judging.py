# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges one damaged disk after the other: `judging.py DEPTH ROUNDS`. Everything but the base disk is made anew.

look:  what one tool says, and whether it wrote.
cheap: a look, then a repair that is checked and whose files are read; no more than their words are told.
full: every step of the oracle and what follows from them, as the matrix has it.
"""
import sys

from harness import case, healthy, probes
from verdicts import FAULTS


def look(damaged: case.Damaged, tools: tuple[str, ...]) -> None:
    """What a tool says."""
    observation, _ = case.observe(damaged, tools[0])
    assert (observation.says, observation.wrote) == ("detected", False), observation


def cheap(damaged: case.Damaged, tools: tuple[str, ...]) -> None:
    """What two tools say, and what became of the files."""
    for tool in tools:
        observation, truth = case.observe(damaged, tool)
    assert observation.says == "repaired" and truth.whole == "intact", (observation, truth)


def full(damaged: case.Damaged, tools: tuple[str, ...]) -> None:
    """A record with findings."""
    record = healthy.judge(damaged, probes.all()[tools[-1]])
    assert (record.before, record.data, record.wrote) == ("intact", "intact", True), record


def main() -> None:
    depth, rounds = sys.argv[1:]
    fault = FAULTS[depth]
    for number in range(int(rounds)):
        {"look": look, "cheap": cheap, "full": full}[depth.partition("-")[0]](case.damage(fault.scenario(number)), fault.tools)


if __name__ == "__main__":
    main()
