# SPDX-License-Identifier: Apache-2.0
"""Where a verdict can come out, asked of all guards together.

A request is denied if a deny rule holds, or nothing does; escalated if an escalate rule holds and
no deny rule; allowed if an allow rule holds, it is authorized, and neither of the others does. A
request that lacks an input, or has an invalid one, is nobody's claim.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

import attrs

from helm_logic.analysis.boxes import Box, Space, are_apart, meet
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.features import FALSE_MASK
from helm_logic.analysis.formula import Fact, GroundLiteral
from helm_logic.analysis.inquiry import Claimed, Inquiry
from helm_logic.analysis.study import Ruled
from helm_logic.analysis.unfold import AUTHORIZED
from helm_logic.receipts.verdict import Verdict

Covering: TypeAlias = list[tuple[Ruled, Box]]
_MOST_REGIONS = 64
CHAIN = "authority"  # stands for the faults of a chain


@attrs.frozen
class Outside:
    """Requests of *start* that lie in none of *covering*: those of *box*, for one."""

    box: Box
    start: Box
    covering: tuple[Box, ...]

    def regions(self, space: Space) -> list[Box]:
        """Return all largest boxes of such requests, the simplest first, if they are not many."""
        left = space.remainder(self.start, self.covering, _MOST_REGIONS)
        found = sorted(left or (), key=lambda box: (len(box), -space.points(box, box)))
        return [*found, self.box]


class Guards:
    """The guards of the rules that *inquiry* is about.

    *faulted* says that whoever is not authorized has a fault, so is denied. *unclear* are rules of
    one's own that change that: faults that stock rules do not know, or whom they authorize.
    """

    def __init__(self, inquiry: Inquiry) -> None:
        self._inquiry = inquiry
        study = inquiry.study
        self.ruled = study.ruled
        self._too_many = tuple(study.too_many)
        self._number = study.number_of(Fact((GroundLiteral("atom", AUTHORIZED, ()),)))
        stock = study.faults & study.stock
        own = tuple(sorted(study.faults - study.stock))
        self.unclear = own or tuple(_changing(inquiry, stock))
        self.faulted = bool(stock) and not self.unclear and self._number is not None
        self.complete: Box = {
            number: mask for number, mask in study.authorized.items() if number != self._number
        }

    def condition(self, rule_id: str) -> list[Box]:
        """Return the complete requests that the condition *rule_id* holds for; all, if none is.

        Raises TooManyCases, for the guard of any rule too: without it nothing is proved.
        """
        if self._too_many:
            raise TooManyCases(f"`{self._too_many[0]}` has more than can be told apart")
        if not rule_id:
            return [self.complete]
        boxes = self._inquiry.study.boxes(rule_id)
        return [both for box in boxes if (both := meet(box, self.complete)) is not None]

    def all(self) -> Iterator[tuple[Verdict, str, Box]]:
        """Yield every box of every guard, with its verdict and rule; of allow, where it counts."""
        if self.faulted and self._number is not None:
            yield Verdict.DENY, CHAIN, {self._number: FALSE_MASK}
        for rule in self.ruled:
            verdict = Verdict(rule.verdict.upper())
            for box in self._held(rule) if verdict is Verdict.ALLOW else rule.boxes:
                yield verdict, rule.id, box

    def _held(self, rule: Ruled) -> Sequence[Box]:
        return self._inquiry.held[rule.id] if self._number is not None else ()

    def _near(self, verdict: Verdict, box: Box) -> Covering:
        if verdict is Verdict.ALLOW and self._number is None:
            return []
        return list(self._inquiry.by_verdict[verdict.value.lower()].near(box))

    def _chained(self, boxes: Sequence[Box]) -> list[Box]:
        """Return the part of *boxes* that no fault of a chain denies."""
        if not self.faulted:
            return list(boxes)
        authorized = self._inquiry.study.authorized
        return [both for box in boxes if (both := meet(box, authorized)) is not None]

    # Questions: the proof that no request of some boxes ..., or such requests.

    def _inside(
        self, about: str, boxes: Sequence[Box], covering: Covering
    ) -> list[Claimed] | Outside:
        proofs: list[Claimed] = []
        for box in boxes:
            near = [each for each in covering if not are_apart(each[1], box)]
            found = self._inquiry.prove_inside(about, [box], near)
            if not isinstance(found, list):
                return Outside(found, box, tuple(each for _, each in near))
            proofs += found
        return proofs

    def never(
        self, about: str, verdict: Verdict, start: Sequence[Box], excused: Covering
    ) -> list[Claimed] | Outside:
        """Prove that no request of *start* outside *excused* gets *verdict*."""
        if verdict is not Verdict.DENY:
            return self._never_reached(about, verdict, self._chained(start), excused)
        faults = self._faults(start)
        denied = [both for box in self._chained(start) for _, deny in self._near(verdict, box)
                  if (both := meet(box, deny)) is not None]  # fmt: skip
        proofs = self._inside(about, [*faults, *denied], excused)
        rest = self._covered(about, self._chained(start), excused)
        if isinstance(proofs, list) and isinstance(rest, list):
            return [*proofs, *rest]
        return rest if isinstance(proofs, list) else proofs

    def _faults(self, start: Sequence[Box]) -> list[Box]:
        if not self.faulted or self._number is None:
            return []
        outside = {self._number: FALSE_MASK}
        return [both for box in start if (both := meet(box, outside)) is not None]

    def _never_reached(
        self, about: str, verdict: Verdict, start: Sequence[Box], excused: Covering
    ) -> list[Claimed] | Outside:
        proofs: list[Claimed] = []
        stronger = [Verdict.DENY, Verdict.ESCALATE][: 1 + (verdict is Verdict.ALLOW)]
        for box in start:
            for _, guard in self._near(verdict, box):
                piece = meet(box, guard)
                if piece is None:
                    continue
                near = [each for other in stronger for each in self._near(other, piece)]
                found = self._inside(about, [piece], [*near, *excused])
                if not isinstance(found, list):
                    return found
                proofs += found
        return proofs

    def _covered(
        self, about: str, start: Sequence[Box], excused: Covering
    ) -> list[Claimed] | Outside:
        """Prove that no request of *start* outside *excused* falls to the default, DENY."""
        proofs: list[Claimed] = []
        for box in start:
            near = [each for verdict in Verdict for each in self._near(verdict, box)]
            found = self._inside(about, [box], [*near, *excused])
            if not isinstance(found, list):
                return found
            proofs += found
        return proofs

    def decided(self, about: str, start: Sequence[Box]) -> list[Claimed] | Outside:
        """Prove that some rule concludes a verdict for every request of *start*."""
        allows = [(rule, box) for rule in self._inquiry.of_verdicts("allow") for box in rule.boxes]
        return self._covered(about, self._chained(start), allows)


def _changing(inquiry: Inquiry, faults: Collection[str]) -> Iterator[str]:
    study = inquiry.study
    files = {inquiry.span(each).source.name for each in faults}
    rules = study.rule_set.program.rules
    own = [rule for rule in rules if rule.id in study.linted and rule.id not in study.stock]
    chain = {rule.head.predicate for rule in rules
             if rule.id in study.stock and inquiry.span(rule.id).source.name in files}  # fmt: skip
    return (rule.id for rule in own if rule.head.predicate in chain - {"deny"})
