# SPDX-License-Identifier: GPL-2.0-or-later
"""How far a run is, on standard error, and how long it may still take."""

from __future__ import annotations

import sys
import time
from typing import Any

from harness.matrix import words
from harness.matrix.model import name
from harness.matrix.selection import Order

ON_A_TERMINAL, IN_A_LOG = 0.2, 10.0  # seconds between two lines


class Progress:
    """Counts answers."""

    def __init__(self, cells: int, jobs: int) -> None:
        self.cells, self.jobs = cells, jobs
        self.done = self.asked = self.severe = 0
        self._began = self._told = time.monotonic()
        self._terminal = sys.stderr.isatty()
        print(f"{cells} cells in {jobs} processes", file=sys.stderr)

    def tell(self, order: Order, answer: dict[str, Any]) -> None:
        """Count an answer, and say how far it is if that was not said just now."""
        if "record" in answer:
            self.asked += 1
            self.severe += answer["record"]["says"] in words.SEVERE
        elif error := answer.get("fault", {}).get("error"):
            self.done += len(order.tools)
            print(f"{name(answer['fault'])}: {error}", file=sys.stderr)
        self.done += any(kind in answer for kind in ("record", "kept", "unfit"))
        if time.monotonic() - self._told > (ON_A_TERMINAL if self._terminal else IN_A_LOG):
            self._told = time.monotonic()
            self._say(order.scenario)

    def end(self) -> None:
        """Say it once more."""
        self._say(f"{self.asked} asked now, in {time.monotonic() - self._began:.0f} s")
        if self._terminal:
            print(file=sys.stderr)

    def _say(self, what: str) -> None:
        line = f"{self.done} of {self.cells}, {self.severe} crashed, hung or failed{self._estimate()}: {what}"
        if self._terminal:
            print(f"\r\x1b[K{line[:100]}", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)

    def _estimate(self) -> str:
        """The rest takes as long as this did, on average: an estimate, for kernels take a hundred times as long as fsck."""
        if not self.asked or self.done >= self.cells:
            return ""
        seconds = (time.monotonic() - self._began) / self.done * (self.cells - self.done)
        return f", about {seconds:.0f} s left" if seconds < 120 else f", about {seconds / 60:.0f} min left"
