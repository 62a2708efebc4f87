# SPDX-License-Identifier: Apache-2.0
"""The findings that are due about a small rule set, from their definitions and by brute force.

Every point of the space of requests goes through the production engine. What the guard of a rule
is, is then seen, not reasoned about; the definitions of the codes are spelled out over guards as
sets of points. No code is shared with the analysis.

Requests are asked with authority and, but for claims, not without: a rule that asks for
`authorized` does so positively, so without it fewer rules apply and nothing is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, reduce
from operator import or_

import attrs

from helm_logic.engine import Engine
from helm_logic.lang import RuleSet
from tests.analysis.corpus.promises import Promises
from tests.analysis.corpus.regions import Box, Point, holds, maximal
from tests.analysis.corpus.space import OutOfReach, known_actions, space
from tests.analysis.corpus.table import ALLOW, DENY, ESCALATE
from tests.analysis.corpus.watching import is_written, negates_authority, observe, watching

_VERDICTS = (ALLOW, DENY, ESCALATE)


@attrs.frozen
class Judged:
    """A finding that is due: its *code*, and the rule that it is *about* or those it is alike for.

    *others*, where the definition fixes them, are the other rules concerned.
    """

    code: str
    severity: str
    about: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Oracle:
    """Guards of the rules of *rule_set* that are in one of the *files*, and what follows.

    Raises OutOfReach if there are more than *most* points, or none could be enumerated. The rule
    set is one that was loaded with claims, and without rules about missing inputs.
    """

    def __init__(self, rule_set: RuleSet, files: Iterable[str], most: int = 20_000) -> None:
        names, rules = frozenset(files), rule_set.program.rules
        self.rules = [
            rule
            for rule in rules
            if rule_set.spans[rule.id].source.name in names and is_written(rule)
        ]
        self.rule_set, self._annotations = rule_set, rule_set.annotations
        self._verdict = {r.id: r.head.predicate for r in rules if r.head.predicate in _VERDICTS}
        self._linted = {rule.id for rule in self.rules}
        if any(negates_authority(rule) for rule in rules):
            raise OutOfReach("a rule asks for what is not authorized")
        made = [rule for rule in rules if not is_written(rule)]
        self.space = space(rule_set, [*self.rules, *made])
        if self.space.size > most:
            raise OutOfReach(f"{self.space.size} points")
        watched = [r for r in rules if r in self.rules or r in made or r.id in self._verdict]
        self._engine = Engine(watching(rule_set.program, watched, self.space.given))
        self._seen = observe(self._engine, self.space, authorized=True)
        assumed = (self._seen.fired.get(name, 0) for name in rule_set.assumptions)
        self._possible = ((1 << self.space.size) - 1) & ~reduce(or_, assumed, 0)
        self.guard = {r.id: self._seen.fired.get(r.id, 0) & self._possible for r in watched}

    def moves(self, new: RuleSet) -> set[tuple[str, str]]:
        """Return the moves of a verdict from these rules to *new*, which asks for nothing else."""
        engine = Engine(watching(new.program, (), self.space.given))
        after = observe(engine, self.space, authorized=True).verdict
        return {
            (one, two)
            for one, points in self._seen.verdict.items()
            for two, others in after.items()
            if one != two and points & others & self._possible
        }

    def judged(self) -> Iterator[Judged]:
        """Yield every finding that is due, gaps by `gaps` aside."""
        for rule in self.rules:
            if not self.guard[rule.id]:
                yield Judged("HL101", "error", (rule.id,))
        for (name, _), points in self._seen.without.items():
            guard = self.guard[name]
            if name in self._linted and guard and points & self._possible == guard:
                yield Judged("HL102", "warning", (name,))
        yield from self._redundant()
        for name in self._overridden:
            yield Judged("HL104", "error", (name,))
        yield from self._exceptions()
        for pair in self._contradictions:
            yield Judged("HL107", "error", tuple(sorted(pair)))
        for name in self._of(ESCALATE):
            if name not in self._stopped and self._is_unliftable(name):
                yield Judged("HL109", "error", (name,))
        yield from self._whole()
        yield from self._broken()

    def covers(self, name: str, others: Iterable[str]) -> bool:
        """Say whether the guards of *others* together contain that of *name*."""
        return not self.guard[name] & ~self._union(others)

    def _union(self, names: Iterable[str]) -> int:
        return reduce(or_, (self.guard[name] for name in names), 0)

    def _of(self, verdict: str, *, stock: bool = False) -> list[str]:
        return [
            name
            for name, each in self._verdict.items()
            if each == verdict and (stock or name in self._linted)
        ]

    @cached_property
    def _contradictions(self) -> list[tuple[str, str]]:
        """Pairs, weaker first: of one guard, or the weaker claims to override the stronger."""
        pairs = []
        for weak in (*self._of(ALLOW), *self._of(ESCALATE)):
            stronger = self._of(DENY)
            stronger += self._of(ESCALATE) if self._verdict[weak] == ALLOW else []
            for strong in stronger:
                shared = self.guard[weak] & self.guard[strong]
                equal = self._verdict[weak] == ALLOW and self.guard[weak] == self.guard[strong]
                if shared and (equal or strong in self._annotations[weak].overrides):
                    pairs.append((weak, strong))
        return pairs

    @cached_property
    def _contradicted(self) -> frozenset[str]:
        return frozenset(weak for weak, _ in self._contradictions)

    @cached_property
    def _stopped(self) -> frozenset[str]:
        """Rules about which it is said that they never take effect."""
        return frozenset((*self._contradicted, *self._overridden))

    @cached_property
    def _overridden(self) -> list[str]:
        denies = self._of(DENY, stock=True)
        found = []
        for name in (*self._of(ALLOW), *self._of(ESCALATE)):
            stronger = [*denies, *(self._of(ESCALATE) if self._verdict[name] == ALLOW else [])]
            if self.guard[name] and name not in self._contradicted and self.covers(name, stronger):
                found.append(name)
        return found

    def _redundant(self) -> Iterator[Judged]:
        """Rules inside others of their verdict; those of one guard together."""
        for verdict in _VERDICTS:
            names = [n for n in self._of(verdict) if self.guard[n] and n not in self._stopped]
            groups: dict[tuple[int, str | None], list[str]] = {}
            for name in names:
                groups.setdefault((self.guard[name], self._kind(name)), []).append(name)
            for group in groups.values():
                others = [
                    other
                    for other in self._of(verdict, stock=True)
                    if self._kind(other) == self._kind(group[0]) and other not in group
                ]
                if len(group) > 1 or self.covers(group[0], others):
                    yield Judged("HL103", "warning", tuple(group))

    def _kind(self, name: str) -> str | None:
        return self._annotations[name].approver if self._verdict[name] == ESCALATE else None

    def _exceptions(self) -> Iterator[Judged]:
        weaker = [n for n in self._of(ALLOW) if self.guard[n] and n not in self._stopped]
        for strong in (*self._of(DENY), *self._of(ESCALATE)):
            guard, meant = self.guard[strong], self._annotations[strong].overrides
            shared = [w for w in weaker if guard & self.guard[w] and w not in meant]
            inside = tuple(sorted(w for w in shared if not guard & ~self.guard[w]))
            across = tuple(sorted(w for w in shared if w not in inside))
            if inside:
                yield Judged("HL105", "info", (strong,), inside)
            if across:
                yield Judged("HL106", "info", (strong,), across)

    def _is_unliftable(self, name: str) -> bool:
        """Say whether the rule applies whoever approves, to a request that is not denied anyway."""
        step = 1 << len(self.space.approvals)
        every = (1 << step) - 1  # approvals are the last coordinates
        rest, denied = self.guard[name], self._union(self._of(DENY, stock=True))
        while rest:
            if rest & every == every and denied & every != every:
                return True
            rest, denied = rest >> step, denied >> step
        return False

    def _whole(self) -> Iterator[Judged]:
        allowed = self._seen.verdict[ALLOW] & self._possible
        decided = self._known & self._possible
        never = not allowed and (self._of(ALLOW) or self._known)
        if never or (decided and not decided & ~allowed):
            yield Judged("HL110", "error")

    def _broken(self) -> Iterator[Judged]:
        claims = self.rule_set.claims
        if not claims:
            return
        without = observe(self._engine, self.space, authorized=False)
        promises = Promises(self.space, self._possible, self._verdict, (self._seen, without))
        for claim in claims:
            if promises.is_broken(claim):
                yield Judged("HL401", "error", (claim.id,))
            elif promises.is_empty(claim):
                yield Judged("HL402", "warning", (claim.id,))

    @cached_property
    def _known(self) -> int:
        """The points of known actions."""
        known, found = known_actions(self.rules), 0
        for number, point in enumerate(self.space.points()):
            if self.space.value(point, "action") in known:
                found |= 1 << number
        return found

    def gaps(self) -> list[Box]:
        """Return, action by action, the maximal boxes of undecided points: values by coordinate.

        A box may hold what is assumed never to be; what it holds besides is what counts.
        """
        decided = reduce(or_, (self._seen.fired.get(name, 0) for name in self._verdict), 0)
        due = self._known & self._possible & ~decided
        open_ = due | (self._known & ~self._possible)
        place = list(self.space.values).index("action")
        found: dict[int, list[Point]] = {}
        real = set()
        for n, point in enumerate(self.space.points()):
            if open_ >> n & 1:
                found.setdefault(point[place], []).append(point)
            if due >> n & 1:
                real.add(point)
        boxes = [box for points in found.values() for box in maximal(points)]
        held = {frozenset(p for p in real if holds(box, p)): box for box in boxes}
        return [box for one, box in held.items() if one and not any(one < other for other in held)]
