#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is generated and kept in the tree must be what the program generates now.

`ci/generated.py` compares, `ci/generated.py --update` writes.
"""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GENERATED = {"scenarios/schema.json": ["docs", "schema"], "corruptor/FIELDS.md": ["docs", "fields"]}


def main(update: bool) -> int:
    """0 if all is current, or was made so."""
    stale = 0
    for name, arguments in GENERATED.items():
        file = ROOT / name
        now = subprocess.run([ROOT / "build/corruptor/corruptor", *arguments], check=True, capture_output=True, text=True).stdout
        if file.exists() and file.read_text() == now:
            continue
        if update:
            file.write_text(now)
        else:
            print(f"{name} is not what the program generates; run ci/generated.py --update and review the difference")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main("--update" in sys.argv[1:]))
