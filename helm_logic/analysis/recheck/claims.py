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
    stated CLAIM         what the author claims holds (`stated.py`)
    empty CLAIM          its condition holds for no request
    contained TEXT       each box proved lies inside the boxes of the rules that are named

But for `dead` and `vacuous`, requests are complete: nothing is missing or invalid. They are
authorized where an allow rule is what a claim is about, and in `inside`, `decided`, `always` and
`apart`.
"""

from __future__ import annotations

from collections.abc import Sequence

from helm_logic.analysis.formula import Formula, conj
from helm_logic.analysis.recheck.bundle import VERDICTS, Bundle
from helm_logic.analysis.recheck.guards import require_equal
from helm_logic.analysis.recheck.prover import Proof, Prover, resting_on_nothing
from helm_logic.analysis.recheck.stated import require_condition_empty, require_stated
from helm_logic.analysis.recheck.trees import Refused, walk
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Positive
from helm_logic.lang import term_text
from helm_logic.ledger.shape import require_list, require_object, require_text


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


class _Claims(Prover):
    """The claims of a lint run, each by the word that it begins with."""

    def prove(self, says: str, of: Sequence[JsonValue]) -> str:
        """Return what is proved, in words."""
        match [says, *of]:
            case [_]:
                return self._of_all(says)
            case ["apart", *pairs]:
                return self._apart(pairs)
            case ["inside", str(rule), str(other)]:
                self.require(self.held(rule), self.resting_on([other]))
                return f"where `{rule}` holds, `{other}` does"
            case ["vacuous", str(rule), int(number)]:
                return self._vacuous(rule, number)
            case [_, (str() | int()) as name]:
                return self._of_one(says, name)
        raise Refused(f"`{says:.40}` of {len(of)} is no claim that is known here")

    def _of_all(self, says: str) -> str:
        match says:
            case "never":
                boxes = [box for rule in self.concluding("allow") for box in self.held(rule)]
                self.require(boxes, self.resting_on(self.concluding("deny", "escalate")))
                return "nothing is ever allowed"
            case "always":
                return self._always()
            case "apart":
                return self._apart(())
        raise Refused(f"`{says:.40}` is no claim that is known here")

    def _of_one(self, says: str, name: str | int) -> str:
        text = str(name)
        match says:
            case "decided":
                self.require([self.request(name)], self.resting_on(self.concluding(*VERDICTS)))
                return f"some rule decides every request for {term_text(name)}"
            case "stated":
                return require_stated(self, text)
            case "empty":
                return require_condition_empty(self, text)
            case "contained":
                boxes = [proof.box for proof in self.proofs]
                self.require(boxes, self.resting_on(self.bundle.guards))
                return f"{text}: {len(boxes)} boxes lie inside the rules named"
        return self._of_rule(says, text)

    def _of_rule(self, says: str, rule: str) -> str:
        match says:
            case "dead":
                self.require(self.guard(rule), resting_on_nothing)
                return f"`{rule}` never holds"
            case "redundant":
                self.require(self.effective(rule), self.resting_on(self.alike(rule)))
                return f"`{rule}` adds nothing to the other rules of its verdict"
            case "overridden":
                self.require(self.effective(rule), self.resting_on(self.stronger(rule)))
                return f"`{rule}` never takes effect, stronger rules hold wherever it does"
        raise Refused(f"`{says:.40}` is no claim that is known here")

    # Claims that ask for more.

    def _vacuous(self, rule_id: str, number: int) -> str:
        """Prove that the literal of the text which body literal *number* comes from is vacuous."""
        bundle = self.bundle
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
        for proof in self.proofs:
            for _, box in proof.covering:
                require_equal(bundle.ground, conj(own), [box], box)
        require_equal(bundle.ground, conj(rest), [proof.box for proof in self.proofs])
        text, _ = bundle.rule_set.literals[rule_id][place]
        return f"the condition `{text}` of `{rule_id}` excludes nothing"

    def _always(self) -> str:
        known = [rule.head.terms[0] for rule in self.bundle.rules.values()
                 if rule.head.predicate == "known_action" and not rule.body]  # fmt: skip
        starts = [self.request(action) for action in known]
        self.require(starts, self.resting_on(self.concluding("allow")))
        for rule in self.concluding("deny", "escalate"):
            for box in self.held(rule):
                if not all(map(self.is_impossible, self.shared([box], starts))):
                    raise Refused(f"`{rule}` may stop a request for a known action")
        return "every authorized request for a known action is allowed"

    def _apart(self, pairs: Sequence[JsonValue]) -> str:
        listed: dict[str, frozenset[str]] = {}
        for each in pairs:
            names = [require_text(one, "pairs") for one in require_list(each, "pairs")]
            listed.update({name: frozenset(names[1:]) for name in names[:1]})
        allows = [(rule, self.held(rule)) for rule in self.concluding("allow")]
        for stronger in self.concluding("deny", "escalate"):
            held, known = self.held(stronger), listed.get(stronger, frozenset())
            for weaker, boxes in allows:
                if weaker not in known and not all(
                    map(self.is_impossible, self.shared(boxes, held))
                ):
                    raise Refused(f"`{weaker}` and `{stronger}` may share a request")
        count = sum(map(len, listed.values()))
        return f"allow rules share requests with stronger rules in no more than {count} pairs"


def _binds(literal: Positive) -> bool:
    return any(type(term) is str and term.startswith("v:") for term in literal.atom.terms)
