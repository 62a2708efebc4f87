# SPDX-License-Identifier: Apache-2.0
"""How the cost of a decision grows: with the facts of a request, with the rules, with the chain.

Each series grows one thing and leaves the others as they are. Where a curve is a straight line in
log-log scale, cost is a power of size; the exponent at the top (least squares over the three
largest sizes) is what large inputs will see, as fixed costs flatten the lower end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import log
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import attrs

from benchmarks.scene import NOW, Scene, deploy_scene, new_store, scene_of
from benchmarks.table import Figure, Table, Target, number
from benchmarks.timing import TINY, Effort, Timing, interleave
from helm_logic.guard.journal import Journal
from helm_logic.kernel.encoding import JsonValue
from helm_logic.policy.request import parse_request
from helm_logic.receipts.verdict import Verdict

EFFORT = Effort(rounds=21, warm_up=3)
NEAR_LINEAR = Target(reach=1.15)
_TOP = 3  # sizes that the exponent is fitted to

_FACT_RULES = """
#include "authority".

#input services : string*  from context.services.

known_action("deploy").

ours(S) :- services(S), matches("shop/**", S).

@reason("a service is not ours")
deny(foreign_service) :- services(S), not ours(S).

allow(all_ours) :- action("deploy"), authorized.
"""
_RULE_RULES = """
#include "authority".

#input freeze : bool  from context.freeze  default false.

known_action("deploy").

allow(chain_covers_deploy) :- action("deploy"), authorized.
"""
_RULE = """
near_{n}(R) :- resource(R), matches("service/shop/**", R).
deny(frozen_{n}) :- near_{n}(_), freeze(true).
"""


@attrs.frozen
class Series:
    """One thing that grows: *case* gives the scene and the request of a size."""

    title: str
    unit: str
    plot: str
    sizes: tuple[int, ...]
    case: Callable[[int], tuple[Scene, bytes]]


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield one table a series."""
    for series in SERIES:
        sizes = series.sizes[:2] if tiny else series.sizes
        yield _table(attrs.evolve(series, sizes=sizes), TINY if tiny else EFFORT)


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Return the power of x with which y grows over *points*: the least-squares slope of logs."""
    logs = [(log(x), log(y)) for x, y in points]
    middle_x, middle_y = fmean(x for x, _ in logs), fmean(y for _, y in logs)
    rise = sum((x - middle_x) * (y - middle_y) for x, y in logs)
    return rise / sum((x - middle_x) ** 2 for x, _ in logs)


def _facts_case(size: int) -> tuple[Scene, bytes]:
    scene = scene_of(_FACT_RULES)
    services: list[JsonValue] = [f"shop/service-{place}" for place in range(size)]
    return scene, scene.request(0, {"services": services})


def _rules_case(size: int) -> tuple[Scene, bytes]:
    added = "".join(_RULE.format(n=place) for place in range(size // 2))
    scene = scene_of(_RULE_RULES + added)
    return scene, scene.request(0)


def _depth_case(size: int) -> tuple[Scene, bytes]:
    scene = deploy_scene(size)
    return scene, scene.request(0)


SERIES = (
    Series("Facts of the request", "facts", "facts.svg", (10, 32, 100, 316, 1000), _facts_case),
    Series("Rules of the policy", "rules", "rules.svg", (10, 30, 100, 250, 500), _rules_case),
    Series("Links of the chain", "links", "links.svg", (1, 2, 4, 8, 16, 32, 64), _depth_case),
)


def _table(series: Series, effort: Effort) -> Table:
    rows = []
    curves: dict[str, list[tuple[float, float]]] = {"whole decision": [], "engine alone": []}
    for size in series.sizes:
        timings, receipt = _measure(*series.case(size), effort)
        for name, points in curves.items():
            points.append((size, timings[name].cpu))
        costs = (number(timings[name].cpu) for name in curves)
        rows.append((str(size), *costs, number(receipt)))
    figures = tuple(
        Figure(f"{series.unit}, {name}: exponent", exponent(points[-_TOP:]), "", NEAR_LINEAR)
        for name, points in curves.items()
    )
    told = "; ".join(f"{one.what} {one.value:.2f} ({one.verdict})" for one in figures)
    return Table(
        f"{series.title}, {series.sizes[0]} to {series.sizes[-1]}",
        f"CPU µs, {effort.text}. At the top: {told}.",
        (series.unit, *curves, "receipt bytes"),
        tuple(rows),
        figures,
        series.plot,
        {name: tuple(points) for name, points in curves.items()},
    )


def _measure(scene: Scene, data: bytes, effort: Effort) -> tuple[dict[str, Timing], int]:
    """Return the timings of the whole decision and of the engine alone, and the receipt's size."""
    evaluator, engine = scene.evaluator(), scene.engine()
    facts = scene.facts(parse_request(data))
    with TemporaryDirectory() as place, new_store(Path(place)) as store:
        journal = Journal(store)
        ruling = evaluator.rule(data, NOW, journal)
        assert ruling.statement.verdict is Verdict.ALLOW, ruling.statement.reasons
        sides = {
            "whole decision": lambda _: evaluator.rule(data, NOW, journal).envelope.to_bytes(),
            "engine alone": lambda _: engine.evaluate(facts),
        }
        return interleave(sides, effort), len(ruling.envelope.to_bytes())
