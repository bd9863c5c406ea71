# SPDX-License-Identifier: GPL-2.0-or-later
"""The worker processes, from the side of who gives the orders.

A worker that dies takes the tool that it was asking with it into the records, as an error of the harness, and another one
goes on with the rest of the order. Workers have sessions of their own, so that Ctrl-C reaches the one who gives orders and
nobody else; their jails end when they do.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import corruptor
from harness import case
from harness.matrix import fault
from harness.matrix.selection import Order
from harness.record import Record

TOP = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "harness.matrix.worker"]
CHUNK = 1 << 16
Line = dict[str, Any]


@dataclass
class Worker:
    """A process, the order that it carries out, and how far it is."""

    commands: dict[str, str]
    order: Order | None = None
    waiting: list[str] = field(default_factory=list)
    asking: str = ""
    unread: bytes = b""

    def __post_init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TOP), str(Path(corruptor.__file__).parents[1])])}
        self.process = subprocess.Popen([*PROGRAM, json.dumps(self.commands)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment, start_new_session=True)

    def give(self, order: Order, tools: Iterable[str], seen: Line) -> None:
        """Have it carry out an order, for some of its tools."""
        self.order, self.waiting, self.asking = order, list(tools), ""
        text = json.dumps({"file": str(order.file), "variant": order.variant, "tools": self.waiting, "seen": seen})
        try:
            self.process.stdin.write(text.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the end of its answers tells

    def answers(self) -> list[Line]:
        """The lines that have come; none at all if it has died."""
        chunk = os.read(self.process.stdout.fileno(), CHUNK)
        *lines, self.unread = (self.unread + chunk).split(b"\n")
        found = [json.loads(line) for line in lines]
        for answer in found:
            self.asking = answer.get("begun", "" if "record" in answer else self.asking)
            name = answer.get("unfit") or answer.get("kept") or answer.get("record", {}).get("probe")
            if name in self.waiting:
                self.waiting.remove(name)
        return found if chunk else [{"died": True}]

    def end(self) -> None:
        """End it, wherever it is."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()
        self.process.wait()


def carry_out(orders: Iterable[Order], seen: dict[tuple[str, str], Line], jobs: int,
              commands: dict[str, str]) -> Iterator[tuple[Order, Line]]:
    """Carry out orders in so many processes; answers come as they come."""
    left = iter(orders)
    with selectors.DefaultSelector() as selector:
        try:
            for order in [*islice(left, jobs)]:
                _give(_hire(selector, commands), order, order.tools, seen)
            while selector.get_map():
                for key, _ in selector.select():
                    yield from _heard(key.data, selector, left, seen)
        finally:
            for key in list((selector.get_map() or {}).values()):
                key.data.end()


def _heard(worker: Worker, selector: selectors.BaseSelector, left: Iterator[Order],
           seen: dict[tuple[str, str], Line]) -> Iterator[tuple[Order, Line]]:
    """Pass a worker's answers on, and give it more to do, or somebody else if it has died."""
    for answer in worker.answers():
        order = worker.order
        if "died" in answer:
            rest = [tool for tool in worker.waiting if tool != worker.asking]
            yield order, _obituary(worker)
            _dismiss(worker, selector)
            if worker.asking and rest:
                _give(_hire(selector, worker.commands), order, rest, seen)
            elif more := next(left, None):
                _give(_hire(selector, worker.commands), more, more.tools, seen)
        elif "done" in answer:
            if more := next(left, None):
                _give(worker, more, more.tools, seen)
            else:
                _dismiss(worker, selector)
        else:
            yield order, answer


def _hire(selector: selectors.BaseSelector, commands: dict[str, str]) -> Worker:
    worker = Worker(commands)
    selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
    return worker


def _dismiss(worker: Worker, selector: selectors.BaseSelector) -> None:
    selector.unregister(worker.process.stdout)
    worker.end()


def _give(worker: Worker, order: Order, tools: Iterable[str], seen: dict[tuple[str, str], Line]) -> None:
    worker.give(order, tools, seen.get((order.scenario, order.variant), {}))


def _obituary(worker: Worker) -> Line:
    """What is known of what a dead worker did last."""
    code, order = worker.process.wait(), worker.order
    reason = f"the process that asked it ended with {code}"
    if not worker.asking:
        scenario = corruptor.load_scenario(str(order.file), variant=order.variant)
        return {"fault": fault.named(scenario, case.name_of(order.file), order.variant, reason)}
    return {"record": json.loads(Record(order.scenario, order.variant, worker.asking, base=order.base, says="error",
                                        reason=reason).line()), "of": {}}
