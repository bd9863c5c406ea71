# SPDX-License-Identifier: GPL-2.0-or-later
"""A probe: one way of using one real tool on a damaged disk, wrapped in a function.

The function is given a throw-away disk and returns an observation. What every probe has in common is done here, so
that no probe has to: missing tools, tools that hang or die, the record of commands, and whether bytes changed.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from harness.disk import Disk, Source, ToolEnded
from harness.run import ENVIRONMENT
from harness.verdict import Observation, Says

Check = Callable[[Disk], Observation]

OUT_OF_MEMORY = re.compile(r"cannot allocate memory|out of memory|memory exhausted|not enough memory", re.IGNORECASE)


@dataclass(eq=False)  # each is itself, as a key
class Probe:
    """`formats` are the file systems that it makes sense on; `needs` are commands, or functions that give the reason
    why the probe cannot run here; `writes` tells whether the tool is asked to change the disk.

    `role` is look, repair or mount, and by default follows from the rest; `after` names the probe that checks the disk
    after this one wrote to it, where the file system's usual checker is not the right one (oracle.py). `command` is the
    command line of a user's own tool: with other arguments it is another one. `only_for` tells of which damaged disks it has
    something to say that another probe does not say as well, where that is not all. `asked` is for checkers and drivers that
    are asked the same as other tools are: "check NTFS", "write FAT". Those who then say the opposite of the same disk
    disagree (findings.py); of each program one mode, so that none outvotes another with two."""

    name: str
    formats: frozenset[str]
    needs: tuple[str | Callable[[], str | None], ...]
    writes: bool
    _check: Check | None = None
    role: str = ""
    after: str = ""
    command: str = ""
    asked: str = ""
    only_for: Callable[[Source], bool] = lambda _: True

    def __post_init__(self) -> None:
        if not self.role:
            self.role = "mount" if self.writes and "-mount" in self.name else "repair" if self.writes else "look"

    def __call__(self, check: Check) -> Check:
        """Used as a decorator: the function below is this probe's check."""
        self._check = check
        return check

    def missing(self) -> str | None:
        """Why this probe cannot run here, or None if it can."""
        if os.geteuid() != 0:
            return "tools run in namespaces of their own, which needs root"
        for need in self.needs:
            reason = need() if callable(need) else _missing_command(need)
            if reason:
                return reason
        return None

    def check(self, disk: Disk) -> Observation:
        """Use the tool on the disk. Raises HarnessError only when the harness itself failed."""
        assert self._check, f"probe {self.name} has no check function"
        try:
            observation = self._check(disk)
        except ToolEnded as ended:
            says = Says.HUNG if ended.run.timed_out else Says.CRASHED
            observation = Observation(says, reason=str(ended))
        observation.runs = disk.runs
        if observation.says == Says.REFUSED and any(OUT_OF_MEMORY.search(run.printed) for run in disk.runs[:disk.read_from]):
            observation.says = Says.OUT_OF_MEMORY
        if observation.says == Says.REPAIRED and observation.again not in (None, Says.CLEAN):
            observation.says = Says.PARTLY
        if observation.wrote is None:
            observation.wrote = disk.written()
        return observation


def _missing_command(command: str) -> str | None:
    if shutil.which(command, path=ENVIRONMENT["PATH"]):
        return None
    return f"{command} is not installed"
