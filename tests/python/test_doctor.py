# SPDX-License-Identifier: GPL-2.0-or-later
"""doctor tells what does not work and what to type, and removes what killed runs left behind, and nothing else.

What this machine cannot show is faked: a tool that is not installed, a kernel without a driver, AppArmor.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness import doctor, leftovers, probes
from harness.run import ENVIRONMENT

TOP = Path(__file__).resolve().parents[2]
LONG_AGO = (1_700_000_000, 1_700_000_000)


def row(name: str) -> doctor.Check:
    """One check, carried out."""
    return next(doctor.check(*each) for each in doctor.CHECKS if each[0].__name__ == name)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that has every tool of the system's, and is where tools are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for place in ENVIRONMENT["PATH"].split(":"):
        for tool in Path(place).iterdir():
            if not os.path.lexists(folder / tool.name):
                (folder / tool.name).symlink_to(tool)
    monkeypatch.setitem(ENVIRONMENT, "PATH", str(folder))
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and an empty folder for temporary files; leftovers are looked for in these and nowhere else."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "cache/corruptor/images").mkdir(parents=True)
    (tmp_path / "my tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "my tmp"))
    monkeypatch.setattr(leftovers, "ABANDONED", tuple(each for each in leftovers.ABANDONED if each[0]().is_relative_to(tmp_path)))
    monkeypatch.setattr(leftovers, "_jails", lambda: iter(()))
    return tmp_path / "cache/corruptor"


def test_everything_is_told_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    code = doctor.main(["--json"])
    told = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in told["checks"]] == [each[0].__name__ for each in doctor.CHECKS]
    assert [each["name"] for each in told["probes"]] == [*probes.all()]
    assert told["good"] == (code == 0) == all(each["state"] != "broken" for each in told["checks"])


def test_what_works_here_is_said_to_work() -> None:
    for name in ("jail", "bindings", "modules", "fuse"):  # without these this test would not run
        assert row(name).state == "works", row(name)


def test_misuse_is_2() -> None:
    assert doctor.main(["--colour"]) == 2
    assert doctor.main(["--help"]) == 0


def test_a_tool_that_is_not_installed_and_its_package_are_named(tools: Path) -> None:
    (tools / "fsck.fat").unlink()
    probe = doctor.check_probe(probes.all()["fsck.fat-n"])
    assert (probe.state, probe.about, probe.remedy) == ("limited", "not installed: fsck.fat", "apt-get install dosfstools")
    assert doctor.check_probe(probes.all()["mtools"]).state == "works"
    assert row("base_disks").state != "broken"
    (tools / "ntfsck").unlink()
    assert doctor.check_probe(probes.all()["ntfsck"]).remedy == "ci/ntfs-3g-extras"
    for tool in ("mcopy", "mkfs.fat"):
        (tools / tool).unlink()
    disks = row("base_disks")
    assert (disks.state, disks.remedy) == ("broken", "apt-get install dosfstools mtools")


def test_every_tool_has_its_package() -> None:
    needed = {need for probe in probes.all().values() for need in probe.needs if isinstance(need, str)}
    needed |= {command for _, _, commands in doctor.CHECKS for command in commands}
    assert needed == doctor.BUILT | set(doctor.PACKAGE_OF)
    places = {command: _places(command) for command in doctor.PACKAGE_OF}
    told = subprocess.run(["dpkg-query", "--search", *set().union(*places.values())], capture_output=True, text=True).stdout
    owners = {place: package for package, place in (line.split(": ") for line in told.splitlines())}
    for command, package in doctor.PACKAGE_OF.items():
        assert package in {owners.get(place) for place in places[command]}, command


def _places(command: str) -> set[str]:
    """Where a command may be in a package's list: /bin and /usr/bin are one folder, and it may be a link."""
    path = shutil.which(command, path=ENVIRONMENT["PATH"])
    found = {path, str(Path(path).resolve())}
    return found | {f"/usr{place}" for place in found} | {place.removeprefix("/usr") for place in found}


