# SPDX-License-Identifier: Apache-2.0
"""What it takes to print a derivation: the page and every other format, at 10,000 steps.

A chain, in which each step rests on the one before, and a derivation that shares its steps as those
of decisions do. Every text is asserted to hold the claim. What a browser does with the page, with
all of it unfolded, is asserted by the tests of the page; here it is what comes before the browser.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.table import Figure, Table, Target, figure_table
from benchmarks.timing import TINY, Effort, Timing, measure
from helm_logic.explain.derivation import ProofDag
from helm_logic.explain.formats import FORMATS, render
from tests.explain.formats.dags import deep, large

PAGE, SIZE, OTHER = "page, {}", "page, {}: size", "{}, {}"
_SHARED, _CHAIN = "shared steps", "a chain"

_STEPS, _FEW = 10_000, 60
_PAGE = Target(reach=3, stretch=1)
_SECOND = 1e6  # µs
_NO_TARGET = Target()


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield one table."""
    steps = _FEW if tiny else _STEPS
    effort = TINY if tiny else Effort(rounds=5, calls=1, span=0, warm_up=1)
    shapes = {_SHARED: large(steps), _CHAIN: deep(steps)}
    figures: list[Figure] = []
    for shape, dag in shapes.items():
        figures += [
            _figure(PAGE.format(shape), _rendered(dag, "html", effort), _PAGE),
            Figure(SIZE.format(shape), len(render(dag, "html").encode()) / 1e6, "MB"),
        ]
    figures += [
        _figure(OTHER.format(name, shape), _rendered(dag, name, effort), _NO_TARGET)
        for name in FORMATS
        if name != "html"
        for shape, dag in shapes.items()
    ]
    yield figure_table(
        f"Derivations of {steps:,} steps",
        f"CPU time, {effort.text}. From the graph of the derivation to the text of the format; the "
        "page is folded when it opens and keeps some hundred rows in the browser, whatever is "
        "unfolded.",
        figures,
    )


def _rendered(dag: ProofDag, name: str, effort: Effort) -> Timing:
    claim = dag.nodes[dag.claim].predicate
    assert claim in render(dag, name)
    return measure(lambda _: render(dag, name), effort)


def _figure(what: str, timing: Timing, target: Target) -> Figure:
    return Figure(what, timing.cpu / _SECOND, "s", target, timing.best / _SECOND)
