# SPDX-License-Identifier: GPL-2.0-or-later
"""The Python module: the program's calls and texts, typed as its stubs say, and other threads run meanwhile."""
from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from program import ROOT, base, healthy, run
from program import corruptor as program

import corruptor

Copy = Callable[..., Path]
BASE = "ntfs-mbr-64m"


def message(*arguments: object, code: int) -> str:
    """What the program says is wrong."""
    return program(*arguments, "--json", code=code).json["error"]["message"]


@pytest.mark.parametrize("error, arguments, call", [
    (corruptor.Misuse, ["get", "IMAGE", "ntfs.boot.mft_lcm"], lambda image: image.get("ntfs.boot.mft_lcm")),
    (corruptor.Misuse, ["get", "IMAGE", "@64MiB+1"], lambda image: image.get("@64MiB+1")),
    (corruptor.Misuse, ["inspect", "IMAGE", "fat32"], lambda image: image.inspect("fat32")),
    (corruptor.Misuse, ["set", "IMAGE", "ntfs.boot.heads=70000"], lambda image: image.set("ntfs.boot.heads=70000")),
    (corruptor.Refused, ["plan", "hibernated", "IMAGE"], lambda image: image.plan(scenario("hibernated"))),
])
def test_errors_have_the_programs_texts_and_codes(error: type[corruptor.Error], arguments: list[str],
                                                  call: Callable[[corruptor.Image], object], disk: Copy) -> None:
    file = disk(BASE)
    with corruptor.Image(str(file)) as image, pytest.raises(error) as raised:
        call(image)
    words = [str(file) if word == "IMAGE" else word for word in arguments]
    assert message(*words, code=raised.value.exit_code) in str(raised.value).replace(str(module_root()), str(ROOT))


def module_root() -> Path:
    """The checkout that the module takes its catalogue from."""
    return Path(corruptor.find_scenario("zero-dbr")).parents[2]


def scenario(name: str) -> corruptor.Scenario:
    return corruptor.load_scenario(corruptor.find_scenario(name))


def test_every_error_is_an_error_with_its_exit_code(tmp_path: Path) -> None:
    for kind in (corruptor.Misuse, corruptor.Damage, corruptor.Refused, corruptor.PartlyApplied, corruptor.IoError):
        assert issubclass(kind, corruptor.Error) and issubclass(corruptor.Error, Exception)
    with pytest.raises(corruptor.Error) as raised:
        corruptor.Image(str(tmp_path))
    assert raised.type is corruptor.Refused and raised.value.exit_code == 4


def test_damage_has_its_place(disk: Copy) -> None:
    file = disk(BASE)
    program("apply", "ntfs/boots-lost", file)
    with corruptor.Image(str(file)) as image, pytest.raises(corruptor.Damage) as raised:
        image.get("ntfs.mft[0].magic")
    assert raised.value.exit_code == 3 and raised.value.at >= 1 << 20


def test_results_are_the_programs_json(disk: Copy) -> None:
    file = disk(BASE)
    with corruptor.Image(str(file)) as image:
        assert image.get("ntfs.boot.mft_lcn") == program("get", file, "ntfs.boot.mft_lcn", "--json").json
        assert image.inspect("ntfs.mft[5]") == program("inspect", file, "ntfs.mft[5]", "--json").json
        assert image.inspect() == program("inspect", file, "--json").json
        assert image.plan(scenario("zero-dbr")).as_dict() == program("plan", "zero-dbr", file, "--json").json
    assert corruptor.fields("ntfs.boot") == program("fields", "ntfs.boot", "--json").json
    assert corruptor.scenario_schema() == json.loads(program("docs", "schema").out)
    assert corruptor.catalogue() == [row["name"] for row in program("list", "--json").json]
    assert corruptor.version() == program("--version").out.strip()


def test_program_and_module_undo_each_others_work(disk: Copy) -> None:
    file = disk(BASE)
    with corruptor.Image(str(file), writable=True) as image:
        image.apply(image.plan(scenario("zero-dbr")))
        image.apply(image.set("ntfs.boot_backup.heads=9"))
        assert [row["plan"] for row in image.status()] == ["set", "ntfs/zero-dbr"]
    assert program("status", file, "--json").json["plans"][0]["state"] == "applied"
    program("undo", file)
    with corruptor.Image(str(file), writable=True) as image:
        assert image.undo()["state"] == "applied"
        with pytest.raises(corruptor.Misuse, match="nothing to undo"):
            image.undo()
    assert healthy(file, BASE)


def test_the_difference_of_two_images_is_a_plan_from_one_to_the_other(disk: Copy) -> None:
    before, after = disk(BASE), disk(BASE, "after.raw")
    program("set", after, "ntfs.boot.heads=1", "ntfs.mft[5].sequence_number=77", "ntfs.boot_backup.heads=2")
    with corruptor.Image(str(before), writable=True) as image, corruptor.Image(str(after)) as other:
        plan = image.difference(other)
        assert len(list(plan.patches())) == 3 and plan.size == image.size
        assert [plan.after(n, 0, 1) for n in range(3)] == [b"\x01", b"\x4d", b"\x02"]
        assert list(image.difference(image).patches()) == []
        image.apply(plan)
    assert before.read_bytes() == after.read_bytes()
    program("undo", before)
    assert healthy(before, BASE)


def test_disks_of_different_sizes_have_no_difference(disk: Copy) -> None:
    with corruptor.Image(str(disk(BASE))) as image, corruptor.Image(str(disk("fat12-floppy", "small.raw"))) as other:
        with pytest.raises(corruptor.Misuse, match="differ in size: 67108864 and"):
            image.difference(other)


