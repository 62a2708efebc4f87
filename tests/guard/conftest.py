# SPDX-License-Identifier: Apache-2.0
"""Fixtures: a guard on a fresh policy folder, and its clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_logic.guard import Guard
from tests.guard.town import Clock, make_folder, open_guard


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands at a fixed moment."""
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a fresh policy folder with the founder example."""
    return make_folder(tmp_path / "policy")


@pytest.fixture
def guard(folder: Path, clock: Clock) -> Iterator[Guard]:
    """Yield the guard of the folder, and close it."""
    with open_guard(folder, clock) as opened:
        yield opened
