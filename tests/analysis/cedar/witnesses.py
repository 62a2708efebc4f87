# SPDX-License-Identifier: Apache-2.0
"""What sets say about each other: where some element must exist, no test may say that it does not.

Each test about whole sets says that there is an element of a certain kind (`Exists`), or that there
is none. One that says there is, and others that say of every such element that there is none,
exclude each other; unless the element is one that the others make an exception of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import attrs

from tests.analysis.cedar.conditions import (
    Asked,
    Below,
    Exceeds,
    Existential,
    Has,
    Lacks,
    Never,
    Shares,
    Term,
    Under,
    equality,
)

_MOST_AGAINST = 3  # tests that exclude an element together


@attrs.frozen
class Exists:
    """Some element is in all *inside*, in none *outside*, above *child*, and none of *items*."""

    inside: frozenset[Term]
    outside: frozenset[Term] = frozenset()
    child: Term | None = None
    items: tuple[Term, ...] = ()

    def fails_of(self, item: Term) -> Iterator[Asked]:
        """Yield tests each of which says that the element is not *item*."""
        for of in sorted(self.inside, key=str):
            yield Asked(Has(of, item), holds=False)
        for of in sorted(self.outside, key=str):
            yield Asked(Has(of, item))
        if self.child is not None:
            yield Asked(Under(self.child, item), holds=False)
        for other in self.items:
            if item.name or other.name:
                yield equality(item, other)


def contradictions(existentials: Sequence[Existential]) -> Iterator[Never]:
    """Yield what never holds together because of some element."""
    for one in existentials:
        found: list[frozenset[Existential]] = []
        child = _said(one).child
        others = [e for e in existentials if e != one and _said(e).child in (None, child)]
        for size in range(1, _MOST_AGAINST + 1):
            for against in combinations(others, size):
                if any(less <= {*against} for less in found):
                    continue
                if _cannot_be(_said(one), [_said(each) for each in against]):
                    found.append(frozenset(against))
                    yield from _nevers(one, against)


def _said(atom: Existential) -> Exists:
    match atom:
        case Below(child, of):
            return Exists(frozenset({of}), child=child)
        case Lacks(of, other):
            return Exists(frozenset({other}), frozenset({of}))
        case Shares(one, other):
            return Exists(frozenset({one, other}))
        case Exceeds(of, items):
            return Exists(frozenset({of}), items=items)


def _cannot_be(one: Exists, against: Sequence[Exists]) -> bool:
    """Say whether an element, none of the items, as *one* says is always one of *against*."""
    sets = sorted({of for each in (one, *against) for of in each.inside | each.outside}, key=str)
    for signs in product((False, True), repeat=len(sets)):
        element = {of for of, sign in zip(sets, signs, strict=True) if sign}
        if _is_one(element, one, one.child) and not any(
            _is_one(element, other, one.child) for other in against
        ):
            return False
    return True


def _is_one(element: set[Term], said: Exists, child: Term | None) -> bool:
    fits = said.inside <= element and said.outside.isdisjoint(element)
    return fits and said.child in (None, child)


def _nevers(one: Existential, against: Sequence[Existential]) -> Iterator[Never]:
    base = (Asked(one), *(Asked(each, holds=False) for each in against))
    said = _said(one)
    excepted = dict.fromkeys(
        item for each in against for item in _said(each).items if item not in said.items
    )
    for excuses in product(*(tuple(said.fails_of(item)) for item in excepted)):
        yield (*base, *excuses)