def test_a_plan_outlives_its_image(disk: Copy) -> None:
    with corruptor.Image(str(disk(BASE))) as image:
        plan = image.plan(scenario("zero-dbr"))
    assert plan.after(0, 0, 4096) == bytes(4096) and plan.bytes == 4096
    with pytest.raises(IndexError):
        plan.after(1, 0, 1)


def test_a_closed_image_says_so(disk: Copy) -> None:
    image = corruptor.Image(str(disk(BASE)))
    image.close()
    image.close()
    for call in (lambda: image.size, lambda: image.read(0, 1), image.inspect, image.status):
        with pytest.raises(corruptor.Misuse, match="the image is closed"):
            call()


def test_a_closed_image_leaves_no_lock_and_no_server(disk: Copy) -> None:
    file = disk("windows-disk")
    with corruptor.Image(str(file), writable=True):
        with pytest.raises(corruptor.Refused, match="is in use"):
            corruptor.Image(str(file), writable=True)
    run("qemu-io", "-f", "qcow2", "-c", "write 0 512", file)


def test_reading_beyond_the_end_is_an_error(disk: Copy) -> None:
    with corruptor.Image(str(disk(BASE))) as image:
        assert image.read(image.size - 2, 2) == base(BASE).path.read_bytes()[-2:]
        with pytest.raises(corruptor.Error):
            image.read(image.size - 1, 2)
        with pytest.raises(TypeError):
            image.read(-1, 1)


def test_an_error_in_a_text_has_its_line(tmp_path: Path) -> None:
    with pytest.raises(corruptor.Misuse, match=r"mine\.yaml:2:\d+: .*edits"):
        corruptor.parse_scenario("title: t\neditz: [{ zero: a }]\n", "mine.yaml")
    with pytest.raises(corruptor.Misuse, match="zero-dbr"):
        corruptor.find_scenario("zero-dbx")


OTHER_THREAD = """
import os, signal, sys, threading, time
import corruptor
uri, server = sys.argv[1], int(sys.argv[2])
image = corruptor.Image(uri)
os.kill(server, signal.SIGSTOP)  # whoever reads now waits for the other thread
reading = threading.Event()
def wake_the_server():
    reading.wait()
    for _ in range(200):
        time.sleep(0)  # gives the interpreter away
    os.kill(server, signal.SIGCONT)
threading.Thread(target=wake_the_server).start()
reading.set()
print(len(image.read(0, 8 << 20)))
"""


def test_other_threads_run_while_an_image_is_read(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The server is stopped, and only another Python thread can wake it: a held lock would be a deadlock."""
    socket = tmp_path_factory.getbasetemp().parent / f"{tmp_path.name}.sock"
    with open(tmp_path / "disk.raw", "wb") as file:
        file.truncate(8 << 20)
    pid_file = tmp_path / "pid"
    run("qemu-nbd", "-f", "raw", "--socket", socket, "--fork", "--pid-file", pid_file, tmp_path / "disk.raw")
    server = int(pid_file.read_text())
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"}
    try:
        done = subprocess.run([sys.executable, "-c", OTHER_THREAD, f"nbd+unix:///?socket={socket}", str(server)], env=environment,
                              capture_output=True, text=True, timeout=30)
    except subprocess.TimeoutExpired:
        run("kill", "-KILL", server)
        raise
    assert done.stdout == f"{8 << 20}\n", done.stderr


# The stubs


def declared(node: ast.Module | ast.ClassDef) -> set[str]:
    """The names that a stub file or one of its classes declares."""
    names = set()
    for child in node.body:
        if isinstance(child, (ast.ClassDef, ast.FunctionDef)):
            names.add(child.name)
        elif isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name):
            names.add(child.target.id)
    return names


def stub() -> ast.Module:
    return ast.parse((ROOT / "bindings/corruptor/_core.pyi").read_text())


def public(value: object) -> set[str]:
    return {name for name in dir(value) if not name.startswith("_")}


def test_the_stubs_name_what_the_module_has() -> None:
    assert public(corruptor._core) == {name for name in declared(stub()) if not name.startswith("_")}
    assert set(corruptor.__all__) == public(corruptor._core)


@pytest.mark.parametrize("name", ["Image", "Plan", "Scenario"])
def test_the_stubs_name_what_a_class_has(name: str) -> None:
    (node,) = [node for node in stub().body if isinstance(node, ast.ClassDef) and node.name == name]
    assert public(getattr(corruptor, name)) == {member for member in declared(node) if not member.startswith("_")}


def test_the_stubs_give_the_modules_parameters() -> None:
    """pybind11 writes a signature into each docstring; names and order are those of the stub."""
    for node in stub().body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        owner = getattr(corruptor, node.name) if isinstance(node, ast.ClassDef) else corruptor
        for member in members:
            if not isinstance(member, ast.FunctionDef) or member.decorator_list or member.name.startswith("__"):
                continue
            arguments = [one.arg for one in (*member.args.args, *member.args.kwonlyargs)]
            signature = (getattr(owner, member.name).__doc__ or "").split("(", 1)[1]
            places = [signature.find(f"{name}: ") for name in arguments]
            assert -1 not in places and places == sorted(places), f"{member.name}: {arguments} against {signature}"


@pytest.mark.parametrize("variant, name", [("high", "\\ud800"), ("low", "a\\udc00b")])
def test_a_name_that_is_no_text_is_told_all_the_same(variant: str, name: str) -> None:
    """Half of a surrogate pair is no UTF-8; the plan says which."""
    scenario = corruptor.load_scenario(corruptor.find_scenario("gpt/partition-name-lone-surrogate"), variant=variant)
    with corruptor.Image(str(base("gpt-ntfs-64m").path)) as disk:
        changes = disk.plan(scenario).as_dict()["changes"]
    assert any(name in change["after"] for change in changes)
