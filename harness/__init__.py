# SPDX-License-Identifier: GPL-2.0-or-later
"""What a probe is written with; see README.md."""

from harness.disk import Disk, Source
from harness.probe import Probe
from harness.run import HarnessError, Run, run
from harness.verdict import Observation, Says

__all__ = ["Disk", "HarnessError", "Observation", "Probe", "Run", "Says", "Source", "run"]
