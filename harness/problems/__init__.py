# SPDX-License-Identifier: GPL-2.0-or-later
"""What each tool can notice, as data: by these problems the catalogue of scenarios is measured.

A checker's source lists all that it knows to be wrong with a disk. Each such place is a problem here, with the words
that the tool prints there as a regular expression, because only words prove that a run came to that place. Several
problems may end in the same words; then more has to tell them apart, see `Problem`. What no image can make a tool
say (a read error, dead code) has a reason in place of a scenario. coverage.py compares all this with real runs.
"""
from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
FILE_KEYS = {"tool", "probes", "command", "unreachable", "problems"}
PROBLEM_KEYS = {"what", "message", "code", "effect", "edits", "command", "probes", "unreachable"}


class BadData(ValueError):
    """A file of problems is not as it has to be; the text says where and why."""


@dataclass(frozen=True)
class Problem:
    """One thing that one tool can notice. All that is given here must hold of one and the same run."""

    id: str
    tool: str
    what: str
    """structure and condition"""
    probes: tuple[str, ...]
    """patterns of names (as of files) of the probes whose runs can show it"""
    message: re.Pattern[str] | None = None
    """searched in the run's text; ^ and $ are the ends of a line"""
    code: int | None = None
    """the exit code"""
    command: re.Pattern[str] | None = None
    """searched in the command line, for probes that use several tools"""
    edits: re.Pattern[str] | None = None
    """searched in the paths of the changed fields: tells problems apart whose words are the same"""
    effect: re.Pattern[str] | None = None
    """instead of message and code, for what is noticed in silence: searched in lines such as `rewrote exfat.boot.volume_flags`, a
    field that the tool changed, and `lost /readme.txt`, what became of a file"""
    unreachable: str = ""
    """why no image makes the tool notice it"""


class _Loader(yaml.CSafeLoader):
    """Refuses a key that stands twice, of which PyYAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise BadData(f"line {node.start_mark.line + 1}: {', '.join(sorted(twice))} twice")
        return super().construct_mapping(node, deep)


def load(folder: Path = FOLDER) -> list[Problem]:
    """All problems, file by file, in the files' order."""
    return [problem for file in sorted(folder.glob("*.yaml")) for problem in load_file(file)]


def load_file(file: Path) -> list[Problem]:
    """The problems of one tool; the file's name is the prefix of their ids, in small letters."""
    try:
        data = yaml.load(file.read_text(), _Loader)
        _expect_keys(data, FILE_KEYS, {"tool", "probes", "problems"})
        problems = [_problem(name, row, data) for name, row in data["problems"].items()]
        _check_ids(problems, file.stem.upper())
        _check_told_apart(problems)
    except (BadData, yaml.YAMLError) as error:
        raise BadData(f"{file.name}: {error}") from error
    return problems


def _problem(name: str, row: Mapping[str, Any], file: Mapping[str, Any]) -> Problem:
    """One row; what it leaves out and the file has is the file's."""
    try:
        _expect_keys(row, PROBLEM_KEYS, {"what"})
        merged = {key: file[key] for key in ("probes", "command", "unreachable") if key in file} | row
        problem = Problem(name, file["tool"], row["what"], _names(merged["probes"]), _pattern(row, "message"),
                          _number(row, "code"), _pattern(merged, "command"), _pattern(row, "edits"),
                          _pattern(row, "effect"), _text(merged, "unreachable"))
        if not problem.unreachable and problem.message is None and problem.code is None and problem.effect is None:
            raise BadData("neither message nor code nor effect, and no reason why it is unreachable")
    except BadData as error:
        raise BadData(f"{name}: {error}") from error
    return problem


def _expect_keys(data: Any, allowed: set[str], required: set[str]) -> None:
    if not isinstance(data, dict):
        raise BadData(f"expected a mapping, found {data!r}")
    if unknown := data.keys() - allowed:
        raise BadData(f"unknown {', '.join(sorted(map(str, unknown)))}")
    if absent := required - data.keys():
        raise BadData(f"{', '.join(sorted(absent))} is missing")


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise BadData(f"{key}: expected a text, found {value!r}")
    return value


def _number(row: Mapping[str, Any], key: str) -> int | None:
    value = row.get(key)
    if value is not None and type(value) is not int:
        raise BadData(f"{key}: expected a number, found {value!r}")
    return value


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise BadData(f"probes: expected a list of patterns of names, found {value!r}")
    return tuple(value)


def _pattern(row: Mapping[str, Any], key: str) -> re.Pattern[str] | None:
    text = _text(row, key)
    if not text:
        return None
    try:
        pattern = re.compile(text, re.MULTILINE)
    except re.error as error:
        raise BadData(f"{key}: {error}") from error
    if key in ("message", "effect") and pattern.search(""):
        raise BadData(f"{key}: {text!r} matches where nothing was printed")
    return pattern


def _check_ids(problems: list[Problem], prefix: str) -> None:
    for problem in problems:
        if not re.fullmatch(rf"{prefix}-\d\d+", problem.id):
            raise BadData(f"{problem.id}: expected an id such as {prefix}-01")


def _check_told_apart(problems: list[Problem]) -> None:
    seen: dict[tuple[object, ...], str] = {}
    for problem in problems:
        if problem.unreachable:
            continue
        proof = (problem.message, problem.code, problem.effect, problem.command, problem.edits, problem.probes)
        other = seen.setdefault(proof, problem.id)
        if other != problem.id:
            raise BadData(f"{problem.id}: nothing tells it from {other}")
