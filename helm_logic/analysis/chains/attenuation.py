# SPDX-License-Identifier: Apache-2.0
"""What came out about the chains of a rule set: for each property a proof, a chain, or the reason.

    proved        an invariant, with verification conditions that any solver can be asked
    broken        the shortest chain that each guilty rule breaks it with, derived by the engine
    candidate     chains that break it were found, and none that the engine derives
    unsupported   the same, where the rules have what no formula says: it is named; or root grants
                  that do not name the same columns, so that there is no one measure
    unknown       a solver did not answer in time
    unnamed       no column says what it is about, so that it was not looked at

Only `proved` is success. `findings` is what a report shows of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from helm_logic.analysis.chains.induction import Condition
from helm_logic.analysis.chains.properties import Property
from helm_logic.analysis.chains.replay import Replay
from helm_logic.analysis.chains.witness import Chain
from helm_logic.analysis.finding import ERROR, POSSIBLE, REPLAYED, WARNING, Finding
from helm_logic.analysis.smt import Formula
from helm_logic.kernel.terms import Atom
from helm_logic.lang import Note, RuleSet, atom_text

BROKEN, CANDIDATE, UNSUPPORTED = "broken", "candidate", "unsupported"
UNKNOWN, UNNAMED = "unknown", "unnamed"

_SEVERITY = {"HL205": WARNING}


@attrs.frozen
class Break:
    """The *chain* with which *rule*, its last, breaks a property; *replay* is what was shown."""

    rule: str
    chain: Chain
    replay: Replay


@attrs.frozen
class Result:
    """The *status* of a property; *said* tells why, where it is neither proved nor broken.

    *breaks* are the chains that break it; *rules* those in doubt, where none was derived. Of one
    that is proved they are those that may exceed the node before, though never the root grant.
    """

    property: Property
    status: str
    said: str = ""
    breaks: tuple[Break, ...] = ()
    rules: tuple[str, ...] = ()


@attrs.frozen
class Proof:
    """*invariant* proves *properties*: a formula over the state of each chain predicate.

    Every one of *conditions*, in SMT-LIB, is unsatisfiable; together they say so.
    """

    properties: tuple[str, ...]
    invariant: Mapping[str, Formula]
    conditions: tuple[Condition, ...]


@attrs.frozen
class Attenuation:
    """What is known of a family of chains of the rules whose digest is *rules_digest*.

    *predicates* are the chain predicates of the family.
    *narrowed* names, by rule, the powers of links that no step adds: *lemmas* prove it.
    """

    rules_digest: str
    predicates: tuple[str, ...]
    results: tuple[Result, ...]
    proofs: tuple[Proof, ...]
    narrowed: Mapping[str, tuple[str, ...]]
    lemmas: tuple[Condition, ...]

    def of(self, name: str) -> Result:
        """Return the result for the property *name*; raise KeyError if there is none."""
        return {each.property.name: each for each in self.results}[name]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every verification condition: what is to be asked of a second solver."""
        return (*self.lemmas, *(each for proof in self.proofs for each in proof.conditions))


def findings(attenuation: Attenuation, rule_set: RuleSet) -> tuple[Finding, ...]:
    """Return what is not proved, one finding for each guilty rule or open question."""
    return tuple(each for result in attenuation.results for each in _findings(result, rule_set))


def _findings(result: Result, rule_set: RuleSet) -> Iterator[Finding]:
    match result.status:
        case "broken":
            for each in result.breaks:
                yield _broken(result.property, each, rule_set)
        case "candidate":
            message = f"it is open whether {result.property.sentence}: {result.said}"
            yield _open("HL904", WARNING, message, result, rule_set)
        case "unsupported":
            message = f"it cannot be proved that {result.property.sentence}: {result.said}"
            yield _open("HL901", WARNING, message, result, rule_set)
        case "unknown":
            message = f"the solver does not tell whether {result.property.sentence}: {result.said}"
            yield _open("HL903", ERROR, message, result, rule_set)


def _broken(broken: Property, found: Break, rule_set: RuleSet) -> Finding:
    rules = tuple(dict.fromkeys((found.rule, *(hop.rule for hop in found.chain.hops))))
    notes = [
        Note(f"step {number} of the chain: {atom_text(Atom(hop.predicate, hop.row))}",
             rule_set.spans[hop.rule])
        for number, hop in enumerate(found.chain.hops)
    ]  # fmt: skip
    return Finding(
        code=broken.code,
        severity=_SEVERITY.get(broken.code, ERROR),
        message=f"`{found.rule}` breaks that {broken.sentence}: {found.replay.said}",
        span=rule_set.spans[found.rule],
        rules=rules,
        notes=tuple(notes),
        region=chain_text(found.chain),
        fix=broken.fix,
        confidence=REPLAYED,
    )


def _open(code: str, severity: str, message: str, result: Result, rule_set: RuleSet) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        message=message,
        span=rule_set.spans[result.rules[0]],
        rules=result.rules,
        confidence=POSSIBLE,
    )


def chain_text(chain: Chain) -> str:
    """Return the facts of *chain* and what they lead to, as facts of the rule language."""
    given = [f"{atom_text(Atom(name, row))}." for name in chain.facts for row in chain.facts[name]]
    derived = [f"% {hop.rule}: {atom_text(Atom(hop.predicate, hop.row))}" for hop in chain.hops]
    return "\n".join((*given, *derived))
