# SPDX-License-Identifier: Apache-2.0
"""Whether boxes are what a formula says: by cases, until both answer each case the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import attrs

from helm_logic.analysis.formula import FALSE, TRUE, And, Formula, Literal, Not, Or, Test
from helm_logic.analysis.recheck.trees import Box, Refused

_MOST_CASES = 200_000
_EVERYTHING: Box = MappingProxyType({})


@attrs.frozen
class Ground:
    """How many classes each feature has, and for each test its feature and where it holds."""

    sizes: Sequence[int]
    places: Mapping[Test, tuple[int, int]]

    def place(self, test: Test) -> tuple[int, int]:
        """Return the feature of *test* and the mask of the classes in which it holds."""
        if test not in self.places:
            raise Refused(f"the features do not have the test {test}")
        return self.places[test]

    def mask(self, case: Box, feature: int) -> int:
        """Return the classes of *feature* that are left in *case*."""
        return case.get(feature, (1 << self.sizes[feature]) - 1)


def require_equal(
    ground: Ground, formula: Formula, boxes: Sequence[Box], start: Box = _EVERYTHING
) -> None:
    """Raise Refused unless the points of *formula* in *start* are those of *boxes*."""
    cases = 0
    waiting: list[tuple[Box, Formula, Sequence[Box]]] = [(start, formula, boxes)]
    while waiting:
        case, asked, candidates = waiting.pop()
        cases += 1
        if cases > _MOST_CASES:
            raise Refused(f"the formula has more than {_MOST_CASES} cases")
        left = settle(ground, asked, case)
        near, cut = _near(ground, candidates, case)
        if left is not TRUE and left is not FALSE:
            cut = _first(ground, left)
        elif cut is None:
            if bool(near) != (left is TRUE):
                raise Refused("the boxes are not what the rule says")
            continue
        elif left is FALSE:
            raise Refused("the boxes hold more than the rule says")
        feature, mask = cut
        have = ground.mask(case, feature)
        waiting += [({**case, feature: side}, left, near)
                    for side in (have & mask, have & ~mask) if side]  # fmt: skip


def _near(
    ground: Ground, boxes: Sequence[Box], case: Box
) -> tuple[Sequence[Box], tuple[int, int] | None]:
    """Return the boxes that share points with *case*, and how to cut it towards one of them.

    There is no cut if one of them has all of *case*, or none any of it.
    """
    near: list[Box] = []
    cut: tuple[int, int] | None = None
    for box in boxes:
        if all(ground.mask(case, feature) & mask for feature, mask in box.items()):
            needed = [(f, mask) for f, mask in box.items() if ground.mask(case, f) & ~mask]
            if not needed:
                return [box], None
            near.append(box)
            cut = cut or needed[0]
    return near, cut


def settle(ground: Ground, formula: Formula, case: Box) -> Formula:
    """Return what is left to ask of *formula* in *case*: TRUE or FALSE if nothing is."""
    match formula:
        case Literal(test):
            feature, mask = ground.place(test)
            have = ground.mask(case, feature)
            if have & mask:
                return formula if have & ~mask else TRUE
            return FALSE
        case Not(part):
            left = settle(ground, part, case)
            if left is TRUE or left is FALSE:
                return FALSE if left is TRUE else TRUE
            return Not(left)
        case And(parts) | Or(parts):
            neutral, ends = (FALSE, TRUE) if isinstance(formula, Or) else (TRUE, FALSE)
            kept = []
            for part in parts:
                left = settle(ground, part, case)
                if left is ends:
                    return ends
                if left is not neutral:
                    kept.append(left)
            return type(formula)(tuple(kept)) if kept else neutral


def _first(ground: Ground, formula: Formula) -> tuple[int, int]:
    """Return the place of the first test in *formula*."""
    while not isinstance(formula, Literal):
        formula = formula.part if isinstance(formula, Not) else formula.parts[0]
    return ground.place(formula.test)
