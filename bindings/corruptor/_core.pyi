# SPDX-License-Identifier: GPL-2.0-or-later
from typing import Any, Iterator, Sequence

class Error(Exception):
    """Anything that goes wrong; `exit_code` is what the program would exit with."""
    exit_code: int

class Misuse(Error):
    """The request is wrong: unknown path, bad scenario, value out of range (2)."""

class Damage(Error):
    """The image does not hold what the request needs (3); `at` is the offset on the disk."""
    at: int

class Refused(Error):
    """It would be unsafe: in use, read-only, another image, changed since (4)."""

class PartlyApplied(Error):
    """Writing stopped in the middle; apply again or undo (5)."""

class IoError(Error):
    """The operating system or the NBD server reported an error (6)."""

class Scenario:
    """One fault, read from YAML."""
    name: str
    file: str
    title: str
    target: str
    image: str
    expect: dict[str, Any]
    expect_lines: dict[str, int]
    def as_dict(self) -> dict[str, Any]: ...

class Prepared:
    """What foreign tools wrote, to become a part of a plan."""
    def __len__(self) -> int: ...

class Plan:
    """What will be written: patches at disk offsets, and changes in field names."""
    name: str
    size: int
    bytes: int
    def as_dict(self) -> dict[str, Any]: ...
    def patches(self) -> Iterator[tuple[int, int, str]]:
        """(offset, length, why) of each patch, in bytes."""
    def after(self, index: int, at: int, length: int) -> bytes:
        """Bytes that patch `index` writes, from `at` within the patch."""
    def before(self, index: int, at: int, length: int) -> bytes:
        """Bytes that patch `index` replaces."""

class Image:
    """An open disk image; a context manager, because it holds a server and a lock until it is closed."""
    def __init__(
        self,
        image: str,
        *,
        format: str = "",
        volume: str = "",
        writable: bool = False,
        allow_block_device: bool = False,
    ) -> None: ...
    def __enter__(self) -> "Image": ...
    def __exit__(self, *exc: object) -> None: ...
    def close(self) -> None: ...
    @property
    def size(self) -> int:
        """Bytes of the disk."""
    def read(self, at: int, length: int) -> bytes: ...
    def inspect(self, path: str = "") -> dict[str, Any]: ...
    def walk(self) -> dict[str, Any]:
        """Looks at every structure once: findings[{path, at, what}], finding_count, volumes[{path, at, counts}], bytes_read."""
    def get(self, path: str) -> dict[str, Any]: ...
    def prepare(self, scenario: Scenario) -> Prepared:
        """Lets foreign tools make what the scenario lacks; this image must not be open for writing."""
    def variants(self, scenario: Scenario) -> list[str]:
        """The names of its variants; of a sweep those that this image gives it."""
    def plan(self, scenario: Scenario, *, seed: int = 1, prepared: Prepared | None = None) -> Plan: ...
    def set(self, *assignments: str) -> Plan:
        """The plan of "PATH=VALUE" texts."""
    def difference(self, other: "Image") -> Plan:
        """The bytes in which `other` differs, as a plan that turns this image into it."""
    def diff(self, other: "Image") -> list[dict[str, Any]]:
        """What differs, place by place: path, at, length, known, before and after (a field) or differs (bytes), file, note."""
    def diff_as_scenario(self, other: "Image") -> str:
        """YAML of a scenario that turns this image into the other, bit for bit."""
    def apply(self, plan: Plan, *, journal: str = "", force: bool = False) -> Plan:
        """Carries the plan out, and gives it back as the journal holds it: complete without this image."""
    def undo(self, *, journal: str = "", force: bool = False) -> dict[str, Any]: ...
    def status(self, *, journal: str = "") -> list[dict[str, Any]]: ...
    def observe(self, plan: Plan) -> dict[str, Any]:
        """How much of `plan` is on the disk."""

class Snapshot:
    """An image that nobody writes to meanwhile, for many questions: what was read for one is not read again for the next."""

    def __init__(self, image: str, *, format: str = "", volume: str = "") -> None: ...
    def files(self, patches: Sequence[tuple[int, bytes]] = ()) -> dict[str, Any]:
        """What all files hold, or would with other bytes at some offsets of the disk: volumes[{path, at, files[{path, size,
        sha256, trouble}]}], findings[{path, at, what}]. Of a file that cannot be read to its end, what is before."""
    def content(self, path: str, patches: Sequence[tuple[int, bytes]] = (), *, most: int) -> bytes:
        """The first `most` bytes of one file."""
    def diff_place(self, at: int, before: bytes, after: bytes) -> list[dict[str, Any]]:
        """As Image.diff, for two contents of the place at byte `at`, all else being as it is. Misuse if they differ in length."""

def load_scenario(file: str, definitions: dict[str, str] = ..., variant: str = ...) -> Scenario: ...
def parse_scenario(yaml: str, file: str = ..., definitions: dict[str, str] = ..., variant: str = ...) -> Scenario: ...
def find_scenario(name: str) -> str:
    """The file of a catalogue name or a path."""
def catalogue() -> list[str]: ...
def fields(pattern: str = ...) -> list[dict[str, Any]]: ...
def scenario_schema() -> dict[str, Any]: ...
def create_overlay(image: str, overlay: str, format: str = ...) -> None:
    """A new qcow2 at `overlay`, backed by `image`."""
def version() -> str: ...
