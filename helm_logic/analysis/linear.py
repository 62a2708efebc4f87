# SPDX-License-Identifier: Apache-2.0
"""Linear comparisons of integers: values that satisfy all of them, or none.

Fourier-Motzkin elimination with integer tightening, then values chosen backwards. Its "none" is
exact; where it holds over the rationals but finds no integers on the way back, the solver is asked.
The comparisons of one question are few (those of one rule or two), so that elimination stays small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import gcd
from typing import TypeAlias

from helm_logic.analysis.cover import TooManyCases

Terms: TypeAlias = tuple[tuple[str, int], ...]
_Row: TypeAlias = tuple[tuple[tuple[str, int], ...], int]  # sum of factor * name <= bound
_MOST_COMBINATIONS, _MOST_ROWS = 4_096, 4_000


def solve_linear(
    ranges: Mapping[str, Sequence[tuple[int, int]]], comparisons: Sequence[tuple[Terms, int]]
) -> dict[str, int] | None:
    """Return integers in *ranges* whose sums are at most the bounds of *comparisons*, or None.

    Raises TooManyCases if the ranges have too many gaps, or elimination grows too large.
    """
    joined = {name: _joined(each) for name, each in ranges.items()}
    tried = 0
    for choice in product(*joined.values()):
        tried += 1
        if tried > _MOST_COMBINATIONS:
            raise TooManyCases(f"more than {_MOST_COMBINATIONS} combinations of intervals")
        rows = [_row(terms, bound) for terms, bound in comparisons]
        for name, (low, high) in zip(joined, choice, strict=True):
            rows += [(((name, 1),), high), (((name, -1),), -low)]
        found = _solve(list(joined), rows)
        if found is not None:
            return found
    return None


def _joined(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def _row(terms: Terms, bound: int) -> _Row:
    divisor = gcd(*(factor for _, factor in terms)) if terms else 1
    return tuple((name, factor // divisor) for name, factor in terms), bound // divisor


def _solve(names: list[str], rows: list[_Row]) -> dict[str, int] | None:
    levels = []
    left = list(dict.fromkeys(rows))
    for name in names:
        levels.append((name, left))
        eliminated = _eliminate(name, left)
        if eliminated is None:
            return None
        left = eliminated
    values: dict[str, int] = {}
    for name, those in reversed(levels):
        low, high = _window(name, those, values)
        if low > high:
            return _ask(names, rows)
        values[name] = min(max(low, 0), high)
    return values


def _eliminate(name: str, rows: Sequence[_Row]) -> list[_Row] | None:
    """Return what *rows* say without *name*; None if they contradict each other."""
    kept, uppers, lowers = [], [], []
    for terms, bound in rows:
        factor = dict(terms).get(name, 0)
        if factor == 0:
            if not terms and bound < 0:
                return None
            kept.append((terms, bound))
        else:
            (uppers if factor > 0 else lowers).append((terms, bound, abs(factor)))
    for above, high, up in uppers:
        for below, low, down in lowers:
            total: dict[str, int] = {}
            for terms, times in ((above, down), (below, up)):
                for each, factor in terms:
                    total[each] = total.get(each, 0) + times * factor
            terms = tuple(sorted((each, factor) for each, factor in total.items() if factor))
            bound = down * high + up * low
            if not terms and bound < 0:
                return None
            if terms:
                kept.append(_row(terms, bound))
    found = list(dict.fromkeys(kept))
    if len(found) > _MOST_ROWS:
        raise TooManyCases(f"more than {_MOST_ROWS} comparisons")
    return found


def _window(name: str, rows: Sequence[_Row], values: Mapping[str, int]) -> tuple[int, int]:
    low, high = -(1 << 60), 1 << 60
    for terms, bound in rows:
        factors = dict(terms)
        factor = factors.pop(name, 0)
        if factor == 0:
            continue
        rest = bound - sum(times * values[each] for each, times in factors.items())
        if factor > 0:
            high = min(high, rest // factor)
        else:
            low = max(low, -(rest // -factor))
    return low, high


def _ask(names: Sequence[str], rows: Sequence[_Row]) -> dict[str, int] | None:
    """Let the solver find the integers: the way back took a rational for one."""
    from helm_logic.analysis.solver import solve_integers  # noqa: PLC0415 - heavy, and rare

    return solve_integers(names, rows)
