# SPDX-License-Identifier: Apache-2.0
"""What it costs to find a verdict, to derive it, and to check what was found.

The workload is `workload.py`; nothing in it is static, so every evaluation starts from 47 facts.
pyDatalog keeps its rules loaded, is given the facts, asked for the verdict and rid of the facts;
that is less than the native side does, which finds the whole model. Both sides and the kernel are
asserted to find the same before anything is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from benchmarks.growth import NEAR_LINEAR, exponent
from benchmarks.table import Figure, Table, Target, figure_table, number
from benchmarks.timing import TINY, Effort, interleave
from benchmarks.workload import VERDICT, facts, program
from helm_logic.engine import Engine
from helm_logic.engine.pydatalog import Session
from helm_logic.kernel.check import Checker
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Atom, Row

EFFORT = Effort()
GROWTH_EFFORT = Effort(rounds=21, warm_up=3)
EVALUATE, DERIVE, CHECK, PYDATALOG = (
    "evaluate",
    "evaluate, and derive the verdict",
    "kernel check of the certificate",
    "pyDatalog, rules kept, facts asserted and retracted",
)
_TOP = 3  # sizes that the exponent is fitted to


@attrs.frozen
class Series:
    """One thing that grows: *case* gives program, facts and the size that they have."""

    title: str
    unit: str
    sizes: tuple[int, ...]
    case: Callable[[int], tuple[int, Program, dict[str, list[Row]]]]


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield the table of one decision and one a series."""
    effort = TINY if tiny else EFFORT
    yield _decision(effort)
    for series in SERIES:
        sizes = series.sizes[:2] if tiny else series.sizes
        yield _growth(attrs.evolve(series, sizes=sizes), TINY if tiny else GROWTH_EFFORT)


def _decision(effort: Effort) -> Table:
    rules, given = program(), facts()
    session = Session(rules, staged=False)
    assert session.ask(given, ["verdict"]) == {"verdict": {VERDICT[1]}}
    sides = _sides(rules, given)
    sides[PYDATALOG] = lambda _: session.ask(given, ["verdict"])
    timings = interleave(sides, effort)
    ratio = timings[PYDATALOG].times(timings[EVALUATE])
    figures = (
        Figure(EVALUATE, timings[EVALUATE].cpu, "µs", Target(60, 35), timings[EVALUATE].best),
        Figure(DERIVE, timings[DERIVE].cpu, "µs", Target(100, 60), timings[DERIVE].best),
        Figure(CHECK, timings[CHECK].cpu, "µs", Target(300, 120), timings[CHECK].best),
        Figure(PYDATALOG, timings[PYDATALOG].cpu, "µs", best=timings[PYDATALOG].best),
        Figure("pyDatalog over evaluate", ratio, "x", Target(90, at_least=True)),
    )
    count = sum(map(len, given.values()))
    how = (
        f"{count} facts, {len(rules.rules)} rules, {len(rules.strata)} strata; CPU time, "
        f"{effort.text}, all sides taking turns."
    )
    return figure_table("One verdict", how, figures)


def _sides(rules: Program, given: dict[str, list[Row]]) -> dict[str, Callable[[int], object]]:
    engine, checker = Engine(rules), Checker(rules)
    evaluation = engine.evaluate(given)
    certificate, held = evaluation.certificate([VERDICT]), evaluation.facts
    assert checker.check(held, certificate) == Atom(*VERDICT)
    return {
        EVALUATE: lambda _: engine.evaluate(given),
        DERIVE: lambda _: engine.evaluate(given).derivation([VERDICT]),
        CHECK: lambda _: checker.check(held, certificate),
    }


def _growth(series: Series, effort: Effort) -> Table:
    rows = []
    curves: dict[str, list[tuple[float, float]]] = {EVALUATE: [], DERIVE: [], CHECK: []}
    for step in series.sizes:
        size, rules, given = series.case(step)
        timings = interleave(_sides(rules, given), effort)
        for name, points in curves.items():
            points.append((size, timings[name].cpu))
        rows.append((str(size), *(number(timings[name].cpu) for name in curves)))
    figures = tuple(
        Figure(f"{series.unit}, {name}: exponent", exponent(points[-_TOP:]), "", NEAR_LINEAR)
        for name, points in curves.items()
    )
    told = "; ".join(f"{one.what} {one.value:.2f} ({one.verdict})" for one in figures)
    return Table(
        f"Evaluation: {series.title}",
        f"CPU µs, {effort.text}. At the top: {told}.",
        (series.unit, *curves),
        tuple(rows),
        figures,
        f"evaluation-{series.unit}.svg",
        {name: tuple(points) for name, points in curves.items()},
    )


def _facts_case(scopes: int) -> tuple[int, Program, dict[str, list[Row]]]:
    given = facts(scopes=scopes)
    return sum(map(len, given.values())), program(), given


def _rules_case(copies: int) -> tuple[int, Program, dict[str, list[Row]]]:
    rules = program(copies)
    return len(rules.rules), rules, facts()


def _links_case(links: int) -> tuple[int, Program, dict[str, list[Row]]]:
    return links, program(), facts(links=links)


SERIES = (
    Series("scopes of the links, so facts", "facts", (1, 6, 25, 75, 245), _facts_case),
    Series("copies of the rules", "rules", (1, 2, 5, 11, 22), _rules_case),
    Series("links of the chain", "links", (1, 2, 4, 8, 16, 32, 64), _links_case),
)
