# SPDX-License-Identifier: GPL-2.0-or-later
"""Applies scenarios through the bindings, one for each line "SCENARIO IMAGE" of its input, and says when each is done."""
import sys

import corruptor

for line in sys.stdin:
    name, image = line.split()
    scenario = corruptor.load_scenario(corruptor.find_scenario(name))
    with corruptor.Image(image, format="qcow2", writable=True) as disk:
        disk.apply(disk.plan(scenario))
    print("done", flush=True)
