# SPDX-License-Identifier: GPL-2.0-or-later
"""What a machine finds when the whole disk is plugged in: the kernel's partitions, and what blkid sees in each.

This is what virt-filesystems shows, asked one level lower, because libguestfs would look at its disk and not at one
of the right size, and a backup GPT lies at the very end. `clean` means that the volume is found where it is, and
recognised as some file system; the reason names all that was found.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness import Disk, Observation, Probe, Run, Says, appliance

SECTOR = 512

found_where_it_is = Probe("filesystems", frozenset({"ntfs", "fat12", "fat16", "fat32", "exfat"}),
                          needs=(appliance.missing,), writes=False)


@dataclass(frozen=True)
class Partition:
    """A partition that the kernel found, in bytes, with blkid's name for what is in it."""

    number: int
    start: int
    length: int
    type: str

    def __str__(self) -> str:
        return f"{self.number} at {self.start // SECTOR}+{self.length // SECTOR} {self.type or 'unknown'}"


@found_where_it_is
def find(disk: Disk) -> Observation:
    """Look for the volume as a machine does."""
    argv = ("blkid", "--probe", "/dev/loop0", "/dev/loop0p*")
    try:
        look = appliance.look(disk, {"partitions": True}, whole=True)
    except appliance.GuestEnded as ended:
        return appliance.told_by_end(disk, argv, ended)
    if look.signal:
        disk.runs.append(Run(argv, None, look.signal, False, "", look.log, look.seconds))
        return Observation(Says.CRASHED, f"the kernel ended it with signal {look.signal}")
    found = look.answer["partitions"]
    table, volume = found["table"], found["volume"]
    partitions = [Partition(number, start * SECTOR, length * SECTOR, type) for number, start, length, type in found["found"]]
    lines = [f"table {table}", f"volume {volume}", *map(str, partitions)]
    disk.runs.append(Run(argv, 0, None, False, "\n".join(lines) + "\n", look.log, look.seconds))
    reason = ", ".join([f"{table or 'no'} partition table", *map(str, partitions)] if table or not volume else [volume])
    is_found = _is_found(disk, volume, partitions)
    return Observation(Says.CLEAN if is_found else Says.REFUSED, reason, wrote=look.wrote)


def _is_found(disk: Disk, volume: str, partitions: list[Partition]) -> bool:
    source = disk.source
    at_its_place = any(part.type and (part.start, part.length) == (source.start, source.length) for part in partitions)
    return at_its_place or source.start == 0 and bool(volume)
