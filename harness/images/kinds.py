# SPDX-License-Identifier: GPL-2.0-or-later
"""Kinds of content that any filesystem of the lab can hold. Each has the word by which a scenario asks for it.

ORDINARY ones suit every volume. A deleted file comes last, where nothing new takes its place.
"""
from harness.images.content import jpeg, noise, pdf, text
from harness.images.recipe import KiB, Tree, kind


@kind("small-file", "/readme.txt")
def small_file(tree: Tree, path: str) -> None:
    tree.write(path, text(path, 300))


@kind("empty-file", "/empty.dat")
def empty_file(tree: Tree, path: str) -> None:
    tree.write(path, b"")


@kind("big-file", "/video/holiday.avi")
def big_file(tree: Tree, path: str) -> None:
    tree.write(path, noise(path, 3000 * KiB + 17))


@kind("documents", "/Documents/Annual report.pdf")
def documents(tree: Tree, path: str) -> None:
    tree.write(path, pdf(path, 90 * KiB + 5))
    tree.write("/Documents/Letters/To whom it may concern.txt", text("letter", 7000))
    for number in range(1, 6):
        tree.write(f"/Pictures/IMG_{number:04}.jpg", jpeg(f"picture {number}", 40 * KiB + 1000 * number))


@kind("unicode-names", "/Имена/Größe.txt")
def unicode_names(tree: Tree, path: str) -> None:
    tree.write(path, text(path, 2500))
    tree.write("/Имена/日本語.txt", text("日本語", 1500))


@kind("long-names", "/a name much too long for eight characters and three, so that it needs several entries.txt")
def long_names(tree: Tree, path: str) -> None:
    tree.write(path, text(path, 1200))


@kind("deep-path", "/deep/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/bottom.txt")
def deep_path(tree: Tree, path: str) -> None:
    tree.write(path, text(path, 2000))


@kind("fragmented-file", "/pieces/fragmented.bin")
def fragmented_file(tree: Tree, path: str) -> None:
    piece = max(16 * KiB, tree.cluster)
    tree.write_in_pieces(path, noise(path, 8 * piece), piece)


@kind("large-directory", "/many")
def large_directory(tree: Tree, path: str) -> None:
    for number in range(150):
        name = f"{path}/entry number {number:04}.txt"
        tree.write(name, text(name, 60))


@kind("deleted-file", "/deleted.txt")
def deleted_file(tree: Tree, path: str) -> None:
    tree.write(path, text(path, 12 * KiB))
    tree.remove(path)


ORDINARY = (small_file, empty_file, documents, unicode_names, long_names, deep_path, fragmented_file, large_directory)
