# SPDX-License-Identifier: Apache-2.0
"""The program as something that runs: generated source, executed once, with what it may call.

A `Machine` is shared by threads. Evaluations keep all they change in locals and in `Evaluation`;
what is added here later, the functions of `backward.py`, is added under a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, NoReturn, TypeAlias

from helm_logic.engine.backward import Backward
from helm_logic.engine.derivation import Explainer
from helm_logic.engine.forward import Forward
from helm_logic.engine.limits import Limits
from helm_logic.engine.scope import Relation, Scope, execute
from helm_logic.errors import LimitReached
from helm_logic.kernel.joins import compute
from helm_logic.kernel.pattern import matches, subsumes
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row, Term

Run: TypeAlias = Callable[..., tuple[tuple[Relation, ...], int, int]]
Find: TypeAlias = Callable[[str, Callable[[Relation], Any], Relation], Any]
Supports: TypeAlias = Callable[[Row, Sequence[Relation], Find], bool]

PATTERNS_KEPT = 4096  # pairs of pattern and value whose answer is remembered


class Machine:
    """The strata that *kept* does not hold, compiled."""

    def __init__(
        self,
        program: Program,
        kept: Mapping[str, Relation],
        strata: Sequence[Sequence[str]],
        limits: Limits,
        fired: int = 0,
    ) -> None:
        """Compile *strata*; *fired* are the firings that led to *kept*."""
        self._scope = Scope(program, kept)
        self._forward = Forward(self._scope, strata)
        self._scope.names |= _namespace(limits, fired, max(1, len(program.rules)))
        self.program = program
        self.number = self._scope.number
        self.explainer = Explainer(program)
        self.recursive = _recursive(program)
        self._supports: dict[int, Supports] = {}
        self._lock = Lock()

    def run(self, given: Sequence[str], wanted: Sequence[str]) -> Run:
        """Return the function from the rows of *given* to those of *wanted*, work and firings."""
        return execute(self._forward.source(given, wanted), "run", self._scope.names)

    def supports(self, rule: int) -> Supports:
        """Return the function that tells whether rule number *rule* supports a row."""
        if (found := self._supports.get(rule)) is None:
            with self._lock:
                source = Backward(self._scope, self._scope.program.rules[rule]).source()
                found = self._supports[rule] = execute(source, "supports", self._scope.names)
        return found


def _recursive(program: Program) -> frozenset[str]:
    """Return the predicates whose rows may have a height above 1."""
    stratum = program.stratum
    strata = {
        stratum[rule.head.predicate]
        for rule in program.rules
        for atom in rule.premises
        if stratum[atom.predicate] == stratum[rule.head.predicate]
    }
    return frozenset(name for number in strata for name in program.strata[number])


def _namespace(limits: Limits, fired: int, rules: int) -> dict[str, Any]:
    """Return what generated source calls besides its relations, indexes and constants."""
    firings, enumerated = limits.firings - fired, limits.enumerated

    def pace(work: int, fired: int) -> int:
        """Raise if a limit is exceeded; return up to which work none is, as far as is known.

        Rows are counted before they fire, so that firings may go beyond by those under way; the
        engine looks at the total.
        """
        if fired > firings:
            raise LimitReached("firings", limits.firings)
        if work > enumerated:
            raise LimitReached("enumerated", enumerated)
        return min(enumerated, work + firings - fired)

    def tired() -> NoReturn:
        raise LimitReached("rounds", limits.rounds)

    return {
        "ONCE": (0,),
        "SOFT": min(enumerated, firings),
        "LAST": limits.rounds * rules,
        "pace": pace,
        "tired": tired,
        "join": _join,
        "compute": compute,
        "matches": lru_cache(PATTERNS_KEPT)(matches),
        "subsumes": lru_cache(PATTERNS_KEPT)(subsumes),
    }


def _join(index: dict[Term | Row, list[Row]], more: dict[Term | Row, list[Row]]) -> None:
    for key, rows in more.items():
        if key in index:
            index[key] += rows
        else:
            index[key] = rows
