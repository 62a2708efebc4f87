# SPDX-License-Identifier: Apache-2.0
"""Integers under which sums are at most their bounds, by the solver: where elimination falls short.

Loaded only when that happens (`linear.py`), as the solver is.
"""

from __future__ import annotations

from collections.abc import Sequence

from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.smt import Le, Number, Product, Sum, Var
from helm_logic.analysis.solver import Unknown, solve


def solve_integers(
    names: Sequence[str], rows: Sequence[tuple[Sequence[tuple[str, int]], int]]
) -> dict[str, int] | None:
    """Return integers for *names* under which every sum of factor times name is at most its bound.

    None if there are none. Raises TooManyCases if the solver does not answer.
    """
    answer = solve(
        Le(Sum(tuple(Product(factor, Var(name)) for name, factor in terms)), Number(bound))
        for terms, bound in rows
    )
    if isinstance(answer, Unknown):
        raise TooManyCases(f"a comparison of sums that the solver cannot decide: {answer.reason}")
    return None if answer is None else {name: answer.number(Var(name)) for name in names}
