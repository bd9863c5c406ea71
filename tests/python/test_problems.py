# SPDX-License-Identifier: GPL-2.0-or-later
"""The problems that tools can notice: their files are sound, and only real proof counts as reaching one."""
from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import corruptor
import pytest

from harness import Source, case, probes, problems
from harness.problems import __main__ as program
from harness.problems import collect, coverage
from harness.problems.kept import REPORT, kept

QUICK = ("ntfs-3g-probe", "ntfs-3g-mount", "ntfsfix-n", "ntfsfix", "ntfsresize-i", "fsck.fat-n", "fsck.fat-a", "fsck.exfat-n",
         "fsck.exfat-y", "sgdisk-v")

HEAD = "tool: checker 1\nprobes: [check*]\nproblems:\n"
BAD_FILES = [
    ("  CHK-01: { what: it is wrong, mesage: wrong }\n", "CHK-01: unknown mesage"),
    ("  CHK-01: { message: wrong }\n", "CHK-01: what is missing"),
    ("  CHK-01: { what: it is wrong }\n", "CHK-01: neither message nor code"),
    ("  CHK-01: { what: it is wrong, message: 'wrong (' }\n", "CHK-01: message: missing ), unterminated subpattern"),
    ("  CHK-01: { what: it is wrong, message: 'x*' }\n", "matches where nothing was printed"),
    ("  CHK-01: { what: it is wrong, code: one }\n", "CHK-01: code: expected a number, found 'one'"),
    ("  CHK-01: { what: it is wrong, message: 12 }\n", "CHK-01: message: expected a text, found 12"),
    ("  CHK-01: { what: it is wrong, code: 1, probes: check }\n", "expected a list of patterns of names"),
    ("  OTHER-01: { what: it is wrong, message: wrong }\n", "OTHER-01: expected an id such as CHK-01"),
    ("  CHK-01: { what: a, message: a }\n  CHK-01: { what: b, message: b }\n", "CHK-01 twice"),
    ("  CHK-01: { what: a, message: a }\n  CHK-02: { what: b, message: a }\n", "CHK-02: nothing tells it from CHK-01"),
]


def read(tmp_path: Path, rows: str) -> list[problems.Problem]:
    """The problems of a file with these rows."""
    (tmp_path / "chk.yaml").write_text(HEAD + rows)
    return problems.load(tmp_path)


def evidence(text: str = "", scenario: str = "broken", probe: str = "check-n", changes: tuple[str, ...] = ("boot.a",),
             argv: str = "check -n", code: int = 0) -> dict[str, Any]:
    """A record of one run."""
    runs = [{"argv": argv.split(), "code": code, "text": text}]
    return {"scenario": scenario, "variant": "", "probe": probe, "changes": list(changes), "runs": runs}


def reached(tmp_path: Path, row: str, *records: dict[str, Any]) -> list[str]:
    """The scenarios that reach the one problem of a row."""
    (problem,) = read(tmp_path, f"  CHK-01: {{ what: it is wrong, {row} }}\n")
    return [trigger.scenario for trigger in coverage.measure([problem], records)["CHK-01"]]


@pytest.fixture(scope="module")
def catalogue() -> list[problems.Problem]:
    """The problems of all tools."""
    return problems.load()


def test_the_files_hold_every_problem_of_every_tool(catalogue: list[problems.Problem]) -> None:
    counts: dict[str, int] = {}
    for problem in catalogue:
        counts[problem.id.partition("-")[0]] = counts.get(problem.id.partition("-")[0], 0) + 1
    assert counts == {"EXF": 45, "EXK": 32, "FAT": 79, "FIX": 39, "GPT": 52, "KPT": 17, "LIB": 191, "N3K": 76,
                      "NPC": 74, "NTK": 35, "RSZ": 40, "TDK": 41, "TSK": 21, "VFK": 28}


def test_ids_count_up_without_a_gap(catalogue: list[problems.Problem]) -> None:
    numbers: dict[str, list[int]] = {}
    for problem in catalogue:
        prefix, _, number = problem.id.partition("-")
        numbers.setdefault(prefix, []).append(int(number))
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


@pytest.mark.parametrize(("rows", "complaint"), BAD_FILES, ids=[complaint for _, complaint in BAD_FILES])
def test_a_file_that_is_not_sound_is_refused_with_its_place(tmp_path: Path, rows: str, complaint: str) -> None:
    with pytest.raises(problems.BadData) as error:
        read(tmp_path, rows)
    assert str(error.value).startswith("chk.yaml: ")
    assert complaint in str(error.value)


