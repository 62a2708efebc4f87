# SPDX-License-Identifier: Apache-2.0
"""Proving that authority only ever narrows, along chains of any length and for any facts.

    rules ──system──▶ steps ──lemmas, clauses──▶ Horn clauses ──plain invariants, Spacer──▶ proof
                                                              ──search, tables, engine──▶ chain

The command is `helm-logic prove attenuation RULES`: it prints for each property whether it is
proved, which columns it was proved about, or the chain that breaks it; `-o DIR` writes the
certificate (`certificate.py`), and the exit code is 0 only if everything that is named is proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

import attrs

from helm_logic.analysis.chains.attenuation import (
    BROKEN,
    CANDIDATE,
    UNKNOWN,
    UNNAMED,
    UNSUPPORTED,
    Attenuation,
    Break,
    Proof,
    Result,
)
from helm_logic.analysis.chains.clauses import codes_of, make_clauses
from helm_logic.analysis.chains.digest import attenuation_digest
from helm_logic.analysis.chains.families import make_systems
from helm_logic.analysis.chains.induction import (
    Invariant,
    Query,
    candidates,
    conditions,
    houdini,
    is_inductive,
    parent_queries,
    proved,
    queries,
    step_queries,
)
from helm_logic.analysis.chains.lemmas import lemmas, proved_lemmas
from helm_logic.analysis.chains.plan import make_plan
from helm_logic.analysis.chains.properties import PROPERTIES, Property
from helm_logic.analysis.chains.replay import Stage
from helm_logic.analysis.chains.search import Known, Search
from helm_logic.analysis.chains.spacer import spacer_invariant
from helm_logic.analysis.chains.system import System
from helm_logic.analysis.chains.witness import find_chain
from helm_logic.analysis.finding import PROVED
from helm_logic.analysis.smt import Formula
from helm_logic.analysis.solver import TIMEOUT_MS, Unknown
from helm_logic.lang import RuleSet

# A chain that breaks something mostly does so at once; a proof is tried before longer ones are.
_SHORT, _LONG = 2, 5
# What is asked of the node before as well as of the root grant: that is told, and no finding.
_OF_PARENTS = ("scope", "window", "depth", "budget")


def prove_attenuation(
    rule_set: RuleSet, *, timeout_ms: int = TIMEOUT_MS
) -> tuple[Attenuation, ...]:
    """Return what can be proved of the chains of *rule_set*, family by family.

    Each question may take *timeout_ms*.
    """
    return tuple(prove_system(each, timeout_ms) for each in make_systems(rule_set))


def prove_system(system: System, timeout_ms: int = TIMEOUT_MS) -> Attenuation:
    """Return what can be proved of the chains of *system*."""
    narrowed = proved_lemmas(system)
    codes = codes_of(system)
    plan = make_plan(system, codes)
    clauses = make_clauses(system, plan, codes, narrowed)
    plain = houdini(clauses, candidates(system, plan), timeout_ms)
    prover = _Prover(system, Known(clauses, plan, plain, timeout_ms))
    results = tuple(prover.told(map(prover.result, PROPERTIES)))
    return Attenuation(
        attenuation_digest(system),
        tuple(system.shapes),
        results,
        tuple(prover.proofs()),
        narrowed,
        tuple(lemmas(narrowed, system)),
    )


class _Prover:
    def __init__(self, system: System, known: Known) -> None:
        self._system, self._known = system, known
        self._proved: list[tuple[Invariant, list[str]]] = [(known.invariant, [])]

    @cached_property
    def _stage(self) -> Stage:
        return Stage(self._system)

    def proofs(self) -> Iterator[Proof]:
        """Yield the proofs of what was proved."""
        those = ((invariant, names) for invariant, names in self._proved if names)
        for number, (invariant, names) in enumerate(those, start=1):
            made = conditions(number, names, invariant, self._known.clauses, self._known.plan)
            yield Proof(tuple(names), invariant, tuple(made))

    def result(self, asked: Property) -> Result:
        """Return the result for a property."""
        known, name = self._known, asked.name
        if name in known.plan.unnamed:
            return Result(asked, UNNAMED, known.plan.unnamed[name])
        if name in known.plan.unlike:
            return Result(asked, UNSUPPORTED, known.plan.unlike[name], rules=self._roots())
        whole = list(queries(name, known.clauses, known.plan))
        if all(proved(whole, known.invariant, known.clauses, known.timeout_ms)):
            self._proved[0][1].append(name)
            return Result(asked, PROVED)
        before, inside = (those.get(name, {}) for those in (known.plan.before, known.plan.inside))
        found = self._blamed(name, before, 1, _SHORT)
        if not any(found.values()):
            reason = self._ask_spacer(name, whole)
            if reason == PROVED:
                return Result(asked, PROVED)
            if reason:
                return Result(asked, UNKNOWN, reason, rules=self._rules(found))
        found |= self._blamed(name, before, _SHORT + 1, _LONG, found)
        if not any(found.values()) and before != inside:
            found |= self._blamed(name, inside, 1, _LONG)
        return self._outcome(asked, found)

    def told(self, results: Iterable[Result]) -> Iterator[Result]:
        """Yield *results*; one that is proved tells which rules may exceed the node before."""
        known, everything = self._known, list(results)
        asked: dict[tuple[str, str], Query] = {
            (each.property.name, query.place): query
            for each in everything
            if each.status == PROVED and each.property.name in _OF_PARENTS
            for query in parent_queries(each.property.name, self._system, known.clauses, known.plan)
        }
        kept = proved(asked.values(), known.invariant, known.clauses, known.timeout_ms)
        beyond = [place for place, fine in zip(asked, kept, strict=True) if not fine]
        for each in everything:
            rules = tuple(rule for name, rule in beyond if name == each.property.name)
            said = "though not always within the one before it"
            yield attrs.evolve(each, said=said, rules=rules) if rules else each

    def _blamed(
        self,
        name: str,
        before: Mapping[str, Formula],
        first: int,
        last: int,
        known: Mapping[str, Break | None] = MappingProxyType({}),
    ) -> dict[str, Break | None]:
        """Return the rules that could lead outside, each with a chain by which it does if found.

        Those for which one is *known* are left out.
        """
        plan, clauses = self._known.plan, self._known.clauses
        steps = list(step_queries(name, clauses, plan, before))
        kept = proved(steps, self._known.invariant, clauses, self._known.timeout_ms)
        return {
            step.place: self._break(
                name, Search(name, step.place, self._known, before), first, last
            )
            for step, fine in zip(steps, kept, strict=True)
            if not fine and not known.get(step.place)
        }

    def _rules(self, found: Mapping[str, Break | None]) -> tuple[str, ...]:
        """Return the rules in doubt: all that continue chains, if no one alone is."""
        every = [step.rule.id for step in self._system.steps if step.premises]
        return tuple(found or every or [step.rule.id for step in self._system.steps])

    def _roots(self) -> tuple[str, ...]:
        return tuple(step.rule.id for step in self._system.steps if not step.premises)

    def _outcome(self, asked: Property, found: Mapping[str, Break | None]) -> Result:
        """Return the result for a property that some chain of clauses breaks."""
        breaks = tuple(each for each in found.values() if each is not None)
        if breaks:
            return Result(asked, BROKEN, breaks=breaks)
        rules = self._rules(found)
        steps = [step for step in self._system.steps if step.rule.id in rules]
        free = tuple(dict.fromkeys(name for step in steps for name in step.free))
        if free:
            return Result(asked, UNSUPPORTED, f"no formula says {', '.join(free)}", rules=rules)
        said = "chains that would break it were found, but none that the engine derives"
        return Result(asked, CANDIDATE, said, rules=rules)

    def _break(self, name: str, search: Search, first: int, last: int) -> Break | None:
        """Return the shortest chain by which a rule breaks the property before the engine."""
        for rules in search.candidates(first, last):
            chain = find_chain(name, rules, self._system, self._known.timeout_ms)
            shown = None if chain is None else self._stage.shown(name, chain)
            if shown is not None:
                return Break(rules[-1], *shown)
        return None

    def _ask_spacer(self, name: str, whole: Sequence[Query]) -> str:
        """Return that the property is proved, nothing if a chain breaks it, or why it is open."""
        known = self._known
        answer = spacer_invariant(whole, known.invariant, known.clauses, known.timeout_ms)
        if answer is None:
            return ""
        if isinstance(answer, Unknown):
            return answer.reason
        if not is_inductive(answer, known.clauses, known.timeout_ms) or not all(
            proved(whole, answer, known.clauses, known.timeout_ms)
        ):
            return "what it answered does not stand up to being checked"
        self._proved.append((answer, [name]))
        return PROVED
