# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds recipes: the disk ntfs-64m is the value `recipe` of the module ntfs_64m in this folder."""
import difflib
import importlib
from pathlib import Path

from harness.images.recipe import Recipe

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Every base disk, in alphabetical order."""
    modules = sorted(path for path in FOLDER.glob("*.py") if "\nrecipe = Recipe(" in path.read_text())
    return [module.stem.replace("_", "-") for module in modules]


def find(name: str) -> Recipe:
    """The recipe of this name."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names())}"
        raise LookupError(f"no base disk is called {name!r}; {hint}")
    return importlib.import_module(f"harness.images.{name.replace('-', '_')}").recipe


def source(name: str) -> Path:
    """The file that holds the recipe."""
    return FOLDER / f"{name.replace('-', '_')}.py"