def test_without_the_bindings_it_says_build() -> None:
    script = "import sys; from harness import doctor; sys.exit(doctor.main([]))"
    told = subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": str(TOP)}, cwd=TOP,
                          capture_output=True, text=True)
    assert told.returncode == 1, told.stderr
    assert "broken   bindings: " in told.stdout
    assert "$ ci/build" in told.stdout


def test_others_than_root_are_told_to_become_root() -> None:
    script = "import os, sys; from harness import doctor; os.setuid(65534); sys.exit(doctor.main([]))"
    told = subprocess.run([sys.executable, "-c", script], cwd=TOP, env=os.environ | {"HOME": "/tmp", "XDG_CACHE_HOME": ""},
                          capture_output=True, text=True)
    assert told.returncode == 1, told.stderr
    assert "broken   jail: running tools in namespaces of their own needs root" in told.stdout
    others = sum(not doctor.BUILT & set(probe.needs) for probe in probes.all().values())  # built for root are no tools of theirs
    assert f"limited  {others} probes: " in told.stdout


def test_kvm_that_aborts_is_told_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.appliance, "without_kvm", lambda: "a guest under it fails: died of SIGABRT")
    assert (row("kvm").state, row("kvm").about.partition(";")[0]) == ("limited", "a guest under it fails: died of SIGABRT")
    monkeypatch.setattr(doctor.appliance, "without_kvm", lambda: None)
    assert row("kvm").state == "works"


def test_the_appliance_needs_a_kernel_that_has_the_drivers(cache: Path) -> None:
    assert (row("appliance_kernel").state, row("appliance_kernel").remedy) == ("limited", "ci/appliance-kernel")
    kernel = cache / "appliance-kernel"
    (kernel / "boot").mkdir(parents=True)
    (kernel / "boot/vmlinuz-6.1").touch()
    (kernel / "vmlinuz").symlink_to("boot/vmlinuz-6.1")
    (kernel / "modules").mkdir()
    (kernel / "modules/modules.dep").write_text("fs/fat/vfat.ko:\nfs/fat/msdos.ko.xz: fs/fat/fat.ko.xz\nfs/exfat/exfat.ko:\n")
    old = row("appliance_kernel")
    assert (old.state, old.about) == ("limited", "vmlinuz-6.1 has no ntfs3")
    assert old.remedy == f"rm -r {kernel} && ci/appliance-kernel"
    with open(kernel / "modules/modules.dep", "a") as listed:
        listed.write("fs/ntfs3/ntfs3.ko.xz:\n")
    assert row("appliance_kernel").state == "works"


def test_a_folder_too_long_for_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for length, state in ((107, "works"), (108, "note")):
        folder = Path("/tmp").joinpath(tmp_path.name).as_posix().ljust(length - len(doctor.SOCKET), "x")
        Path(folder).mkdir()
        monkeypatch.setattr(tempfile, "tempdir", folder)
        seen = row("sockets")
        Path(folder).rmdir()
        assert (seen.state, seen.remedy) == (state, "" if state == "works" else "export TMPDIR=/tmp")


def test_apparmor_lets_users_mount_in_some_folders_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "enabled").write_text("Y\n")
    monkeypatch.setattr(doctor, "APPARMOR", tmp_path / "enabled")
    monkeypatch.setattr(doctor, "FUSERMOUNT_PROFILE", tmp_path / "enabled")
    monkeypatch.setattr(tempfile, "tempdir", "/var/tmp")
    assert (row("fusermount3").state, row("fusermount3").about) == ("limited", "AppArmor lets no user mount in /var/tmp")
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    assert row("fusermount3").state == "works"


