# SPDX-License-Identifier: GPL-2.0-or-later
"""What holds for all probes on healthy disks, and what the kernel's drivers say inside the appliance."""

from __future__ import annotations

from pathlib import Path

import pytest
from damaged_bases import ask, report

from harness import appliance, images, probes

# One of each file system and each kind of partition table; a larger list takes minutes and shows no more.
BASES = ("ntfs-mbr-64m", "gpt-ntfs-64m", "fat12-floppy", "fat16-64m", "fat32-flash", "exfat-64m")
NEEDS_APPLIANCE = pytest.mark.skipif(appliance.missing() is not None, reason=str(appliance.missing()))


def on_host(base: str) -> list[str]:
    """The probes that fit a base and need no appliance."""
    words = set(images.find(base).contains)
    return [name for name, probe in probes.all().items() if probe.formats & words and appliance.missing not in probe.needs]


@pytest.mark.parametrize("base", BASES)
def test_every_tool_is_content_with_a_healthy_disk_and_reads_all_of_it(tmp_path: Path, base: str) -> None:
    for name in on_host(base):
        if probes.all()[name].missing():
            continue
        observation, data = ask(tmp_path, base, [], name)
        assert observation.says == "clean", f"{name}: {observation.reason}\n{report(observation)}"
        assert data in (None, "intact"), name
        assert probes.all()[name].writes or observation.wrote is False, name


def test_every_probe_fits_some_disk() -> None:
    fitting = {name for base in BASES for name in on_host(base)}
    assert fitting == {name for name, probe in probes.all().items() if appliance.missing not in probe.needs}


DIRTY = ["set: exfat.boot.dirty\n    to: 1"]
EXFAT_BOOT = ["zero: exfat.boot"]
MEDIA = ["set: fat16.boot.media\n    to: 0"]
CHAINS = ["zero: fat16.fat[0]@0+4KiB"]

# Disk, damage, probe, what it says, whether it wrote, the data, how its reason begins.
KERNEL = [
    ("exfat-64m", [],         "exfat-mount",    "clean",     True,  "intact", ""),
    ("exfat-64m", [],         "exfat-mount-ro", "clean",     False, "intact", ""),
    ("exfat-64m", DIRTY,      "exfat-mount-ro", "detected",  False, "intact",
     "exFAT-fs (loop0): Volume was not properly unmounted."),
    ("exfat-64m", EXFAT_BOOT, "exfat-mount",    "refused",   False, "lost",
     "exFAT-fs (loop0): invalid boot record signature"),
    ("fat16-64m", [],         "msdos-mount",    "clean",     True,  None,     ""),
    ("fat16-64m", [],         "msdos-mount-ro", "clean",     False, None,     ""),
    ("fat16-64m", MEDIA,     "msdos-mount",    "refused",   False, None,     "FAT-fs (loop0): invalid media value (0x00)"),
    ("fat16-64m", CHAINS,     "msdos-mount-ro", "detected",  False, None,     "FAT-fs (loop0): error, fat_get_cluster:"),
]


@NEEDS_APPLIANCE
@pytest.mark.xdist_group("appliance")
@pytest.mark.parametrize("base, edits, probe, says, wrote, data, reason", KERNEL,
                         ids=[f"{row[2]}-{number}" for number, row in enumerate(KERNEL)])
def test_what_the_kernel_says(tmp_path: Path, base: str, edits: list[str], probe: str, says: str, wrote: bool,
                              data: str | None, reason: str) -> None:
    observation, measured = ask(tmp_path, base, edits, probe)
    assert (observation.says, observation.wrote, measured) == (says, wrote, data), report(observation)
    assert observation.reason.startswith(reason) and bool(observation.reason) == bool(reason)
