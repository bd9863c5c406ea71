# SPDX-License-Identifier: GPL-2.0-or-later
"""What the bytes say: a disk's files against the manifest of what was written.

A repairer's own word is worth little: many call a volume clean from which they have just dropped
a directory. So the lab keeps two columns, what a tool says and what became of the data, and this
module fills the second one. It reads no disk format and trusts no tool; it compares two lists.

One file is
    intact    all its bytes are there, and no others
    partial   fewer bytes than were written could be read: cut short, or an error after the first ones
    altered   at least as many bytes as were written were read, without an error, but they differ
    lost      no such name, or none of its bytes could be read
    extra     a name that nobody wrote (lost+found entries, FSCK0000.REC, a ghost of a deleted file)

All files together are
    altered   at least one file is altered: worst, because nothing but a manifest would tell
    lost      nothing is altered, and every file is lost
    intact    every file is intact (extra names take nothing away)
    partial   anything else: some data is there, some is not
A size says less than a hash does, so a short file counts as partial even if the bytes that are left are wrong.
"""
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

WORDS = ("intact", "partial", "altered", "lost", "extra")


@dataclass(frozen=True)
class Entry:
    """The length and SHA-256 of some bytes: a whole file, or what could be read of it; and the bytes themselves where
    somebody needs them."""

    size: int
    sha256: str
    content: bytes | None = field(default=None, compare=False, repr=False)


Manifest = dict[str, Entry]  # path from the volume's root, beginning with "/" -> what was written there
Found = Mapping[str, "Entry | str"]  # path -> what was read, or why not a byte of it could be


@dataclass(frozen=True)
class Truth:
    """What became of the data: one word for the whole, and one for each file."""

    whole: str
    files: dict[str, str]
    errors: dict[str, str]

    def of(self, word: str) -> list[str]:
        """The paths that this word fits."""
        return [path for path, verdict in self.files.items() if verdict == word]

    def __str__(self) -> str:
        """One line for the whole, and one for each file that is not intact."""
        counts = Counter(self.files.values())
        numbers = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word])
        lines = [f"{self.whole}: {numbers or 'no files'}"]
        for path, word in self.files.items():
            if word != "intact":
                lines.append(f"  {word:8}{path}" + (f": {self.errors[path]}" if path in self.errors else ""))
        return "\n".join(lines)


def entry(data: bytes) -> Entry:
    """The manifest's entry for these bytes."""
    return Entry(len(data), hashlib.sha256(data).hexdigest())


def compare(manifest: Manifest, found: Found) -> Truth:
    """Judge every file that was written, and name those that nobody wrote."""
    files = {path: _judge(written, found.get(path)) for path, written in manifest.items()}
    whole = _judge_all(set(files.values()))
    files |= {path: "extra" for path in found if path not in manifest and not path.endswith("/")}
    return Truth(whole, files, {path: what for path, what in found.items() if isinstance(what, str)})


def measure(root: Path) -> dict[str, Entry | str]:
    """Read every regular file below a mounted volume's root; an unreadable directory is an error at "its/path/"."""
    found: dict[str, Entry | str] = {}
    unread = [("", root)]
    while unread:
        name, directory = unread.pop()
        try:
            children = sorted(os.listdir(directory))
        except OSError as error:
            found[name + "/"] = f"cannot list: {error.strerror}"
            continue
        for child in children:
            path = directory / child
            try:
                mode = path.lstat().st_mode
            except OSError as error:
                found[f"{name}/{child}"] = f"cannot stat: {error.strerror}"
                continue
            if stat.S_ISDIR(mode):
                unread.append((f"{name}/{child}", path))
            elif stat.S_ISREG(mode):
                found[f"{name}/{child}"] = read(path)
    return found


def read(path: Path) -> Entry | str:
    """Hash a file up to its end or its first error; the error's text if it comes before any byte."""
    digest, size = hashlib.sha256(), 0
    try:
        with open(path, "rb", buffering=0) as file:
            while block := file.read(1 << 20):
                digest.update(block)
                size += len(block)
    except OSError as error:
        if not size:
            return f"cannot read: {error.strerror}"
    return Entry(size, digest.hexdigest())


def _judge(written: Entry, found: Entry | str | None) -> str:
    if found is None or isinstance(found, str):
        return "lost"
    if found == written:
        return "intact"
    if found.size == 0:
        return "lost"
    return "partial" if found.size < written.size else "altered"


def _judge_all(words: set[str]) -> str:
    if "altered" in words:
        return "altered"
    if words == {"lost"}:
        return "lost"
    return "intact" if words <= {"intact"} else "partial"
