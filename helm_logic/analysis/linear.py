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
    for tried, choice in enumerate(product(*joined.values())):
        if tried == _MOST_COMBINATIONS:
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
    factors = [dict(terms).get(name, 0) for terms, _ in rows]
    found = [row for row, factor in zip(rows, factors, strict=True) if factor == 0]
    uppers = [(row, factor) for row, factor in zip(rows, factors, strict=True) if factor > 0]
    lowers = [(row, -factor) for row, factor in zip(rows, factors, strict=True) if factor < 0]
    found += [_sum(above, down, below, up) for above, up in uppers for below, down in lowers]
    if any(not terms and bound < 0 for terms, bound in found):
        return None
    kept = list(dict.fromkeys(row for row in found if row[0]))
    if len(kept) > _MOST_ROWS:
        raise TooManyCases(f"more than {_MOST_ROWS} comparisons")
    return kept


def _sum(one: _Row, times: int, other: _Row, others: int) -> _Row:
    """Return *one*, multiplied by *times*, plus *other*, multiplied by *others*."""
    total: dict[str, int] = {}
    for (terms, _), factor in ((one, times), (other, others)):
        for name, each in terms:
            total[name] = total.get(name, 0) + factor * each
    terms = tuple(sorted((name, factor) for name, factor in total.items() if factor))
    return _row(terms, times * one[1] + others * other[1])


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
    from helm_logic.analysis.integers import solve_integers  # noqa: PLC0415 - heavy, and rare

    return solve_integers(names, rows)
