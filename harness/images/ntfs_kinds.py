# SPDX-License-Identifier: GPL-2.0-or-later
"""Kinds of content that only NTFS has a structure for. ORDINARY ones suit every NTFS volume."""
from harness.images.content import noise, text
from harness.images.ntfs import NtfsTree
from harness.images.recipe import KiB, kind

HIBERNATION_BYTES = 4096


@kind("resident-file", "/resident.txt")
def resident_file(tree: NtfsTree, path: str) -> None:
    tree.write(path, text(path, 200))


@kind("sparse-file", "/sparse.bin")
def sparse_file(tree: NtfsTree, path: str) -> None:
    step = max(512 * KiB, tree.cluster)
    tree.write_with_holes(path, 7 * step, {n * step: noise(f"{path} {n}", 64 * KiB) for n in (0, 2, 5)})


@kind("compressed-file", "/compressed/log.txt")
def compressed_file(tree: NtfsTree, path: str) -> None:
    tree.compress("/compressed")
    tree.write(path, text(path, 300 * KiB))


@kind("named-stream", "/download.exe:Zone.Identifier")
def named_stream(tree: NtfsTree, path: str) -> None:
    file, name = path.split(":")
    tree.write(file, noise(file, 20 * KiB))
    tree.write_stream(file, name, b"[ZoneTransfer]\r\nZoneId=3\r\n")
    tree.write_stream(file, "large stream", noise(path, 30 * KiB))


@kind("hard-link", "/links/second name.txt")
def hard_link(tree: NtfsTree, path: str) -> None:
    tree.write("/links/first name.txt", text(path, 5 * KiB))
    tree.link(path, "/links/first name.txt")


@kind("short-name", "/A long name that has a short one.txt")
def short_name(tree: NtfsTree, path: str) -> None:
    """The pair of names that Windows gives; ntfs-3g alone writes one name, in the POSIX namespace."""
    tree.write(path, text(path, 3 * KiB))
    tree.set_short_name(path, "ALONGN~1.TXT")


@kind("index-blocks", "/indexed")
def index_blocks(tree: NtfsTree, path: str) -> None:
    """More names than fit the record, so that the directory's index has blocks of its own."""
    for number in range(60):
        name = f"{path}/{number:02} in an index block.txt"
        tree.write(name, text(name, 80))


@kind("attribute-list", "/pieces/many runs.bin")
def attribute_list(tree: NtfsTree, path: str) -> None:
    """So many runs that they do not fit one record, and an attribute list must say where the others are."""
    piece = max(4 * KiB, tree.cluster)
    tree.write_in_pieces(path, noise(path, 400 * piece), piece)


@kind("hibernation", "/hiberfil.sys")
def hibernation(tree: NtfsTree, path: str) -> None:
    """What a hibernated Windows leaves in the root: the signature at the head of the file is what tools go by."""
    tree.write(path, b"hibr".ljust(HIBERNATION_BYTES, b"\0"))


@kind("fragmented-mft", "/$MFT")
def fragmented_mft(tree: NtfsTree, path: str) -> None:
    """With nothing but a hole of one cluster free at a time, $MFT grows into those when files are created."""
    for number in tree.holes("/mft/space", 30, tree.cluster):
        for record in range(4):
            name = f"/mft/grown {number:02} {record}.txt"
            tree.write(name, text(name, 100))


ORDINARY = (resident_file, sparse_file, named_stream, hard_link, short_name, index_blocks)
