# SPDX-License-Identifier: GPL-2.0-or-later
"""The command behind ci/bench: measures, prints the table, and exits with 0 only if every bound holds."""
from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cases import Bench, GiB, MiB, Result, thousand, wipe, zero_dbr
from measure import Failed
from reading import deep_path, full_walk
from verdicts import verdicts

ROW = "{:<42} {:>9} {:>9}  {:<32} {:>8} {:>6}  {:<4} {}"
SPACE = 10 * GiB


def results(bench: Bench) -> Iterator[Result]:
    """Every row, as it is measured."""
    for case in (zero_dbr, wipe, thousand, deep_path, full_walk, verdicts):
        yield from case(bench)


def time_text(seconds: float) -> str:
    """Seconds as people read them."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def row(result: Result) -> str:
    """One line of the table."""
    bound = f">={result.faster:g}" if result.faster else f"<={result.at_most:g}" if result.at_most else "-"
    memory = ", ".join(f"{name} {result.memory[name] / MiB:.0f} MiB" for name in ("corruptor", "python3", "qemu-nbd")
                       if name in result.memory)
    limit = f" (<{result.memory_bound // MiB})" if result.memory_bound else ""
    return ROW.format(result.what, time_text(result.ours), time_text(result.other), result.against,
                      f"{result.ratio:.2f}", bound, "ok" if result.holds else "MISS", memory + limit)


def as_json(result: Result) -> dict[str, object]:
    """One row for programs."""
    return {"what": result.what, "against": result.against, "ours_seconds": result.ours,
            "other_seconds": result.other, "ratio": result.ratio, "at_most": result.at_most,
            "faster": result.faster, "memory_bytes": result.memory, "memory_bound_bytes": result.memory_bound,
            "holds": result.holds}


def main() -> int:
    parser = argparse.ArgumentParser(prog="ci/bench", description=__doc__)
    parser.add_argument("build", type=Path, help="the folder of the build (ci/bench gives it)")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON, when all are measured")
    options = parser.parse_args()
    # /var/tmp is on a disk where /tmp may be in memory, and an fsync that costs nothing would flatter everybody.
    place = os.environ.get("TMPDIR", "/var/tmp")
    if shutil.disk_usage(place).free < SPACE:
        sys.exit(f"ci/bench: {place} has less than {SPACE // GiB} GiB free; set TMPDIR to a folder on a disk that has")
    with tempfile.TemporaryDirectory(prefix="corruptor-bench.", dir=place) as folder:
        found = []
        if not options.json:
            print(ROW.format("what", "ours", "other", "against", "ratio", "bound", "", "peak memory"), flush=True)
        try:
            for result in results(Bench(options.build.resolve(), Path(folder))):
                found.append(result)
                if not options.json:
                    print(row(result), flush=True)
        except Failed as failed:
            sys.exit(f"ci/bench: {failed}")
    if options.json:
        print(json.dumps([as_json(result) for result in found], indent=2))
    return 0 if all(result.holds for result in found) else 1


if __name__ == "__main__":
    sys.exit(main())
