# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with scenarios that a machine can see without a tool: python3 -m harness.lint [FILE or FOLDER ...]

The loader refuses bad grammar; this looks at the rest, file by file and at all of them together: what is missing, what
names things that are not there, and faults that are the same fault. Whether two are the same is not asked of their words:
both are planned on their base disks, and the sectors that they would leave behind are compared. That takes milliseconds
a fault, as nothing is written. What is named is compared with the whole catalogue; no name means all of it.

A line is `file:line: what; what to do`. Exit code 0: nothing found but notes, 1: something, 2: misuse.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import corruptor
from harness import case, images, probes
from harness.pieces import Patch

CATALOGUE = Path(__file__).resolve().parents[1] / "scenarios"
SECTOR = 512
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MESSAGE = re.compile(r"(?P<file>.*?):(?P<line>\d+):(?:\d+: )?\s*(?P<what>.*)", re.DOTALL)
ADAPTS = ("donor",)  # parameters that fit a fault to another disk; so do files, and whatever has choices


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to be done about one place."""

    file: Path
    line: int
    what: str
    is_note: bool = False

    def __str__(self) -> str:
        return f"{_shown(self.file)}:{self.line}: {'note: ' if self.is_note else ''}{self.what}"


@dataclass
class Fault:
    """A scenario, or one variant of it; what it does to which disk, once that is worked out."""

    file: Path
    variant: str
    facts: dict[str, Any] = field(repr=False)

    @property
    def line(self) -> int:
        """Where a reader should look first."""
        return line_of(self.file, rf" +{re.escape(self.variant)} *:", after="variants:") if self.variant else 1

    def __str__(self) -> str:
        return f"{_shown(self.file)}" + (f" ({self.variant})" if self.variant else "")


@dataclass
class Report:
    """What was found, and why some faults could not be compared."""

    findings: list[Finding] = field(default_factory=list)
    faults: int = 0
    compared: int = 0
    skipped: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def main(argv: list[str]) -> int:
    """Print what is found."""
    parser = argparse.ArgumentParser(prog="lint", description="Find what is wrong with scenarios, without any tool.")
    parser.add_argument("paths", nargs="*", type=Path, help="scenarios or folders of them; the whole catalogue if none")
    try:
        paths = parser.parse_args(argv).paths
    except SystemExit as stop:
        return int(stop.code or 0)
    for path in paths:
        if not path.exists():
            print(f"lint: {path}: no such file or folder", file=sys.stderr)
            return 2
    report = lint(paths or [CATALOGUE])
    for finding in report.findings:
        print(finding)
    for reason, faults in report.skipped.items():
        print(f"not compared: {faults} faults; {reason}", file=sys.stderr)
    found = [finding for finding in report.findings if not finding.is_note]
    print(f"{report.faults} faults looked at, {report.compared} compared with one another: {len(found)} findings, "
          f"{len(report.findings) - len(found)} notes", file=sys.stderr)
    return 1 if found else 0


def lint(paths: Iterable[Path]) -> Report:
    """All findings about some scenarios, in order of their places."""
    named = scenarios_in(paths)
    report = Report()
    every = {file: load(file) for file in dict.fromkeys([*named, *scenarios_in([CATALOGUE])])}
    for file in named:
        faults, wrong = every[file]
        report.faults += len(faults)
        report.findings += wrong + [finding for fault in faults[:1] for finding in parts(fault)]
    report.findings += same_names(named, every)
    report.findings += same_effects(named, [fault for faults, _ in every.values() for fault in faults], report)
    report.findings.sort()
    return report


def scenarios_in(paths: Iterable[Path]) -> list[Path]:
    """The files, all of their folders' if folders are named."""
    found = [file for path in paths for file in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])]
    return list(dict.fromkeys(file.resolve() for file in found))


def load(file: Path) -> tuple[list[Fault], list[Finding]]:
    """The faults of a scenario, one if it has no variants; and what the loader says against them."""
    try:
        facts = corruptor.load_scenario(str(file)).as_dict()
    except corruptor.Error as error:
        return [], [_refused(file, 1, error)]
    faults = [Fault(file, row["name"], facts) for row in facts["variants"]] or [Fault(file, "", facts)]
    good, wrong = [], []
    for fault in faults:
        try:
            corruptor.load_scenario(str(file), variant=fault.variant)
            good.append(fault)
        except corruptor.Error as error:
            wrong.append(_refused(file, fault.line, error))
    return good, wrong


def parts(fault: Fault) -> Iterator[Finding]:
    """What is missing in a scenario, and what in it names something that is not there."""
    file, facts = fault.file, fault.facts
    for word in [file.stem, *(row["name"] for row in facts["variants"])]:
        if not NAME.fullmatch(word):
            yield Finding(file, 1, f"the name {word!r} is not lower-case words joined by '-'; rename it")
    for key, advice in (("why", "say why the fault matters"), ("sources", "say where the fault was met or is described"),
                        ("image", "name the base disk that its expectations were observed on")):
        if not facts[key]:
            yield Finding(file, 1, f"`{key}` is missing; {advice}")
    if facts["image"] and facts["image"] not in images.names():
        yield Finding(file, line_of(file, "image:"), f"no base disk is called {facts['image']!r}; "
                                                     "`python3 -m harness.images` lists them")
    for tool in facts["expect"]:
        if tool not in _tools():
            yield Finding(file, facts["expect_lines"].get(tool, 1), f"no tool is called {tool!r}; "
                          "`python3 -c 'from harness import probes; print(*probes.all())'` lists them")
    yield from _idle_parameters(fault)


