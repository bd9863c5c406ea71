# SPDX-License-Identifier: GPL-2.0-or-later
"""The probes: every `Probe` in any file of this folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from harness.probe import Probe


@cache
def all() -> dict[str, Probe]:  # noqa: A001 - reads as probes.all()
    """Every probe by its name, in order of the names."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Probe)]
    return {probe.name: probe for probe in sorted(found, key=lambda probe: probe.name)}
