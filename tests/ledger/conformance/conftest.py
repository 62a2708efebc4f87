# SPDX-License-Identifier: Apache-2.0
"""The fixture that runs every test of this folder on every store."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.conformance.places import Place, PostgresPlace, SqlitePlace
from tests.postgres import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return a place without a log; PostgreSQL is started only where it is asked for."""
    if request.param == "sqlite":
        return SqlitePlace(tmp_path)
    cluster: Cluster = request.getfixturevalue("postgres")
    return PostgresPlace(tmp_path, cluster, cluster.fresh())
