# SPDX-License-Identifier: Apache-2.0
"""The published inputs and reports: where they lie, and what a report says.

A finding is `(environment, kind, ids)`: redundant policies are a set of ids, a shadowed or an
overridden one and what covers it a pair. A vacuous policy is found in no environment: None.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, TypeAlias

import attrs
import pytest

from tests.analysis.cedar.policy_parser import parse_policies
from tests.analysis.cedar.schema import Schema, parse_schema
from tests.analysis.cedar.syntax import Policy

FOLDER: Final = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "cedar-analysis"
INPUTS: Final = FOLDER / "inputs"
_PLACE: Final = re.compile(r"examples/analyze/(\w+)")
_ARGUMENT: Final = re.compile(r'arg\(\\?"([^"\\]+)\\?"\)')
_VACUOUS: Final = re.compile(r"Policy `([^`]+)` applies to (no|all) authorization requests\.")
_COUNT: Final = re.compile(r"Found (\d+) request environment specific warnings:")
_FINDINGS: Final = (
    ("redundant", re.compile(r"Redundant Policies: (.+)")),
    ("shadowed", re.compile(r"Policy (`[^`]+` shadowed by `[^`]+`)")),
    ("overridden", re.compile(r"Policy (`[^`]+` overridden by `[^`]+`)")),
)

Place: TypeAlias = "tuple[str, str, str] | None"
Finding: TypeAlias = "tuple[Place, str, tuple[str, ...]]"


@attrs.frozen
class Snapshot:
    """A published report: the *policies* and the *schema* it is about, and its *findings*."""

    policies: Path
    schema: Path
    findings: frozenset[Finding]


def need_vectors() -> None:
    """Skip the test that asks if the published inputs are not here."""
    if not FOLDER.is_dir():
        pytest.skip("no published inputs at ../shared/vectors/cedar-analysis")


def snapshot_names() -> list[str]:
    """Return the names of the published reports."""
    return sorted(path.stem for path in FOLDER.glob("snapshots/*.snap"))


def policy_names() -> list[str]:
    """Return the names of the published policy sets, `folder/name`."""
    return sorted(f"{path.parent.name}/{path.stem}" for path in INPUTS.glob("*/*.cedar"))


def schema_of(name: str) -> Path:
    """Return the schema of the policy set *name*."""
    [path] = (INPUTS / name).parent.glob("*.cedarschema")
    return path


def read_schema(path: Path) -> Schema:
    """Return the schema in the file *path*."""
    return parse_schema(path.read_text(encoding="utf-8"))


def read_policies(path: Path) -> tuple[Policy, ...]:
    """Return the policies in the file *path*."""
    return parse_policies(path.read_text(encoding="utf-8"))


def read_snapshot(name: str) -> Snapshot:
    """Return the published report *name*; raise ValueError for a line that is not understood."""
    text = (FOLDER / "snapshots" / f"{name}.snap").read_text(encoding="utf-8")
    _, head, body = text.split("---\n", 2)
    _, command, policies, schema = _ARGUMENT.findall(head)
    if command != "policies":
        raise ValueError(f"{name}: got the command `{command}`, want `policies`")
    place = _PLACE.search(head)
    if place is None:
        raise ValueError(f"{name}: no folder of inputs is named")
    folder = INPUTS / place[1]
    rows = list(_rows(body))
    counted = _COUNT.search(body)
    if counted is None or len(rows) != int(counted[1]):
        raise ValueError(f"{name}: read {len(rows)} findings, which is not what it counts")
    vacuous: list[Finding] = [
        (None, f"applies to {extent}", (policy,)) for policy, extent in _VACUOUS.findall(body)
    ]
    return Snapshot(folder / policies, folder / schema, frozenset([*vacuous, *rows]))


def _rows(body: str) -> list[Finding]:
    found: list[Finding] = []
    place: tuple[str, str, str] | None = None
    for line in body.splitlines():
        if not line.startswith("|") or "PrincipalType" in line:
            continue
        principal, action, resource, text = (cell.strip() for cell in line.strip("|").split("|"))
        place = (principal, action, resource) if principal else place
        found.append(_finding(place, text))
    return found


def _finding(place: Place, text: str) -> Finding:
    for kind, pattern in _FINDINGS:
        if match := pattern.fullmatch(text):
            ids = re.findall(r"`([^`]+)`", match[1])
            return place, kind, tuple(sorted(ids) if kind == "redundant" else ids)
    raise ValueError(f"got the finding `{text}`, want one of {[kind for kind, _ in _FINDINGS]}")
