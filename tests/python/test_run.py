# SPDX-License-Identifier: GPL-2.0-or-later
"""Tools are run so that neither they nor what they start or mount can outlive or harm the harness."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.listening import OUTPUT_LIMIT
from harness.run import PROCESSOR_LIMIT, SCRATCH, HarnessError, Jail, run

TOP = Path(__file__).resolve().parents[2]


def test_exit_code_and_streams_are_told_apart() -> None:
    result = run(["sh", "-c", "echo fine; echo bad >&2; exit 3"])
    assert (result.code, result.signal, result.timed_out) == (3, None, False)
    assert (result.output, result.errors, result.fate) == ("fine\n", "bad\n", "exit 3")


def test_a_tool_that_aborts_is_known_to_have_died_of_its_signal() -> None:
    result = run(["sh", "-c", "kill -ABRT $$"])
    assert (result.code, result.signal, result.fate) == (None, signal.SIGABRT, "died of SIGABRT")


def test_an_endless_loop_ends_at_the_time_limit() -> None:
    result = run(["sh", "-c", "echo started; while :; do :; done"], timeout=0.5)
    assert result.timed_out and result.code is None and result.signal is None
    assert result.output == "started\n"


def test_a_tool_cannot_take_more_memory_than_its_limit() -> None:
    result = run(["tail", "/dev/zero"], memory=100 << 20)
    assert not result.timed_out
    assert "memory exhausted" in result.errors


def test_a_command_has_its_limit_of_work_before_it_can_leave_a_daemon_without() -> None:
    with Jail() as jail:
        assert {jail.run(["sh", "-c", "ulimit -t"]).output for _ in range(200)} == {f"{PROCESSOR_LIMIT}\n"}


def test_endless_output_is_cut() -> None:
    result = run(["yes"], timeout=0.5)
    assert result.timed_out
    assert len(result.output) == OUTPUT_LIMIT


def test_a_tool_has_no_terminal_and_nothing_to_read() -> None:
    """The harness is given both: a terminal of its own, with a line waiting to be read on it."""
    code = "from harness.run import run; print(run(['sh', '-c', 'cat; : < /dev/tty']))"
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(TOP)
        os.execv(sys.executable, [sys.executable, "-c", code])
    os.write(terminal, b"secret\n")
    answer = b""
    while b"seconds=" not in answer:
        answer += os.read(terminal, 4096)
    os.waitpid(pid, 0)
    os.close(terminal)
    assert b"output=''" in answer
    assert b"cannot open /dev/tty" in answer


def test_the_end_of_the_command_counts_not_that_of_a_daemon_it_left() -> None:
    assert run(["sh", "-c", "sleep 1000 & echo done"], timeout=30).output == "done\n"


def test_messages_are_untranslated_and_names_outside_ascii_survive() -> None:
    assert "No such file or directory" in run(["ls", "/Größe"]).errors
    assert "Größe" in run(["ls", "/Größe"]).errors


def test_a_missing_command_is_an_error_of_the_harness() -> None:
    with pytest.raises(HarnessError, match="no-such-tool"):
        run(["no-such-tool"])


def test_commands_of_one_jail_share_mounts_that_nobody_else_sees() -> None:
    before = Path("/proc/self/mountinfo").read_text()
    with Jail() as jail:
        assert jail.run(["mkdir", f"{SCRATCH}/m"]).code == 0
        assert jail.run(["mount", "-t", "tmpfs", "tmpfs", f"{SCRATCH}/m"]).code == 0
        assert jail.run(["mountpoint", "-q", f"{SCRATCH}/m"]).code == 0
        assert Path("/proc/self/mountinfo").read_text() == before


def test_closing_a_jail_ends_daemons_that_left_their_session() -> None:
    with Jail() as jail:
        jail.run(["sh", "-c", "setsid sleep 1000 > /dev/null & :"])
        daemons = processes_below(jail.pid)
        assert daemons
    assert not any(Path(f"/proc/{pid}").exists() for pid in daemons)


def test_after_the_time_limit_a_jail_takes_no_more_commands() -> None:
    with Jail() as jail:
        assert jail.run(["sleep", "1000"], timeout=0.2).timed_out
        with pytest.raises(HarnessError, match="has ended"):
            jail.run(["true"])


def test_settle_waits_for_a_daemon_and_tells_when_it_stays() -> None:
    with Jail() as jail:
        jail.run(["sh", "-c", "sleep 0.3 > /dev/null & :"])
        assert jail.settle(30)
        jail.run(["sh", "-c", "sleep 1000 > /dev/null & :"])
        assert not jail.settle(0.2)


def test_a_killed_harness_leaves_no_process_behind() -> None:
    """The harness is killed while a tool hangs, a daemon runs, and something is mounted."""
    script = f"""if True:
        from harness.run import Jail
        jail = Jail()
        jail.run(["mount", "-t", "tmpfs", "tmpfs", "{SCRATCH}"])
        jail.run(["sh", "-c", "setsid sleep 1000 > /dev/null & :"])
        hung = jail.start(["sleep", "1000"])
        print(jail.pid, jail._keeper.pid, hung.pid, flush=True)
        jail.run(["sleep", "1000"], timeout=1000)
    """
    with subprocess.Popen([sys.executable, "-c", script], cwd=TOP, stdout=subprocess.PIPE, text=True) as harness:
        pids = [int(pid) for pid in harness.stdout.readline().split()]
        watched = [os.pidfd_open(pid) for pid in pids + processes_below(pids[0])]
        assert len(watched) >= 4
        harness.send_signal(signal.SIGKILL)
    for pidfd in watched:
        with os.fdopen(pidfd):
            assert select.select([pidfd], [], [], 30)[0], "a process outlived the harness by 30 s"


def processes_below(pid: int) -> list[int]:
    """The children of the jail's first process: daemons that were left to it."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor alone")
def test_what_runs_beside_a_daemon_shares_a_processor_with_it_and_nothing_else_does() -> None:
    allowed = "sed -n s/Cpus_allowed_list:.//p /proc/self/status"
    with Jail() as jail:
        assert jail.run(["sh", "-c", allowed]).output == (every := Path("/proc/self/status").read_text().partition(
            "Cpus_allowed_list:\t")[2].partition("\n")[0] + "\n")
        number = jail.run(["sh", "-c", "tail -f /dev/null < /dev/null > /dev/null 2>&1 & echo $!"]).output.strip()
        beside = {int(jail.run(["sh", "-c", allowed]).output)}
        [daemon] = map(int, Path(f"/proc/{jail.pid}/task/{jail.pid}/children").read_text().split())
        assert os.sched_getaffinity(daemon) == beside
        jail.run(["kill", number])
        assert jail.settle()
        jail.run(["true"])  # after which the keeper has collected it
        assert jail.run(["sh", "-c", allowed]).output == every
