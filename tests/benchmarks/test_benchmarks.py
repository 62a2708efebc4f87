# SPDX-License-Identifier: Apache-2.0
"""Each benchmark runs, in its tiny form, and its tables are whole; what it asserts counts."""

from __future__ import annotations

from math import isfinite

import pytest

from benchmarks import (
    adapters,
    analysis,
    decision,
    durable,
    evaluation,
    explain,
    explain_html,
    growth,
    replay,
    startup,
)
from benchmarks.table import Table
from helm_logic.explain.formats import FORMATS


def check(tables: list[Table]) -> list[str]:
    """Return the names of all figures of *tables*, each finite and each with its row."""
    for table in tables:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert all(isfinite(figure.value) for figure in table.figures)
        assert table.how
    return [figure.what for table in tables for figure in table.figures]


def test_evaluation() -> None:
    """Engine, derivation, kernel and pyDatalog agree, which the benchmark itself asserts."""
    tables = list(evaluation.run(tiny=True))
    names = check(tables)
    assert {evaluation.EVALUATE, evaluation.DERIVE, evaluation.CHECK, evaluation.PYDATALOG} <= set(
        names
    )
    assert len({table.plot for table in tables}) == len(tables)


def test_decision() -> None:
    """The whole decision is measured in all settings, and its parts add up to it."""
    tables = list(decision.run(tiny=True))
    names = check(tables)
    assert {decision.SAME, decision.DISTINCT, decision.COLD} <= set(names)
    parts = {figure.what: figure.value for figure in tables[1].figures}
    whole = parts.pop(decision.WHOLE)
    assert sum(parts.values()) == pytest.approx(whole)


def test_adapters() -> None:
    """Tokens are decided cold and warm beside who is installed; what is asserted is right."""
    whole, growth_of_chains = adapters.run(tiny=True)
    names = check([whole, growth_of_chains])
    assert {adapters.COLD, adapters.WARM, adapters.SAME, adapters.COLD_RATIO} <= set(names)
    ours = (adapters.OURS, adapters.OURS_WARM, adapters.NATIVE)
    assert {f"{name}: exponent" for name in ours} <= set(names)
    assert all(len(growth_of_chains.curves[name]) == 2 for name in ours)


def test_durable() -> None:
    """Groups are decided and every request has a receipt, which the benchmark itself asserts."""
    names = check(list(durable.run(tiny=True)))
    assert [f"group of {size}" for size in (1, 2)] == names[-2:]


def test_growth() -> None:
    """Each series has a curve for the whole and one for the engine, at the sizes of its table."""
    tables = list(growth.run(tiny=True))
    check(tables)
    for table in tables:
        for points in table.curves.values():
            assert [str(size) for size, _ in points] == [row[0] for row in table.rows]
    assert len({table.plot for table in tables}) == len(tables) == 3


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_is_its_power(power: float) -> None:
    """The slope in log-log scale of x^p is p."""
    assert growth.exponent([(x, 7 * x**power) for x in (1, 2, 5, 9)]) == pytest.approx(power)


def test_startup() -> None:
    """Commands start, and import no heavy library, which the benchmark itself asserts."""
    names = check(list(startup.run(tiny=True)))
    assert names == ["python alone", "helm-logic --help", "helm-logic decide"]


def test_replay() -> None:
    """All receipts are derived again or judged afresh, which the benchmark itself asserts."""
    names = check(list(replay.run(tiny=True)))
    sides = (replay.NATIVE, replay.PYDATALOG, replay.POLICY)
    assert {f"{side}: a million, one core" for side in sides} <= set(names)


def test_analysis() -> None:
    """Findings, changes and proofs are those that are due, which the benchmark itself asserts."""
    tables = list(analysis.run(tiny=True))
    names = check(tables)
    assert {analysis.SAME, analysis.SHIPPED} <= set(names)
    assert tables[-1].plot
    assert {len(points) for points in tables[-1].curves.values()} == {len(tables[-1].rows)}


def test_explain() -> None:
    """Derivation, why-not and what is missing are right, which the benchmark itself asserts."""
    names = check(list(explain.run(tiny=True)))
    assert names == [
        explain.DERIVE,
        explain.WHY_NOT,
        explain.MISSING_DENY,
        explain.MISSING_ESCALATE,
    ]


def test_explain_html() -> None:
    """Every format prints what it is given, which the benchmark itself asserts."""
    (table,) = explain_html.run(tiny=True)
    names = check([table])
    assert len(names) == 2 * (len(FORMATS) + 1)
    assert explain_html.PAGE.format("a chain") in names
