# SPDX-License-Identifier: GPL-2.0-or-later
"""A process that asks tools about faults: orders come in as lines of JSON, what is seen goes out as lines of JSON.

An order is one fault and the tools to ask; the damage is worked out once for all of them. Processes rather than threads,
because a jail, a copy of a base disk and an appliance belong to one; a program of its own rather than a fork, because open
disks do not survive one.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import corruptor
from harness import HarnessError, Probe, case, healthy, probes, selftest, version
from harness.images import Unavailable
from harness.matrix import fault

Line = dict[str, Any]


def tools(commands: dict[str, str]) -> dict[str, Probe]:
    """The probes by name, with the tools of the user's own, which come before ours of the same name."""
    return probes.all() | {name: own(name, line) for name, line in commands.items()}


def own(name: str, line: str) -> Probe:
    """A probe for a tool of the user's own. ValueError says what is wrong with the command line."""
    from harness import own_tool  # not above: most runs have no such tool

    return own_tool.parse(f"{name}={line}")


def serve(order: Line, known: dict[str, Probe], commands: dict[str, str]) -> Iterator[Line]:
    """Carry out one order. What `seen` in it says of a tool is what its answer in an earlier run depended on."""
    file = Path(order["file"])
    scenario = corruptor.load_scenario(str(file), variant=order["variant"])
    try:
        scenario = case.load(file, order["variant"])
        damaged = case.damage(scenario, order["variant"])
        told = fault.told(scenario, order["variant"], damaged)
    except (corruptor.Error, HarnessError, Unavailable) as error:  # one fault less; the others are none the worse
        yield {"fault": fault.named(scenario, case.name_of(file), order["variant"], str(error))}
        return
    yield {"fault": told}
    for name in order["tools"]:
        probe = known[name]
        if not selftest.suits(probe, damaged):
            yield {"unfit": name}
            continue
        of = {"tool": version.of(probe), "command": commands.get(name, ""), "plan": told["plan"], "build": told["build"]}
        if order["seen"].get(name) == of:
            yield {"kept": name}
        else:
            yield {"begun": name}
            yield {"record": json.loads(healthy.judge(damaged, probe).line()), "of": of}


def main() -> None:
    """Serve until nobody orders any more."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    commands = json.loads(sys.argv[1])
    known = tools(commands)
    for text in sys.stdin:
        for line in serve(json.loads(text), known, commands):
            answers.write(json.dumps(line) + "\n")
        answers.write('{"done": true}\n')


if __name__ == "__main__":
    main()
