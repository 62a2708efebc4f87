# SPDX-License-Identifier: Apache-2.0
"""Chains of facts through the production engine: only what it derives is shown.

Besides that, the facts must be possible (`assumed.py`), and what the chain breaks is measured on
them without any formula (`measure.py`). Facts that it does without are left out.
"""

from __future__ import annotations

import attrs

from helm_logic.analysis.chains.assumed import reader
from helm_logic.analysis.chains.measure import Measure, reader_rows
from helm_logic.analysis.chains.system import System
from helm_logic.analysis.chains.witness import Chain
from helm_logic.engine import Engine, Evaluation
from helm_logic.errors import EvaluationError

_IMPOSSIBLE = "impossible"


@attrs.frozen
class Replay:
    """What the engine showed: *said* tells what is broken, *steps* is the derivation's length."""

    said: str
    steps: int


class Stage:
    """The engine, ready for chains of *system*."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._engine, self._reader = Engine(system.program), Engine(reader().program)
        rules = system.program.rules
        self._numbers = {rule.id: number for number, rule in enumerate(rules)}
        self._assumed = [r.head.predicate for r in rules if r.id in system.rule_set.assumptions]
        self._impossible = {each.name for each in system.assumed.denials}

    def replay(self, prop: str, chain: Chain) -> Replay | None:
        """Return what is broken if the engine derives *chain* and it breaks the property."""
        try:
            evaluation = self._engine.evaluate(chain.facts)
            if not (self._is_derived(chain, evaluation) and self._is_possible(chain, evaluation)):
                return None
            said = next(Measure(chain, self._system, self._reader).broken(prop), None)
        except EvaluationError:
            return None
        last = chain.hops[-1]
        steps = len(evaluation.derivation([(last.predicate, last.row)]))
        return None if said is None else Replay(said, steps)

    def shown(self, prop: str, chain: Chain) -> tuple[Chain, Replay] | None:
        """Return *chain* with no fact that it does without, and what it shows; None if nothing."""
        found = self.replay(prop, chain)
        if found is None:
            return None
        for name, rows in chain.facts.items():
            for row in rows:
                kept = tuple(each for each in chain.facts[name] if each != row)
                left = attrs.evolve(chain, facts={**chain.facts, name: kept})
                if (replayed := self.replay(prop, left)) is not None:
                    chain, found = left, replayed
        facts = {name: rows for name, rows in chain.facts.items() if rows}
        return attrs.evolve(chain, facts=facts), found

    def _is_derived(self, chain: Chain, evaluation: Evaluation) -> bool:
        return all(
            evaluation.holds(hop.predicate, hop.row)
            and self._numbers[hop.rule] in evaluation.supporting_rules(hop.predicate, hop.row)
            for hop in chain.hops
        )

    def _is_possible(self, chain: Chain, evaluation: Evaluation) -> bool:
        """Say whether the reader of chains, and those who assumed something, allow the facts."""
        if any(evaluation.rows(name) for name in self._assumed):
            return False
        found = reader_rows(self._reader, chain, _IMPOSSIBLE)
        return not any(str(row[0])[2:] in self._impossible for row in found)
