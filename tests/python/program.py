# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the program as a user does, and looks at images with QEMU's tools, never with our own."""
from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness import images

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/corruptor/corruptor"
ENVIRONMENT = {"PATH": f"{PROGRAM.parent}:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm"}
MISUSE, DAMAGE, REFUSED, PARTLY, IO = 2, 3, 4, 5, 6
LONGEST = 60  # seconds that one command may take


@dataclass(frozen=True)
class Ran:
    """What a command printed."""

    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as data; the whole of it must be one JSON text."""
        return json.loads(self.out)


def corruptor(*arguments: object, code: int = 0, cwd: Path | None = None, environment: dict[str, str] | None = None) -> Ran:
    """Run the program; it must end with this exit code."""
    command = [str(PROGRAM), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT | (environment or {}), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=LONGEST)
    assert done.returncode == code, f"{command} ended with {done.returncode}, expected {code}\n{done.stdout}{done.stderr}"
    return Ran(done.stdout, done.stderr)


@cache
def base(name: str) -> images.Image:
    """A base disk of the harness."""
    return images.build(name)


def copy_of(name: str, folder: Path, file: str = "") -> Path:
    """A writable copy of a base disk."""
    original = base(name)
    copy = folder / (file or f"disk.{original.format}")
    run("cp", "--sparse=always", "--reflink=auto", "--no-preserve=mode", original.path, copy)
    return copy


def run(*command: object, code: int = 0) -> str:
    """Run some other tool; what it printed."""
    done = subprocess.run([str(word) for word in command], env=ENVIRONMENT | {"HOME": os.environ.get("HOME", "/")},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="backslashreplace", timeout=LONGEST)
    assert done.returncode == code, f"{command} ended with {done.returncode}\n{done.stdout}"
    return done.stdout


def same_content(image: object, other: object, format: str = "raw", other_format: str = "raw") -> bool:
    """True if the disks in both images have the same bytes, by QEMU's judgement."""
    command = ["qemu-img", "compare", "-q", "-f", format, "-F", other_format, str(image), str(other)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST)
    assert done.returncode in (0, 1), f"{command}: {done.stderr}"
    return done.returncode == 0


def healthy(image: Path, name: str) -> bool:
    """True if the copy has the bytes of the base disk."""
    original = base(name)
    return same_content(image, original.path, original.format, original.format)


def virtual_size(image: object, format: str) -> int:
    """Bytes of the disk in an image."""
    return int(json.loads(run("qemu-img", "info", "-U", "-f", format, "--output=json", image))["virtual-size"])


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A line as a person types it, in a folder; the program is on its PATH."""
    return subprocess.run(["bash", "-c", script], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=LONGEST)
