#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may include whom. The layers keep the promise that the engine knows no format:

    base <- device <- schema <- formats
                             <- edit <- show
    lab = all of them; cli and bindings -> lab

So a format is added without touching the engine, and the one place that writes to a disk stays one place.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "base": {"base"},
    "device": {"base", "device"},
    "schema": {"base", "device", "schema"},
    "formats": {"base", "device", "schema", "formats"},
    "edit": {"base", "device", "schema", "edit"},
    "show": {"base", "device", "schema", "edit", "show"},
    "cli": {"lab.h", "cli", "device/open.h"},
    "": {"base", "device", "schema", "formats", "edit", "show", "lab.h"},
    "bindings": {"lab.h", "plain.h", "device/open.h"},
}
ENGINE = ("base", "device", "schema", "edit", "show")
FORMATS = re.compile(r"\b(ntfs|fat|fat12|fat16|fat32|exfat|gpt|mbr)\b", re.IGNORECASE)
WRITES = re.compile(r"(->|\.)(write|zero|flush)\(")


def sources() -> list[tuple[str, Path]]:
    """Every C++ file with its layer."""
    corruptor = [(path.relative_to(ROOT / "corruptor").parts, path) for path in (ROOT / "corruptor").rglob("*.[ch]*")]
    found = [(parts[0] if len(parts) > 1 else "", path) for parts, path in corruptor if path.suffix in (".h", ".cc")]
    return found + [("bindings", path) for path in (ROOT / "bindings").glob("*.cc")]


def without_comments_and_text(line: str) -> str:
    """What is left is code: examples in help texts may name formats."""
    return re.sub(r'"(\\.|[^"\\])*"', '""', line.split("//")[0])


def problems() -> list[str]:
    """One line for each breach, as file:line: what."""
    found = []
    for layer, path in sources():
        for number, line in enumerate(path.read_text().splitlines(), 1):
            place = f"{path.relative_to(ROOT)}:{number}"
            include = re.match(r'#include "([^"]+)"', line)
            if include:
                target = include[1]
                if target not in ALLOWED[layer] and target.split("/")[0] not in ALLOWED[layer]:
                    found.append(f"{place}: {layer or 'lab'} must not include {target}")
                continue
            code = without_comments_and_text(line)
            if layer in ENGINE and FORMATS.search(code):
                found.append(f"{place}: the engine names a format: {code.strip()}")
            if layer in ("schema", "formats", "edit", "show", "cli", "") and WRITES.search(code):
                if path.name != "apply.cc" and re.search(r"(device|disk|image)(->|\.)(write|zero)\(", code):
                    found.append(f"{place}: only edit/apply.cc writes to a disk")
    return found


if __name__ == "__main__":
    breaches = problems()
    print("\n".join(breaches))
    sys.exit(1 if breaches else 0)