def _idle_parameters(fault: Fault) -> Iterator[Finding]:
    """Parameters that no variant changes, though there are variants: a knob that nobody has tried."""
    rows = fault.facts["variants"]
    changed = {name for row in rows for name in row["values"]}
    for parameter in fault.facts["parameters"]:
        name = parameter["name"]
        adapts = name in ADAPTS or "choices" in parameter or str(parameter["value"]).startswith("/")
        if rows and name not in changed and not adapts:
            yield Finding(fault.file, line_of(fault.file, rf" +{re.escape(name)} *:", after="parameters:"),
                          f"no variant changes the parameter {name!r}; add one, or write its value where it is used", True)


def same_names(named: list[Path], every: dict[Path, tuple[list[Fault], list[Finding]]]) -> Iterator[Finding]:
    """Scenarios that share a fault's name, which is the place in the catalogue and the variant, joined by '-'."""
    owners: dict[str, list[Path]] = defaultdict(list)
    for file, (faults, _) in every.items():
        place = case.name_of(file).replace("/", "-")
        for name in {place, *(f"{place}-{fault.variant}" for fault in faults if fault.variant)}:
            owners[name].append(file)
    chosen = set(named)
    for name, files in owners.items():
        for file in chosen.intersection(files):
            if other := next((other for other in files if other != file), None):
                yield Finding(file, 1, f"{_shown(other)} makes a fault called {name}, too; rename one of them")


def same_effects(named: list[Path], faults: list[Fault], report: Report) -> Iterator[Finding]:
    """Faults that leave the same disk behind as others. Of two that are named, the later is reported."""
    groups: dict[str, list[Fault]] = defaultdict(list)
    chosen = set(named)
    for fault in faults:
        found = _effect_or_reason(fault, report if fault.file in chosen else Report())
        if isinstance(found, Finding):
            if fault.file in chosen:
                yield found
        elif found:
            report.compared += 1
            groups[found].append(fault)
    for group in groups.values():
        mine = [fault for fault in group if fault.file in chosen]
        first = mine[0] if len(mine) == len(group) else next(fault for fault in group if fault.file not in chosen)
        for fault in mine:
            if fault is not first:
                yield Finding(fault.file, fault.line, _sameness(fault, first))


def _sameness(fault: Fault, first: Fault) -> str:
    subject = f"variant {fault.variant!r}" if fault.variant else "this fault"
    other = f"variant {first.variant!r}" if fault.file == first.file else str(first)
    return f"{subject} leaves the same disk behind as {other}; drop one, or make them differ"


def _effect_or_reason(fault: Fault, report: Report) -> str | Finding:
    """What a fault does; "" if that cannot or need not be known; or what is wrong with it."""
    if fault.facts["sweep"] or "repair" in fault.facts["tags"] or fault.facts["image"] not in images.names():
        return ""  # a machine makes a sweep's variants; a repair is for a disk that is damaged already
    try:
        return effect(fault.file, fault.variant, fault.facts["image"])
    except images.Unavailable as reason:
        report.skipped[str(reason)] += 1
        return ""
    except (corruptor.Error, LookupError) as error:  # the latter of a donor that is no base disk
        return _refused(fault.file, fault.line, error)


def effect(file: Path, variant: str, image: str) -> str:
    """A hash of a base disk's name and of all sectors on it that a fault changes."""
    base = case.build(image)
    disk = _open(str(base.path), base.format)
    scenario = case.load(file, variant)
    prepared = disk.prepare(scenario) if scenario.as_dict()["prepare"] else None
    digest = hashlib.sha256(image.encode())
    for number, content in sorted(_changed(disk, case.patches(disk.plan(scenario, prepared=prepared))).items()):
        digest.update(number.to_bytes(8, "little") + content)
    return digest.hexdigest()


def _changed(disk: corruptor.Image, patches: Iterable[Patch]) -> dict[int, bytes]:
    """The sectors that patches change, by number, as they are afterwards."""
    after: dict[int, bytearray] = {}
    for at, content in patches:
        first, end = at // SECTOR, -(-(at + len(content)) // SECTOR)
        below = disk.read(first * SECTOR, min(end * SECTOR, disk.size) - first * SECTOR)
        for number in range(first, end):
            offset = (number - first) * SECTOR
            sector = after.setdefault(number, bytearray(below[offset:offset + SECTOR]))
            start = max(at - number * SECTOR, 0)
            piece = content[max(number * SECTOR - at, 0):(number + 1) * SECTOR - at]
            sector[start:start + len(piece)] = piece
    return {number: bytes(sector) for number, sector in after.items()
            if sector != disk.read(number * SECTOR, len(sector))}


@lru_cache(case.OPEN_BASES)
def _open(path: str, format: str) -> corruptor.Image:
    """A base disk, opened once for many faults."""
    return corruptor.Image(path, format=format)


@cache
def _tools() -> frozenset[str]:
    return frozenset(probes.all())


def line_of(file: Path, start: str, after: str = "") -> int:
    """The first line that begins with a pattern, after the line that begins with a text; 1 if there is none."""
    seen = not after
    for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
        if seen and re.match(start, line):
            return number
        seen = seen or line.startswith(after)
    return 1


def _refused(file: Path, line: int, error: Exception) -> Finding:
    """The loader's or the planner's words, which say themselves where, mostly."""
    told = MESSAGE.fullmatch(str(error))
    if told and Path(told["file"]).name == file.name:
        return Finding(file, int(told["line"]), told["what"])
    return Finding(file, line, f"it cannot be planned on its base disk: {error}")


def _shown(file: Path) -> str:
    """As short as it can be from here."""
    return os.path.relpath(file) if file.is_relative_to(Path.cwd()) or file.is_relative_to(CATALOGUE) else str(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
