# SPDX-License-Identifier: GPL-2.0-or-later
"""pytest collects scenario files: one test for each tool that a scenario expects something of, and one for undo.

    pytest scenarios/ntfs/zero-dbr.yaml::ntfsfix-d

A failure points at the scenario's line, and shows what was broken, what the tool printed, and the files lost.
"""
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import corruptor
from harness import HarnessError, appliance, case, images, probes


class Mismatch(Exception):
    """The tool did not do what the scenario expects; the text is the report."""


def pytest_configure(config: pytest.Config) -> None:
    """Declare our markers."""
    config.addinivalue_line("markers", "scenario: a scenario, judged by a tool or taken back")
    config.addinivalue_line("markers", "slow: takes more than a few seconds")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Every YAML file below a folder with a schema.json is a scenario."""
    if file_path.suffix != ".yaml" or not any((folder / "schema.json").exists() for folder in file_path.parents):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


class ScenarioFile(pytest.File):
    """One scenario; its damaged disk is made once for all its tests in this process."""

    def collect(self) -> Iterable[pytest.Item]:
        """One item a tool, and `undo`."""
        self.scenario = corruptor.load_scenario(str(self.path))
        if "repair" in self.scenario.as_dict()["tags"]:
            return  # for a disk that is damaged already: tests/python/test_stories.py damages and repairs one
        self._damaged: case.Damaged | None = None
        yield UndoItem.from_parent(self, name="undo")
        for tool, expected in self.scenario.expect.items():
            yield ToolItem.from_parent(self, name=tool, expected=expected)

    def damaged(self, config: pytest.Config) -> case.Damaged:
        """The damaged disk, in a folder that pytest removes in its time."""
        if self._damaged is None:
            self._damaged = self.make(config)
        return self._damaged

    def make(self, config: pytest.Config) -> case.Damaged:
        """Another disk with the same damage."""
        reason = images.unavailable(images.find(self.scenario.image))
        if reason:
            pytest.skip(reason)
        folder = config._tmp_path_factory.mktemp(self.path.stem)  # type: ignore[attr-defined]
        return case.make(case.load(self.path), folder)


class ScenarioItem(pytest.Item):
    """What both kinds of item share: the place in the YAML, and a report that needs no traceback."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_marker("scenario")

    @property
    def line(self) -> int:
        """The line of the scenario that this item is about, from 1."""
        return 1

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where pytest says that it failed."""
        return self.path, self.line - 1, f"{self.path.stem}: {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Our own failures are told as they are; the rest with a traceback."""
        if isinstance(excinfo.value, (Mismatch, corruptor.Error, HarnessError)):
            return f"{self.path}:{self.line}: {self.name}: {excinfo.value}"
        return super().repr_failure(excinfo, style)


class UndoItem(ScenarioItem):
    """The damage is what the plan says and nothing else, and undo gives the same disk back, bit for bit."""

    def runtest(self) -> None:
        """Apply to a disk of its own, compare, undo, compare."""
        damaged = self.parent.make(self.config)  # type: ignore[union-attr]
        wrong = case.outside_plan(damaged)
        case.undo(damaged)
        before = case.content_hash(str(damaged.base.path), damaged.base.format)
        after = case.content_hash(str(damaged.overlay), "qcow2")
        if before != after:
            wrong.append(f"after undo the disk's SHA-256 is {after}, it was {before}")
        if wrong:
            raise Mismatch("\n".join(wrong))


class ToolItem(ScenarioItem):
    """One tool and what the scenario expects of it."""

    def __init__(self, expected: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expected = {"says": expected} if isinstance(expected, str) else expected
        if "known_bug" in self.expected:
            self.add_marker(pytest.mark.xfail(reason=self.expected["known_bug"], strict=True, raises=Mismatch))
        probe = probes.all().get(self.name)
        if probe is not None and appliance.missing in probe.needs:
            self.add_marker(pytest.mark.xdist_group("appliance"))  # one appliance serves all its disks

    @property
    def line(self) -> int:
        """The tool's line under `expect`."""
        return self.parent.scenario.expect_lines.get(self.name, 1)  # type: ignore[union-attr]

    def runtest(self) -> None:
        """Ask the tool."""
        probe = probes.all().get(self.name)
        if probe is None:
            raise Mismatch(f"there is no such tool; known: {', '.join(probes.all())}")
        reason = probe.missing()
        if reason:
            pytest.skip(f"{self.name}: {reason}")
        wrong = case.judge(self.parent.damaged(self.config), self.name, self.expected)  # type: ignore[union-attr]
        if wrong:
            raise Mismatch("\n".join(wrong))
