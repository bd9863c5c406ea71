# SPDX-License-Identifier: GPL-2.0-or-later
"""The matrix: asked with real tools, interrupted and resumed, and everything that is made of it."""

from __future__ import annotations

import base64
import copy
import gzip
import html.parser
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from harness import probes, seen
from harness.matrix import against, crew, junit, page, run, selection, text
from harness.record import Record
from harness.matrix.progress import Progress

TOP = Path(__file__).resolve().parents[2]
TOOLS = ("fsck.fat-n", "fsck.fat-a", "mtools", "blkid")
SCENARIO = "title: t\nimage: fat32-64m\nedits: [ { set: fat32.fsinfo.free_clusters, to: %d } ]\n"
HOSTILE = "/</script><b>&\u2028.txt"
Model = dict[str, Any]

pytestmark = pytest.mark.skipif(probes.all()["mtools"].missing() is not None, reason=str(probes.all()["mtools"].missing()))


def matrix(*words: Any, tools: tuple[str, ...] = TOOLS) -> int:
    return run.main([*map(str, words), *(f"--tool={tool}" for tool in tools)])


def load(folder: Path) -> Model:
    return json.loads((folder / "matrix.json").read_text())


def cells(found: Model) -> dict[tuple[str, str], Model]:
    return {(record["scenario"].rpartition("/")[2], record["probe"]): record for record in found["records"]}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a whole run: three faults of the catalogue, four tools."""
    folder = tmp_path_factory.mktemp("matrix")
    assert matrix("fat32/fsinfo/zeroed", "fat32/fsinfo/*-signature", "--out", folder) == 0
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A scenario of the user's own."""
    (tmp_path / "schema.json").write_text("{}")
    file = tmp_path / "count.yaml"
    file.write_text(SCENARIO % 5)
    return file


def test_every_cell_is_there_with_its_evidence(done: Path) -> None:
    found = load(done)
    jsonschema.validate(found, json.loads((TOP / "harness/matrix/schema.json").read_text()))
    assert len(found["records"]) == len(found["faults"]) * len(TOOLS) == 16
    assert (found["complete"], found["trouble"], sorted(tool["name"] for tool in found["tools"])) == (True, [], sorted(TOOLS))
    repaired = cells(found)["zeroed", "fsck.fat-a"]
    assert (repaired["says"], repaired["data"], repaired["damage"]) == ("repaired", "intact", "partly")
    assert repaired["runs"][0]["argv"][:2] == ["fsck.fat", "-a"] and "fsinfo" in repaired["runs"][0]["text"].lower()
    [zeroed] = [fault for fault in found["faults"] if fault["scenario"].endswith("zeroed")]
    assert zeroed["plan"] == repaired["plan"]
    assert zeroed["patches"][0]["before"].startswith("52526141") and set(zeroed["patches"][0]["after"]) == {"0"}


def test_a_run_that_is_interrupted_is_told_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                       capfd: pytest.CaptureFixture[str]) -> None:
    count, told = iter(range(1, 100)), Progress.tell

    def interrupt(self: Progress, order: selection.Order, answer: Model) -> None:
        told(self, order, answer)
        if "record" in answer and next(count) == 3:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        monkeypatch.setattr(Progress, "tell", interrupt)
        words = ("fat32/fsinfo/zeroed", "fat32/fsinfo/*-signature", "--out", tmp_path, "--jobs", "1")
        assert matrix(*words) == run.INTERRUPTED
        assert (load(tmp_path)["complete"], len(load(tmp_path)["records"])) == (False, 3)
        with open(tmp_path / "records.jsonl", "a") as lines:
            lines.write('{"record": {"scena')  # what a killed process leaves
        capfd.readouterr()
        assert matrix(*words, "--resume") == 0
    finally:
        signal.signal(signal.SIGINT, before)
    assert (load(tmp_path)["complete"], len(load(tmp_path)["records"])) == (True, 16)
    assert "13 asked now" in capfd.readouterr().err


