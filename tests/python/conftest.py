# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes `pytest tests/python` work from a checkout: the harness, and what tests share (small_volumes)."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]
