# SPDX-License-Identifier: GPL-2.0-or-later
"""Uses a mounted volume as programs do that do more than read: looks names up, asks for everything that is known about
a file, and creates, enlarges, renames and removes in every folder.

    use.py FOLDER

Much of what a driver checks it checks only then: a sorted index is searched when a name is looked up, not when the
folder is listed, and a security descriptor is read when somebody asks for the owner. It runs in the jail, where the
volume is mounted. What it makes it takes away again, and files that were there keep their contents. It prints a line
for each thing that failed, in an order that does not depend on the disk's, and that is all it prints.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

MOST_NAMES = 1000  # a damaged tree may have no end
MOST_OF_A_FOLDER = 20  # entries that are asked about and changed
MOST_FOLDERS = 50  # in which something is made
MOST_FAILURES = 200
NEW = ("!new", "Mnew", "\N{OHM SIGN}new")  # at the beginning of a sorted index, amid, and at its end
AMID = NEW[1:2]  # will do where there is but one entry
ABSENT = ("!absent", "Gabsent", "Qabsent", "\N{OHM SIGN}absent")
BIG = 70_000
ATTRIBUTES = ("ntfs_acl", "ntfs_attrib", "ntfs_times", "ntfs_reparse_data", "ntfs_dos_name", "ntfs_ea")
OBJECT_ID = bytes(range(16))

NOTHING_WRONG = {errno.ENODATA, errno.EOPNOTSUPP, errno.ENOSPC, errno.EEXIST}  # a full volume is not a damaged one

failures = 0


def main(root: str) -> None:
    """Look first, so that nothing is changed yet, then write."""
    found = list(_below(root))
    folders = [root, *(path for path, is_folder, _ in found if is_folder)]
    some = [(path, is_folder) for path, is_folder, number in found if number < MOST_OF_A_FOLDER]
    for path, _ in some:
        _ask(path)
    for folder in folders:
        for name in ABSENT:
            _try("look up", f"{folder}/{name}", os.lstat, fine=errno.ENOENT)
    for path in [path for path, is_folder in some if not is_folder]:
        _change(path)
    entries = Counter(path.rpartition("/")[0] for path, _, _ in found)
    for folder in folders[:MOST_FOLDERS]:
        for name in NEW if entries[folder] > 1 else AMID:
            _make_in(folder, name)


def _below(root: str) -> Iterator[tuple[str, bool, int]]:
    """Each file and folder, once, whether it is a folder, and its number in its folder; a folder that leads back to one above
    it is not entered again."""
    unread, seen, count = [root], set(), 0
    while unread:
        folder = unread.pop()
        for number, name in enumerate(sorted(_try("list", folder, os.listdir) or [])):
            path = f"{folder}/{name}"
            status = _try("look up", path, os.lstat)
            count += 1
            if count > MOST_NAMES:
                return
            if status is None:
                continue
            is_folder = stat.S_ISDIR(status.st_mode)
            if is_folder and status.st_ino not in seen:
                seen.add(status.st_ino)
                unread.append(path)
            if is_folder or stat.S_ISREG(status.st_mode):
                yield path, is_folder, number


def _ask(path: str) -> None:
    """All that is known about a file but its contents; its named streams are among its extended attributes."""
    for name in sorted(_try("list the streams of", path, os.listxattr) or []):
        if name.startswith("user."):
            _try(f"read the stream {name} of", path, os.getxattr, name)
    for name in ATTRIBUTES:
        _try(f"read {name} of", path, os.getxattr, f"system.{name}")


def _change(path: str) -> None:
    """Touch a file, and make it longer by some clusters and as long as it was."""
    status = _try("look up", path, os.lstat)
    if status:
        _try("touch", path, os.utime, ns=(status.st_atime_ns, status.st_mtime_ns))
        if _try("enlarge", path, _append) is not None:
            _try("cut", path, os.truncate, status.st_size)


def _append(path: str) -> int:
    with open(path, "ab", buffering=0) as file:
        return file.write(b"\0" * BIG)


def _make_in(folder: str, name: str) -> None:
    path, other, under = f"{folder}/{name}", f"{folder}/{name}, renamed", f"{folder}/{name}, folder"
    if _try("create", path, _append) is None:
        _try("remove", path, os.unlink, fine=errno.ENOENT)
    else:
        _try("set the mode of", path, os.chmod, 0o640)
        _try("set the owner of", path, os.chown, 1000, 1000)
        _try("write a stream of", path, os.setxattr, "user.stream", b"s" * 3000)
        _try("set the object id of", path, os.setxattr, "system.ntfs_object_id", OBJECT_ID)
        _try("remove the object id of", path, os.removexattr, "system.ntfs_object_id")
        _try("link", path, os.link, other)
        _try("remove", path, os.unlink)
        _try("rename", other, os.rename, path)
        _try("remove", path, os.unlink)
    if _try("link to", path, lambda link: os.symlink(name, link) or 1):
        _try("remove", path, os.unlink)
    if _try("make", under, lambda made: os.mkdir(made) or 1):
        _try("create", f"{under}/in it", _append)
        _try("remove", f"{under}/in it", os.unlink)
        _try("remove", under, os.rmdir)


def _try(what: str, path: str, action: Callable[..., Any], *arguments: Any, fine: int = 0, **options: Any) -> Any:
    """What the action returns; None if it fails, which is told."""
    global failures
    try:
        return action(path, *arguments, **options)
    except OSError as error:
        if error.errno not in NOTHING_WRONG | {fine} and failures < MOST_FAILURES:
            failures += 1
            shown = os.fsencode(path.removeprefix(sys.argv[1]) or "/").decode(errors="backslashreplace")
            print(f"{what} {shown}: {error.strerror}", flush=True)
        return None


if __name__ == "__main__":
    main(sys.argv[1])