def test_rows_take_what_they_leave_out_from_their_file(tmp_path: Path) -> None:
    (tmp_path / "chk.yaml").write_text("unreachable: not shipped\n" + HEAD + "  CHK-01: { what: it is wrong }\n")
    (problem,) = problems.load(tmp_path)
    assert (problem.tool, problem.probes, problem.unreachable) == ("checker 1", ("check*",), "not shipped")


def test_a_message_counts_for_the_scenario_in_whose_run_it_was_printed(tmp_path: Path) -> None:
    records = evidence("all is well\n", "sound"), evidence("it is 12 wrong\n")
    assert reached(tmp_path, r"message: 'is \d+ wrong'", *records) == ["broken"]


def test_the_whole_line_is_kept_as_proof(tmp_path: Path) -> None:
    found = read(tmp_path, r"  CHK-01: { what: it is wrong, message: '\d+ wrong' }" + "\n")
    triggers = coverage.measure(found, [evidence("first\n  it is 12 wrong\x1b here\nlast\n")])["CHK-01"]
    assert triggers == [coverage.Trigger("broken", "", "check-n", "it is 12 wrong? here")]


def test_what_a_healthy_disk_makes_a_probe_say_proves_nothing(tmp_path: Path) -> None:
    said, healthy = evidence("wrong\n"), evidence("wrong\n", scenario="", changes=())
    assert reached(tmp_path, "message: wrong", said) == ["broken"]
    assert reached(tmp_path, "message: wrong", said, healthy) == []
    assert reached(tmp_path, "message: wrong", healthy, said) == []


def test_other_words_of_the_same_kind_are_proof_beside_those_of_a_healthy_disk(tmp_path: Path) -> None:
    healthy = evidence("3 clusters lost\n", scenario="", changes=())
    said = evidence("3 clusters lost\n5 clusters lost\n")
    assert reached(tmp_path, r"message: '\d+ clusters lost'", healthy, said) == ["broken"]


def test_healthy_words_of_another_probe_do_not_matter(tmp_path: Path) -> None:
    healthy = evidence("wrong\n", scenario="", probe="check-a", changes=())
    assert reached(tmp_path, "message: wrong", healthy, evidence("wrong\n")) == ["broken"]


@pytest.mark.parametrize(("healthy_base", "base", "proof"), [
    ("one", "one", False), ("one", "other", True), ("", "one", False), ("one", "", False)])
def test_only_healthy_runs_over_the_same_base_matter(tmp_path: Path, healthy_base: str, base: str, proof: bool) -> None:
    healthy = evidence("wrong\n", scenario="", changes=()) | {"base": healthy_base}
    assert bool(reached(tmp_path, "message: wrong", healthy, evidence("wrong\n") | {"base": base})) == proof


def test_a_healthy_run_needs_no_edits_to_take_the_proof_away(tmp_path: Path) -> None:
    healthy = evidence("wrong\n", scenario="", changes=())
    assert reached(tmp_path, "message: wrong, edits: boot", healthy, evidence("wrong\n")) == []


def test_only_the_probes_and_commands_of_a_problem_can_show_it(tmp_path: Path) -> None:
    assert reached(tmp_path, "message: wrong", evidence("wrong\n", probe="mount")) == []
    assert reached(tmp_path, "message: wrong, command: '^check'", evidence("wrong\n", argv="mount disk")) == []


def test_edits_tell_problems_with_the_same_words_apart(tmp_path: Path) -> None:
    rows = "  CHK-01: { what: a, message: wrong, edits: 'boot' }\n  CHK-02: { what: b, message: wrong, edits: 'fat' }\n"
    triggers = coverage.measure(read(tmp_path, rows), [evidence("wrong\n", changes=("x", "fat[2].next"))])
    assert [name for name, found in triggers.items() if found] == ["CHK-02"]


def test_an_exit_code_is_proof_alone_and_with_words(tmp_path: Path) -> None:
    assert reached(tmp_path, "code: 4", evidence(code=4)) == ["broken"]
    assert reached(tmp_path, "code: 4", evidence(code=1)) == []
    assert reached(tmp_path, "code: 4, message: wrong", evidence("right\n", code=4)) == []
    assert reached(tmp_path, "code: 4, message: wrong", evidence("wrong\n", code=4)) == ["broken"]


def test_words_and_code_must_be_of_one_run(tmp_path: Path) -> None:
    record = evidence("wrong\n", code=1)
    record["runs"] += evidence(code=4)["runs"]
    assert reached(tmp_path, "code: 4, message: wrong", record) == []


