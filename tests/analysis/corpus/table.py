# SPDX-License-Identifier: Apache-2.0
"""A decision table on its way to rule text: units, leaves, and the rules that settle them.

A unit is an action, or two that are treated alike, with a grid of its own. A tree of random cuts
makes the grid a partition into leaves; settling a leaf gives each of its points exactly one
verdict. What settles all leaves, and nothing more, is a clean table: no finding is due about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random

import attrs

from tests.analysis.corpus.expected import Expected
from tests.analysis.corpus.grid import Grid, Phrase, cuts, gathered, joined, literals, tight
from tests.analysis.corpus.names import Names

ALLOW, DENY, ESCALATE = "allow", "deny", "escalate"


@attrs.define(eq=False)
class Draft:
    """A rule on its way: *lead* are literals before those of *phrases*, *tail* those after."""

    id: str
    head: str
    lead: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    tail: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    approver: str = ""
    overrides: list[str] = attrs.field(factory=list)

    @property
    def text(self) -> str:
        """The rule in the rule language."""
        noted = [f'@id("{self.id}")'] if self.id else []
        noted += [f'@approver("{self.approver}")'] if self.approver else []
        noted += [f'@overrides("{each}")' for each in self.overrides]
        body = ",\n    ".join((*self.lead, *literals(self.phrases), *self.tail))
        above = "  ".join(noted) + "\n" if noted else ""
        return f"{above}{self.head} :-\n    {body}."

    @property
    def needs(self) -> tuple[str, ...]:
        """The helper rules that it needs."""
        return (*self.helpers, *gathered(self.phrases))


@attrs.define(eq=False)
class Unit:
    """Actions that are treated alike; *lead* asks for them, with the help of *helpers*."""

    actions: tuple[str, ...]
    lead: tuple[str, ...]
    helpers: tuple[str, ...]
    grid: Grid
    roles: tuple[str, ...]


@attrs.define(eq=False)
class Leaf:
    """A part of a unit's grid, described by tight *phrases*."""

    unit: Unit
    phrases: tuple[Phrase, ...]
    points: int

    @property
    def is_box(self) -> bool:
        """Whether it is a product of classes of its dimensions."""
        return all(each.whole for each in self.phrases)


@attrs.define(eq=False)
class Pair:
    """Two leaves that one cut made from the part described by *phrases*."""

    one: Leaf
    two: Leaf
    phrases: tuple[Phrase, ...]
    points: int


class Table:
    """Collects rules and expectations while leaves are settled and defects are planted."""

    def __init__(self, rng: Random, names: Names, verdicts: Sequence[str]) -> None:
        self.rng, self.names, self.verdicts = rng, names, verdicts
        self.leaves: list[Leaf] = []
        self.pairs: list[Pair] = []
        self.drafts: list[Draft] = []
        self.statements: list[str] = []
        self.helpers: tuple[str, ...] = ()
        self.expected: list[Expected] = []

    def grow(self, unit: Unit, phrases: tuple[Phrase, ...], points: int, leaves: int) -> None:
        """Cut the part of *unit* that *phrases* describe into about that many *leaves*."""
        self._grow(unit, phrases, points, leaves)

    def _grow(
        self, unit: Unit, phrases: tuple[Phrase, ...], points: int, leaves: int
    ) -> Leaf | None:
        sides = self._cut(unit, points) if leaves > 1 else None
        if sides is None:
            phrases = tight(phrases, unit.grid.full)
            self.leaves.append(leaf := Leaf(unit, phrases, points))
            return leaf
        first = self.rng.randint(1, leaves - 1)
        parts = [
            self._grow(unit, (*phrases, side), points & side.points, count)
            for side, count in zip(sides, (first, leaves - first), strict=True)
        ]
        if parts[0] is not None and parts[1] is not None:
            self.pairs.append(Pair(parts[0], parts[1], phrases, points))
        return None

    def _cut(self, unit: Unit, points: int) -> tuple[Phrase, Phrase] | None:
        splits = list(unit.grid.splits(points, self.rng))
        if len(splits) > 1 and self.rng.random() < 0.15:
            (one, _), (two, _) = splits[:2]
            yes, no = joined((one, two), self.names, unit.grid.full)
            if cuts(yes, points) and one.points & two.points not in (one.points, two.points):
                return yes, no
        return splits[0] if splits else None

    def take_leaf(self, fits: Callable[[Leaf], bool] = lambda _leaf: True) -> Leaf | None:
        """Return a leaf that nothing has settled and that *fits*, None if there is none."""
        for leaf in self.rng.sample(self.leaves, len(self.leaves)):
            if fits(leaf):
                self._settled(leaf)
                return leaf
        return None

    def take_pair(self, fits: Callable[[Pair], bool]) -> Pair | None:
        """Return a pair of leaves that nothing has settled and that *fits*, None if none does."""
        for pair in self.rng.sample(self.pairs, len(self.pairs)):
            if fits(pair):
                self._settled(pair.one)
                self._settled(pair.two)
                return pair
        return None

    def is_single(self, leaf: Leaf) -> bool:
        """Say whether *leaf* is in no pair."""
        return not any(leaf in (pair.one, pair.two) for pair in self.pairs)

    def _settled(self, leaf: Leaf) -> None:
        self.leaves.remove(leaf)
        self.pairs = [pair for pair in self.pairs if leaf not in (pair.one, pair.two)]

    def narrowing(self, unit: Unit, *parts: int) -> Phrase | None:
        """Return a phrase that cuts every one of *parts*, None if there is none."""
        for phrase in _shuffled(unit.grid.phrases, self.rng):
            if all(cuts(phrase, points) for points in parts):
                return phrase
        return None

    def rule(
        self, unit: Unit, verdict: str, phrases: Iterable[Phrase], approver: str = ""
    ) -> Draft:
        """Add the rule that gives *verdict* where *phrases* hold; return it."""
        draft = self.draft(unit, verdict, tight(tuple(phrases), unit.grid.full), approver)
        self.drafts.append(draft)
        return draft

    def draft(
        self, unit: Unit, verdict: str, phrases: Iterable[Phrase], approver: str = ""
    ) -> Draft:
        """Return the rule without adding it, its phrases as they are."""
        name = self.names.new("c")
        shuffled = tuple(_shuffled(phrases, self.rng))
        tail = ("authorized",) if verdict == ALLOW and self.rng.random() < 0.7 else ()
        return Draft(name, f"{verdict}({name})", unit.lead, shuffled, tail, unit.helpers, approver)

    def settle(self, leaf: Leaf, verdict: str = "", after: str = "") -> list[Draft]:
        """Add the rules that give every point of *leaf* the *verdict*, a random one if empty.

        An ESCALATE is lifted by an approval; then *after* is the verdict.
        """
        verdict = verdict or self.rng.choice(self.verdicts)
        if verdict != ESCALATE:
            return [self.rule(leaf.unit, verdict, leaf.phrases)]
        rest = [each for each in self.verdicts if each != ESCALATE]
        after = after or self.rng.choice(rest)
        role = self.rng.choice(leaf.unit.roles)
        yes, no = leaf.unit.grid.approvals[role]
        return [
            self.rule(leaf.unit, ESCALATE, (*leaf.phrases, no), role),
            self.rule(leaf.unit, after, (*leaf.phrases, yes)),
        ]


def _shuffled(phrases: Iterable[Phrase], rng: Random) -> Iterator[Phrase]:
    ones = list(phrases)
    return iter(rng.sample(ones, len(ones)))
