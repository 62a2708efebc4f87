# SPDX-License-Identifier: Apache-2.0
"""The native engine: a checked program, compiled once, evaluated for many requests.

Given facts are of two kinds. *Static* ones are told when the engine is made; the strata that depend
on nothing else are evaluated then and kept, with their indexes. *Request* facts come with each call
of `evaluate`. The split changes the cost and nothing else: model, derivations and counted limits
(but for *enumerated*, see `limits.py`) are those of evaluating everything at once.

Nothing here is trusted: what comes out is a certificate, and `kernel.check` decides about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from helm_logic.engine.evaluation import Evaluation
from helm_logic.engine.limits import Limits
from helm_logic.engine.machine import Machine
from helm_logic.engine.scope import Relation
from helm_logic.errors import EvaluationError, LimitReached
from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Compute, Row, Test

_NO_FACTS: Facts = MappingProxyType({})


class Engine:
    """A program ready to be evaluated. Threads may share it.

    *static* gives the facts of predicates that do not vary; *request* names the given predicates
    whose rows come with each call (default: all without static facts). A given predicate that is
    neither has no rows. Raises EvaluationError for rows of predicates that are not given, and
    whatever evaluating the static strata raises.
    """

    def __init__(
        self,
        program: Program,
        static: Facts = _NO_FACTS,
        request: Iterable[str] | None = None,
        limits: Limits = Limits(),  # noqa: B008  frozen
    ) -> None:
        self.program = program
        self.limits = limits
        given = [each.name for each in program.predicates if each.given]
        for name in static:
            _require_given(name, given)
        asked = [name for name in given if name not in static] if request is None else [*request]
        for name in asked:
            _require_given(name, given)
            if name in static:
                raise EvaluationError(f"`{name}` has static facts, so no rows of it can vary")
        self._asked = [name for name in given if name in asked]
        self._place = {name: place for place, name in enumerate(self._asked)}
        kept = {name: _rows(sorted(static.get(name, ()))) for name in given if name not in asked}
        self._compile(kept)

    def _compile(self, kept: dict[str, Relation]) -> None:
        program = self.program
        reads = _reads(program)
        first: list[tuple[str, ...]] = []
        for stratum in program.strata:
            known = kept.keys() | {name for names in first for name in names} | set(stratum)
            if all(reads[name] <= known for name in stratum):
                first.append(stratum)
        names = [name for stratum in first for name in stratum]
        run = Machine(program, kept, first, self.limits).run((), names)
        relations, _, self._fired = run()
        self._facts = sum(map(len, relations))
        self._require(self._facts, self._fired)
        # Each new fact takes a firing, and each firing takes work: less work needs no counting.
        self._calm = min(self.limits.facts - self._facts, self.limits.firings - self._fired)
        kept |= dict(zip(names, relations, strict=True))
        rest = [stratum for stratum in program.strata if stratum not in first]
        self._machine = Machine(program, kept, rest, self.limits, self._fired)
        self._derived = [
            n
            for n, each in enumerate(program.predicates)
            if not each.given and each.name not in kept
        ]
        self._run = self._machine.run(self._asked, [each.name for each in program.predicates])

    def evaluate(self, facts: Mapping[str, Iterable[Row]]) -> Evaluation:
        """Return what holds, given *facts* (predicate to rows) and the static facts.

        Rows are trusted to fit their columns; the kernel checks them. Raises EvaluationError for
        rows of a predicate that is not one of the request and for an integer out of range, and
        LimitReached.
        """
        given: list[Relation] = [{}] * len(self._asked)
        for name, rows in facts.items():
            if (place := self._place.get(name)) is None:
                raise EvaluationError(f"got rows of `{name}`, want those of a request predicate")
            given[place] = dict.fromkeys(rows, ())
        try:
            relations, work, fired = self._run(*given)
        except EvaluationError:
            relations = ()
        if not relations:
            # Which limit or sum stops a run may depend on the order of rows; that of sorted ones.
            relations, work, fired = self._run(*(_rows(sorted(rows)) for rows in given))
        fired += self._fired
        if work > self._calm:
            self._require(self._facts + sum(len(relations[n]) for n in self._derived), fired)
        return Evaluation(self._machine, relations, fired, work)

    def _require(self, facts: int, firings: int) -> None:
        """Raise LimitReached if the totals are more than the limits allow."""
        if firings > self.limits.firings:
            raise LimitReached("firings", self.limits.firings)
        if facts > self.limits.facts:
            raise LimitReached("facts", self.limits.facts)


def _rows(rows: Iterable[Row]) -> Relation:
    return dict.fromkeys(rows, ())


def _require_given(name: str, given: list[str]) -> None:
    if name not in given:
        raise EvaluationError(f"got rows of `{name}`, want those of a given predicate")


def _reads(program: Program) -> dict[str, set[str]]:
    """Return the predicates that the rules of each derived predicate read."""
    reads: dict[str, set[str]] = {name: set() for names in program.strata for name in names}
    for rule in program.rules:
        reads[rule.head.predicate] |= {
            literal.atom.predicate
            for literal in rule.body
            if not isinstance(literal, Test | Compute)
        }
    return reads
