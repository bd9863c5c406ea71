# SPDX-License-Identifier: GPL-2.0-or-later
"""lint finds what is wrong with scenarios without any tool, and faults that are the same whatever their words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness import lint

GOOD = {
    "title": "The first boot sector is gone",
    "why": "A tool has to look for its copy.",
    "image": "ntfs-64m",
    "sources": "[https://example.org]",
    "edits": "[{ zero: ntfs.boot }]",
}
Write = Callable[..., Path]


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes scenarios into an empty catalogue: a good one, but for the keys that are given; None leaves one out."""
    (tmp_path / "schema.json").touch()
    monkeypatch.setattr(lint, "CATALOGUE", tmp_path)
    monkeypatch.chdir(tmp_path)

    def write(name: str, **keys: str | None) -> Path:
        file = tmp_path / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{key}: {text}\n" for key, text in (GOOD | keys).items() if text is not None))
        return file

    return write


def found(*paths: Path) -> list[str]:
    """The messages about these scenarios, or about all."""
    return [str(finding) for finding in lint.lint(paths or [lint.CATALOGUE]).findings]


def test_nothing_is_found_in_a_good_scenario(scenario: Write) -> None:
    scenario("good")
    assert found() == []


@pytest.mark.parametrize(("keys", "message"), [
    ({"why": None}, "1: `why` is missing; say why the fault matters"),
    ({"sources": None}, "1: `sources` is missing; say where the fault was met or is described"),
    ({"image": None}, "1: `image` is missing; name the base disk that its expectations were observed on"),
    ({"title": None}, "1: a scenario needs 'title'"),
    ({"image": "ntfs-65m"}, "3: no base disk is called 'ntfs-65m'; `python3 -m harness.images` lists them"),
    ({"expect": "\n  ntfsfixd: repaired"}, "7: no tool is called 'ntfsfixd'; "),
    ({"edits": "[{ zero: ntfs.boot.jmp }]"}, "5: ntfs.boot has nothing named 'jmp'"),
    ({"edits": "[{ set: ntfs.boot.bytes_per_sector, to: 512 }]"}, "5: this edit changes nothing: ntfs.boot.bytes_per_sector has that value already"),
    ({"parameters": "{ donor: { default: ntfs-65m } }", "edits": "[{ copy: ntfs.boot, donor: '${donor}', from: ntfs.boot }]"},
     "1: it cannot be planned on its base disk: no base disk is called 'ntfs-65m'; did you mean "),
    ({"colour": "red"}, '6: unknown key "colour"'),
    ({"parameters": "{ spare: { default: 1 } }"}, '6: parameter "spare" is not used'),
])
def test_what_is_missing_or_names_nothing_is_found(scenario: Write, keys: dict[str, str | None], message: str) -> None:
    scenario("broken", **keys)
    assert len(found()) == 1
    assert found()[0].startswith("broken.yaml:")
    assert message in found()[0]


def test_names_are_lower_case_words(scenario: Write) -> None:
    scenario("Boot_gone", variants="\n  plain: {}\n  OnceMore: {}", parameters="{ size: { default: 512B, choices: [512B] } }",
             edits='[{ zero: "ntfs@0+${size}" }]')
    assert found()[0] == "Boot_gone.yaml:1: the name 'Boot_gone' is not lower-case words joined by '-'; rename it"
    assert found()[1].startswith("Boot_gone.yaml:1: the name 'OnceMore' is not ")


def test_a_parameter_that_no_variant_changes_is_noted(scenario: Write, capsys: pytest.CaptureFixture[str]) -> None:
    scenario("sizes", parameters="\n  size: { default: 8 }\n  by: { default: 1 }", variants="\n  a: {}\n  b: { by: 2 }",
             edits='[{ add: "ntfs.boot.mft_lcn", by: "${by}" }, { fill: "ntfs@0+${size}", with: "5a" }]')
    assert lint.main([]) == 0
    assert capsys.readouterr().out == ("sizes.yaml:7: note: no variant changes the parameter 'size'; "
                                       "add one, or write its value where it is used\n")


