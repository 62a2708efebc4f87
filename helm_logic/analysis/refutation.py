# SPDX-License-Identifier: Apache-2.0
"""Why sums of integers cannot be as they are said: derivations that end in a contradiction.

A *row* says that a sum of factor times name is at most a bound. A *step* makes a new row of earlier
ones: it adds positive multiples of them, and divides the result by what divides all factors, the
bound rounded down, which loses no integers (Chvátal 1973). A derivation whose last row says that
zero is at most a negative number shows that no integers satisfy the first rows. It is found here by
Fourier-Motzkin elimination, and checked in a few lines elsewhere (`recheck/sums.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import gcd
from typing import TypeAlias

import attrs

from helm_logic.analysis.boxes import Box
from helm_logic.analysis.feature import TRUE_MASK, Feature
from helm_logic.analysis.formula import Compare
from helm_logic.kernel.encoding import MAX_INTEGER

Row: TypeAlias = tuple[tuple[tuple[str, int], ...], int]
_MOST_ROWS, _MOST_COMBINATIONS = 4_000, 256


@attrs.frozen
class Step:
    """A row made of *parts*, earlier rows by number with positive factors, over *divisor*."""

    parts: tuple[tuple[int, int], ...]
    divisor: int


def refute_box(features: Sequence[Feature], box: Box) -> list[list[Step]] | None:
    """Return derivations that no integers make the sums of *box* what it says, or None.

    One for each choice of an interval for each name, in the order of `choices`; None if elimination
    finds none.
    """
    found = []
    for number, rows in enumerate(choices(features, box)):
        steps = refute(rows) if number < _MOST_COMBINATIONS else None
        if steps is None:
            return None
        found.append(steps)
    return found


def choices(features: Sequence[Feature], box: Box) -> Iterator[list[Row]]:
    """Yield the rows that hold in *box*, one list for each choice of intervals.

    First the sums in the order of features, what compares a value that may be absent left out; then
    the upper and the lower bound of each name in order.
    """
    ranges = dict(_ranges(features, box))
    sums = [_row(source, box[n]) for n, each in enumerate(features)
            if n in box and isinstance(source := each.source, Compare)
            and all(name in ranges for name, _ in source.terms)]  # fmt: skip
    names = sorted({name for terms, _ in sums for name, _ in terms})
    for intervals in product(*(ranges[name] for name in names)):
        bounds: list[Row] = []
        for name, (low, high) in zip(names, intervals, strict=True):
            bounds += [(((name, 1),), high), (((name, -1),), -low)]
        yield [*sums, *bounds]


def _row(test: Compare, mask: int) -> Row:
    if mask == TRUE_MASK:
        return test.terms, test.bound
    return tuple((name, -factor) for name, factor in test.terms), -test.bound - 1


def _ranges(features: Sequence[Feature], box: Box) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Yield the intervals of each integer attribute, those that may be absent left out."""
    for number, feature in enumerate(features):
        mask = box.get(number, -1)
        chosen = [each for n, each in enumerate(feature.classes) if mask >> n & 1]
        if not feature.is_attribute or any(None in each.values for each in chosen):
            continue
        found: list[tuple[int, int]] = []
        for each in chosen:
            found += [each.bounds] if each.bounds else [(v, v) for v in each.values
                                                        if type(v) is int]  # fmt: skip
        yield feature.source.name, _joined(found)  # type: ignore[union-attr]


def _joined(intervals: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def refute(rows: Sequence[Row]) -> list[Step] | None:
    """Return a derivation that no integers satisfy *rows*; None if elimination finds none."""
    search = _Elimination(rows)
    last = search.run(sorted({name for terms, _ in rows for name, _ in terms}))
    if last is None:
        return None
    steps = _needed(len(rows), search.steps, last)
    small = all(times <= MAX_INTEGER for step in steps for _, times in step.parts)
    return steps if small and all(step.divisor <= MAX_INTEGER for step in steps) else None


class _Elimination:
    """Rows, each with its number; those beyond the given ones each by a step."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = list(rows)
        self.steps: list[Step] = []

    def run(self, names: Sequence[str]) -> int | None:
        """Eliminate *names* one by one; return the number of a contradictory row."""
        left = [self._add(((number, 1),)) for number in range(len(self._rows))]
        for name in ("", *names):
            left = self._without(name, left)
            for number in left:
                terms, bound = self._rows[number]
                if not terms and bound < 0:
                    return number
            if len(left) > _MOST_ROWS:
                return None
        return None

    def _without(self, name: str, numbers: Sequence[int]) -> list[int]:
        kept: list[int] = []
        above: list[tuple[int, int]] = []
        below: list[tuple[int, int]] = []
        for number in numbers:
            factor = dict(self._rows[number][0]).get(name, 0)
            if factor:
                (above if factor > 0 else below).append((number, abs(factor)))
            else:
                kept.append(number)
        if len(above) * len(below) > _MOST_ROWS:
            return [*kept, *(number for number, _ in (*above, *below))]
        for one, up in above:
            for other, down in below:
                shared = gcd(up, down)
                kept.append(self._add(((one, down // shared), (other, up // shared))))
        return self._tightest(kept)

    def _add(self, parts: tuple[tuple[int, int], ...]) -> int:
        """Return the number of the row that *parts* make, divided by all that divides it."""
        total: dict[str, int] = {}
        bound = 0
        for number, times in parts:
            terms, most = self._rows[number]
            bound += times * most
            for name, factor in terms:
                total[name] = total.get(name, 0) + times * factor
        kept = {name: factor for name, factor in sorted(total.items()) if factor}
        divisor = gcd(*kept.values()) or 1
        if len(parts) == 1 and divisor == 1:
            return parts[0][0]
        row = tuple((name, factor // divisor) for name, factor in kept.items()), bound // divisor
        self._rows.append(row)
        self.steps.append(Step(parts, divisor))
        return len(self._rows) - 1

    def _tightest(self, numbers: Sequence[int]) -> list[int]:
        best: dict[tuple[tuple[str, int], ...], int] = {}
        for number in numbers:
            terms, bound = self._rows[number]
            other = best.get(terms)
            if other is None or bound < self._rows[other][1]:
                best[terms] = number
        return list(best.values())


def _needed(given: int, steps: Sequence[Step], last: int) -> list[Step]:
    """Return the *steps* that row *last* rests on, numbered anew after the *given* rows."""
    wanted, waiting = set[int](), [last]
    while waiting:
        number = waiting.pop()
        if number >= given and number not in wanted:
            wanted.add(number)
            waiting += [part for part, _ in steps[number - given].parts]
    renumbered: Mapping[int, int] = {old: given + new for new, old in enumerate(sorted(wanted))} | {
        number: number for number in range(given)
    }
    return [
        Step(tuple((renumbered[n], times) for n, times in steps[old - given].parts),
             steps[old - given].divisor)
        for old in sorted(wanted)
    ]  # fmt: skip
