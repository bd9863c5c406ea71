# SPDX-License-Identifier: GPL-2.0-or-later
"""What a probe is written with; see README.md."""

from harness.disk import Disk, Image
from harness.probe import Probe
from harness.run import HarnessError, Run, run
from harness.verdict import Data, Observation, Says

__all__ = ["Data", "Disk", "HarnessError", "Image", "Observation", "Probe", "Run", "Says", "run"]
