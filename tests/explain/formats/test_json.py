# SPDX-License-Identifier: Apache-2.0
"""The JSON of a derivation: read back unchanged, documented member by member, and closed."""

from __future__ import annotations

import json as stdlib_json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import helm_logic.explain
from helm_logic.errors import InputError
from helm_logic.explain.derivation import ProofDag
from helm_logic.explain.formats import json
from tests.explain.formats.dags import dags, deep, hostile, large, small

SCHEMA = Path(helm_logic.explain.__file__).parent / "SCHEMA.md"
ROW = re.compile(r"^\| `(\w+)` +\| ([^|]+?) +\|", re.MULTILINE)
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "null": (type(None),),
}


def schema() -> dict[str, dict[str, str]]:
    """Return what SCHEMA.md says: the type of each member, by the heading it stands under."""
    parts = re.split(r"^## (.+)$", SCHEMA.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {
        head.split(":")[0]: dict(ROW.findall(body))
        for head, body in zip(parts[::2], parts[1::2], strict=True)
    }


def conforms(value: Any, kind: str, named: dict[str, dict[str, str]]) -> bool:
    """Tell whether *value* is of the *kind* that SCHEMA.md names."""
    kind = re.sub(r" \(.*\)", "", kind)
    if " or " in kind:
        return any(conforms(value, each, named) for each in kind.split(" or "))
    if kind.startswith("list"):
        items = {"nodes": "node", "texts": "string", "integers": "integer"}
        item = items.get(kind.removeprefix("list of "), "integer or string")
        return type(value) is list and all(conforms(each, item, named) for each in value)
    if kind in TYPES:
        return type(value) in TYPES[kind]
    members = named["The derivation" if kind == "derivation" else f"A {kind}"]
    return (
        type(value) is dict
        and set(value) == set(members)
        and all(conforms(value[name], member, named) for name, member in members.items())
    )


@settings(max_examples=30)
@given(dags())
def test_what_is_rendered_is_read_back(dag: ProofDag) -> None:
    """Reading inverts rendering, for any texts."""
    assert json.parse(json.render(dag)) == dag


@settings(max_examples=20)
@given(dags())
def test_the_schema_says_what_is_rendered(dag: ProofDag) -> None:
    """Every member is documented with its type, and none is documented that is not there."""
    assert conforms(stdlib_json.loads(json.render(dag)), "derivation", schema())


def test_it_is_the_json_form_of_the_derivation() -> None:
    """Rendering node by node gives the value of the whole."""
    for dag in (small(), hostile(), large(200)):
        assert stdlib_json.loads(json.render(dag)) == dag.to_value()


def test_ten_thousand_steps_are_read_back() -> None:
    """Size and depth of a derivation are no depth of its JSON."""
    dag = deep(10_000)

    assert json.parse(json.render(dag)) == dag


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("derivation/v1", "derivation/v2", "want `helm-logic/derivation/v1`"),
        ('"claim":9', '"claim":10', "want one of 10 nodes"),
        ('"claim":9', '"claim":9,"extra":1', "`extra` is not known"),
        ('"verdict":"ALLOW"', '"verdict":"YES"', "want one of"),
        ('"origin":"given"', '"origin":"trusted"', "want one of"),
        ('"signature":"verified"', '"signature":"good"', "want one of"),
        ('"counts":true', '"counts":1', "want true or false"),
        ('"premises":[6,2]', '"premises":[9]', "premises before conclusions"),
        ('"id":9,', '"id":8,', "premises before conclusions"),
        ('"row":[9,"s:x"]', '"row":[9,null]', "want a string"),
        ('"span":{"file"', '"span":{"path"', "`file` is missing"),
        ('"title":', '"titel":', "`title` is missing"),
    ],
)
def test_anything_else_is_refused(old: str, new: str, complaint: str) -> None:
    """What the schema does not allow is refused, with what was wanted."""
    text = json.render(small())
    assert old in text

    with pytest.raises(InputError, match=complaint):
        json.parse(text.replace(old, new))
