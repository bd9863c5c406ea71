# SPDX-License-Identifier: GPL-2.0-or-later
"""The process that holds the libguestfs appliance. Runs in a jail; appliance.py talks to it.

A process of its own, because a damaged disk can hang or kill the appliance's kernel, and a call into libguestfs
that waits for it cannot be ended from within. It reads a shell script a line (as JSON), runs it inside the
appliance, and answers with a line: what the script printed, or how the appliance failed.
"""

from __future__ import annotations

import json
import sys

import guestfs


def serve(slot: str) -> None:
    """Launch an appliance with the file `slot` as its only disk; then answer until the harness closes the pipe."""
    appliance = guestfs.GuestFS(python_return_dict=True)
    try:
        # What is written there is thrown away, so nothing need ever be flushed.
        appliance.add_drive_opts(slot, format="raw", cachemode="unsafe")
        appliance.launch()
        # udev would examine every disk before we do, and take as long.
        _answer(output=_run(appliance, "modprobe -a loop ntfs3 vfat && udevadm control --exit && uname -r"))
        for line in sys.stdin:
            _answer(output=_run(appliance, json.loads(line)))
    except RuntimeError as error:
        _answer(error=str(error))


def _run(appliance: guestfs.GuestFS, script: str) -> str:
    """Run a shell script; names on a damaged disk are any bytes, which libguestfs would not let through."""
    return appliance.debug("sh", [f"{{ {script}\n}} 2>&1 | base64 -w 0"])


def _answer(**fields: str) -> None:
    print(json.dumps(fields), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
