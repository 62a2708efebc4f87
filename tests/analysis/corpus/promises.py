# SPDX-License-Identifier: Apache-2.0
"""Whether claims hold, by their definitions in helm_logic/lang/LANGUAGE.md, at every point.

The first of two looks is at requests with authority, the second at those without, where what is
assumed of authority holds: no point at which a rule of the policy hands it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helm_logic.lang.ruleset import Claim
from tests.analysis.corpus.space import Space
from tests.analysis.corpus.watching import Seen

_RANK = {"deny": 0, "escalate": 1, "allow": 2}
_APPROVALS = "approvals"


class Promises:
    """What is seen of a program, for claims about it; *rules* give the verdict of each rule."""

    def __init__(
        self, space: Space, possible: int, rules: Mapping[str, str], looks: tuple[Seen, Seen]
    ) -> None:
        self._space, self._rules = space, rules
        with_, without = looks
        self._looks = ((with_, possible), (without, possible & ~without.authorized))

    def is_empty(self, claim: Claim) -> bool:
        """Say whether there is a condition, and it never holds."""
        conditions = (self._condition(claim, *look) for look in self._looks)
        return bool(claim.condition) and not any(conditions)

    def is_broken(self, claim: Claim) -> bool:
        """Say whether some request breaks *claim*."""
        return any(self._breaks(claim, *look) for look in self._looks)

    def _condition(self, claim: Claim, seen: Seen, possible: int) -> int:
        return possible & seen.fired.get(claim.condition, 0) if claim.condition else possible

    def _breaks(self, claim: Claim, seen: Seen, possible: int) -> bool:
        where = self._condition(claim, seen, possible)
        match claim.kind:
            case "never":
                broken = where & seen.verdict[claim.verdict]
            case "always":
                broken = where & ~seen.verdict[claim.verdict]
            case "only":
                broken = possible & seen.verdict[claim.verdict] & ~where
            case "decides":
                for name in self._rules:
                    where &= ~seen.fired.get(name, 0)
                broken = where
            case _:
                return any(self._varies(claim, seen, where))
        return bool(broken)

    def _varies(self, claim: Claim, seen: Seen, where: int) -> Iterator[bool]:
        """Yield, for points that differ in what *claim* is about alone, whether it matters."""
        ranks = {}
        groups: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        free = self._free(claim.about)
        for number, point in enumerate(self._space.points()):
            if where >> number & 1:
                verdict = next(name for name, at in seen.verdict.items() if at >> number & 1)
                ranks[point] = _RANK[verdict]
                rest = tuple(value for place, value in enumerate(point) if place not in free)
                groups.setdefault(rest, []).append(point)
        for points in groups.values():
            for one in points:
                for other in points:
                    if claim.about != _APPROVALS:
                        yield ranks[one] != ranks[other]
                    elif all(a <= b for a, b in zip(one, other, strict=True)):
                        yield ranks[one] > ranks[other]

    def _free(self, about: str) -> frozenset[int]:
        """Return the coordinates that may differ: what facts say of another value may, too."""
        attributes, members = len(self._space.values), len(self._space.members)
        facts = attributes + members
        if about == _APPROVALS:
            return frozenset(range(facts + len(self._space.asked), len(self._space.axes)))
        asked = (n for n, each in enumerate(self._space.asked) if about in each.attributes)
        return frozenset(
            (list(self._space.values).index(about), *(facts + place for place in asked))
        )
