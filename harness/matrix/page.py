# SPDX-License-Identifier: GPL-2.0-or-later
"""The matrix as one page that needs no network and no server.

All data are in it once, as JSON that is packed with gzip, and a small script shows what is asked for. Tools print the same
again and again, so each text is stored once and named by its number. What a tool printed is cut, the more the larger the run
is, until the page opens quickly; matrix.json has all of it.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import jinja2

from harness.matrix import words
from harness.matrix.model import Model, name

FOLDER = Path(__file__).parent
LIMIT = 48 << 20  # bytes of data, unpacked; browsers on telephones read more, but not quickly
CUTS = ((4000, 32), (1500, 16), (500, 8), (160, 4), (0, 2))  # characters of each output, rows of bytes of each fault
NO_TEXT = re.compile("[\ud800-\udfff]")  # bytes of a tool's output that are no UTF-8, as Python keeps them
ROW = 32  # hexadecimal digits of a row of 16 bytes
AS_IT_IS = ("complete", "began", "ended", "machine", "missing", "left_out", "tools", "bases", "trouble")
LEFT_OUT = {"scenario", "variant", "probe", "tool", "role", "base", "seed", "plan", "changes"}  # the fault or the tool has it


def page(found: Model) -> str:
    """The page."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.get_template("page.html.j2")
    return template.render(data=_data(found), style=(FOLDER / "page.css").read_text(), script=(FOLDER / "page.js").read_text(),
                           title=f"{len(found['faults'])} faults, {len(found['tools'])} tools", legend=words.legend())


def _data(found: Model) -> str:
    """All data, so cut that they are not too large, packed, and in letters that cannot end the element around them."""
    for text, rows in CUTS:
        data = json.dumps(_packed(found, text, rows), separators=(",", ":"), ensure_ascii=False)
        if len(data) <= LIMIT:
            break
    data = NO_TEXT.sub(lambda byte: f"\\\\x{ord(byte[0]) & 0xff:02x}", data)
    return base64.b64encode(gzip.compress(data.encode(), mtime=0)).decode()


def _packed(found: Model, text: int, rows: int) -> Model:
    """What the page's script reads."""
    strings: dict[str, int] = {}

    def number(string: str) -> int:
        return strings.setdefault(string, len(strings))

    tools = {tool["name"]: index for index, tool in enumerate(found["tools"])}
    faults = {name(fault): index for index, fault in enumerate(found["faults"])}
    cells = [[faults[name(record)], tools[record["probe"]], _cell(record, text, number)] for record in found["records"]]
    return {"says": words.SAYS, "dataSigns": words.DATA, "mark": words.MARK, "remarkable": sorted(words.REMARKABLE), "cut": text,
            **{key: found[key] for key in AS_IT_IS},
            "faults": [_fault(fault, rows) for fault in found["faults"]], "cells": cells, "strings": list(strings)}


def _cell(record: Model, text: int, number: Any) -> Model:
    """A record without what is empty; outputs and reasons by number."""
    packed = {key: value for key, value in record.items() if key not in LEFT_OUT and value not in ("", None, [], {})}
    packed["reason"] = number(record["reason"])
    for key, lines in (("files", [f"{word}\t{_on_one_line(path)}" for path, word in record["files"].items()]),
                       ("worse", [_on_one_line(path) for path in record["worse"]])):
        if lines:
            packed[key] = number("\n".join(lines))  # the same files again and again, for all tools that meet a fault
    packed["runs"] = [_run(run, text, number) for run in record["runs"]]
    if rewrote := record["rewrote"]:
        packed["rewrote"] = [[number(str(row.get(key, ""))) for key in ("path", "before", "after", "note")]
                             for row in rewrote] if text else []
    return packed


def _run(run: Model, text: int, number: Any) -> list[Any]:
    """A command. What reads files in the harness's own way prints hashes, of which the page has the result."""
    limit = 0 if run["argv"][0] == "read" else text
    return [number(" ".join(run["argv"])), number(_ended(run)), number(run["text"][:limit]), max(0, len(run["text"]) - limit),
            run["seconds"]]


def _on_one_line(path: str) -> str:
    return path.replace("\n", "\\n").replace("\t", "\\t")


def _ended(run: Model) -> str:
    if run["hung"]:
        return "ended at its time limit"
    return f"died of signal {run['signal']}" if run["signal"] is not None else f"exit {run['code']}"


def _fault(fault: Model, rows: int) -> Model:
    """A fault with rows of bytes instead of places, as many as there is room for."""
    dump = [row for patch in fault["patches"] for row in _rows(patch)]
    whole = sum(patch["length"] for patch in fault["patches"])
    shown = {key: value for key, value in fault.items() if key not in ("patches", "expect", "seed") and value not in ("", [], 0)}
    return shown | {"name": name(fault), "rows": dump[:rows], "more": max(0, len(dump) - rows), "bytes": whole}


def _rows(patch: Model) -> list[list[Any]]:
    """The rows of 16 bytes that differ: place, bytes before, bytes after."""
    found, at, begin = [], patch["from"], 0
    while begin < len(patch["before"]):
        size = ROW - 2 * (at % 16)
        before, after = (patch[key][begin:begin + size] for key in ("before", "after"))
        if before != after:
            found.append([at, before, after])
        begin, at = begin + size, at + size // 2
    return found
