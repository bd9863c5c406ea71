# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command, and prints as JSON what it and all that it started took: seconds by the clock, and of processors.

A process of its own, as it adopts the daemons that the command leaves and waits for them: only then they are counted. In
mounts of its own, as a FUSE driver ends with the last copy of its mount, and whoever makes a jail meanwhile copies all.
"""
import ctypes
import json
import os
import resource
import subprocess
import sys
import time

SET_CHILD_SUBREAPER = 36  # prctl(2)


def main() -> int:
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1)
    began = time.perf_counter()
    done = subprocess.run(["unshare", "--mount", *sys.argv[1:]], stdout=subprocess.DEVNULL)
    clock = time.perf_counter() - began
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"clock": clock, "processor": used.ru_utime + used.ru_stime}))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
