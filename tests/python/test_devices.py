# SPDX-License-Identifier: GPL-2.0-or-later
"""A jail has a /dev of its own: what programs log there is part of what they said, and nobody waits for a reader."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.devices import KEPT, Log
from harness.disk import Disk, Source
from harness.listening import OUTPUT_LIMIT
from harness.run import SCRATCH, Jail, run

LOG_MANY = "import syslog; syslog.openlog('many', syslog.LOG_PID); [syslog.syslog(f'{{i:0200}}') for i in range({})]"
LOG_AT_THE_END = f"(read go < {SCRATCH}/go; logger -t daemon late; logger -t daemon last) > /dev/null 2>&1 &"


@pytest.fixture
def jail() -> Iterator[Jail]:
    with Jail() as made:
        yield made


def test_what_is_logged_is_text_of_its_own_without_time_and_process(jail: Jail) -> None:
    says = "import syslog; syslog.openlog('tool', syslog.LOG_PID); syslog.syslog(syslog.LOG_ERR, 'Record: 7 is [bad]\\n')"
    ran = jail.run(["python3", "-c", f"{says}; print('fine')"])
    assert (ran.log, ran.printed, ran.text) == ("tool: Record: 7 is [bad]\n", "fine\n", "tool: Record: 7 is [bad]\nfine\n")


def test_what_a_command_logged_is_not_said_again_by_the_next(jail: Jail) -> None:
    assert jail.run(["logger", "-t", "a", "first"]).log == "a: first\n"
    assert jail.run(["logger", "-t", "b", "second"]).log == "b: second\n"


def test_a_line_that_is_logged_again_and_again_is_kept_once(jail: Jail) -> None:
    assert jail.run(["sh", "-c", "for i in 1 2 1; do logger -t tool $i; done"]).log == "tool: 1\ntool: 2\n"


def test_what_a_daemon_logs_until_it_ends_belongs_to_the_last_command(tmp_path: Path) -> None:
    with Disk(Source(tmp_path / "unused.raw", "raw")) as disk:
        os.mkfifo(disk.outside(f"{SCRATCH}/go"))
        disk.run(["sh", "-c", LOG_AT_THE_END])
        disk.run(["sh", "-c", f"echo > {SCRATCH}/go"])
        disk.settle()
        assert (disk.runs[0].log, disk.runs[1].log) == ("", "daemon: late\ndaemon: last\n")


def test_who_logs_more_than_is_kept_is_not_held_up(jail: Jail) -> None:
    ran = jail.run(["python3", "-c", LOG_MANY.format(50_000)], timeout=30)
    assert ran.fate == "exit 0"
    assert OUTPUT_LIMIT * 0.7 < len(ran.log) <= OUTPUT_LIMIT  # the stamps count, but are gone


def test_who_logs_without_end_is_ended_by_the_time_limit_and_was_heard() -> None:
    ran = run(["python3", "-c", LOG_MANY.format("10**12")], timeout=0.5)
    assert ran.timed_out and ran.log.startswith("many: 000")


def test_a_daemon_that_logs_between_commands_is_not_held_up(jail: Jail) -> None:
    started = jail.run(["sh", "-c", f'python3 -c "{LOG_MANY.format(2000)}" > /dev/null 2>&1 &'])
    assert jail.settle(30)
    assert (started.log + jail.since().log).count("many: ") == 2000


def test_no_more_is_kept_than_the_limit() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        log = Log(ours)
        for _ in range(KEPT // 1000):
            theirs.send(b"x" * 1024)
            log.collect()
        assert len(log.take()) == KEPT


def test_the_next_user_of_a_jail_does_not_hear_of_the_last(jail: Jail) -> None:
    os.mkfifo(jail.outside(f"{SCRATCH}/go"))
    jail.run(["sh", "-c", LOG_AT_THE_END])
    jail.outside(f"{SCRATCH}/go").write_text("\n")
    assert jail.settle(30)
    assert jail.clean()
    assert jail.run(["true"]).log == ""


def test_devices_work(jail: Jail) -> None:
    assert jail.run(["sh", "-c", "echo lost > /dev/null; head -c 3 /dev/zero | od -An -c"]).output == "  \\0  \\0  \\0\n"
    assert jail.run(["sh", "-c", "cat /dev/random /dev/urandom | head -c 9"]).code == 0
    assert "No space left" in jail.run(["sh", "-c", "head -c 1 /dev/zero > /dev/full"]).text
    assert jail.run(["sh", "-c", "echo here > /dev/stderr"]).errors == "here\n"
    assert jail.run(["python3", "-c", "import pty; pty.spawn(['tty'])"]).output.startswith("/dev/pts/")
    if Path("/dev/fuse").exists():
        assert jail.run(["sh", "-c", ": <> /dev/fuse"]).code == 0


def test_only_scratch_can_be_written_to_and_the_machine_keeps_its_own_devices(jail: Jail) -> None:
    before = os.lstat("/dev").st_ctime_ns, sorted(os.listdir("/dev"))
    assert "Read-only" in jail.run(["touch", "/dev/new"]).errors
    assert jail.run(["rm", "-f", "/dev/log"]).code == 1
    assert jail.run(["touch", f"{SCRATCH}/new"]).code == 0
    assert (os.lstat("/dev").st_ctime_ns, sorted(os.listdir("/dev"))) == before
