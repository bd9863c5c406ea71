# SPDX-License-Identifier: GPL-2.0-or-later
"""What tools print about every scenario, as evidence: python3 -m harness.problems.collect [--bases] [PROBE ...] > evidence.jsonl

Nothing is judged here, so it takes a fraction of the oracle's time: each probe that fits is used once on each variant,
and once on each healthy base disk. Without names all probes are used but those that need the appliance or wait for keys.
With --bases only healthy disks are looked at, by all probes: what the matrix's records lack to be evidence.
"""
from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import corruptor
from harness import Disk, HarnessError, Probe, Source, appliance, case, images, probes, selftest
from harness.changed import named
from harness.fates import fates
from harness.record import of_run

SLOW = ("testdisk", "gdisk", "parted-f", "sgdisk-e")


def usual() -> list[str]:
    """The probes that answer at once."""
    return [name for name, probe in probes.all().items()
            if not probe.missing() and appliance.missing not in probe.needs and not name.startswith(SLOW)]


def evidence(name: str, chosen: list[str]) -> list[str]:
    """The lines about one scenario; or about a healthy base disk, whose name begins with a star."""
    return [json.dumps(row) for row in (_healthy(name[1:], chosen) if name.startswith("*") else _scenario(name, chosen))]


def _healthy(base: str, chosen: list[str]) -> Iterator[dict[str, object]]:
    disk = case.build(base)
    for volume in disk.volumes:
        source = Source(disk.path, disk.format, volume.offset, volume.size, lasting=True)
        for name, probe in probes.all().items():
            if name in chosen and selftest.fits(probe, base, volume.filesystem):
                yield {"scenario": "", "variant": "", "probe": name, "base": base, "changes": []} | done(probe, source, volume)


def _scenario(name: str, chosen: list[str]) -> Iterator[dict[str, object]]:
    file = Path(corruptor.find_scenario(name))
    scenario = corruptor.load_scenario(str(file))
    if "repair" in scenario.as_dict()["tags"] or images.unavailable(images.find(scenario.image)):
        return
    for variant in case.variants(scenario) or [""]:
        damaged = case.damage(case.load(file, variant), variant)
        for probe in probes.all().values():
            if probe.name in chosen and selftest.suits(probe, damaged):
                yield {"scenario": name, "variant": variant, "probe": probe.name, "base": damaged.base.name,
                       "changes": [row["path"] for row in damaged.facts["changes"]]} | done(probe, damaged.source, damaged.volume)


def done(probe: Probe, source: Source, volume: images.Volume) -> dict[str, object]:
    """What a probe said and did, by the names that a Record has for it."""
    with Disk(source) as disk:
        try:
            observation = probe.check(disk)
        except HarnessError as error:
            print(f"{probe.name}: {error}", file=sys.stderr)
            return {"runs": []}
        _, files = fates(volume.manifest, observation.files) if observation.files is not None else ("", {})
        return {"runs": [of_run(run) for run in observation.runs], "files": files,
                "rewrote": named(source, disk.changes()) if probe.role == "repair" else []}


def main(chosen: list[str]) -> None:
    """Print the evidence of all base disks and all scenarios but sweeps."""
    bases_only = chosen[:1] == ["--bases"]
    chosen = chosen[1:] if bases_only else chosen
    if unknown := set(chosen) - set(probes.all()):
        sys.exit(f"harness.problems.collect: no probe is called {', '.join(sorted(unknown))}")
    names = [f"*{name}" for name in images.names() if not images.unavailable(images.find(name))]
    if not bases_only:
        names += [name for name in corruptor.catalogue() if not name.startswith("sweeps/")]
    chosen = chosen or ([name for name, probe in probes.all().items() if not probe.missing()] if bases_only else usual())
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        for done, lines in enumerate(workers.map(evidence, names, [chosen] * len(names)), 1):
            print("\n".join(lines), flush=True) if lines else None
            print(f"\r{done} of {len(names)} ", end="", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
