# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured, against what, and how fast it must be."""
from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import corruptor
import disks
import jobs
from disks import GiB, MiB
from harness import cache_folder, images, kvm
from harness.images.tools import run
from measure import Failed, Worker, medians, peaks, seconds


@dataclass(frozen=True)
class Result:
    """One row: our median seconds beside another's."""

    what: str
    against: str
    ours: float
    other: float
    at_most: float | None = None  # times the other's seconds; no bound if neither is given
    faster: float | None = None  # or: at least so many times faster than the other
    memory: dict[str, int] = field(default_factory=dict)  # peak bytes by the program's name
    memory_bound: int | None = None  # of corruptor itself

    @property
    def ratio(self) -> float:
        """How many times the other's seconds we take; or how many times faster we are, if that is what is asked."""
        return self.other / self.ours if self.faster else self.ours / self.other

    @property
    def holds(self) -> bool:
        """Whether every bound is kept."""
        in_time = self.ratio >= self.faster if self.faster else not self.at_most or self.ratio <= self.at_most
        return in_time and (not self.memory_bound or self.memory["corruptor"] < self.memory_bound)


@dataclass(frozen=True)
class Bench:
    """The programs, and a folder to work in."""

    build: Path
    folder: Path

    @property
    def program(self) -> Path:
        return self.build / "corruptor/corruptor"

    @property
    def floor(self) -> Path:
        return self.build / "tests/floor"

    def floor_run(self, name: str, job: str) -> Callable[[], float]:
        """The seconds of a floor that reads its job from a file."""
        file = self.folder / f"{name}.job"
        file.write_text(job + "\n")
        return lambda: seconds([self.floor], jobs=file)


def zero_dbr(bench: Bench) -> Iterator[Result]:
    """One small write to a large disk: what counts is how long it takes to begin."""
    used = 2 * GiB
    disk = disks.big_ntfs(bench.folder, used)
    apply, undo = [bench.program, "apply", "zero-dbr", disk], [bench.program, "undo", disk]
    memory = peaks(apply)
    done = jobs.done_to(disk)
    run(*undo)
    floor_apply = bench.floor_run("apply", done.apply(disk, "qcow2"))
    floor_undo = bench.floor_run("undo", done.undo(disk, "qcow2"))

    def ours() -> tuple[float]:
        took = seconds(apply)
        run(*undo)
        return took,

    def floor() -> tuple[float]:
        took = floor_apply()
        floor_undo()
        return took,

    what = "apply zero-dbr, 64 GiB qcow2"
    (our_time,), (other_time,) = medians(21, [ours, floor])
    yield Result(what, "floor", our_time, other_time, at_most=1.3, memory=memory)

    copy = disks.fresh(disk, bench.folder / "guestfish.qcow2")
    environment, how = guestfish_environment()
    fish = ["guestfish", "--rw", "-a", copy, "run", ":", "pwrite-device", "/dev/sda", "x" * 4096, str(disks.FIRST)]
    (our_time,), (other_time,) = medians(3, [ours, lambda: (seconds(fish, environment=environment),)])
    yield Result(what, f"guestfish, {how}", our_time, other_time, faster=50, memory=memory)
    copy.unlink()

    raw, back = bench.folder / "converted.raw", bench.folder / "back.qcow2"
    steps = (["qemu-img", "convert", "-f", "qcow2", "-O", "raw", disk, raw],
             ["dd", "if=/dev/zero", f"of={raw}", "bs=4096", f"seek={disks.FIRST // 4096}", "count=1", "conv=notrunc"],
             ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, back])

    def convert() -> tuple[float]:
        took = sum(seconds(step) for step in steps)
        raw.unlink()
        back.unlink()
        return took,

    (our_time,), (other_time,) = medians(3, [ours, convert])
    yield Result(what, f"convert, dd, convert; {used / GiB:.0f} GiB used", our_time, other_time, faster=50,
                 memory=memory)
    disk.unlink()


def guestfish_environment() -> tuple[dict[str, str], str]:
    """How guestfish runs at all here, and how fast a machine it gets."""
    environment = os.environ | {"LIBGUESTFS_BACKEND": "direct"}
    kernel = cache_folder.of("appliance-kernel")
    if kernel.exists():
        environment |= {"SUPERMIN_KERNEL": str((kernel / "vmlinuz").resolve()),
                        "SUPERMIN_MODULES": str((kernel / "modules").resolve())}
    if kvm.kvm_trouble():
        return environment | {"LIBGUESTFS_BACKEND_SETTINGS": "force_tcg"}, "emulated"
    return environment, "KVM"


def wipe(bench: Bench) -> Iterator[Result]:
    """500 MB at once: what counts is that they are read, kept and written at the disk's speed, in little memory."""
    for content in disks.CONTENTS:
        for format in ("raw", "qcow2"):
            disk = disks.to_wipe(bench.folder, content, format)
            yield from wipe_of(bench, disk, format, f"500 MB, {content}, {format}")
            disk.unlink()


