# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of NTFS on a disk that Windows 10 made, beside what ntfsrecover and sleuthkit read of it.

Only Windows writes a journal, quotas and object ids, so most is asked of that disk, where it is at hand.
"""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from program import base, copy_of, corruptor, healthy, run

from harness import images

NAME = "ntfs-windows"
SECTOR, FIRST, SECTORS = 512, 128, 518144
REASON = images.unavailable(images.find(NAME))
windows = pytest.mark.skipif(bool(REASON), reason=REASON or "")

RECORD = {"this_lsn": "this_lsn", "client_previous_lsn": "client_previous_lsn", "client_undo_next_lsn": "client_undo_next_lsn",
          "client_data_length": "client_data_length", "client_sequence": "seq_number", "client_index": "client_index",
          "record_type": "record_type", "transaction_id": "transaction_id", "flags": "log_record_flags"}
ACTION = {name: name for name in ("redo_operation", "undo_operation", "redo_offset", "redo_length", "undo_offset", "undo_length",
                                  "target_attribute", "record_offset", "attribute_offset", "cluster_index", "attribute_flags",
                                  "target_vcn")} | {"lcn_count": "lcns_to_follow"}
CHECKPOINT = {"analysis_lsn": "transaction_lsn", "open_attributes_lsn": "attributes_lsn", "attribute_names_lsn": "names_lsn",
              "dirty_pages_lsn": "dirty_pages_lsn"}
DECIMAL = {"seq_number", "client_index"}  # all else ntfsrecover prints in hexadecimal


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The volume alone, for other tools."""
    folder = tmp_path_factory.mktemp("windows")
    disk, alone = folder / "disk.raw", folder / "volume.raw"
    run("qemu-img", "convert", "-f", base(NAME).format, "-O", "raw", base(NAME).path, disk)
    run("dd", f"if={disk}", f"of={alone}", f"bs={SECTOR}", f"skip={FIRST}", f"count={SECTORS}", "conv=sparse", "status=none")
    return alone


def inspect(path: str) -> Any:
    return corruptor("inspect", base(NAME).path, path, "--json").json


def values(node: Any) -> dict[str, Any]:
    """The node's fields that are no arrays."""
    return {name: field["value"] for name, field in node["fields"].items() if isinstance(field, dict)}


def child(node: Any, name: str) -> Any:
    found, = (one for one in node.get("children", []) if one["path"].endswith("." + name))
    return found


def recovered(volume: Path) -> str:
    """What ntfsrecover reads from the journal. It ends with 1 on this disk, whose last pages it does not take."""
    return run("ntfsrecover", "-n", "-f", "-v", volume, code=1)


def stated_actions(volume: Path) -> dict[int, list[tuple[int, dict[str, str]]]]:
    """What ntfsrecover says of each record: by page, its offset there and the lines that follow."""
    pages: dict[int, list[tuple[int, dict[str, str]]]] = {}
    page = 0
    for line in recovered(volume).splitlines():
        if block := re.match(r"\* RCRD in block (\d+) ", line):
            page = int(block[1])
        elif action := re.match(r"(?:\* log action|Overlapping record) \d+ at 0x([0-9a-f]+) ", line):
            pages.setdefault(page, []).append((int(action[1], 16), {}))
        elif (field := re.match(r"([a-z_]+) +([0-9a-f]+)\b", line)) and page in pages:
            pages[page][-1][1].setdefault(field[1], field[2])
            if "*stale*" in line:
                pages[page][-1][1]["stale"] = "1"
    return pages


@windows
def test_every_log_record_is_as_ntfsrecover_reads_it(volume: Path) -> None:
    stated = stated_actions(volume)
    assert sum(map(len, stated.values())) > 900
    compared = 0
    # In one page of copies ntfsrecover starts amid the end of a record, takes text for one, and says it is stale.
    misread = [number for number, actions in stated.items() if any("stale" in lines for _, lines in actions)]
    assert misread == [30]
    for number in sorted(stated.keys() - misread):
        actions = stated[number]
        page = inspect(f"ntfs.logfile.page[{number}]")
        records = {record["at"] - page["at"]: record for record in page["children"]}
        for at, lines in actions:
            ours = values(records[at])
            is_action = int(lines["record_type"], 16) == 1
            inside = values(child(records[at], "action" if is_action else "checkpoint"))
            for names, found in ((RECORD, ours), (ACTION if is_action else CHECKPOINT, inside)):
                for name, theirs in names.items():
                    if theirs in lines:
                        assert found[name] == int(lines[theirs], 10 if theirs in DECIMAL else 16), (number, hex(at), name)
                        compared += 1
        assert len(records) == len(actions), number
    assert compared > 15000