def test_the_report_counts_and_gives_first_scenario_line_and_reasons(tmp_path: Path) -> None:
    rows = ("  CHK-01: { what: reached, message: wro }\n  CHK-02: { what: open, message: absent }\n"
            "  CHK-03: { what: never, unreachable: dead code }\n  CHK-04: { what: surely, message: here, unreachable: dead }\n")
    found = read(tmp_path, rows)
    records = [evidence("is wrong | here\n", "b"), evidence("is wrong | here\n", "a")]
    report = coverage.render(found, coverage.measure(found, records))
    assert "| checker 1 | 4 | 2 | 1 | 1 |" in report
    assert "| CHK-01 | reached | a | 1 | check-n | `is wrong \\| here` |" in report
    assert "## Reached, though said to be unreachable\n\n| id | problem | reason |\n| --- | --- | --- |\n| CHK-04 |" in report
    assert report.partition("## Unreachable")[2].split("\n")[4] == "| CHK-03 | never | dead code |"
    assert report.endswith("## Open\n\n| id | problem |\n| --- | --- |\n| CHK-02 | open |\n")


def test_the_report_is_made_from_files_of_lines(monkeypatch: pytest.MonkeyPatch,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    line = evidence("Logical sector size is zero.\n", "fat/boot/sector-size", "fsck.fat-n", argv="fsck.fat -n")
    monkeypatch.setattr("sys.argv", ["problems"])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(line).encode())))
    program.main()
    assert "| FAT-01 |" in capsys.readouterr().out.partition("## Unreachable")[0]


SCENARIOS = Path(__file__).parents[2] / "scenarios"
REAL = [
    ("ntfs/zero-dbr", "ntfsfix-d", {"FIX-03", "FIX-04", "FIX-05", "FIX-06", "FIX-08", "FIX-30", "LIB-01"}),
    ("ntfs/mirror-differs", "ntfs-3g-probe", {"LIB-46"}),
    ("fat/fsinfo-stale", "fsck.fat-n", {"FAT-24"}),
    ("exfat/boot-checksum-wrong", "fsck.exfat-n", {"EXF-02", "EXF-12"}),
    ("exfat/dirty-flag", "fsck.exfat-y", {"EXF-45"}),
    ("exfat/set/name-entry-type-wrong", "exfat-mount-ro", {"EXK-29"}),
]


def test_what_is_noticed_in_silence_is_known_by_its_effect(tmp_path: Path) -> None:
    silent = evidence() | {"rewrote": [{"path": "boot.dirty"}], "files": {"/a.txt": "lost"}}
    assert reached(tmp_path, "effect: '^rewrote boot.dirty$'", silent) == ["broken"]
    assert reached(tmp_path, "effect: '^lost /a'", silent) == ["broken"]
    assert reached(tmp_path, "effect: '^lost /b'", silent) == []
    assert reached(tmp_path, "effect: '^lost /a'", silent, silent | {"scenario": ""}) == []


@pytest.mark.parametrize(("name", "probe", "expected"), REAL, ids=[name for name, _, _ in REAL])
def test_a_real_tool_proves_what_it_notices(catalogue: list[problems.Problem], tmp_path: Path, name: str, probe: str,
                                            expected: set[str]) -> None:
    if reason := probes.all()[probe].missing():
        pytest.skip(reason)
    damaged = case.make(case.load(SCENARIOS / f"{name}.yaml"), tmp_path)
    healthy = Source(damaged.base.path, damaged.base.format, damaged.volume.offset, damaged.volume.size)
    changes = [change["path"] for change in damaged.plan.as_dict()["changes"]]
    records = [{"scenario": scenario, "probe": probe, "changes": changes} | collect.done(probes.all()[probe], source, damaged.volume)
               for scenario, source in (("", healthy), (name, damaged.source))]
    assert {found for found, triggers in coverage.measure(catalogue, records).items() if triggers} == expected


# What the catalogue reaches


def test_the_report_is_what_was_kept() -> None:
    assert REPORT.read_text() == coverage.render(problems.load(), kept()), "run python3 -m harness.problems EVIDENCE --keep"


def test_what_is_said_to_reach_a_problem_is_in_the_catalogue() -> None:
    known = {f"{name}::{variant}" if variant else name for name in corruptor.catalogue() if not name.startswith("sweeps/")
             for variant in case.variants(corruptor.load_scenario(corruptor.find_scenario(name))) or [""]}
    assert {trigger.name for found in kept().values() for trigger in found} - known == set()


@pytest.mark.parametrize("name", [name for name, found in kept().items() if found and found[0].probe in QUICK][::9])
def test_a_problem_is_still_reached(name: str) -> None:
    first = kept()[name][0]
    damaged = case.damage(case.load(Path(corruptor.find_scenario(first.scenario)), first.variant), first.variant)
    record = {"scenario": first.scenario, "variant": first.variant, "probe": first.probe,
              "changes": [row["path"] for row in damaged.facts["changes"]]}
    record |= collect.done(probes.all()[first.probe], damaged.source, damaged.volume)
    assert coverage.measure(problems.load(), [record])[name], record["runs"]
