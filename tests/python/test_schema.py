# SPDX-License-Identifier: GPL-2.0-or-later
"""What an editor sees: the shipped schema accepts what the reader accepts, and underlines what it refuses.

Editors read YAML's own types (512 is a number), the reader reads texts ("512"); a good file must be good for both.
"""

import json
import re
from pathlib import Path

import pytest
import yaml

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).parents[2] / "scenarios"
SCHEMA = json.loads((ROOT / "schema.json").read_text())
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
GOOD = EXAMPLES + [path.read_text() for path in sorted(ROOT.rglob("*.yaml"))]
LOADERS = [yaml.BaseLoader, yaml.SafeLoader]

BAD = [
    "edits: [{ zero: a }]",
    "title: t",
    "title: ''\nedits: [{ zero: a }]",
    "title: t\nedits: []",
    "title: t\nedits: { zero: a }",
    "title: t\ntags: boot\nedits: [{ zero: a }]",
    "title: t\neditz: [{ zero: a }]",
    "title: t\nedits: [{ zap: a }]",
    "title: t\nedits: [{ set: a }]",
    "title: t\nedits: [{ zero: a, to: 1 }]",
    "title: t\nedits: [{ zero: a, ones: b }]",
    "title: t\nedits: [{ zero: a, seal: stail }]",
    "title: t\nedits: [{ add: a, by: 4 parsecs }]",
    "title: t\nedits: [{ fill: a, with: 5g }]",
    "title: t\nedits: [{ set: a, to: { was: 1, by: 1 } }]",
    "title: t\nedits: [{ set: a, to: [1] }]",
    "title: t\nneeds: [{ exists: a }]\nedits: [{ zero: a }]",
    "title: t\nneeds: [{ exists: a, is: 1, why: w }]\nedits: [{ zero: a }]",
    "title: t\nprepare: [{ put: /x, volume: ntfs, size: -1 }]\nedits: [{ zero: a }]",
    "title: t\nparameters: { p: { max: 1 } }\nedits: [{ zero: a }]",
    "title: t\nedits: [{ zero: a }]\nexpect: { ntfsfix: { sais: clean } }",
    "title: t\nedits: [{ zero: a }]\nexpect: { ntfsfix: }",
]


def test_the_schema_is_draft_07():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("text", GOOD, ids=range(len(GOOD)))
def test_good_files_are_accepted(text: str, loader: type):
    jsonschema.Draft7Validator(SCHEMA).validate(yaml.load(text, Loader=loader))


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("text", BAD)
def test_bad_files_are_refused(text: str, loader: type):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(SCHEMA).validate(yaml.load(text, Loader=loader))