@windows
def test_an_operation_has_its_name_from_windows(volume: Path) -> None:
    """ntfsrecover's names, CreateAttribute, are those that we write as create_attribute."""
    names = dict(re.findall(r"(?:redo|undo)_operation +([0-9a-f]{4}) (\w+)", recovered(volume)))
    assert len(names) > 15
    page = {}
    for number in range(13, 61):
        for record in inspect(f"ntfs.logfile.page[{number}]").get("children", []):
            for one in record.get("children", []):
                for field in ("redo_operation", "undo_operation"):
                    if field in one["fields"]:
                        page[one["fields"][field]["value"]] = one["fields"][field]["name"].replace("_", "")
    for value, name in names.items():
        if "Win10Action" not in name and int(value, 16) in page:
            assert page[int(value, 16)] == name.lower(), value


@windows
def test_security_ids_lead_to_the_owners_that_istat_names(volume: Path) -> None:
    for record in (0, 3, 9, 39, 43):
        said = re.search(r"Security ID: (\d+)  \((S-[-0-9]+)\)", run("istat", volume, record))
        assert said
        entry = inspect(f"ntfs.mft[{record}].shared_descriptor")
        assert values(entry)["security_id"] == int(said[1])
        assert values(child(child(entry, "descriptor"), "owner"))["text"] == said[2]


@windows
def test_the_entries_of_sds_their_copies_and_both_indexes_agree() -> None:
    number = 0
    while "security_id" in (fields := fields_of(f"ntfs.secure.sds[{number}]")):
        assert fields_of(f"ntfs.secure.sds_copy[{number}]") == fields
        row = inspect(f"ntfs.secure.sii[{number}]")
        assert values(child(row, "key")) == {"security_id": fields["security_id"]}
        assert values(child(row, "data")) == fields
        number += 1
    assert number > 5


def fields_of(path: str) -> dict[str, Any]:
    """The stored fields, or none if there is no such structure."""
    try:
        return values(inspect(path))
    except AssertionError as error:
        if "has no" in str(error):
            return {}
        raise


@windows
def test_an_object_id_is_that_of_the_file_that_the_index_names(volume: Path) -> None:
    entry = inspect("ntfs.object_ids[0]")
    record = values(child(entry, "data"))["record"]
    said = re.search(r"Object Id: ([-0-9a-f]+)", run("istat", volume, record))
    assert said
    assert values(child(entry, "key"))["object_id"] == said[1]


@windows
def test_quotas_belong_to_the_owners_that_the_other_index_names() -> None:
    owner = inspect("ntfs.quota_owners[0]")
    quota = inspect("ntfs.quotas[1]")
    assert values(child(quota, "key")) == values(child(owner, "data"))
    assert values(child(child(quota, "data"), "sid"))["text"] == values(child(owner, "key"))["text"] == "S-1-5-32-544"
    assert values(child(inspect("ntfs.quotas[0]"), "key"))["owner_id"] == 1


@windows
def test_the_table_of_letters_has_the_sum_that_windows_gave_it() -> None:
    information = inspect("ntfs.upcase_info")
    assert values(information)["build"] == 18348
    assert not information.get("notes")


def test_an_edit_of_a_shared_descriptor_takes_its_hash_and_its_copy_along(tmp_path: Path) -> None:
    image, scenario = copy_of("ntfs-64m", tmp_path), tmp_path / "mask.yaml"
    scenario.write_text("""
title: A right is lost, in the descriptor and in its copy
why: Both have the same wrong content, and a hash that fits it.
target: what checks $Secure
edits:
  - set: ntfs.secure.sds[0].descriptor.dacl.ace[0].mask
    to: read_data
    copies: all
""")
    before = corruptor("get", image, "ntfs.secure.sds[0].hash").out
    corruptor("apply", scenario, image)
    after = {corruptor("get", image, f"ntfs.secure.{edge}[0].hash").out for edge in ("sds", "sds_copy")}
    assert len(after) == 1 and before not in after
    corruptor("undo", image)
    assert healthy(image, "ntfs-64m")
