# SPDX-License-Identifier: GPL-2.0-or-later
"""What a base disk is made of: a table of partitions, each with a filesystem and kinds of content.

A recipe is data. What a disk contains is therefore known without building it, and a scenario can
ask for it by words (`needs: [fragmented-file]`) and by the path that shows it. The words of a volume are
those of its filesystem ("ntfs", "cluster-size-512") and of its kinds ("fragmented-file"); the
disk adds those of its table ("mbr", "gpt", "extended-partition", or "whole-disk" if there is none).
"""
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.truth import Manifest, entry

KiB, MiB = 1 << 10, 1 << 20
SECTOR = 512


class Unavailable(Exception):
    """This disk cannot be made here; the text says why, and what would help."""


class Tree(ABC):
    """A volume being filled. Keeps the manifest of what it was told to write, never of what it reads back."""

    def __init__(self, cluster: int) -> None:
        self.cluster = cluster
        self.manifest: Manifest = {}
        self.streams: Manifest = {}

    def write(self, path: str, data: bytes) -> None:
        """Write a new file, with the directories that lead to it."""
        self.manifest[path] = entry(data)
        self.put(path, data)

    def write_in_pieces(self, path: str, data: bytes, piece: int) -> None:
        """Write a file whose pieces of so many bytes, whole clusters, do not touch each other on the disk."""
        self.manifest[path] = entry(data)
        self.put_in_pieces(path, data, piece)

    def remove(self, path: str) -> None:
        """Delete a file."""
        del self.manifest[path]
        self.delete(path)

    @abstractmethod
    def put(self, path: str, data: bytes) -> None:
        """How this filesystem's tools do it."""

    @abstractmethod
    def put_in_pieces(self, path: str, data: bytes, piece: int) -> None:
        """How this filesystem's tools do it. None scatters a file of its own accord: give it only holes to fill."""

    @abstractmethod
    def delete(self, path: str) -> None:
        """How this filesystem's tools do it."""


@dataclass(frozen=True)
class Kind:
    """One kind of content: the word for it, the path that shows it, and how to write it."""

    word: str
    path: str
    fill: Callable[[Tree], None]


def kind(word: str, path: str) -> Callable[[Callable[[Tree, str], None]], Kind]:
    """Turn a function that writes into a tree, given the path to show it at, into a Kind."""
    return lambda write: Kind(word, path, lambda tree: write(tree, path))


class Filesystem(Protocol):
    """How to make and fill a volume (ntfs.py, fat.py, exfat.py)."""

    label: str

    @property
    def name(self) -> str:
        """What the volume is: "ntfs", "fat12", "fat16", "fat32" or "exfat"."""

    @property
    def words(self) -> list[str]:
        """What a scenario can ask for before any file is written."""

    def make(self, volume: Path, first_sector: int) -> None:
        """Make the filesystem in a file as large as the partition."""

    def fill(self, volume: Path, kinds: tuple[Kind, ...]) -> Tree:
        """Write every kind of content into it."""


@dataclass(frozen=True)
class Partition:
    """Where a volume lies on the disk; type is a hexadecimal MBR type or a GPT type's GUID."""

    first_sector: int
    size: int
    type: str
    filesystem: Filesystem
    kinds: tuple[Kind, ...]
    active: bool = False

    @property
    def contains(self) -> dict[str, str]:
        """Word -> the path that shows it; the empty path where it is about the whole volume."""
        return {word: "" for word in self.filesystem.words} | {kind.word: kind.path for kind in self.kinds}


@dataclass(frozen=True)
class Recipe:
    """One base disk. With an extended partition, which is then number 1, the others are its logical drives."""

    name: str
    title: str
    format: str  # "raw" or "qcow2"
    size: int
    partitions: tuple[Partition, ...]
    table: str = ""  # "mbr", "gpt", or nothing: then the one volume is the whole disk
    identity: str = ""  # the MBR's 32-bit number or the GPT's GUID
    extended: tuple[int, int] | None = None  # first sector and bytes of the extended partition
    compressed: bool = False  # a qcow2 with compressed clusters, for a disk that has few zeroes
    sources: tuple[Path, ...] = ()  # files from outside that it is made from
    assemble: Callable[["Recipe", Path], list["Volume"]] | None = None  # for a disk that others made

    @property
    def words(self) -> list[str]:
        """What the disk is, before it is asked what its volumes contain."""
        return [self.table or "whole-disk"] + (["extended-partition"] if self.extended else [])

    @property
    def contains(self) -> frozenset[str]:
        """Every word that a scenario's `needs` may use with this disk."""
        return frozenset(self.words).union(*(partition.contains for partition in self.partitions))


@dataclass(frozen=True)
class Volume:
    """A filesystem on a built disk. `streams` has the named streams, as path:name, apart from the files."""

    filesystem: str
    label: str
    offset: int
    size: int
    contains: dict[str, str] = field(default_factory=dict)
    manifest: Manifest = field(default_factory=dict)
    streams: Manifest = field(default_factory=dict)


@dataclass(frozen=True)
class Image:
    """A built disk: a read-only file in the cache, and all that is known of it. Work on an overlay or a copy."""

    name: str
    path: Path
    format: str
    size: int
    contains: frozenset[str]
    volumes: tuple[Volume, ...]

