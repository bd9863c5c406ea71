# SPDX-License-Identifier: GPL-2.0-or-later
"""What is read back is told apart whatever the names are."""

from __future__ import annotations

import os
from pathlib import Path

from harness import Disk, Says, Source
from harness.readback import NOTHING, Contents, contents, judge_mount, read_files
from harness.truth import Entry, entry

NAMES = [b"plain", b"with space", b" leading", b"quote'd", b'"', b"back\\slash", b"line\nbreak", b"== errors",
         b"\xff\xfe", "Größe".encode(), b"a: b", b"deep/er/file"]


def test_names_of_any_bytes_come_back_as_they_are(tmp_path: Path) -> None:
    for name in NAMES:
        path = os.path.join(os.fsencode(tmp_path), b"files", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(name)
    with Disk(Source(tmp_path, "raw")) as disk:
        found = read_files(disk, str(tmp_path / "files"))
    assert found.files == {os.fsdecode(b"/" + name): entry(name) for name in NAMES}
    assert found.errors == {}


def test_what_a_repairer_saved_is_kept_whole_if_it_was_copied_out_and_not_if_a_driver_would_be_asked(tmp_path: Path) -> None:
    with Disk(Source(tmp_path, "raw")) as disk:
        copied, mounted = disk.folder("copied"), disk.folder("mount")
        disk.run(["mount", "-t", "tmpfs", "none", mounted])
        for folder in (copied, mounted):
            disk.run(["sh", "-c", f"cd {folder} && echo saved > FSCK0000.REC && echo other > OTHER.REC"])
        contents = [read_files(disk, folder).files for folder in (copied, mounted)]
        disk.run(["umount", mounted])
    assert contents[0] == contents[1] == {"/FSCK0000.REC": entry(b"saved\n"), "/OTHER.REC": entry(b"other\n")}
    assert [[found.content for found in files.values()] for files in contents] == [[b"saved\n", None], [None, None]]


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    with Disk(Source(tmp_path, "raw")) as disk:
        assert read_files(disk, str(tmp_path)) == NOTHING


def test_a_folder_that_cannot_be_listed_is_an_error_at_its_path() -> None:
    found = contents([("/dir/", 0, "", "Input/output error"), ("/a", 3, "ab", "Input/output error"), ("/b", 0, "", "No data")])
    assert found.errors == {"/dir/": "Input/output error", "/a": "Input/output error", "/b": "No data"}
    assert found.files == {"/dir/": "cannot list: Input/output error", "/a": Entry(3, "ab"), "/b": "cannot read: No data"}


def test_what_a_mount_says_in_the_end() -> None:
    fine, bad = Contents({}, {}), Contents({}, {"/a": "Input/output error"})
    gone = Contents({}, {"/a": "Transport endpoint is not connected"})
    rows = [
        (fine, [],               None,                                                Says.CLEAN),
        (fine, [],               "",                                                  Says.CLEAN),
        (fine, ["not unmounted"], "",                                                 Says.DETECTED),
        (bad,  [],               None,                                                Says.DETECTED),
        (fine, [],               "touch: cannot touch 'x': Read-only file system\n",  Says.READ_ONLY),
        (bad,  [],               "touch: cannot touch 'x': Read-only file system\n",  Says.READ_ONLY),
        (fine, [],               "touch: cannot touch 'x': No space left on device\n", Says.DETECTED),
        (gone, [],               None,                                                Says.CRASHED),
    ]
    for found, complaints, touch_error, says in rows:
        assert judge_mount(found, complaints, touch_error).says == says, (found, complaints, touch_error)


def test_a_folder_that_cannot_be_entered_is_an_error_and_not_empty(tmp_path: Path) -> None:
    with Disk(Source(tmp_path, "raw")) as disk:
        assert read_files(disk, str(tmp_path / "gone")).errors == {"/": "No such file or directory"}
