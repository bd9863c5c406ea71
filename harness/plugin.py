# SPDX-License-Identifier: GPL-2.0-or-later
"""pytest collects scenario files: for each variant one test a tool that the scenario expects something of, and `undo`.

    pytest scenarios/ntfs/zero-dbr.yaml::ntfsfix-d
    pytest scenarios/ntfs/boot/bytes-per-sector.yaml::zero::ntfsfix-d
    pytest scenarios -k "boot and not hibernation" -m ntfs --tool ntfsfix-d --tool ntfs3-mount
    pytest scenarios/fat32 --tool my-fsck='./my-fsck -y {disk}'
    pytest scenarios --seen

-k and -m know a scenario's tags, the file systems of its base disk, and the tools. `--tool` asks that tool everywhere,
also where nothing is expected of it; with a command line it is one of the user's own (own_tool.py). `--seen`,
`--lab-update` and `--records` ask every tool for the file system, in all steps of the oracle. A failure points at the
scenario's line, and shows what was broken, what the tool printed, and the files lost.
"""
from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import corruptor
from harness import HarnessError, Probe, appliance, case, healthy, images, ledger, own_tool, probes, seen, selftest

CHOSEN = pytest.StashKey[dict[str, Probe]]()  # by --tool


class Mismatch(Exception):
    """The tool did not do what the scenario expects; the text is the report."""


class KnownBug(Mismatch):
    """It is as the scenario says that it will be until somebody mends the tool: an expected failure, unlike all others."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare our options."""
    group = parser.getgroup("scenarios", "scenarios with real tools")
    group.addoption("--tool", action="append", default=[], metavar="NAME[=COMMAND]",
                    help="ask this tool only (repeatable), or this one of yours: {disk} is a file with the volume, {whole} with the disk")
    group.addoption("--sample", type=int, default=1, metavar="N",
                    help="of all scenarios every Nth alone, the same ones each time")
    group.addoption("--seen", action="store_true", help="ask every tool, and compare with what it was seen to do")
    group.addoption("--lab-update", action="store_true", help="ask every tool, and record in seen.json what it does")
    group.addoption("--records", metavar="FILE", help="ask every tool, and write all that is known, a line of JSON a time")


