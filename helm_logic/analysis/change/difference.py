# SPDX-License-Identifier: Apache-2.0
"""Where two versions can differ, as entries over one arena, and what becomes of verdicts there.

Only actions that a differing rule is about are explored, each for itself; the rules of other
actions are not even unfolded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from helm_logic.analysis.boxes import meet
from helm_logic.analysis.change.entries import BOTH, NEW, OLD, Entry, EntryIndex, reconciled
from helm_logic.analysis.change.moves import Explorer, Tree
from helm_logic.analysis.change.pairing import Paired, Pairing
from helm_logic.analysis.domain import Domain
from helm_logic.analysis.features import FALSE_MASK
from helm_logic.analysis.formula import Fact, GroundLiteral, Is
from helm_logic.analysis.study import Study
from helm_logic.analysis.unfold import AUTHORIZED
from helm_logic.kernel.terms import Term
from helm_logic.receipts.verdict import Verdict

CHAIN = "authority"  # the rule of an entry that stands for all faults of a chain
Progress = Callable[[int, int], None]


class Difference:
    """What *pairing* leaves to compare; raises TooManyCases for guards with too many cases."""

    def __init__(self, pairing: Pairing) -> None:
        self.pairing = pairing
        self.actions = self._actions()
        context = pairing.context(self.actions) if pairing.differing or self._regranted else []
        self.study = pairing.study([*pairing.differing, *context])
        self.rules = {each.id: each for each in (*pairing.differing, *context)}
        self.arena = Domain(self.study.features, self.study.impossible)
        self._action = self.study.number_of("action")
        everything = _entries(pairing, self.study, list(self.rules.values()))
        self.entries = reconciled(everything, self.arena.space, self._action)

    @property
    def _regranted(self) -> bool:
        """Whether the versions differ in when an ALLOW counts."""
        one, other = self.pairing.versions[OLD], self.pairing.versions[NEW]
        names = self.pairing.names
        same = names[OLD].get(AUTHORIZED) == names[NEW].get(AUTHORIZED)
        return not same or one.chained != other.chained

    def _actions(self) -> frozenset[Term] | None:
        """Return the actions for which the versions can differ, None if it may be any."""
        differing = self.pairing.differing
        if self._regranted:
            return None
        named = [each.actions for each in differing if each.actions is not None]
        if len(named) < len(differing):
            return _asked(self.pairing, differing)
        return frozenset[Term]().union(*named)

    @cached_property
    def counted(self) -> frozenset[int]:
        """The features that matter: of guards that hold where one that differs does."""
        index = EntryIndex(self.entries, self._action)
        found = {self._action} if self._action is not None else set()
        for entry in self.entries:
            if entry.sides != BOTH:
                found.update(n for near in index.near(entry.box) for n in self.entries[near].box)
        return frozenset(found)

    @property
    def unsupported(self) -> dict[str, tuple[str, ...]]:
        """What was not understood of rules that only one side has; in others it does not matter.

        There it is a fact that may hold or not, but is the same fact for both sides.
        """
        rules = self.study.by_id
        return {
            rule_id: constructs
            for rule_id, constructs in self.study.unfolder.unsupported.items()
            if not (
                self.rules[rule_id].sides == BOTH
                if rule_id in self.rules
                else self.pairing.is_shared(rules[rule_id].head.predicate)
            )
        }

    def explore(self, progress: Progress | None = None) -> Iterator[Tree]:
        """Yield the tree of each class of actions for which the versions can differ."""
        explorer = Explorer(self.arena, self.entries, self.counted)
        index = EntryIndex(self.entries, self._action)
        starts = explorer.parts({}, self._action)
        for done, start in enumerate(starts, start=1):
            yield explorer.explore(start, index.near(start))
            if progress is not None:
                progress(done, len(starts))


def _asked(pairing: Pairing, differing: list[Paired]) -> frozenset[Term] | None:
    """Return the actions that the guards of *differing* leave, None if it may be any."""
    study = pairing.study(differing)
    action = study.number_of("action")
    if action is None:
        return None
    entries = reconciled(_entries(pairing, study, differing), study.space, action)
    feature = study.features[action]
    mask, full = 0, study.space.full(action)
    for entry in entries:
        if entry.sides != BOTH:
            mask |= entry.box.get(action, full)
    found: dict[Term, int] = {
        test.constant: covered for test, covered in feature.masks.items() if isinstance(test, Is)
    }
    named = 0
    for covered in found.values():
        named |= covered
    if mask & ~named:
        return None
    return frozenset(constant for constant, covered in found.items() if covered & mask)


def _entries(pairing: Pairing, study: Study, rules: list[Paired]) -> Iterator[Entry]:
    """Yield what each side concludes; ALLOW as far as it counts there."""
    granted = {side: study.boxes(pairing.granted(side)) for side in (OLD, NEW)}
    for side, version in pairing.versions.items():
        number = study.number_of(Fact((GroundLiteral("atom", AUTHORIZED, ()),)))
        if version.chained and number is not None:
            yield Entry(side, Verdict.DENY, CHAIN, {number: FALSE_MASK})
    for each in rules:
        verdict = Verdict(each.rule.head.predicate.upper())
        for box in study.boxes(each.id):
            if verdict is not Verdict.ALLOW:
                yield Entry(each.sides, verdict, each.id, box)
                continue
            for side in (OLD, NEW):
                held = [both for one in granted[side] if (both := meet(box, one)) is not None]
                if each.sides & side:
                    yield from (Entry(side, verdict, each.id, both) for both in held)
