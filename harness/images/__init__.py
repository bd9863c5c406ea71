# SPDX-License-Identifier: GPL-2.0-or-later
"""Base disks for the harness: healthy, reproducible, and known to the last file. See README.md."""
from harness.images.cache import build, unavailable
from harness.images.catalogue import find, names
from harness.images.recipe import Image, Recipe, Unavailable, Volume

__all__ = ["Image", "Recipe", "Unavailable", "Volume", "build", "find", "names", "unavailable"]
