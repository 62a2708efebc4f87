# SPDX-License-Identifier: Apache-2.0
"""FORMAT.md of the vectors is enough: a reader written from it alone decides native ones alike."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.vectors import second_reader
from tests.vectors.mutations import FOLDER

MANIFEST = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
NATIVE = [name for name in MANIFEST["files"] if name.startswith("native")]


@pytest.mark.parametrize("name", NATIVE)
def test_another_implementation_agrees(name: str) -> None:
    """Verdict, every reason, and the one that is named first, of every native case."""
    cases = json.loads((FOLDER / name).read_text("utf-8"))["cases"]

    for case in cases:
        verdict, reasons = second_reader.decide(case)
        want = case["expect"]
        assert (verdict, sorted(reasons)) == (want["verdict"], want["reasons"]), case["name"]
        assert min(reasons, key=MANIFEST["order"].index) == want["reason"]
    assert len(cases) > 30


def test_it_is_another_implementation() -> None:
    """It imports nothing of ours."""
    tree = ast.parse(Path(second_reader.__file__).read_text("utf-8"))
    imported = [
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom)
            else [each.name for each in node.names] if isinstance(node, ast.Import)
            else []
        )
    ]  # fmt: skip

    assert not [name for name in imported if name.startswith(("helm_logic", "tests"))]