def test_resuming_asks_again_what_has_changed(own: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def asked(tools: tuple[str, ...] = TOOLS[:2]) -> str:
        assert matrix(own, "--out", tmp_path / "out", "--resume", tools=tools) == 0
        return capfd.readouterr().err.rpartition(": ")[2].partition(" asked")[0]

    lines = tmp_path / "out/records.jsonl"
    assert [asked(), asked()] == ["2", "0"]
    lines.write_text(lines.read_text().replace('{"tool": "dosfstools 4.2-1", ', '{"tool": "dosfstools 4.1-1", '))
    assert [asked(), asked()] == ["1", "0"]
    own.write_text(SCENARIO % 6)
    assert [asked(), asked()] == ["2", "0"]
    assert [asked(TOOLS[:3]), len(load(tmp_path / "out")["records"])] == ["1", 3]


def test_a_worker_that_dies_costs_one_answer(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = json.dumps({"record": {"probe": "blkid", "says": "clean"}})
    monkeypatch.setattr(crew, "PROGRAM", ["sh", "-c", f"""
        while read order; do case $order in
            *mtools*) echo '{{"begun": "mtools"}}'; kill -9 $$;;
            *) echo '{record}'; echo '{{"done": true}}';;
        esac; done"""])
    order = selection.Order(own, "count", "", "fat32-64m", ("mtools", "blkid"))
    told = [answer["record"] for _, answer in crew.carry_out([order], {}, 2, {}) if "record" in answer]
    assert [(record["probe"], record["says"]) for record in told] == [("mtools", "error"), ("blkid", "clean")]
    assert "ended with -9" in told[0]["reason"]


def test_what_is_not_as_expected_fails_the_run(own: Path, tmp_path: Path) -> None:
    own.write_text(SCENARIO % 5 + "expect: { fsck.fat-n: clean, mtools: clean }\n")
    assert matrix(own, "--out", tmp_path / "out") == 1
    [trouble] = load(tmp_path / "out")["trouble"]
    assert "fsck.fat-n: says detected" in trouble
    suites = ElementTree.parse(tmp_path / "out/junit.xml")
    assert [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None] == ["fsck.fat-n"]


def test_what_was_seen_before_is_no_excuse_for_what_nobody_expects(own: Path, tmp_path: Path) -> None:
    own.write_text(SCENARIO % 5 + "expect: { fsck.fat-n: clean }\n")
    for times in ("seen", "seen again"):
        assert matrix(own, "--lab-update", "--out", tmp_path / times) == 1
        assert ["says detected" in trouble for trouble in load(tmp_path / times)["trouble"]] == [True]
    assert "detected" in (own.parent / "seen.json").read_text()


def test_damage_that_cannot_be_made_is_trouble_and_not_the_end(own: Path, tmp_path: Path) -> None:
    own.write_text('title: t\nimage: fat32-64m\nedits: [ { zero: "fat32.path[\\"/no-such-file\\"]" } ]\n')
    assert matrix(own, "fat32/fsinfo/zeroed", "--out", tmp_path / "out", tools=("blkid",)) == 1
    found = load(tmp_path / "out")
    assert "nothing named 'path'" in found["trouble"][0] and len(found["records"]) == 1


def test_a_tool_of_the_users_own_is_asked(own: Path, tmp_path: Path) -> None:
    assert matrix(own, "--out", tmp_path / "out", tools=("my-fsck=fsck.fat -a {disk}",)) == 0
    [record] = load(tmp_path / "out")["records"]
    assert (record["probe"], record["says"], record["wrote"]) == ("my-fsck", "detected", True)
    assert load(tmp_path / "out")["tools"][0]["command"] == "fsck.fat -a {disk}"


@pytest.mark.parametrize("words, complaint", [
    (["no/such/fault"],                            "neither a scenario"),
    (["fat32/fsinfo/zeroed", "--tool", "mtoolz"],  "no tool is called mtoolz"),
    (["ntfs/boot", "--tool", "mtools"],            "nothing to ask"),
    (["fat32", "--tool", "my-fsck=/no/such/program {disk}"], "/no/such/program is not installed"),
    (["zero-dbr", "--against", "/nowhere"],        "/nowhere/matrix.json"),
])
def test_misuse_is_told(words: list[str], complaint: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run.main([*words, "--out", str(tmp_path / "out")]) == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_launcher_knows_its_commands() -> None:
    for words, code, expected in ((["--help"], 0, "matrix"), (["nothing"], 2, "no command"), (["matrix", "--help"], 0, "--resume")):
        done = subprocess.run([sys.executable, TOP / "harness/lab", *words], capture_output=True, text=True)
        assert done.returncode == code and expected in done.stdout + done.stderr


def test_a_sweep_has_to_be_named_and_a_sample_is_always_the_same() -> None:
    chosen = {"fsck.fat-n": probes.all()["fsck.fat-n"]}
    everything = selection.files([])
    assert not [name for name in everything if name.startswith("sweeps/")]
    assert "sweeps/fat32-boot" in selection.files(["sweeps"]) and "sweeps/fat32-boot" in selection.files(["sweeps/fat*"])
    whole, part = (selection.choose(["fat32"], chosen, every).orders for every in (1, 5))
    assert set(part) < set(whole) and 0 < len(part) < len(whole) / 2
    assert part == selection.choose(["fat32"], chosen, 5).orders


def test_two_runs_are_compared(done: Path) -> None:
    old = load(done)
    new = copy.deepcopy(old)
    assert "16 cells in both runs" in against.table(old, new) and "; 0 differ" in against.table(old, new)
    cells(new)["zeroed", "fsck.fat-n"].update(says="clean", findings=["undetected"])
    new["tools"][0]["version"] = "another 2.0"
    del new["records"][-1]
    table = against.table(old, new)
    assert "15 cells in both runs, 1 only in the old one, 0 only in the new one; 1 differ" in table
    assert "detected -> clean" in table and "-> undetected" in table and "-> another 2.0" in table


def test_what_was_seen_goes_to_the_memory_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[Record, Path]] = []
    monkeypatch.setattr(seen, "remember", taken.extend)
    run.main(["fat32/fsinfo/zeroed", "--tool", "fsck.fat-n", "--tool", "own=true {disk}", "--out", str(tmp_path), "--lab-update"])
    assert [(record.key, file.name) for record, file in taken] == [(("fat32/fsinfo/zeroed", "", "fsck.fat-n"), "zeroed.yaml")]


class Parsed(html.parser.HTMLParser):
    """Elements of a page, the addresses in it, and what is in its scripts."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.kinds: list[str] = []
        self.addresses: list[str] = []
        self.scripts: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.kinds.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        self.scripts += [""] if tag == "script" else []

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts[-1] += data


def unpacked(parsed: Parsed) -> Model:
    """The page's data."""
    return json.loads(gzip.decompress(base64.b64decode(parsed.scripts[0])))


def hostile(found: Model) -> Model:
    """The same with texts that would break out of a page, if they could."""
    found = copy.deepcopy(found)
    record = cells(found)["zeroed", "fsck.fat-a"]
    record |= {"files": {HOSTILE: "lost"}, "reason": HOSTILE + " \udcff\x01"}
    record["runs"][0]["text"] = "<!-- <script> " + HOSTILE
    found["faults"][0]["title"] = HOSTILE
    return found


def test_the_page_needs_nothing_else_and_holds_hostile_text(done: Path) -> None:
    for found in (load(done), hostile(load(done))):
        parsed = Parsed(page.page(found))
        assert (parsed.kinds.count("script"), parsed.kinds.count("b"), parsed.addresses) == (2, 0, ["data:,"])
        data = unpacked(parsed)
        assert len(data["cells"]) == 16 and "http" not in parsed.scripts[1].replace("http://www.w3.org", "")
    assert HOSTILE + " \\xff\x01" in data["strings"]
    assert "lost\t" + HOSTILE in data["strings"]


def test_texts_hold_hostile_text(done: Path) -> None:
    found = hostile(load(done))
    ElementTree.fromstring(junit.report(found).encode(errors="replace"))
    assert "<b>" not in text.markdown(found | {"missing": {"tool": HOSTILE}}).replace("\\<b\\>", "")
    assert "fat32/fsinfo/zeroed" in text.plain(found)


def test_a_large_run_is_cut_until_its_page_is_small(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "LIMIT", 40_000)
    found = load(done)
    for number, record in enumerate(found["records"]):
        record["runs"][0]["text"] = f"{number} " * 3000
    data = unpacked(Parsed(page.page(found)))
    assert data["cut"] < 4000 and len(data["cells"]) == 16
    assert any(cut for _, _, cell in data["cells"] for _, _, _, cut, _ in cell["runs"])


def browse(file: Path, source: str, fragment: str = "") -> str:
    """The page's elements, as a browser has them after its script ran."""
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed")
    file.write_text(source, errors="replace")
    browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={file.parent}/profile",
               "--virtual-time-budget=2000", "--dump-dom", f"file://{file}{fragment}"]
    return subprocess.run(browser, capture_output=True, text=True, timeout=180).stdout


def test_a_browser_shows_the_cells_and_their_evidence(done: Path, tmp_path: Path) -> None:
    shown = browse(tmp_path / "page.html", page.page(hostile(load(done))), "#fat32/fsinfo/zeroed::fsck.fat-a")
    assert 'aria-label="fat32/fsinfo/zeroed, fsck.fat-n: detected' in shown
    assert 'aria-label="fat32/fsinfo/zeroed, fsck.fat-a: repaired' in shown
    assert "<h2>fat32/fsinfo/zeroed · fsck.fat-a</h2>" in shown and "<td>fat32.fsinfo.lead_signature</td>" in shown
    assert "<td>/&lt;/script&gt;&lt;b&gt;&amp;" in shown


@pytest.mark.parametrize("filters, faults", [
    ({"text": "signature lead"},               ["lead-signature", "zeroed"]),
    ({"says": "refused"},                      ["lead-signature", "struct-signature"]),
    ({"says": "refused", "tool": "0"},         []),
    ({"folder": "fat32", "text": "TRAIL-"},    ["trail-signature"]),
])
def test_a_browser_narrows_the_table(done: Path, tmp_path: Path, filters: dict[str, str], faults: list[str]) -> None:
    script = "".join(f"id({name!r}).value = {value!r};" for name, value in filters.items())
    source = page.page(load(done)).replace("</script>\n</body>", f"{script} choose();</script>\n</body>")
    shown = browse(tmp_path / "page.html", source)
    assert [name for name in re.findall(r'<th scope="row"[^>]*>fat32/fsinfo/([^<]*)</th>', shown)] == faults
