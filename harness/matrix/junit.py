# SPDX-License-Identifier: GPL-2.0-or-later
"""The matrix as junit.xml, which CI systems show: a suite for each fault, a test for each tool.

A test fails for the reasons for which the run does; what else is remarkable is in its output. There is no standard; this
is what Jenkins and GitLab read, https://github.com/testmoapp/junitxml.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any
from xml.etree import ElementTree as xml

from harness.matrix.model import Model, name

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Record = dict[str, Any]


def report(found: Model) -> str:
    """The file."""
    by_fault: dict[str, list[Record]] = defaultdict(list)
    for record in found["records"]:
        by_fault[name(record)].append(record)
    root = xml.Element("testsuites", name="matrix", tests=str(len(found["records"])))
    for fault in found["faults"]:
        records = by_fault[name(fault)]
        suite = xml.SubElement(root, "testsuite", name=name(fault), tests=str(len(records) + bool(fault["error"])),
                               failures=str(sum(_kind(record) == "failure" for record in records)),
                               errors=str(sum(_kind(record) == "error" for record in records) + bool(fault["error"])))
        if fault["error"]:
            _add(xml.SubElement(suite, "testcase", classname=name(fault), name="damage"), "error", fault["error"])
        for record in records:
            _case(suite, record)
    xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _case(suite: xml.Element, record: Record) -> None:
    seconds = sum(run["seconds"] for run in record["runs"])
    case = xml.SubElement(suite, "testcase", classname=name(record), name=record["probe"], time=f"{seconds:.3f}")
    if kind := _kind(record):
        _add(case, kind, "\n".join([*record["unexpected"], *_printed(record)]))
    told = [f"says {record['says']}: {record['reason']}", f"files: {record['data'] or 'not read'}",
            f"findings: {', '.join(record['findings']) or 'none'}"]
    xml.SubElement(case, "system-out").text = NOT_XML.sub("?", "\n".join(told))


def _kind(record: Record) -> str:
    if not record["unexpected"]:
        return ""
    return "error" if record["says"] == "error" else "failure"


def _add(case: xml.Element, kind: str, text: str) -> None:
    clean = NOT_XML.sub("?", text)
    xml.SubElement(case, kind, message=clean.partition("\n")[0]).text = clean


def _printed(record: Record) -> list[str]:
    return [line for run in record["runs"] for line in ("", f"$ {' '.join(run['argv'])}", run["text"].rstrip())]
