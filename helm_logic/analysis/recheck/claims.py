# SPDX-License-Identifier: Apache-2.0
"""What claims say, and whether their proofs prove just that.

    dead RULE            no request satisfies the body of RULE
    vacuous RULE N       literal N of RULE's body holds wherever the others do
    redundant RULE       where RULE holds, another rule of its verdict (and approver) does
    overridden RULE      where RULE holds, a rule of a stronger verdict does
    inside RULE OTHER    where RULE holds, OTHER does
    decided ACTION       some rule holds for every request for ACTION
    never                where a rule allows, one denies or escalates
    always               some rule allows each request for a known action, and none stops it
    apart [RULE, OTHER...]...   allow rules share requests with stronger ones only as listed
    contained TEXT       each box proved lies inside the boxes of the rules that are named

ALLOW needs authority: but for `dead` and `vacuous`, requests are authorized ones, and all are
complete (nothing is missing or invalid). A claim is proved if every box that it is about lies in
the box of a proof, and every covering box in the guard of a rule that the claim may name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

from helm_logic.analysis.formula import Formula, Is, conj
from helm_logic.analysis.recheck.bundle import VERDICTS, Bundle
from helm_logic.analysis.recheck.guards import require_equal
from helm_logic.analysis.recheck.trees import Box, Refused, lies_in, meeting, walk
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Positive
from helm_logic.lang import term_text
from helm_logic.ledger.shape import require_list, require_object, require_text

_Allowed = Callable[[str, Box], bool]


@attrs.frozen
class Proof:
    """That *box* lies inside the *covering* boxes, each of a rule, and the impossible ones."""

    box: Box
    covering: tuple[tuple[str, Box], ...]
    tree: Sequence[JsonValue]


def read_claim(value: JsonValue, bundle: Bundle) -> tuple[str, list[JsonValue], list[Proof]]:
    """Return what a claim says, of what, and its proofs; raise InputError or Refused."""
    parts = require_object(value, "claim", ("says", "of", "proofs"))
    proofs = []
    for each in require_list(parts["proofs"], "proofs"):
        members = require_object(each, "proof", ("box", "covering", "tree"))
        covering = []
        for pair in require_list(members["covering"], "covering"):
            rule, box = require_list(pair, "covering", 2)
            covering.append((require_text(rule, "covering"), bundle.box(box, "covering")))
        tree = require_list(members["tree"], "tree")
        proofs.append(Proof(bundle.box(members["box"], "proof"), tuple(covering), tree))
    return require_text(parts["says"], "claim"), require_list(parts["of"], "claim"), proofs


def require_proved(bundle: Bundle, says: str, of: Sequence[JsonValue], proofs: list[Proof]) -> str:
    """Return in words what the claim says, proved by *proofs*; raise Refused if it is not."""
    impossible = [box for box, _ in bundle.impossible]
    for proof in proofs:
        boxes = [box for _, box in proof.covering]
        walk(proof.box, proof.tree, bundle.ground.sizes, boxes, impossible)
    return _Claims(bundle, proofs).prove(says, of)


class _Claims:
    """Compares what a claim is about with what its proofs, which hold, are about."""

    def __init__(self, bundle: Bundle, proofs: Sequence[Proof]) -> None:
        self._bundle, self._proofs = bundle, proofs

    def prove(self, says: str, of: Sequence[JsonValue]) -> str:
        """Return what is proved, in words."""
        match [says, *of]:
            case [_]:
                return self._of_all(says)
            case ["apart", *pairs]:
                return self._apart(pairs)
            case ["inside", str(rule), str(other)]:
                self._require(self._held(rule), self._of([other]))
                return f"where `{rule}` holds, `{other}` does"
            case ["vacuous", str(rule), int(number)]:
                return self._vacuous(rule, number)
            case [_, (str() | int()) as name]:
                return self._of_one(says, name)
        raise Refused(f"`{says:.40}` of {len(of)} is no claim that is known here")

    def _of_all(self, says: str) -> str:
        match says:
            case "never":
                boxes = [box for rule in self._concluding("allow") for box in self._held(rule)]
                self._require(boxes, self._of(self._concluding("deny", "escalate")))
                return "nothing is ever allowed"
            case "always":
                return self._always()
            case "apart":
                return self._apart(())
        raise Refused(f"`{says:.40}` is no claim that is known here")

    def _of_one(self, says: str, name: str | int) -> str:
        rule = str(name)
        match says:
            case "dead":
                self._require(self._guard(rule), lambda _rule, _box: False)
                return f"`{rule}` never holds"
            case "redundant":
                self._require(self._held(rule), self._of(self._alike(rule)))
                return f"`{rule}` adds nothing to the other rules of its verdict"
            case "overridden":
                self._require(self._held(rule), self._of(self._stronger(rule)))
                return f"`{rule}` never takes effect, stronger rules hold wherever it does"
            case "decided":
                self._require([self._request(name)], self._of(self._concluding(*VERDICTS)))
                return f"some rule decides every request for {term_text(name)}"
            case "contained":
                self._require((), self._of(self._bundle.guards))
                return f"{rule}: {len(self._proofs)} boxes lie inside the rules named"
        raise Refused(f"`{says:.40}` is no claim that is known here")

    # What claims are about.

    def _guard(self, rule: str) -> Sequence[Box]:
        if rule not in self._bundle.guards:
            raise Refused(f"there is no guard of `{rule}`")
        return self._bundle.guards[rule]

    def _held(self, rule: str) -> list[Box]:
        """Return the requests that *rule* holds for, of those that claims are about."""
        requests = self._bundle.authorized
        boxes = (meeting(box, requests) for box in self._guard(rule))
        complete = self._bundle.complete
        return [both for box in boxes if box is not None
                and (both := meeting(box, complete)) is not None]  # fmt: skip

    def _request(self, action: int | str) -> Box:
        place = self._bundle.ground.places.get(Is("action", action))
        if place is None or not place[1]:
            raise Refused("the action is not one that the rules know")
        found = meeting({place[0]: place[1]}, self._bundle.authorized)
        return found or {}

    def _concluding(self, *verdicts: str) -> list[str]:
        """Return the rules of *verdicts*, faults of the chain left out; all must have a guard."""
        found = [rule.id for rule in self._bundle.rules.values()
                 if rule.head.predicate in verdicts
                 and rule.id not in self._bundle.context.faults]  # fmt: skip
        for rule_id in found:
            self._guard(rule_id)
        return found

    def _alike(self, rule_id: str) -> list[str]:
        said, rules = self._bundle.rule_set.annotations, self._bundle.rules
        verdict, approver = self._verdict(rule_id), said[rule_id].approver
        return [
            rule.id for rule in rules.values()
            if rule.id != rule_id and rule.head.predicate == verdict
            and (verdict != "escalate" or said[rule.id].approver == approver)
        ]  # fmt: skip

    def _stronger(self, rule_id: str) -> list[str]:
        stronger = VERDICTS[: VERDICTS.index(self._verdict(rule_id))]
        return [rule.id for rule in self._bundle.rules.values() if rule.head.predicate in stronger]

    def _verdict(self, rule_id: str) -> str:
        rule = self._bundle.rules.get(rule_id)
        if rule is None or rule.head.predicate not in VERDICTS:
            raise Refused(f"`{rule_id}` concludes no verdict")
        return rule.head.predicate

    def _of(self, rules: Iterable[str]) -> _Allowed:
        """Return whether a covering box lies in the guard of a rule, one of *rules*."""
        named, requests = frozenset(rules), {**self._bundle.authorized, **self._bundle.complete}

        def allowed(rule: str, box: Box) -> bool:
            inner = meeting(box, requests)
            return rule in named and (
                inner is None or any(lies_in(inner, each) for each in self._guard(rule))
            )

        return allowed

    def _require(self, boxes: Iterable[Box], allowed: _Allowed) -> None:
        """Raise Refused unless each of *boxes* has a proof, and proofs name what is *allowed*."""
        for proof in self._proofs:
            for rule, box in proof.covering:
                if not allowed(rule, box):
                    raise Refused(f"a proof rests on a box of `{rule:.80}`, and may not")
        for box in boxes:
            if not any(lies_in(box, proof.box) for proof in self._proofs):
                raise Refused("a part of what is claimed has no proof")

    # Claims that ask for more.

    def _vacuous(self, rule_id: str, number: int) -> str:
        """Prove that the literal of the text which body literal *number* comes from is vacuous."""
        bundle = self._bundle
        origins = bundle.rule_set.origins.get(rule_id, ())
        if rule_id not in bundle.rules or not 0 <= number < len(origins) or origins[number] < 0:
            raise Refused("the rule has no such condition")
        rule, place = bundle.rules[rule_id], origins[number]
        bodies = bundle.unfolder.bodies(rule)
        if len(bodies) != 1 or any(
            origins[n] == place and isinstance(each, Positive) and _binds(each)
            for n, each in enumerate(rule.body)
        ):
            raise Refused("the condition is none that could be left out")
        own: list[Formula] = []
        rest: list[Formula] = []
        for part in bodies[0]:
            places = {origins[n] for n in part.numbers}
            if place in places and len(places) > 1:
                raise Refused("the condition is one with others")
            (own if place in places else rest).append(part.formula)
        for proof in self._proofs:
            for _, box in proof.covering:
                require_equal(bundle.ground, conj(own), [box], box)
        require_equal(bundle.ground, conj(rest), [proof.box for proof in self._proofs])
        text, _ = bundle.rule_set.literals[rule_id][place]
        return f"the condition `{text}` of `{rule_id}` excludes nothing"

    def _always(self) -> str:
        known = [rule.head.terms[0] for rule in self._bundle.rules.values()
                 if rule.head.predicate == "known_action" and not rule.body]  # fmt: skip
        starts = [self._request(action) for action in known]
        self._require(starts, self._of(self._concluding("allow")))
        for rule in self._concluding("deny", "escalate"):
            for box in self._held(rule):
                met = [both for start in starts if (both := meeting(box, start)) is not None]
                if not all(map(self._is_impossible, met)):
                    raise Refused(f"`{rule}` may stop a request for a known action")
        return "every authorized request for a known action is allowed"

    def _is_impossible(self, box: Box) -> bool:
        proved = [proof.box for proof in self._proofs if not proof.covering]
        return any(lies_in(box, each)
                   for each in (*proved, *(each for each, _ in self._bundle.impossible)))  # fmt: skip

    def _apart(self, pairs: Sequence[JsonValue]) -> str:
        listed: dict[str, frozenset[str]] = {}
        for each in pairs:
            names = [require_text(one, "pairs") for one in require_list(each, "pairs")]
            listed.update({name: frozenset(names[1:]) for name in names[:1]})
        self._require((), lambda _rule, _box: False)
        allows = [(rule, self._held(rule)) for rule in self._concluding("allow")]
        for stronger in self._concluding("deny", "escalate"):
            held, known = self._held(stronger), listed.get(stronger, frozenset())
            for weaker, boxes in allows:
                if weaker not in known and not all(
                    map(self._is_impossible, self._shared(boxes, held))
                ):
                    raise Refused(f"`{weaker}` and `{stronger}` may share a request")
        count = sum(map(len, listed.values()))
        return f"allow rules share requests with stronger rules in no more than {count} pairs"

    def _shared(self, boxes: Sequence[Box], others: Sequence[Box]) -> Iterator[Box]:
        for box in boxes:
            for other in others:
                both = meeting(box, other)
                if both is not None:
                    yield both


def _binds(literal: Positive) -> bool:
    return any(type(term) is str and term.startswith("v:") for term in literal.atom.terms)
