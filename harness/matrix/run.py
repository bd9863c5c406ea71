# SPDX-License-Identifier: GPL-2.0-or-later
"""`harness/lab matrix`: ask, write down, and make of it a JSON, texts, a page and a report for machines.

Exit code 0 if nothing crashed, hung, failed or differed from what is recorded or expected; 1 if something did; 2 if the
command line is wrong; 130 after Ctrl-C, with all files written of what was there by then.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import closing
from pathlib import Path

import corruptor
from harness import own_tool, probes, seen
from harness.matrix import against, crew, junit, model, page, selection, text
from harness.matrix.book import Book
from harness.matrix.progress import Progress
from harness.record import Record

INTERRUPTED = 130
EXAMPLES = """
examples:
  harness/lab matrix ntfs/boot --tool ntfsfix-d --tool ntfsfix-n
  harness/lab matrix 'fat*/*' --tool my-fsck='./my-fsck -y {disk}' --out /tmp/my-fsck
  harness/lab matrix --sample 20 --resume
  harness/lab matrix ntfs --out new --tool ntfsfix-n --against old
"""


def main(argv: list[str]) -> int:
    """The command."""
    arguments = _arguments(argv)
    try:
        tools = own_tool.chosen(arguments.tool) or probes.all()
        commands = {name: probe.command for name, probe in tools.items() if probe.command}
        missing = {name: reason for name, probe in tools.items() if (reason := probe.missing())}
        there = {name: probe for name, probe in tools.items() if name not in missing}
        if missing and (arguments.tool or not there):  # a build that failed must not look like a tool without faults
            raise selection.Misuse("; ".join(f"{name}: {reason}" for name, reason in missing.items()))
        chosen = selection.choose(arguments.selection, there, arguments.sample)
        old = against.load(arguments.against) if arguments.against else None
        arguments.out.mkdir(parents=True, exist_ok=True)
    except (selection.Misuse, corruptor.Misuse, ValueError, OSError) as error:
        print(f"lab matrix: {error}", file=sys.stderr)
        return 2
    asked = model.Asked(argv, there, commands, missing, chosen, arguments.sample)
    book = Book(arguments.out, arguments.resume)
    with closing(book):
        complete = _ask(chosen, book, arguments.jobs, commands)
    if arguments.lab_update:
        _remember(chosen, book, commands)
    found = model.build(asked, book, complete)
    _write(arguments.out, found)
    if old:
        (arguments.out / "against.txt").write_text(table := against.table(old, found), errors="replace")
        print(table, end="")
    print(text.summary(found), f"written: {arguments.out}/matrix.html, .json, .txt, .md, junit.xml", sep="\n")
    return (1 if found["trouble"] else 0) if complete else INTERRUPTED


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("lab matrix", description=__doc__.split("\n")[0], epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("selection", nargs="*",
                        help="scenarios, folders or globs, as `corruptor list` shows them; none: all but sweeps")
    parser.add_argument("--tool", action="append", default=[], metavar="NAME[=COMMAND]",
                        help="ask this tool only, or this one of yours: {disk} is a file with the volume, {whole} with the disk")
    parser.add_argument("--out", type=Path, default=Path("matrix-out"), metavar="FOLDER", help="where to write (matrix-out)")
    parser.add_argument("--resume", action="store_true",
                        help="keep what is in the folder, if tool, fault and base disk are the same")
    parser.add_argument("--jobs", type=_count, default=len(os.sched_getaffinity(0)), metavar="N", help="processes (one a core)")
    parser.add_argument("--sample", type=_count, default=1, metavar="N",
                        help="of all faults every Nth alone, the same ones each time")
    parser.add_argument("--lab-update", action="store_true", help="record in seen.json, beside the scenarios, what was seen")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="tell what differs from an earlier run")
    return parser.parse_args(argv)


def _count(given: str) -> int:
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r}: expected a number from 1")
    return int(given)


def _ask(chosen: selection.Selection, book: Book, jobs: int, commands: dict[str, str]) -> bool:
    """Ask, and write down; False if it was interrupted."""
    progress = Progress(len(chosen.cells), jobs)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends a CI job wants what there is, too
    try:
        with closing(crew.carry_out(chosen.orders, book.seen(), jobs, commands)) as answers:
            for order, answer in answers:
                if "fault" in answer or "record" in answer:
                    book.take(answer)
                progress.tell(order, answer)
    except KeyboardInterrupt:
        return False
    finally:
        signal.signal(signal.SIGTERM, before)
        progress.end()
    return True


def _remember(chosen: selection.Selection, book: Book, commands: dict[str, str]) -> None:
    """Put what our tools were seen to do into the memories of the catalogue."""
    files = {(order.scenario, order.variant): order.file for order in chosen.orders}
    seen.remember((Record(**line["record"]), files[key[:2]]) for key, line in book.records.items()
                  if key[:2] in files and key[2] not in commands)


def _write(folder: Path, found: model.Model) -> None:
    files = {"matrix.json": model.lines(found), "matrix.txt": [text.plain(found)], "matrix.md": [text.markdown(found)],
             "junit.xml": [junit.report(found)], "matrix.html": [page.page(found)]}
    for name, pieces in files.items():
        part = folder / f"{name}.part"
        with open(part, "w", encoding="utf-8", errors="replace") as file:
            file.writelines(pieces)
        part.replace(folder / name)
