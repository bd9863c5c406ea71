# SPDX-License-Identifier: GPL-2.0-or-later
"""The founding story, told with the real tools: python -m harness.demo

Somebody needed an image that does not mount, that ntfsfix repairs, and that mounts again afterwards with every file in
it. It took him days of hex editors, converted images and a wiped disk. Here each step is one command, and each is
checked: what the tool says, and what the files say.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import Disk, Source, case, images
from harness.readback import read_files
from harness.truth import compare

ROOT = Path(__file__).resolve().parents[1]
CORRUPTOR = ROOT / "build/corruptor/corruptor"


class Story:
    """Prints commands as a person would type them, and stops where one does not do what it should."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def tell(self, text: str) -> None:
        """A line of the narrator's."""
        print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)

    def corruptor(self, *arguments: str) -> None:
        """Run the program where the disk is."""
        print("$ corruptor " + " ".join(arguments), flush=True)
        subprocess.run([CORRUPTOR, *arguments], cwd=self.folder, check=True)

    def tool(self, disk: Disk, *argv: str, expect: int, lines: int = 0) -> None:
        """Run a tool on the partition, and show its first lines (or all): what it printed on standard error first."""
        result = disk.run([disk.volume if word == "PARTITION" else word for word in argv])
        shown = [word.rsplit("/", 1)[-1] if word.startswith("/") else word for word in argv]
        print("$ " + " ".join(shown), flush=True)
        said = [line.replace(disk.volume, "PARTITION") for line in (result.errors + result.output).splitlines() if line.strip()]
        for line in said[:lines] if lines else said:
            print("  " + line)
        self.require(result.code == expect, f"{argv[0]} ends with {result.code}, expected {expect}")

    @staticmethod
    def require(holds: bool, otherwise: str) -> None:
        """The story goes on only while it is true."""
        if not holds:
            sys.exit(f"demo: {otherwise}")


def main() -> None:
    """Tell it."""
    base = images.build("windows-disk")
    data = base.volumes[1]
    with tempfile.TemporaryDirectory(prefix="corruptor-demo.") as name:
        story = Story(Path(name))
        shutil.copy(base.path, story.folder / "disk.qcow2")
        os.chmod(story.folder / "disk.qcow2", 0o600)
        image = str(story.folder / "disk.qcow2")
        before = case.content_hash(image, "qcow2")
        story.tell(f"disk.qcow2: {base.size >> 20} MiB, MBR; 1: System Reserved, 2: Data, both NTFS; {len(data.manifest)} files in 2. "
                   "Break the second:")
        story.corruptor("apply", "zero-dbr.yaml", "disk.qcow2", "--volume", "2")

        story.tell("The volume is gone for ntfs-3g, and ntfsfix brings it back from the alternate boot sector:")
        with Disk(Source(Path(image), "qcow2", data.offset, data.size)) as disk:
            mnt = disk.folder("mnt")
            story.tool(disk, "ntfs-3g", "PARTITION", mnt, expect=12, lines=3)
            story.tool(disk, "ntfsfix", "-d", "PARTITION", expect=0)
            story.tool(disk, "ntfs-3g", "-o", "ro", "PARTITION", mnt, expect=0)
            truth = compare(data.manifest, read_files(disk, mnt).files)
            print(f"mounted; {len(truth.of('intact'))} of {len(data.manifest)} files have the SHA-256 that they were written with")
            story.require(truth.whole == "intact", f"files were lost:\n{truth}")

        story.tell("ntfsfix worked on a copy. The image itself is taken back, bit for bit:")
        story.corruptor("status", "disk.qcow2")
        story.corruptor("undo", "disk.qcow2")
        after = case.content_hash(image, "qcow2")
        story.require(before == after, f"the disk's SHA-256 is {after}, it was {before}")
        print(f"SHA-256 of the disk, before and after: {after}")


if __name__ == "__main__":
    main()
