# SPDX-License-Identifier: GPL-2.0-or-later
"""Gathers the records of a pytest run, from all its processes, where the run is controlled.

Tests hand their records over as properties of their reports, which pytest-xdist carries from its workers. Here they go to
a file (--records), into the folders' memory (--lab-update), and what nobody could check is told at the end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from harness import findings, record, seen
from harness.record import Record

PROPERTY = "corruptor record"
DRIFT = "corruptor drift"
UNUSED = "corruptor unused expectation"


class Ledger:
    """A plugin for the controlling process."""

    def __init__(self, file: str | None, update: bool) -> None:
        self.path = Path(file) if file else None
        self.update = update
        self._lines: IO[str] | None = None
        self._brief: list[Record] = []  # without what is long
        self._places: dict[str, Path] = {}
        self._known: set[tuple[str, str, str, str]] = set()
        self._told: dict[str, Counter[str]] = {DRIFT: Counter(), UNUSED: Counter()}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test hands over."""
        if report.when != "call":
            return
        for name, value in report.user_properties:
            if name == PROPERTY:
                self._take(record.read(value), Path(report.fspath))
            elif name in self._told:
                self._told[name][value] += 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what was gathered."""
        if self._lines:
            self._lines.close()
            self._finish()
        if self.update:
            seen.remember((brief, session.config.rootpath / self._places[brief.scenario]) for brief in self._brief)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what was not checked, or came out differently with another version of a tool."""
        titles = {DRIFT: "otherwise than another version was seen to do", UNUSED: "expectations that were not checked"}
        for name, told in self._told.items():
            if told:
                terminalreporter.section(titles[name])
                for line, count in sorted(told.items()):
                    terminalreporter.line(line + (f" ({count} times)" if count > 1 else ""))

    def _take(self, taken: Record, place: Path) -> None:
        key = (*taken.key, "" if taken.scenario else taken.base)
        if key in self._known:
            return
        self._known.add(key)
        self._places[taken.scenario] = place
        self._brief.append(replace(taken, runs=[], rewrote=[], files={}, changes=[], worse=[]))
        if self.path:
            self._lines = self._lines or open(self.path, "w")
            self._lines.write(taken.line() + "\n")

    def _finish(self) -> None:
        """Add what only all records together tell."""
        contradicting = findings.disagreements(brief for brief in self._brief if brief.scenario)
        part = self.path.with_name(self.path.name + ".part")
        with open(self.path) as lines, open(part, "w") as finished:
            for line in lines:
                taken = record.read(line)
                if taken.key in contradicting:
                    taken.findings.append("disagreement")
                    line = taken.line() + "\n"
                finished.write(line)
        part.rename(self.path)
