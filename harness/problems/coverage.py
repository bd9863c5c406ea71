# SPDX-License-Identifier: GPL-2.0-or-later
"""Which problems the scenarios make the tools notice, proved by the tools' own words in those very runs.

Evidence is one record for each scenario, variant and probe:

    {"scenario": "ntfs/boot/oem-id", "variant": "", "probe": "ntfs-3g-mount", "changes": ["ntfs.boot.oem_id"],
     "runs": [{"argv": ["ntfs-3g", "..."], "code": 12, "text": "NTFS signature is missing.\\n..."}]}

The same probe over a healthy disk has "" for a scenario. What a tool prints there too proves nothing, so a match
counts only if no healthy run of that probe has the very same one. Records may name their `base`, the healthy disk;
then only the healthy runs over that disk are asked.
"""
from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from harness.problems import Problem
from harness.record import fault_name

Record = Mapping[str, Any]
LINE = 160


@dataclass(frozen=True, order=True)
class Trigger:
    """A scenario that made a tool notice a problem, and the line that proves it."""

    scenario: str
    variant: str
    probe: str
    line: str

    @property
    def name(self) -> str:
        """Scenario and variant as they are written on a command line."""
        return fault_name(self.scenario, self.variant)


@dataclass(frozen=True)
class _Match:
    """`said` is compared with healthy runs; `line` is shown."""

    said: str
    line: str


def measure(problems: Sequence[Problem], evidence: Iterable[Record]) -> dict[str, list[Trigger]]:
    """Each problem's triggers, sorted; none for a problem that was not reached. Reads the evidence once."""
    found: dict[str, set[tuple[Trigger, str, str]]] = {problem.id: set() for problem in problems}
    healthy: dict[tuple[str, str, str], set[str]] = {}
    proofs = _proofs(problems)
    for record in evidence:
        probe, base = record["probe"], record.get("base", "")
        for problem, match in proofs(record):
            if not record["scenario"]:
                healthy.setdefault((problem.id, probe, match.said), set()).add(base)
            elif not problem.edits or any(map(problem.edits.search, record["changes"])):
                trigger = Trigger(record["scenario"], record.get("variant", ""), probe, match.line)
                found[problem.id].add((trigger, match.said, base))

    def proves(name: str, trigger: Trigger, said: str, base: str) -> bool:
        bases = healthy.get((name, trigger.probe, said), set())
        return not any(other == base or not other or not base for other in bases)

    return {name: sorted({row[0] for row in rows if proves(name, *row)}) for name, rows in found.items()}


def _proofs(problems: Sequence[Problem]) -> Callable[[Record], Iterator[tuple[Problem, _Match]]]:
    """A function that finds what a record proves, whatever was edited. Most runs say the same as another one."""

    @cache
    def shown_by(probe: str) -> list[Problem]:
        return [problem for problem in problems if any(fnmatch.fnmatchcase(probe, name) for name in problem.probes)]

    @lru_cache(maxsize=2048)
    def said(probe: str, command: str, code: int | None, text: str) -> list[tuple[Problem, _Match]]:
        return [(problem, match) for problem in shown_by(probe) for match in _matches(problem, command, code, text)]

    def proofs(record: Record) -> Iterator[tuple[Problem, _Match]]:
        for run in record["runs"]:
            yield from said(record["probe"], " ".join(run["argv"]), run["code"], run["text"])
        effects = "\n".join([f"rewrote {row['path']}" for row in record.get("rewrote", ())]
                            + [f"{word} {path}" for path, word in record.get("files", {}).items()])
        for problem in shown_by(record["probe"]):
            if problem.effect:
                yield from ((problem, _Match(match[0], _line(effects, match.start()))) for match in problem.effect.finditer(effects))

    return proofs


def _matches(problem: Problem, command: str, code: int | None, text: str) -> Iterator[_Match]:
    """The places of a run that are proof of a problem."""
    if problem.command and not problem.command.search(command):
        return
    if problem.code is not None and code != problem.code:
        return
    if problem.message is not None:
        for match in problem.message.finditer(text):
            yield _Match(match[0], _line(text, match.start()))
    elif problem.code is not None:
        yield _Match(f"exit {code}", f"{command.partition(' ')[0]}: exit {code}")


def _line(text: str, at: int) -> str:
    """The printed line that a match begins in, fit for a table."""
    line = text[text.rfind("\n", 0, at) + 1:].partition("\n")[0].strip()
    return "".join(letter if letter.isprintable() else "?" for letter in line)[:LINE]


def render(problems: Sequence[Problem], triggers: Mapping[str, Sequence[Trigger]]) -> str:
    """The report, as Markdown."""
    reached = [problem for problem in problems if triggers[problem.id]]
    missed = [problem for problem in problems if not triggers[problem.id]]
    parts = ["# What the catalogue makes the tools notice", _summary(problems, triggers),
             "## Reached", _reached(reached, triggers)]
    if wrong := [problem for problem in reached if problem.unreachable]:
        parts += ["## Reached, though said to be unreachable", _reasons(wrong)]
    parts += ["## Unreachable", _reasons([problem for problem in missed if problem.unreachable])]
    parts += ["## Open", _table(["id", "problem"], [[row.id, row.what] for row in missed if not row.unreachable])]
    return "\n\n".join(parts) + "\n"


def _summary(problems: Sequence[Problem], triggers: Mapping[str, Sequence[Trigger]]) -> str:
    tools = list(dict.fromkeys(problem.tool for problem in problems))
    rows = [_counts(tool, [row for row in problems if row.tool == tool], triggers) for tool in tools]
    return _table(["tool", "problems", "reached", "unreachable", "open"],
                  rows + [_counts("all", problems, triggers)])


def _counts(name: str, problems: Sequence[Problem], triggers: Mapping[str, Sequence[Trigger]]) -> list[str]:
    reached = sum(bool(triggers[problem.id]) for problem in problems)
    unreachable = sum(bool(problem.unreachable and not triggers[problem.id]) for problem in problems)
    return [name, *map(str, (len(problems), reached, unreachable, len(problems) - reached - unreachable))]


def _reached(problems: Sequence[Problem], triggers: Mapping[str, Sequence[Trigger]]) -> str:
    rows = []
    for problem in problems:
        first, *others = triggers[problem.id]
        more = len({(trigger.scenario, trigger.variant) for trigger in others} - {(first.scenario, first.variant)})
        rows.append([problem.id, problem.what, first.name, str(more), first.probe, _code(first.line)])
    return _table(["id", "problem", "scenario", "more", "probe", "what it said or did"], rows)


def _reasons(problems: Sequence[Problem]) -> str:
    return _table(["id", "problem", "reason"], [[row.id, row.what, row.unreachable] for row in problems])


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`"


def _table(head: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return "none"
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
