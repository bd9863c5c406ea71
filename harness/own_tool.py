# SPDX-License-Identifier: GPL-2.0-or-later
"""A probe for a tool of the user's own, made of a name and a command line.

    my_fsck = own_tool.parse("my-fsck=./my-fsck -y {disk}")
    my_gpt = own_tool.command("my-gpt", "my-gpt --repair {whole}", formats={"gpt"})

{disk} is a file that is exactly the volume, {whole} the entire disk; one of them has to be there. The line is taken
apart as a shell does it, but no shell runs it. A program with a slash in its name is looked for from here, as the jail
has no current folder of ours; others are looked for in the system's folders.

It is taken for a repairer, and its words are not understood: what it claims is its exit code, and whether it found
anything wrong shows in the bytes. Exit code 0 is a repair if bytes changed and no complaint if none did; any other
code is a complaint if bytes changed nevertheless, and a refusal if none did.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from harness import probes
from harness.disk import Disk
from harness.probe import Probe
from harness.probes.readers import needs, read_any
from harness.probes.sleuthkit import ALL
from harness.probes.whole_disk import read_by_table
from harness.run import Run
from harness.verdict import Observation, Says

DISK, WHOLE = "{disk}", "{whole}"


def chosen(words: Iterable[str]) -> dict[str, Probe]:
    """The probes that --tool names, by name: ours, and those of the user's own, also instead of one of ours. ValueError if
    there is no such tool; of the user's own it is one if the command is missing, as a build that failed must not look like
    a tool without faults."""
    found = {}
    for word in words:
        name, equals, _ = word.partition("=")
        probe = parse(word) if equals else probes.all().get(name)
        if probe is None:
            raise ValueError(f"--tool: no tool is called {name}; known: {', '.join(probes.all())}")
        if equals and (reason := probe.missing()):
            raise ValueError(f"{name}: {reason}")
        found[probe.name] = probe
    return found


def parse(text: str, formats: Iterable[str] = ALL) -> Probe:
    """A probe from NAME=COMMAND LINE. ValueError says what is wrong with it."""
    name, equals, command_line = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text!r}: expected NAME=COMMAND LINE, such as 'my-fsck=./my-fsck -y {DISK}'")
    return command(name.strip(), command_line, formats)


def command(name: str, command_line: str, formats: Iterable[str] = ALL) -> Probe:
    """A probe from its name and a command line. ValueError says what is wrong with it."""
    words = _words(name, command_line)
    readable = frozenset(formats)
    probe = Probe(name, readable, needs=(words[0], *needs(readable)), writes=True, command=command_line)

    def repair_volume(disk: Disk) -> Observation:
        return _repair_volume(disk, words, readable)

    def repair_whole(disk: Disk) -> Observation:
        return _repair_whole(disk, words)

    probe(repair_whole if WHOLE in "".join(words) else repair_volume)
    return probe


def _words(name: str, command_line: str) -> list[str]:
    """The command and its arguments, the placeholders still in them."""
    try:
        words = shlex.split(command_line)
    except ValueError as error:
        raise ValueError(f"{name}: {command_line!r}: {str(error).lower()}") from error
    named = [placeholder for placeholder in (DISK, WHOLE) if any(placeholder in word for word in words[1:])]
    if len(named) != 1:
        found = "both" if named else "neither"
        raise ValueError(f"{name}: {command_line!r}: expected either {DISK} (a file with the volume) or {WHOLE} "
                         f"(a file with the whole disk) among the arguments, found {found}")
    program = str(Path(words[0]).resolve()) if "/" in words[0] else words[0]
    return [program, *words[1:]]


def _repair_volume(disk: Disk, words: list[str], formats: frozenset[str]) -> Observation:
    result = disk.run([word.replace(DISK, disk.volume) for word in words])
    observation = _judge(result, bool(disk.written()))
    observation.files = read_any(disk, formats)
    return observation


def _repair_whole(disk: Disk, words: list[str]) -> Observation:
    result = disk.run([word.replace(WHOLE, disk.whole) for word in words])
    observation = _judge(result, bool(disk.written()))
    observation.files = read_by_table(disk)
    return observation


def _judge(result: Run, wrote: bool) -> Observation:
    said = (result.errors + result.output).strip().partition("\n")[0]
    if result.code == 0:
        return Observation(Says.REPAIRED if wrote else Says.CLEAN, said if wrote else "", wrote=wrote)
    reason = f"exit {result.code}" + (f": {said}" if said else "")
    return Observation(Says.DETECTED if wrote else Says.REFUSED, reason, wrote=wrote)
