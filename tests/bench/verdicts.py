# SPDX-License-Identifier: GPL-2.0-or-later
"""How many verdicts the oracle gives, beside loops that people write around the same tools: in C++, and in shell.

Counted is what a round costs: of a run of many rounds and one of few the difference, so that no start is in it. By the
clock, and in processor time of everybody who took part, which is what is meant by verdicts a second and core: on a busy
machine the clock counts others, too. The fastest of several runs is taken.
"""
from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import corruptor
from cases import Bench, Result
from harness import case, images
from harness.images.tools import run
from harness.pieces import copy_sparse
from measure import Cost, cost

HERE = Path(__file__).parent
MEMORY = "/dev/shm"
SECTOR = 512
FEW, MANY, RUNS = 2, 22, 3


@dataclass(frozen=True)
class Fault:
    """What is judged: a fault that the tool repairs. Each round has another one, as the oracle remembers what it has seen of
    a disk."""

    place: str
    image: str
    kind: str  # for loop.sh; "" if it is not asked
    tools: tuple[str, ...]
    script: str  # for loop.cc; {disk} is the healthy volume, {at} where the damage goes, {corruptor} our program

    def scenario(self, number: int) -> corruptor.Scenario:
        """The place filled with a byte that says nothing."""
        return corruptor.parse_scenario(f"title: t\nimage: {self.image}\nedits:\n  - fill: {self.place}\n    with: \"{number:02x}\"\n")


READ_BY_MOUNT = "run ntfs-3g -o ro copy mount\nread mount\nrun umount mount\nsettle\n"
ALL_STEPS = ("copy {disk} copy\nput copy {at} damage\n" + READ_BY_MOUNT + "run ntfsfix -d copy\n"
             "run ntfs-3g.probe --readwrite copy\nrun ntfsfix -n copy\n" + READ_BY_MOUNT + "changed copy {disk}\n"
             "run ntfsfix -d copy\nchanged copy {disk}\n")
FAULTS = {
    "look": Fault("ntfs.boot_backup", "ntfs-64m", "", ("ntfsfix-n",),
                  "copy {disk} copy\nput copy {at} damage\nrun ntfsfix -n copy\nchanged copy {disk}\n"),
    "cheap": Fault("exfat.bitmap@0+512", "exfat-64m", "", ("fsck.exfat-n", "fsck.exfat-y"),
                   "copy {disk} copy\nput copy {at} damage\nrun fsck.exfat -n copy\nchanged copy {disk}\nrun fsck.exfat -y copy\n"
                   "run fsck.exfat -n copy\nrun {corruptor} files copy\nchanged copy {disk}\n"),
    "cheap-fat": Fault("fat32.fsinfo@0+512", "fat32-64m", "fat", ("fsck.fat-n", "fsck.fat-a"),
                   "copy {disk} copy\nput copy {at} damage\nrun fsck.fat -n copy\nchanged copy {disk}\nrun fsck.fat -a copy\n"
                   "run fsck.fat -n copy\nrun mcopy -s -n -i copy :: copied\nread copied\nclear copied\nchanged copy {disk}\n"),
    "full": Fault("ntfs.boot_backup", "ntfs-64m", "ntfs", ("ntfsfix-d",), ALL_STEPS),
    "full-few": Fault("ntfs.boot_backup", "ntfs-attributes", "ntfs", ("ntfsfix-d",), ALL_STEPS),
}
AT_MOST = {"look": 1, "cheap": 1, "cheap-fat": 1.6, "full": 1.6, "full-few": 1.6}  # times the loop in C++
FASTER = 1.3  # than the loop in shell


def verdicts(bench: Bench) -> Iterator[Result]:
    """Each depth, beside both loops."""
    loop = bench.folder / "loop"
    run("c++", "-O2", "-std=c++20", "-o", loop, HERE / "loop.cc")
    for depth, fault in FAULTS.items():
        with tempfile.TemporaryDirectory(prefix="corruptor-bench.", dir=MEMORY) as folder:
            ours, *others = least(peers(depth, fault, loop, bench.program.resolve(), Path(folder)))
        files = len(images.build(fault.image).volumes[0].manifest)
        what = f"verdict, {depth.partition('-')[0]}, {fault.tools[-1]}, {files} files"
        for name, other, at_most, faster in zip(("loop in C++", "loop in shell, qcow2 by FUSE"), others,
                                                (AT_MOST[depth], None), (None, FASTER)):
            yield Result(f"{what}, processor time", name, ours.processor, other.processor, at_most=at_most, faster=faster)
            yield Result(f"{what}, clock", name, ours.clock, other.clock)


def peers(depth: str, fault: Fault, loop: Path, program: Path, folder: Path) -> list[Callable[[int], Cost]]:
    """The oracle and the loops, as functions of how many rounds they do."""
    damaged = case.damage(fault.scenario(0))
    [(at, content)] = damaged.source.patches
    first, inside, volume = at // SECTOR * SECTOR, at % SECTOR, damaged.volume
    with open(damaged.base.path, "rb") as base:
        sectors = bytearray(os.pread(base.fileno(), -(-(inside + len(content)) // SECTOR) * SECTOR, first))
    sectors[inside:inside + len(content)] = content
    (folder / "damage").write_bytes(sectors)
    copy_sparse(damaged.base.path, folder / "disk", volume.offset, volume.size)
    first -= volume.offset
    for name in ("mount", "copied"):
        (folder / name).mkdir()
    (folder / "script").write_text(fault.script.format(disk="disk", at=first, corruptor=program))
    judging = [sys.executable, str(HERE / "judging.py"), depth]
    shell = [str(HERE / "loop.sh"), fault.kind]
    found = [lambda rounds: cost([*judging, str(rounds)]),
             lambda rounds: cost([loop, str(rounds)], folder=folder, jobs=folder / "script")]
    if fault.kind:
        found.append(lambda rounds: cost([*shell, str(rounds), folder / "disk", str(first), folder / "damage"], folder=folder))
    return found


def least(runs: list[Callable[[int], Cost]]) -> list[Cost]:
    """What a round of each costs, the runs having taken turns."""
    few, many = ([[once(rounds) for once in runs] for _ in range(RUNS)] for rounds in (FEW, MANY))
    return [(Cost.least(after) - Cost.least(before)) / (MANY - FEW) for before, after in zip(zip(*few), zip(*many))]
