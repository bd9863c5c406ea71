# SPDX-License-Identifier: GPL-2.0-or-later
"""The verdicts on data: each word for a file, and what the files together come to."""
from pathlib import Path

import pytest

from harness.truth import Entry, compare, entry, measure, read

WRITTEN = {"/a": entry(b"first file"), "/b": entry(b"second file")}
INTACT = dict(WRITTEN)


@pytest.mark.parametrize("read, word", [
    (entry(b"first file"), "intact"),
    (entry(b"first"), "partial"),
    (entry(b"fIrst file"), "altered"),
    (entry(b"first file and more"), "altered"),
    (entry(b""), "lost"),
    ("cannot read: Input/output error", "lost"),
])
def test_a_file_is_judged_by_its_bytes(read, word):
    truth = compare(WRITTEN, INTACT | {"/a": read})
    assert truth.files == {"/a": word, "/b": "intact"}


def test_a_name_that_is_not_found_is_lost():
    assert compare(WRITTEN, {"/b": INTACT["/b"]}).files["/a"] == "lost"


def test_an_empty_file_is_intact_while_its_name_is_there():
    assert compare({"/empty": entry(b"")}, {"/empty": entry(b"")}).files == {"/empty": "intact"}


@pytest.mark.parametrize("found, whole", [
    ({"/a": entry(b"first file"), "/b": entry(b"second file")}, "intact"),
    ({"/a": entry(b"first file"), "/b": entry(b"second file"), "/FSCK0000.REC": entry(b"?")}, "intact"),
    ({"/a": entry(b"first file")}, "partial"),
    ({"/a": entry(b"first"), "/b": entry(b"second")}, "partial"),
    ({"/a": entry(b"first"), "/b": "cannot read: Input/output error"}, "partial"),
    ({"/a": entry(b"fIrst file"), "/b": entry(b"second file")}, "altered"),
    ({"/a": entry(b"fIrst file")}, "altered"),
    ({}, "lost"),
    ({"/FSCK0000.REC": entry(b"first file")}, "lost"),
])
def test_the_whole_is_as_bad_as_its_most_deceptive_file(found, whole):
    assert compare(WRITTEN, found).whole == whole


def test_a_volume_on_which_nothing_was_written_loses_nothing():
    assert compare({}, {}).whole == "intact"


def test_a_name_that_nobody_wrote_is_extra_but_an_unreadable_directory_is_no_file():
    truth = compare(WRITTEN, INTACT | {"/ghost": entry(b"boo"), "/broken/": "cannot list: Input/output error"})
    assert truth.of("extra") == ["/ghost"]
    assert "/broken/" not in truth.files and truth.errors == {"/broken/": "cannot list: Input/output error"}


def test_the_report_names_what_is_not_intact_and_why():
    text = str(compare(WRITTEN, {"/a": "cannot read: Input/output error", "/b": INTACT["/b"]}))
    assert text.splitlines() == ["partial: 1 intact, 1 lost", "  lost    /a: cannot read: Input/output error"]


def test_measuring_a_tree_gives_what_a_manifest_says_of_it(tmp_path):
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "Größe.txt").write_bytes(b"inside")
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("empty")
    assert measure(tmp_path) == {"/dir/Größe.txt": entry(b"inside"), "/empty": Entry(0, entry(b"").sha256)}


def test_what_cannot_be_read_or_listed_is_an_error_with_the_systems_words(tmp_path):
    assert read(Path("/proc/self/mem")) == "cannot read: Input/output error"
    no_directory = tmp_path / "file"
    no_directory.touch()
    assert measure(no_directory) == {"/": "cannot list: Not a directory"}
