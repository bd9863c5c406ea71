# SPDX-License-Identifier: GPL-2.0-or-later
"""Times as medians, and peak memory.

A machine's speed changes from minute to minute, so nothing is compared with a number from another run: the things
to compare take turns, and who begins changes with each round. The first round warms the page cache and is dropped.
"""
from __future__ import annotations

import json
import os
import re
import selectors
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

COST = Path(__file__).with_name("cost.py")

Command = Sequence[str | Path]
Run = Callable[[], tuple[float, ...]]  # does something in one step or more, and returns the seconds of each


class Failed(Exception):
    """Something to be measured did not work, so there is nothing to compare."""


def medians(rounds: int, runs: Sequence[Run]) -> list[list[float]]:
    """The median seconds of each run's steps, the runs having taken turns."""
    times: list[list[tuple[float, ...]]] = [[] for _ in runs]
    for turn in range(rounds + 1):
        for which in sorted(range(len(runs)), reverse=turn % 2 == 1):
            times[which].append(runs[which]())
    return [[statistics.median(step) for step in zip(*each[1:])] for each in times]


def seconds(command: Command, *, jobs: Path | None = None, environment: dict[str, str] | None = None) -> float:
    """Run a command to its end, with the file `jobs` as its input, and return how long it took."""
    with open(jobs or os.devnull) as text:
        began = time.perf_counter()
        done = subprocess.run(command, stdin=text, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              env=environment)
        took = time.perf_counter() - began
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr.decode().strip()}")
    return took


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, and of processors."""

    clock: float
    processor: float

    @classmethod
    def least(cls, costs: Iterable[Cost]) -> Cost:
        """The least of each: what else there is comes from others on the machine."""
        every = list(costs)
        return cls(min(each.clock for each in every), min(each.processor for each in every))

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.clock - other.clock, self.processor - other.processor)

    def __truediv__(self, rounds: int) -> Cost:
        return Cost(self.clock / rounds, self.processor / rounds)


def cost(command: Command, *, folder: Path | None = None, jobs: Path | None = None) -> Cost:
    """What a command takes with all that it starts (cost.py), in a folder, with the file `jobs` as its input."""
    with open(jobs or os.devnull) as text:
        done = subprocess.run([sys.executable, COST, *command], cwd=folder, stdin=text, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr.strip()}")
    return Cost(**json.loads(done.stdout))


def peaks(command: Command) -> dict[str, int]:
    """Run a command to its end and return the most memory, in bytes, that it and its children held, by their names.

    The kernel forgets a process's peak when it ends, so it is looked at all the time. That slows the command down,
    which is why no run is timed and watched at once.
    """
    found: dict[str, int] = {}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        with selectors.DefaultSelector() as selector:
            ended = os.pidfd_open(process.pid)
            selector.register(ended, selectors.EVENT_READ)
            while not selector.select(0.001):
                for pid in (process.pid, *_children(process.pid)):
                    name, peak = peak_of(pid)
                    found[name] = max(peak, found.get(name, 0))
            os.close(ended)
    if process.returncode:
        raise Failed(f"{' '.join(map(str, command))}: exit {process.returncode}")
    return found


def peak_of(pid: int) -> tuple[str, int]:
    """A process's name and the most memory that it ever held; zero once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "", 0
    peak = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return status.split("\n", 1)[0].split("\t")[1], int(peak[1]) << 10 if peak else 0


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class Worker:
    """A process that takes a job a line, and answers each with a line when it is done."""

    def __init__(self, command: Command) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.stdin.close()

    def seconds(self, jobs: Sequence[str]) -> float:
        """How long it takes to do all of these, one after the other."""
        began = time.perf_counter()
        self._process.stdin.write("".join(f"{job}\n" for job in jobs))
        self._process.stdin.flush()
        for job in jobs:
            if not self._process.stdout.readline():
                raise Failed(f"{self._process.args[0]}: ended in or before the job {job[:200]}")
        return time.perf_counter() - began

    def peak(self) -> int:
        """The most memory that it ever held, in bytes."""
        return peak_of(self._process.pid)[1]
