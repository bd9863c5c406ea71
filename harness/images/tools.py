# SPDX-License-Identifier: GPL-2.0-or-later
"""Running the tools that make disks: loud when they fail, silent otherwise."""
import subprocess
from pathlib import Path


def run(*command: str | Path, text: str | None = None) -> str:
    """Run a tool to its end and return what it printed; what it said is in the error if it fails."""
    done = subprocess.run(command, input=text, stdin=None if text is not None else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def copy_sparsely(source: Path, target: Path, *, skip: int = 0, seek: int = 0, size: int | None = None) -> None:
    """Copy bytes from one file's place to another's, leaving holes where there are zeroes."""
    part = [f"count={size}", "iflag=skip_bytes,count_bytes,fullblock"] if size else ["iflag=skip_bytes,fullblock"]
    run("dd", f"if={source}", f"of={target}", f"skip={skip}", f"seek={seek}", "bs=64K", *part,
        "oflag=seek_bytes", "conv=sparse,notrunc", "status=none")