def pytest_configure(config: pytest.Config) -> None:
    """Declare our markers; those for tags, file systems and tools follow as they are met."""
    config.addinivalue_line("markers", "scenario: a scenario, judged by a tool or taken back")
    try:
        config.stash[CHOSEN] = own_tool.chosen(config.getoption("--tool"))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    if not hasattr(config, "workerinput"):  # not a worker of pytest-xdist's
        config.pluginmanager.register(ledger.Ledger(config.getoption("--records"), config.getoption("--lab-update")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not in the sample: by a hash of the variant's name, so that all its tests stay together."""
    every = config.getoption("--sample")
    if every > 1:
        left_out = [item for item in items if isinstance(item, ScenarioItem)
                    and case.lot(item.of.scenario, case.name_of(item.of.path), item.of.variant) % every]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Every YAML file below a folder with a schema.json is a scenario."""
    if file_path.suffix != ".yaml" or not any((folder / "schema.json").exists() for folder in file_path.parents):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


class ScenarioFile(pytest.File):
    """One scenario; its tests, or a node for each variant with its tests."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Items of a scenario without variants, else its variants."""
        scenario = corruptor.load_scenario(str(self.path))
        if "repair" in scenario.as_dict()["tags"]:
            return  # for a disk that is damaged already: tests/python/test_stories.py damages and repairs one
        if variants := case.variants(scenario):
            for name in variants:
                yield Variant.from_parent(self, name=name, variant=name)
        else:
            yield from Variant.from_parent(self, name=self.path.name, variant="").items(self)


class Variant(pytest.Collector):
    """One kind of the fault; its damage is worked out once for all its tests in this process."""

    def __init__(self, variant: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.variant = variant
        self.scenario = corruptor.load_scenario(str(self.path), variant=variant)
        self.facts = self.scenario.as_dict()
        self._damaged: case.Damaged | None = None

    @property
    def is_swept(self) -> bool:
        """Whether a pattern made it: no tool is asked about the hundreds of these, unless by --tool."""
        return bool(self.facts["sweep"])

    def collect(self) -> Iterable[pytest.Item]:
        """One item a tool, and `undo`."""
        return self.items(self)

    def items(self, parent: pytest.Collector) -> Iterable[pytest.Item]:
        """The items, below this node or below the file itself."""
        words = [*self.facts["tags"], *selftest.formats(self.scenario.image)]
        if not self.config.getoption("--tool"):
            yield UndoItem.from_parent(parent, name="undo", of=self, words=words)
        for tool in self._tools():
            yield ToolItem.from_parent(parent, name=tool, of=self, words=[*words, tool])

    def damaged(self) -> case.Damaged:
        """The damaged disk."""
        if self._damaged is None:
            self.skip_without_base()
            self._damaged = case.damage(case.load(self.path, self.variant), self.variant)
        return self._damaged

    def skip_without_base(self) -> None:
        """Skip the test that is running if its base disk cannot be made here."""
        if reason := images.unavailable(images.find(self.scenario.image)):
            pytest.skip(reason)

    def _tools(self) -> list[str]:
        """The tools to ask; all that fit the base disk's file systems, if everything is to be known."""
        chosen = self.config.stash[CHOSEN]
        fitting = [name for name, probe in (chosen or probes.all()).items() if selftest.fits(probe, self.scenario.image)]
        if chosen:
            return fitting
        everything = _thorough(self.config) and not self.is_swept
        return list(dict.fromkeys([*self.scenario.expect, *(fitting if everything else [])]))


class ScenarioItem(pytest.Item):
    """What both kinds of item share: the place in the YAML, words to select by, a report that needs no traceback."""

    def __init__(self, of: Variant, words: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.of = of
        for word in ["scenario", *words]:
            _declare(self.config, word)
            self.add_marker(word)

    @property
    def line(self) -> int:
        """The line of the scenario that this item is about, from 1."""
        return 1

    @property
    def title(self) -> str:
        """The scenario's variant and this item's name."""
        return ": ".join(filter(None, [self.of.variant, self.name]))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where pytest says that it failed."""
        return self.path, self.line - 1, f"{self.path.stem}: {self.title}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Our own failures are told as they are; the rest with a traceback."""
        if isinstance(excinfo.value, (Mismatch, corruptor.Error, HarnessError)):
            return f"{self.path}:{self.line}: {self.title}: {excinfo.value}"
        return super().repr_failure(excinfo, style)


class UndoItem(ScenarioItem):
    """The damage is what the plan says and nothing else, undo takes it back, and not on one base disk alone."""

    def runtest(self) -> None:
        """Apply, compare, undo, compare; then the same elsewhere."""
        self.of.skip_without_base()
        folder = self.config._tmp_path_factory.mktemp(self.path.stem)  # type: ignore[attr-defined]
        scenario = case.load(self.path, self.of.variant)
        _, wrong = selftest.elsewhere(scenario, folder)
        if wrong := selftest.trouble(scenario, folder, scenario.image) + wrong:
            raise Mismatch("\n".join(wrong))


class ToolItem(ScenarioItem):
    """One tool and what the scenario expects of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        expected = self.of.scenario.expect.get(self.name, {})
        self.expected = {"says": expected} if isinstance(expected, str) else expected
        if "known_bug" in self.expected:
            self.add_marker(pytest.mark.xfail(reason=self.expected["known_bug"], strict=True, raises=KnownBug))
        probe = self._probe()
        if probe is not None and appliance.missing in probe.needs and not _thorough(self.config):
            self.add_marker(pytest.mark.xdist_group("appliance"))  # one serves all its disks; for many, each process has one

    @property
    def line(self) -> int:
        """The tool's line under `expect`."""
        return self.of.scenario.expect_lines.get(self.name, 1)

    def runtest(self) -> None:
        """Ask the tool."""
        probe = self._probe()
        if probe is None:
            self._unused("there is no such tool")
            raise Mismatch(f"there is no such tool; known: {', '.join(probes.all())}")
        if reason := probe.missing():
            self._unused(reason)
            pytest.skip(f"{self.name}: {reason}")
        damaged = self.of.damaged()
        fits = selftest.suits(probe, damaged)
        if not fits and not self.expected:
            pytest.skip(f"{self.name}: the damage is to a volume of {damaged.volume.filesystem}")
        asked = self.expected or self.config.getoption("--tool")  # without expectations: no crash, no hang, no write by a look
        wrong = case.judge(damaged, probe, self.expected) if asked else []
        otherwise = self._remember(damaged, probe) if fits and _thorough(self.config) else []
        if wrong or otherwise:
            kind = KnownBug if "known_bug" in self.expected and not otherwise else Mismatch
            raise kind("\n".join(otherwise + wrong))

    def _probe(self) -> Probe | None:
        """The tool; one of the user's own comes before ours of the same name."""
        return (probes.all() | self.config.stash[CHOSEN]).get(self.name)

    def _remember(self, damaged: case.Damaged, probe: Probe) -> list[str]:
        """All steps of the oracle, handed over; returns what is not as it was seen before."""
        record = healthy.judge(damaged, probe)
        self._hand_over(ledger.PROPERTY, record.line())
        measure = healthy.of(damaged.base, damaged.volume, probe)
        if _first_time(measure.base, damaged.volume.offset, probe.name):
            self._hand_over(ledger.PROPERTY, measure.line())
        if record.says == "error":
            raise HarnessError(record.reason)
        if not self.config.getoption("--seen"):
            return []
        before = seen.load(seen.file_of(self.path)).get(record.key)
        differing = seen.differences(before, record)
        if differing and before and before["tool"] != record.tool:
            self._hand_over(ledger.DRIFT, f"{self.nodeid}: {record.tool}, not {before['tool']}: {'; '.join(differing)}")
            return []
        return differing

    def _unused(self, reason: str) -> None:
        """An expectation that nobody checked."""
        self._hand_over(ledger.UNUSED, f"{self.name}: {reason}")

    def _hand_over(self, name: str, value: str) -> None:
        self.user_properties.append((name, value))


def _thorough(config: pytest.Config) -> bool:
    """Whether everything is to be known, and not only whether expectations hold."""
    return any(config.getoption(option) for option in ("--seen", "--lab-update", "--records"))


_handed_over: set[tuple[str, int, str]] = set()


def _first_time(*measure: Any) -> bool:
    """Whether this process has not handed over the record of a healthy disk yet."""
    new = measure not in _handed_over
    _handed_over.add(measure)
    return new


@cache
def _declare(config: pytest.Config, word: str) -> None:
    """Make a marker of a word that was met in a scenario."""
    config.addinivalue_line("markers", f"{word}: met in a scenario")