@pytest.mark.parametrize(("one", "other"), [
    ("[{ zero: ntfs.boot }]", "[{ fill: ntfs@0+512, with: '00' }]"),
    ("[{ zero: ntfs@0+512 }]", "[{ zero: ntfs@200+312 }, { zero: ntfs@0+200 }]"),
    ("[{ zero: ntfs@0+512 }]", "[{ zero: ntfs@0+8KiB }]"),
    ("[{ set: ntfs.boot.mft_lcn, to: 5 }]", "[{ add: ntfs.boot.mft_lcn, by: 1 }]"),
])
def test_faults_are_the_same_if_what_they_leave_behind_is(scenario: Write, one: str, other: str) -> None:
    scenario("one", edits=one)
    scenario("other", edits=other)
    assert found() == ["other.yaml:1: this fault leaves the same disk behind as one.yaml; drop one, or make them differ"]


@pytest.mark.parametrize("other", [
    {"edits": "[{ zero: ntfs@0+511 }]"},
    {"image": "ntfs-512-clusters"},
])
def test_faults_differ_if_a_byte_does_or_the_disk(scenario: Write, other: dict[str, str]) -> None:
    scenario("one")
    scenario("other", **other)
    assert found() == []


def test_variants_with_one_effect_are_found(scenario: Write) -> None:
    scenario("shift", parameters="\n  to: { default: 5 }", variants="\n  near: {}\n  far: { to: 9 }\n  hex: { to: 0x5 }",
             edits="[{ set: ntfs.boot.mft_lcn, to: '${to}' }]")
    assert found() == ["shift.yaml:11: variant 'hex' leaves the same disk behind as variant 'near'; drop one, or make them differ"]


def test_what_is_named_is_compared_with_the_whole_catalogue(scenario: Write) -> None:
    first = scenario("a")
    scenario("b")
    assert [line.partition(";")[0] for line in found(first)] == ["a.yaml:1: this fault leaves the same disk behind as b.yaml"]


def test_two_ways_to_one_fault_name_are_found(scenario: Write) -> None:
    scenario("boot/gone", parameters="\n  to: { default: 5 }", variants="\n  once: {}\n  twice: { to: 6 }",
             edits="[{ set: ntfs.boot.mft_lcn, to: '${to}' }]")
    scenario("boot-gone-twice")
    assert found() == [
        "boot/gone.yaml:1: boot-gone-twice.yaml makes a fault called boot-gone-twice, too; rename one of them",
        "boot-gone-twice.yaml:1: boot/gone.yaml makes a fault called boot-gone-twice, too; rename one of them"]


def test_a_name_that_cannot_be_written_as_utf_8_is_no_obstacle(scenario: Write) -> None:
    scenario("surrogate", image="exfat-64m", edits="""[{ write: 'exfat.file["/readme.txt"].name_part[0]@6+2', bytes: 00d8 }]""")
    report = lint.lint([lint.CATALOGUE])
    assert (report.findings, report.compared) == ([], 1)


def test_what_cannot_be_built_here_is_not_compared_and_no_finding(scenario: Write, capsys: pytest.CaptureFixture[str],
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    def no_disk(image: str) -> None:
        raise lint.images.Unavailable(f"{image}: not here")

    monkeypatch.setattr(lint.case, "build", no_disk)
    scenario("one")
    assert lint.main([]) == 0
    assert "not compared: 1 faults; ntfs-64m: not here" in capsys.readouterr().err


def test_exit_codes(scenario: Write, capsys: pytest.CaptureFixture[str]) -> None:
    scenario("fine")
    assert lint.main([]) == 0
    scenario("bad", why=None, edits="[{ zero: ntfs@512+512 }]")
    assert lint.main(["bad.yaml"]) == 1
    assert lint.main(["nowhere.yaml"]) == 2
    assert lint.main(["--colour"]) == 2
    assert "nowhere.yaml: no such file or folder" in capsys.readouterr().err
