# SPDX-License-Identifier: Apache-2.0
"""Where third-party vectors lie, and how a test skips when they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

_VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"


def load(name: str) -> Any:
    """Read the vector file *name*, or skip the test that asked for it."""
    return json.loads(_present(name).read_text(encoding="utf-8"))


def load_all(folder: str) -> dict[str, Any]:
    """Read every JSON file below *folder* by its name in it, or skip the test that asked."""
    top = _present(folder)  # names hold brackets, so nothing is globbed on
    paths = sorted(path for path in top.rglob("*") if path.suffix == ".json")
    return {str(path.relative_to(top)): json.loads(path.read_bytes()) for path in paths}


def _present(name: str) -> Path:
    path = _VECTORS / name
    if not path.exists():
        pytest.skip(f"the third-party vectors are not here: {path}")
    return path
