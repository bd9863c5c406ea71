# SPDX-License-Identifier: GPL-2.0-or-later
"""Which tools a probe used: what is known of a tool is known of one version of it.

Packages know their versions, and not every tool does. A command that no package owns is known by its bytes.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path

import corruptor
from harness import appliance
from harness.probe import Probe
from harness.run import BUILT, ENVIRONMENT


def of(probe: Probe) -> str:
    """Packages and versions of what a probe needs; ours, if it needs nothing else."""
    found = [appliance.kernel() if need is appliance.missing else _command(need) for need in probe.needs
             if need is appliance.missing or isinstance(need, str)]
    return ", ".join(dict.fromkeys([*found, *filter(None, [probe.command])])) or f"corruptor {corruptor.version()}"


@cache
def _command(name: str) -> str:
    path = shutil.which(name, path=ENVIRONMENT["PATH"])
    if not path:
        return f"{name} missing"
    real = Path(path).resolve()
    if real.parent == BUILT:
        return (BUILT / "version").read_text().strip()
    for place in dict.fromkeys([str(real), path, f"/usr{path}", str(real).removeprefix("/usr")]):
        owner = subprocess.run(["dpkg-query", "--search", place], capture_output=True, text=True)
        if owner.returncode == 0:
            package = owner.stdout.partition(": ")[0].partition(",")[0]
            show = ["dpkg-query", "--show", "--showformat", "${Version}", package]
            version = subprocess.run(show, capture_output=True, text=True)
            return f"{package.partition(':')[0]} {version.stdout}"
    return f"{name} sha256:{hashlib.sha256(real.read_bytes()).hexdigest()[:16]}"
