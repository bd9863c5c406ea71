# SPDX-License-Identifier: GPL-2.0-or-later
"""Breaks disk images on purpose, field by field, and takes it back.

The same few calls as the command line, with the same error texts; results are plain data in the
shapes that corruptor(1) documents under JSON.
"""

from ._core import (
    Damage,
    Error,
    Image,
    IoError,
    Misuse,
    PartlyApplied,
    Plan,
    Prepared,
    Refused,
    Scenario,
    Snapshot,
    catalogue,
    create_overlay,
    fields,
    find_scenario,
    load_scenario,
    parse_scenario,
    scenario_schema,
    version,
)

__all__ = [
    "Damage",
    "Error",
    "Image",
    "IoError",
    "Misuse",
    "PartlyApplied",
    "Plan",
    "Prepared",
    "Refused",
    "Scenario",
    "Snapshot",
    "catalogue",
    "create_overlay",
    "fields",
    "find_scenario",
    "load_scenario",
    "parse_scenario",
    "scenario_schema",
    "version",
]