def test_a_parser_that_is_setuid_root_is_noted(tools: Path) -> None:
    (tools / "ntfs-3g").unlink()
    (tools / "ntfs-3g").touch()
    (tools / "ntfs-3g").chmod(0o755)
    assert row("setuid").state == "works"
    (tools / "ntfs-3g").chmod(0o4755)
    assert (row("setuid").state, row("setuid").remedy) == (
        "note", f"dpkg-statoverride --update --add root root 0755 {tools}/ntfs-3g")


def ours(folder: Path) -> list[str]:
    """Leftovers in a folder, by their names."""
    return [Path(each.what).name for each in leftovers.leftovers() if each.what.startswith(f"{folder}/")]


def test_what_killed_runs_left_in_the_cache_is_listed_and_removed(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = ["images/.ntfs-64m.part", "images/fat12-8m-0123456789abcdef", "appliance-kernel.abcdef", "images/healthy/x.77.part"]
    not_mine = ["images/fat12-8m-backup", "images/many-ntfs-7-0123456789abcdef.raw", "appliance-kernel", "notes.part"]
    for name in mine + not_mine:
        (cache / name).mkdir(parents=True)
        (cache / name / "file").touch()
        os.utime(cache / name, LONG_AGO)
    (cache / "images/.fat12-8m.part").mkdir()  # being built at this moment
    assert sorted(ours(cache)) == sorted(Path(name).name for name in mine)
    doctor.main([])
    assert all((cache / name).exists() for name in mine)
    doctor.main(["--clean"])
    told = capsys.readouterr()
    assert f"leftover {cache}/images/.ntfs-64m.part: not touched for " in told.out
    assert f"removed {cache}/images/.ntfs-64m.part" in told.err
    assert not any((cache / name).exists() for name in mine)
    assert all((cache / name).exists() for name in [*not_mine, "images/.fat12-8m.part"])


def test_a_folder_that_somebody_uses_or_that_is_another_users_is_left_alone(cache: Path) -> None:
    folder = Path(tempfile.gettempdir()) / "corruptor.abcdef"
    folder.mkdir()
    with open(folder / "overlay.qcow2", "w"):
        os.utime(folder, LONG_AGO)
        assert ours(folder.parent) == []
    leftover = next(each for each in leftovers.leftovers() if each.what == str(folder))
    with open(folder / "overlay.qcow2"):
        assert leftover.remove() is False
    os.chown(folder, 65534, 65534)
    assert ours(folder.parent) == []
    assert folder.exists()


def test_what_is_mounted_in_a_leftover_folder_is_unmounted_and_not_emptied(cache: Path) -> None:
    folder = Path(tempfile.gettempdir()) / "corruptor.abcdef"
    (folder / "volume").mkdir(parents=True)
    keep = cache / "keep"
    keep.mkdir()
    (keep / "file").touch()
    subprocess.run(["mount", "--bind", keep, folder / "volume"], check=True)
    os.utime(folder, LONG_AGO)
    next(each for each in leftovers.leftovers() if each.what == str(folder)).remove()
    assert not folder.exists()
    assert (keep / "file").exists()


def test_a_jail_without_a_harness_is_ended() -> None:
    script = """if True:
        import os, signal, sys
        from harness.run import Jail
        jail = Jail()
        if os.fork() == 0:  # a child that outlives the harness has its end of the socket, so the jail goes on
            sys.stdin.read()
            os._exit(0)
        print(jail.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    with subprocess.Popen([sys.executable, "-c", script], cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as harness:
        name = f"/proc/{int(harness.stdout.readline())}"
        first_process = os.pidfd_open(int(name.rpartition("/")[2]))
        harness.wait()
        orphan = next(each for each in leftovers.leftovers() if each.what == name)
        assert not select.select([first_process], [], [], 0)[0]
        orphan.remove()
        with os.fdopen(first_process):
            assert select.select([first_process], [], [], 30)[0]


def test_a_jail_that_is_used_is_none_of_its_business() -> None:
    with doctor.Jail() as jail:
        assert f"/proc/{jail.pid}" not in [each.what for each in leftovers.leftovers()]
        assert jail.run(["true"]).code == 0
