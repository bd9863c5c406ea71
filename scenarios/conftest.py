# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes `pytest scenarios/` work from a checkout: the harness, and the bindings from the build tree."""
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "build/bindings")]

pytest_plugins = ["harness.plugin"]
