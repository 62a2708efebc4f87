# SPDX-License-Identifier: Apache-2.0
"""What a claim is about against what its proofs, which hold, are about.

Whatever a claim says comes down to this: each of some boxes lies in the box of a proof, and each
covering box of that proof in the guard of a rule that the claim may rest on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import attrs

from helm_logic.analysis.formula import Is
from helm_logic.analysis.recheck.bundle import VERDICTS, Bundle
from helm_logic.analysis.recheck.trees import Box, Refused, lies_in, meeting
from helm_logic.kernel.encoding import JsonValue

Allowed: TypeAlias = Callable[[str, Box], bool]


@attrs.frozen
class Proof:
    """That *box* lies inside the *covering* boxes, each of a rule, and the impossible ones."""

    box: Box
    covering: tuple[tuple[str, Box], ...]
    tree: Sequence[JsonValue]


class Prover:
    """The *proofs* of one claim about the rules of *bundle*."""

    def __init__(self, bundle: Bundle, proofs: Sequence[Proof]) -> None:
        self.bundle, self.proofs = bundle, proofs

    # What claims are about.

    def guard(self, rule: str) -> Sequence[Box]:
        """Return the boxes of the guard of *rule*; raise Refused if the certificate has none."""
        if rule not in self.bundle.guards:
            raise Refused(f"there is no guard of `{rule}`")
        return self.bundle.guards[rule]

    def held(self, rule: str) -> list[Box]:
        """Return the authorized, complete requests that *rule* holds for."""
        return list(self.shared(self.complete(self.guard(rule)), [self.bundle.authorized]))

    def effective(self, rule: str) -> list[Box]:
        """Return the complete requests in which *rule* counts: of allow, the authorized ones."""
        if self.verdict(rule) == "allow":
            return self.held(rule)
        return self.complete(self.guard(rule))

    def complete(self, boxes: Iterable[Box]) -> list[Box]:
        """Return the complete requests of *boxes*."""
        return list(self.shared(boxes, [self.bundle.complete]))

    def shared(self, boxes: Iterable[Box], others: Sequence[Box]) -> Iterator[Box]:
        """Yield the boxes that some of *boxes* and one of *others* share."""
        for box in boxes:
            for other in others:
                both = meeting(box, other)
                if both is not None:
                    yield both

    def request(self, action: int | str) -> Box:
        """Return the authorized requests for *action*."""
        place = self.bundle.ground.places.get(Is("action", action))
        if place is None or not place[1]:
            raise Refused("the action is not one that the rules know")
        return meeting({place[0]: place[1]}, self.bundle.authorized) or {}

    # Rules that a proof may rest on.

    def concluding(self, *verdicts: str) -> list[str]:
        """Return the rules of *verdicts*, faults of the chain left out; all must have a guard."""
        found = [rule.id for rule in self.bundle.rules.values()
                 if rule.head.predicate in verdicts
                 and rule.id not in self.bundle.context.faults]  # fmt: skip
        for rule_id in found:
            self.guard(rule_id)
        return found

    def alike(self, rule_id: str) -> list[str]:
        """Return the other rules to the effect of *rule_id*, for escalate with its approver."""
        said, rules = self.bundle.rule_set.annotations, self.bundle.rules
        verdict, approver = self.verdict(rule_id), said[rule_id].approver
        return [
            rule.id for rule in rules.values()
            if rule.id != rule_id and rule.head.predicate == verdict
            and (verdict != "escalate" or said[rule.id].approver == approver)
        ]  # fmt: skip

    def stronger(self, rule_id: str) -> list[str]:
        """Return the rules of verdicts that win over that of *rule_id*."""
        stronger = VERDICTS[: VERDICTS.index(self.verdict(rule_id))]
        return [rule.id for rule in self.bundle.rules.values() if rule.head.predicate in stronger]

    def verdict(self, rule_id: str) -> str:
        """Return the verdict that *rule_id* concludes."""
        rule = self.bundle.rules.get(rule_id)
        if rule is None or rule.head.predicate not in VERDICTS:
            raise Refused(f"`{rule_id}` concludes no verdict")
        return rule.head.predicate

    def resting_on(self, rules: Iterable[str]) -> Allowed:
        """Return whether a covering box lies in the guard of its rule, one of *rules*."""
        named = frozenset(rules)

        def allowed(rule: str, box: Box) -> bool:
            inner = meeting(box, self.bundle.complete)
            return rule in named and (
                inner is None or any(lies_in(inner, each) for each in self.guard(rule))
            )

        return allowed

    # Proofs.

    def require(self, boxes: Iterable[Box], allowed: Allowed) -> None:
        """Raise Refused unless each of *boxes* has a proof that rests on what is *allowed* only."""
        usable = [proof.box for proof in self.proofs
                  if all(allowed(rule, box) for rule, box in proof.covering)]  # fmt: skip
        exactly = {_key(box) for box in usable}
        for box in boxes:
            if _key(box) not in exactly and not any(lies_in(box, each) for each in usable):
                raise Refused("a part of what is claimed has no proof that it may rest on")

    def is_impossible(self, box: Box) -> bool:
        """Say whether no request lies in *box*: it is impossible, or a proof says so."""
        proved = [proof.box for proof in self.proofs if not proof.covering]
        known = [each for each, _ in self.bundle.impossible]
        return any(lies_in(box, each) for each in (*proved, *known))


def _key(box: Box) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(box.items()))


def resting_on_nothing(_rule: str, _box: Box) -> bool:
    """Say that a proof may have no covering boxes."""
    return False
