# SPDX-License-Identifier: Apache-2.0
"""Whether sums of integers contradict each other: derivations checked step by step.

A row says that a sum of factor times name is at most a bound. Positive multiples of rows may be
added, and a row divided by what divides all its factors, its bound rounded down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeAlias

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.feature import TRUE_MASK, Feature
from helm_logic.analysis.formula import Compare
from helm_logic.analysis.recheck.trees import Box, Refused
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.shape import require_integer, require_list

_Row: TypeAlias = tuple[dict[str, int], int]
_MOST_CHOICES = 4_096


def require_contradiction(
    features: Sequence[Feature], box: Box, derivations: Sequence[JsonValue]
) -> None:
    """Raise Refused unless *derivations* show that no integers make the sums of *box* as it says.

    There is one for each choice of an interval for each name.
    """
    rows = list(_choices(features, box))
    if len(rows) != len(derivations):
        raise Refused(f"there are {len(derivations)} derivations for {len(rows)} cases")
    for given, steps in zip(rows, derivations, strict=True):
        last: _Row = {}, 0
        for step in require_list(steps, "a derivation"):
            last = _derived(given, [require_integer(n, "a step") for n in require_list(step, "")])
            given.append(last)
        if last[0] or last[1] >= 0:
            raise Refused("a derivation does not end in a contradiction")


def _derived(rows: Sequence[_Row], step: Sequence[int]) -> _Row:
    divisor, *parts = step or [0]
    if len(parts) % 2:
        raise Refused("a step has a row without a factor")
    total: dict[str, int] = {}
    bound = 0
    for number, times in zip(parts[::2], parts[1::2], strict=True):
        if not 0 <= number < len(rows) or times <= 0:
            raise Refused(f"a step takes row {number} times {times}")
        terms, most = rows[number]
        bound += times * most
        for name, factor in terms.items():
            total[name] = total.get(name, 0) + times * factor
    kept = {name: factor for name, factor in total.items() if factor}
    if divisor < 1 or any(factor % divisor for factor in kept.values()):
        raise Refused(f"a step divides by {divisor} what it does not divide")
    return {name: factor // divisor for name, factor in kept.items()}, bound // divisor


def _choices(features: Sequence[Feature], box: Box) -> Iterator[list[_Row]]:
    """Yield the rows that hold in *box*, once for each choice of intervals of the names in them.

    What compares a value that may be absent says nothing.
    """
    ranges = {each.source.name: found for n, each in enumerate(features)
              if isinstance(each.source, Attribute)
              and (found := _intervals(each, box.get(n, -1))) is not None}  # fmt: skip
    sums: list[_Row] = []
    for number, feature in enumerate(features):
        source = feature.source
        if number not in box or not isinstance(source, Compare):
            continue
        if all(name in ranges for name, _ in source.terms):
            holds = box[number] == TRUE_MASK
            terms = {name: factor if holds else -factor for name, factor in source.terms}
            sums.append((terms, source.bound if holds else -source.bound - 1))
    names = sorted({name for terms, _ in sums for name in terms})
    for count, chosen in enumerate(product(*(ranges[name] for name in names))):
        if count == _MOST_CHOICES:
            raise Refused(f"there are more than {_MOST_CHOICES} choices of intervals")
        yield [*sums, *(row for name, (low, high) in zip(names, chosen, strict=True)
                        for row in (({name: 1}, high), ({name: -1}, -low)))]  # fmt: skip


def _intervals(feature: Feature, mask: int) -> list[tuple[int, int]] | None:
    """Return the intervals of *mask*, adjacent ones joined; None if the value may be absent."""
    found: list[tuple[int, int]] = []
    for number, each in enumerate(feature.classes):
        if mask >> number & 1:
            if None in each.values:
                return None
            found += [each.bounds] if each.bounds else [(v, v) for v in each.values
                                                        if isinstance(v, int)]  # fmt: skip
    joined: list[tuple[int, int]] = []
    for low, high in sorted(found):
        if joined and joined[-1][1] + 1 == low:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined
