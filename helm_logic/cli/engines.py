# SPDX-License-Identifier: Apache-2.0
"""The engines that `verify --replay` asks again, loaded only then."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from helm_logic.receipts.pack_replay import Replay


def replay_engines() -> dict[str, Replay]:
    """Return the native engine and pyDatalog, by the names that results have."""
    return {"native": _native, "pydatalog": _pydatalog}


def _native(program: Program, facts: Facts) -> Mapping[str, Collection[Row]]:
    from helm_logic.engine import Engine

    return Engine(program).evaluate(facts).model


def _pydatalog(program: Program, facts: Facts) -> Mapping[str, Collection[Row]]:
    from helm_logic.engine.pydatalog import evaluate

    return evaluate(program, facts)
