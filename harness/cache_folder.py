# SPDX-License-Identifier: GPL-2.0-or-later
"""Where what takes long to make is kept from run to run: base disks, the appliance's kernel, tools that Debian leaves out."""

from __future__ import annotations

import os
from pathlib import Path


def of(name: str) -> Path:
    """A folder in corruptor's own, in $XDG_CACHE_HOME or ~/.cache; scripts in ci know it by the same name."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "corruptor" / name
