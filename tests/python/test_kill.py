# SPDX-License-Identifier: GPL-2.0-or-later
"""Killed at any moment, undone to the last bit.

The moment of each kill is a parameter: delays spread over a little more than an unkilled run takes. Whatever was
reached by then, `undo` gives the original back, or says that nothing had begun and the disk is the original.
"""
from __future__ import annotations

import os
import pty
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from program import ENVIRONMENT, LONGEST, MISUSE, PROGRAM, base, copy_of, corruptor, healthy, run

MiB = 1 << 20
KILLS, FEWER = 24, 12  # of each kind; each begins anew
WIPE = "title: A wide wipe\nedits:\n  - zero: \"@0+8MiB\"\n  - fill: \"@9MiB+2MiB\"\n    with: 55aa\n"


def noise(file: Path, size: int) -> bytes:
    """A raw disk without a single zero sector; what it holds."""
    content = random.Random(2).randbytes(MiB) * (size // MiB)
    file.write_bytes(content)
    return content


def killed_after(seconds: float, *arguments: object) -> None:
    """Start the program and kill it, unless it is done before."""
    process = subprocess.Popen([str(PROGRAM), *map(str, arguments)], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(LONGEST)


def duration(*arguments: object) -> float:
    start = time.monotonic()
    corruptor(*arguments)
    return time.monotonic() - start


def take_back(image: Path) -> bool:
    """Undo; False if there was nothing to undo."""
    if Path(f"{image}.journal").exists():
        done = subprocess.run([PROGRAM, "undo", image], env=ENVIRONMENT, capture_output=True, text=True, timeout=LONGEST)
        assert done.returncode == 0 or (done.returncode == MISUSE and "nothing to undo" in done.stderr), done.stderr
        return done.returncode == 0
    assert "nothing to undo" in corruptor("undo", image, code=MISUSE).err
    return False


def test_apply_of_a_wide_wipe_is_killed(tmp_path: Path) -> None:
    image, scenario = tmp_path / "disk.raw", tmp_path / "wipe.yaml"
    content = noise(image, 12 * MiB)
    scenario.write_text(WIPE)
    whole = duration("apply", scenario, image, "--volume", "0")
    assert take_back(image)
    for number in range(KILLS):
        killed_after(whole * 1.1 * number / KILLS, "apply", scenario, image, "--volume", "0")
        take_back(image)
        assert image.read_bytes() == content, f"not restored after kill {number} of {KILLS}"


def test_undo_of_a_wide_wipe_is_killed(tmp_path: Path) -> None:
    image, scenario = tmp_path / "disk.raw", tmp_path / "wipe.yaml"
    content = noise(image, 12 * MiB)
    scenario.write_text(WIPE)
    corruptor("apply", scenario, image, "--volume", "0")
    whole = duration("undo", image)
    for number in range(FEWER):
        corruptor("apply", scenario, image, "--volume", "0")
        killed_after(whole * 1.1 * number / FEWER, "undo", image)
        take_back(image)
        assert image.read_bytes() == content, f"not restored after kill {number} of {FEWER}"


def test_apply_to_a_qcow2_is_killed(tmp_path: Path) -> None:
    image = copy_of("windows-disk", tmp_path)
    arguments = ("apply", "gap-wiped", image, "-D", "at=51MiB", "-D", "length=500MB")
    whole = duration(*arguments)
    assert take_back(image)
    for number in range(KILLS):
        killed_after(whole * 1.1 * number / KILLS, *arguments)
        take_back(image)
        assert healthy(image, "windows-disk"), f"not restored after kill {number} of {KILLS}"


def test_a_killed_apply_is_finished_by_the_next(tmp_path: Path) -> None:
    image, whole_image, scenario = tmp_path / "disk.raw", tmp_path / "whole.raw", tmp_path / "wipe.yaml"
    content = noise(image, 12 * MiB)
    noise(whole_image, 12 * MiB)
    scenario.write_text(WIPE)
    whole = duration("apply", scenario, whole_image, "--volume", "0")
    damaged = whole_image.read_bytes()
    for number in range(FEWER):
        killed_after(whole * number / FEWER, "apply", scenario, image, "--volume", "0")
        if image.read_bytes() != damaged:
            corruptor("apply", scenario, image, "--volume", "0")
        assert image.read_bytes() == damaged, f"not finished after kill {number} of {FEWER}"
        corruptor("undo", image, "--all")
        assert image.read_bytes() == content


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_wipe_says_how_to_go_on(signal_number: signal.Signals, tmp_path: Path) -> None:
    image, scenario = tmp_path / "disk.raw", tmp_path / "wipe.yaml"
    content = noise(image, 96 * MiB)
    scenario.write_text('title: A wide wipe\nedits: [{ fill: "@0+96MiB", with: 55 }]\n')
    reader, terminal = pty.openpty()
    process = subprocess.Popen([PROGRAM, "apply", scenario, image, "--volume", "0"], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    told = os.read(reader, 1)  # the progress line has begun: there is a lot left to do
    process.send_signal(signal_number)
    assert process.wait(LONGEST) == -signal_number
    while chunk := read_terminal(reader):
        told += chunk
    os.close(reader)
    assert b"writing" in told
    assert b"interrupted" in told and b"corruptor undo IMAGE" in told
    take_back(image)
    assert image.read_bytes() == content


def read_terminal(reader: int) -> bytes:
    """What a terminal shows; nothing when the last program has left it."""
    try:
        return os.read(reader, 4096)
    except OSError:
        return b""


def test_a_killed_program_leaves_no_server_and_no_lock(tmp_path: Path) -> None:
    image = copy_of("windows-disk", tmp_path)
    killed_after(0.02, "apply", "gap-wiped", image)
    take_back(image)
    run("flock", "--exclusive", "--timeout", LONGEST, image, "true")  # the kernel ends the server, and may be busy
    run("qemu-io", "-f", "qcow2", "-c", "write -P 1 0 512", image)
    assert not healthy(image, "windows-disk")
    assert base("windows-disk").format == "qcow2"
