# SPDX-License-Identifier: Apache-2.0
"""Claims about two requests: more approvals never hurt, a value makes no difference.

`monotone in approvals` is proved for any number of approvals more, which is the same as for one:
one after the other, the verdict never goes down. Found to be wrong, it is shown by two requests of
which the second has one approval more. `independent of NAME` is proved for any two values; facts
that are about the value are free.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import attrs

from helm_logic.analysis.attribute import PLACES
from helm_logic.analysis.boxes import Box, meet
from helm_logic.analysis.change.entries import EntryIndex, reconciled
from helm_logic.analysis.change.moves import Explorer, Leaf, Tree
from helm_logic.analysis.change.regions import grown
from helm_logic.analysis.copies import Copies, PairProof, moved_by, stand_ins_of, together
from helm_logic.analysis.domain import Domain
from helm_logic.analysis.guards import Guards
from helm_logic.analysis.inquiry import Inquiry
from helm_logic.analysis.polarity import growing, only_grows
from helm_logic.analysis.residue import Point
from helm_logic.analysis.witness import WitnessMaker
from helm_logic.analysis.words import Words
from helm_logic.kernel.encoding import JsonValue
from helm_logic.lang import Claim, RuleSet
from helm_logic.policy.case_file import Case
from helm_logic.receipts.verdict import Verdict

_RISING = (Verdict.DENY, Verdict.ESCALATE, Verdict.ALLOW)
_TRIED = 8


@attrs.frozen
class Refuted:
    """Two requests of *region* whose verdicts, *before* and *after*, refute a claim.

    *first* and *second* are the requests, if the engine could be made to decide so.
    """

    before: Verdict
    after: Verdict
    region: str
    first: Case | None
    second: Case | None


def refute_pair(
    inquiry: Inquiry, guards: Guards, claim: Claim, condition: Sequence[Box]
) -> Refuted | PairProof:
    """Return how *claim* is refuted where *condition* holds, or the proof that it holds.

    Raises TooManyCases.
    """
    pairs = Approvals(inquiry) if claim.kind == "monotone" else Values(inquiry, claim.about)
    starts = pairs.starts(condition)
    arena = pairs.copies.arena()
    action = inquiry.study.number_of("action")
    action = None if action in pairs.moved else action
    entries = reconciled(pairs.copies.entries(guards.all()), arena.space, action)
    index = EntryIndex(entries, action)
    explorer = Explorer(arena, entries)
    trees: list[Tree] = []
    for start in starts:
        for part in explorer.parts(start, action):
            trees.append(explorer.explore(part, index.near(part)))
            wrong = [leaf for leaf in trees[-1].leaves if pairs.refutes(leaf)]
            if wrong:
                return _refuted(pairs, arena, wrong)
    return PairProof(claim.id, arena, tuple(trees))


def _refuted(pairs: Pairs, arena: Domain, wrong: Sequence[Leaf]) -> Refuted:
    """Return the first of *wrong* that the engine can be made to show, or else just the first."""
    for leaf in wrong[:_TRIED]:
        for box in (meet(leaf.box, pairs.authorized), leaf.box):
            found = arena.avoid(box) if box is not None else None
            point = arena.find_point(found) if found is not None else None
            if found is None or point is None:
                continue
            cases = pairs.shown(found, point)
            if cases is not None:
                first, second = cases
                region = pairs.region(arena, leaf, wrong)
                return Refuted(first.verdict, second.verdict, region, first, second)
    leaf = wrong[0]
    return Refuted(leaf.before, leaf.after, pairs.region(arena, leaf, wrong), None, None)


class Pairs:
    """Pairs of requests over *copies* of the features *moved*; the first is the one before."""

    def __init__(self, inquiry: Inquiry, moved: Collection[int]) -> None:
        self._inquiry, study = inquiry, inquiry.study
        self.moved = frozenset(moved)
        self.copies = Copies(study, self.moved)
        authorized = study.authorized
        self.authorized = meet(authorized, self.copies.other(authorized)) or authorized
        self._words = Words(study.features)
        self._maker = WitnessMaker(study.rule_set, study.unfolder)

    def starts(self, condition: Sequence[Box]) -> list[Box]:
        """Return the pairs that a claim is about where *condition* holds."""
        raise NotImplementedError

    def refutes(self, leaf: Leaf) -> bool:
        """Say whether the pairs of *leaf* refute the claim."""
        raise NotImplementedError

    def shown(self, box: Box, point: Point) -> tuple[Case, Case] | None:
        """Return the pair of *point*, which lies in *box*, decided so that the claim is refuted."""
        raise NotImplementedError

    def _cases(self, box: Box, point: Point) -> tuple[Case, Case]:
        first, second = self.copies.points(box, point)
        title = "HL401: what a claim says of two requests, the {} one"
        return (
            self._maker.case(title.format("first"), first),
            self._maker.case(title.format("second"), second),
        )

    def region(self, arena: Domain, leaf: Leaf, others: Sequence[Leaf]) -> str:
        """Return in words what the requests around *leaf* have in common, then how they differ.

        The region is the largest in which it is so as in *leaf*, one of *others*.
        """
        alike = [each.box for each in others
                 if (each.before, each.after) == (leaf.before, leaf.after)]  # fmt: skip
        first, second = self.copies.apart(grown(arena, leaf.box, alike))
        known = self._inquiry.study.authorized
        shared = {n: m for n, m in first.items() if n not in self.moved and known.get(n) != m}
        own = [{n: m for n, m in each.items() if n in self.moved} for each in (first, second)]
        one, other = (self._words.region(each) if each else "any other" for each in own)
        common = [self._words.region(shared)] if shared else []
        return ", ".join([*common, f"{one} against {other}"])


class Approvals(Pairs):
    """A request, and the same with more approvals."""

    def __init__(self, inquiry: Inquiry) -> None:
        study = inquiry.study
        super().__init__(inquiry, moved_by(study, (), ("approval",)))
        reached = study.unfolder.reaching(("approval",))
        grown = growing(study.rule_set.program.rules, "approval", reached)
        unclear = stand_ins_of(study, reached)
        self.copies.only_added(
            lambda fact: not fact.predicates & unclear and only_grows(fact, grown, reached)
        )

    def starts(self, condition: Sequence[Box]) -> list[Box]:
        """Return the pairs of which the first meets the condition."""
        return list(condition)

    def refutes(self, leaf: Leaf) -> bool:
        """Say whether more approvals lower the verdict."""
        return _RISING.index(leaf.after) < _RISING.index(leaf.before)

    def shown(self, box: Box, point: Point) -> tuple[Case, Case] | None:
        """Return the two requests, one approval apart, between which the verdict goes down."""
        first, second = self._cases(box, point)
        more = [each for each in second.approvals if each not in first.approvals]
        before: Case | None = None
        for number in range(len(more) + 1):
            case = attrs.evolve(
                second if number else first,
                request=first.request,
                relations=first.relations,
                chain=first.chain,
                approvals=(*first.approvals, *more[:number]),
            )
            after = self._inquiry.replayer.replay(case)
            if after is None:
                return None
            if before is not None and _RISING.index(after.verdict) < _RISING.index(before.verdict):
                return before, after
            before = after
        return None


class Values(Pairs):
    """Two requests that differ in the attribute or set *about*, and in what that decides."""

    def __init__(self, inquiry: Inquiry, about: str) -> None:
        study, self._about = inquiry.study, about
        names = [about, *_read_with(study.rule_set, about)]
        self._names = [name for name in names if name in study.unfolder.attributes]
        predicates = [name for name in names if name not in self._names]
        super().__init__(inquiry, moved_by(study, self._names, predicates))

    def starts(self, condition: Sequence[Box]) -> list[Box]:
        """Return the pairs that both meet the condition, with two values of what differs."""
        differing: list[Box] = [{}]
        features = self._inquiry.study.features
        if self._about in self._names and not all(features[n].is_attribute for n in self.moved):
            differing = self.copies.differ_in(self._about)
        both = together(self.copies, condition, condition)
        return [found for one in both for two in differing if (found := meet(one, two)) is not None]

    def refutes(self, leaf: Leaf) -> bool:
        """Say whether the verdict is another one."""
        return leaf.moves

    def shown(self, box: Box, point: Point) -> tuple[Case, Case] | None:
        """Return the two requests with chain, approvals and facts of both."""
        cases = self._cases(box, point)
        relations = _united(cases[0].relations, cases[1].relations)
        approvals = tuple(dict.fromkeys((*cases[0].approvals, *cases[1].approvals)))
        anchors = tuple(dict.fromkeys((*cases[0].anchors, *cases[1].anchors)))
        found = []
        for case, other in (cases, cases[::-1]):
            whole = attrs.evolve(
                case,
                relations=relations,
                approvals=approvals,
                anchors=anchors,
                chain=case.chain or other.chain,
            )
            found.append(self._inquiry.replayer.replay(whole))
        first, second = found
        if first is None or second is None or first.verdict is second.verdict:
            return None
        return first, second


def _read_with(rule_set: RuleSet, about: str) -> Iterator[str]:
    """Yield what else is read where *about* is in a request: one may not change without others."""
    known: dict[str, tuple[tuple[str, ...], ...]] = {**PLACES}
    known |= {each.name: (each.path,) for each in rule_set.inputs}
    own = known.get(about, ())
    for name, paths in known.items():
        pairs = ((one, other) for one in paths for other in own)
        if name != about and any(one[: len(other)] == other[: len(one)] for one, other in pairs):
            yield name


def _united(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    found = dict(one)
    for name, rows in other.items():
        known = found.get(name, [])
        if isinstance(known, list) and isinstance(rows, list):
            found[name] = [*known, *(row for row in rows if row not in known)]
    return found