def wipe_of(bench: Bench, pristine: Path, format: str, what: str) -> Iterator[Result]:
    """Both directions on one disk."""
    disk = bench.folder / f"wiped.{format}"
    apply = [bench.program, "apply", "mbr/gap-wiped", "-D", "at=524088000", "-D", "length=500MB", "--format", format,
             disk]
    undo = [bench.program, "undo", "--format", format, disk]
    disks.fresh(pristine, disk)
    apply_memory = peaks(apply)
    done = jobs.done_to(disk)
    floored = disks.fresh(pristine, bench.folder / f"floored.{format}")
    bench.floor_run("proof", done.apply(floored, format))()
    if not disks.same(disk, floored):
        raise Failed(f"{what}: the floor does not write the bytes that corruptor writes")
    floored.unlink()
    undo_memory = peaks(undo)
    if not disks.same(disk, pristine):
        raise Failed(f"{what}: undo does not give the disk back")

    floor_apply = bench.floor_run("apply", done.apply(disk, format))
    floor_undo = bench.floor_run("undo", done.undo(disk, format))

    def ours() -> tuple[float, float]:
        disks.fresh(pristine, disk)
        return seconds(apply), seconds(undo)

    def floor() -> tuple[float, float]:
        disks.fresh(pristine, disk)
        return floor_apply(), floor_undo()

    our_times, other_times = medians(5, [ours, floor])
    for verb, our_time, other_time, memory in zip(("wipe", "undo"), our_times, other_times,
                                                  (apply_memory, undo_memory)):
        yield Result(f"{verb} {what}", "floor", our_time, other_time, at_most=1.5, memory=memory,
                     memory_bound=64 * MiB)
    disk.unlink()


SCENARIOS = ("ntfs/zero-dbr", "ntfs/boots-lost", "ntfs/dirty-flag", "ntfs/journal-fast-startup", "ntfs/mft-head-lost",
             "ntfs/mft-lcn-shifted", "ntfs/mirror-differs", "ntfs/upcase-wrong", "mbr/entry-lost",
             "fat/sectors-per-fat-too-large")
BLOCKS, REPEATS = 20, 5  # of all scenarios: a thousand


def thousand(bench: Bench) -> Iterator[Result]:
    """Many scenarios in one process: what counts is what each costs beside the server's start.

    Beside runs of the floor, which is a program; and, without a bound, beside the floor in one process too. The
    overlays are made before and removed after, on nobody's time.
    """
    each = list(SCENARIOS) * REPEATS
    templates = {name: overlay_for(bench, name) for name in SCENARIOS}
    done = {name: learn(bench, name, templates[name]) for name in SCENARIOS}
    overlays = [bench.folder / f"{number}.qcow2" for number in range(len(each))]

    def time_block(block: Callable[[], float]) -> tuple[float]:
        for name, overlay in zip(each, overlays):
            disks.fresh(templates[name], overlay)
        took = block()
        for file in bench.folder.glob("*.qcow2.*"):
            file.unlink()
        return took,

    with ExitStack() as stack:
        python = stack.enter_context(Worker([sys.executable, Path(__file__).with_name("worker.py")]))
        floor = stack.enter_context(Worker([bench.floor]))
        our_lines = [f"{name} {overlay}" for name, overlay in zip(each, overlays)]
        floor_lines = [done[name].apply(overlay, "qcow2") for name, overlay in zip(each, overlays)]
        floor_runs = [bench.floor_run(f"thousand-{number}", line) for number, line in enumerate(floor_lines)]
        ours, runs, one_process = (time * BLOCKS for time, in medians(BLOCKS, [
            lambda: time_block(lambda: python.seconds(our_lines)),
            lambda: time_block(lambda: sum(run() for run in floor_runs)),
            lambda: time_block(lambda: floor.seconds(floor_lines))]))
        memory = {"python3": python.peak()}
    what = "1,000 scenarios in one process"
    yield Result(what, "1,000 floors", ours, runs, at_most=1.1, memory=memory)
    yield Result(what, "1,000 floors in one process too", ours, one_process, memory=memory)
    for file in (*overlays, *set(templates.values())):
        file.unlink()


def overlay_for(bench: Bench, name: str) -> Path:
    """An empty overlay of the disk that a scenario is for."""
    base = images.build(corruptor.load_scenario(corruptor.find_scenario(name)).image)
    overlay = bench.folder / f"{base.name}.template"
    if not overlay.exists():
        corruptor.create_overlay(str(base.path), str(overlay), base.format)
    return overlay


def learn(bench: Bench, name: str, template: Path) -> jobs.Done:
    """What a scenario does to a disk."""
    overlay = disks.fresh(template, bench.folder / "learn.qcow2")
    with corruptor.Image(str(overlay), format="qcow2", writable=True) as disk:
        disk.apply(disk.plan(corruptor.load_scenario(corruptor.find_scenario(name))))
    done = jobs.done_to(overlay)
    for file in (overlay, *jobs.journal_files(overlay)):
        file.unlink(missing_ok=True)
    return done
