# SPDX-License-Identifier: Apache-2.0
"""The findings that are due about a small rule set, from their definitions and by brute force.

Every point of the space of requests goes through the production engine. The program that it runs
has, beside each rule, one that says that the rule's body holds, and for each condition one that
says that the rest of the body holds. What a rule's guard is, is then seen, not reasoned about; the
definitions of the codes are spelled out over guards as sets of points. No code is shared with the
analysis.

Requests are asked with authority and not without: a rule that asks for `authorized` does so
positively, so a request without it lets fewer rules apply and is never allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, reduce
from operator import or_

import attrs

from helm_logic.engine import Engine
from helm_logic.kernel.program import Rule
from helm_logic.lang import RuleSet
from tests.analysis.corpus.regions import Box, maximal
from tests.analysis.corpus.space import OutOfReach, known_actions, space
from tests.analysis.corpus.table import ALLOW, DENY, ESCALATE
from tests.analysis.corpus.watching import (
    FIRED,
    WITHOUT,
    conditions,
    is_written,
    negates_authority,
    watching,
)

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
    set is one that was loaded without rules about missing inputs.
    """

    def __init__(self, rule_set: RuleSet, files: Iterable[str], most: int = 20_000) -> None:
        names = frozenset(files)
        self.rules = [
            rule
            for rule in rule_set.program.rules
            if rule_set.spans[rule.id].source.name in names and is_written(rule)
        ]
        self._annotations = rule_set.annotations
        verdicts = [r for r in rule_set.program.rules if r.head.predicate in _VERDICTS]
        self._verdict = {rule.id: rule.head.predicate for rule in verdicts}
        self._linted = {rule.id for rule in self.rules}
        self._known = known_actions(self.rules)
        if any(negates_authority(rule) for rule in rule_set.program.rules):
            raise OutOfReach("a rule asks for what is not authorized")
        made = [r for r in rule_set.program.rules if not is_written(r)]
        self.space = space(rule_set, [*self.rules, *made])
        if self.space.size > most:
            raise OutOfReach(f"{self.space.size} points")
        self._conditions = list(conditions(self.rules))
        self.guard, self._without, self.outcome = self._observe(rule_set, verdicts)

    def _observe(
        self, rule_set: RuleSet, verdicts: Sequence[Rule]
    ) -> tuple[dict[str, int], dict[tuple[str, int], int], dict[str, int]]:
        """Ask the engine about every point; return sets of points as masks."""
        watched = {rule.id: rule for rule in (*self.rules, *verdicts)}
        engine = Engine(watching(rule_set.program, watched.values(), self._conditions))
        guard = dict.fromkeys(watched, 0)
        without = dict.fromkeys(self._conditions, 0)
        outcome = dict.fromkeys(("y:allow", "y:deny", "y:escalate"), 0)
        for number, point in enumerate(self.space.points()):
            facts = self.space.facts(point)
            facts["anchor"] = list(facts["subject"])
            found = engine.evaluate(facts)
            for (name,) in found.rows(FIRED):
                guard[str(name)[2:]] |= 1 << number
            for name, place in found.rows(WITHOUT):
                without[str(name)[2:], int(place)] |= 1 << number
            ((verdict,),) = found.rows("verdict")
            outcome[str(verdict)] |= 1 << number
        return guard, without, outcome

    def judged(self) -> Iterator[Judged]:
        """Yield every finding that is due, gaps by `gaps` aside."""
        for rule in self.rules:
            if not self.guard[rule.id]:
                yield Judged("HL101", "error", (rule.id,))
        for (name, _), points in self._without.items():
            if self.guard[name] and points == self.guard[name]:
                yield Judged("HL102", "warning", (name,))
        yield from self._redundant()
        for name in self._overridden:
            yield Judged("HL104", "error", (name,))
        yield from self._exceptions()
        for pair in self._contradictions:
            yield Judged("HL107", "error", pair)
        for name in self._of(ESCALATE):
            if self._is_unliftable(name):
                yield Judged("HL109", "error", (name,))
        yield from self._whole()

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
    def _contradictions(self) -> list[tuple[str, ...]]:
        """Pairs of one guard, or whose weaker one claims to override the stronger."""
        pairs: dict[tuple[str, ...], None] = {}
        for weak in (*self._of(ALLOW), *self._of(ESCALATE)):
            stronger = self._of(DENY)
            stronger += self._of(ESCALATE) if self._verdict[weak] == ALLOW else []
            for strong in stronger:
                shared = self.guard[weak] & self.guard[strong]
                equal = self._verdict[weak] == ALLOW and self.guard[weak] == self.guard[strong]
                if shared and (equal or strong in self._annotations[weak].overrides):
                    pairs[tuple(sorted((weak, strong)))] = None
        return list(pairs)

    @cached_property
    def _contradicted(self) -> frozenset[str]:
        return frozenset(name for pair in self._contradictions for name in pair)

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
        left_out = {*self._contradicted, *self._overridden}
        for verdict in _VERDICTS:
            names = [n for n in self._of(verdict) if self.guard[n] and n not in left_out]
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
        out = {*self._contradicted, *self._overridden}
        weaker = [name for name in self._of(ALLOW) if self.guard[name] and name not in out]
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
        """Say whether the rule applies somewhere whoever approves."""
        roles = len(self.space.approvals)
        rest = self.guard[name]
        every = (1 << (1 << roles)) - 1  # approvals are the last coordinates
        while rest:
            if rest & every == every:
                return True
            rest >>= 1 << roles
        return False

    def _whole(self) -> Iterator[Judged]:
        decided = self._actions(self._known)
        never = not self.outcome["y:allow"] and (self._of(ALLOW) or self._known)
        if never or (decided and not decided & ~self.outcome["y:allow"]):
            yield Judged("HL110", "error")

    def _actions(self, names: Iterable[object]) -> int:
        """Return the points of the actions *names*."""
        wanted, found = frozenset(names), 0
        for number, point in enumerate(self.space.points()):
            if self.space.value(point, "action") in wanted:
                found |= 1 << number
        return found

    @cached_property
    def undecided(self) -> int:
        """The points of known actions, with authority, that no rule decides."""
        return self._actions(self._known) & ~self._union(self._verdict)

    def gaps(self) -> list[Box]:
        """Return, action by action, the maximal boxes of undecided points: values by coordinate."""
        place = list(self.space.values).index("action")
        boxes: dict[int, set[Box]] = {}
        for n, point in enumerate(self.space.points()):
            if self.undecided >> n & 1:
                box = tuple(frozenset({value}) for value in point)
                boxes.setdefault(point[place], set()).add(box)
        return [box for ones in boxes.values() for box in maximal(ones)]
