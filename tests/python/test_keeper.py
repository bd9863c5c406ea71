# SPDX-License-Identifier: GPL-2.0-or-later
"""The first process of a jail ends with the harness, whatever it is doing."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from harness.run import Jail

TOP = Path(__file__).resolve().parents[2]


def test_a_harness_that_is_killed_while_a_command_runs_takes_the_jail_with_it(tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    script = f"""if True:
        from harness.run import Jail
        jail = Jail()
        print(jail.pid, flush=True)
        jail.run(["sh", "-c", "echo yes > {started}; exec sleep 1000"], timeout=1000)
    """
    with subprocess.Popen([sys.executable, "-c", script], cwd=TOP, stdout=subprocess.PIPE, text=True) as harness:
        first_process = os.pidfd_open(int(harness.stdout.readline()))
        assert started.read_text() == "yes\n"  # the command runs, and the harness waits for it
        harness.send_signal(signal.SIGKILL)
    with os.fdopen(first_process):
        assert select.select([first_process], [], [], 30)[0]


def test_daemons_that_ended_are_no_reason_to_give_a_jail_up() -> None:
    with Jail() as jail:
        jail.run(["sh", "-c", "setsid sleep 0.1 > /dev/null & :"])
        assert jail.settle(30)
        assert jail.clean()
        assert jail.run(["sh", "-c", "kill -PIPE $$"]).signal == signal.SIGPIPE
