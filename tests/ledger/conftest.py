# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the room: one PostgreSQL server for all its tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Cluster, cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Yield a private server, started with the first test that asks for it."""
    with cluster() as server:
        yield server
