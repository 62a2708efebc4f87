# SPDX-License-Identifier: Apache-2.0
"""The first half of unfolding a body: literals about attributes give values to variables.

`env(E)` makes E the value of the attribute `env`, wherever else E stands; sums of values are
values. What is left then is about the world, or has a local variable; that is `unfold.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from helm_logic.analysis.arithmetic import Unsupported, compute
from helm_logic.analysis.attribute import ALIASES, Attribute
from helm_logic.analysis.environment import Env, equal, is_local, resolve
from helm_logic.analysis.formula import FALSE, TRUE, Formula, Literal, Present, Ref, Value, conj
from helm_logic.kernel import terms as kernel
from helm_logic.kernel.terms import Compute, Positive


@attrs.frozen
class Part:
    """What the body literals with these *numbers* ask together."""

    numbers: tuple[int, ...]
    formula: Formula


@attrs.define
class State:
    """A body on its way: variables with values, parts made, literals not yet looked at."""

    rule_id: str
    env: Env
    parts: list[Part]
    rest: list[tuple[int, kernel.Literal]]


@attrs.frozen
class Binder:
    """Binds the variables of bodies to *attributes*, whose *types* it knows.

    *is_empty* says which predicates hold of nothing; *note* is told what is not understood.
    """

    attributes: Mapping[str, Attribute]
    types: Mapping[str, str]
    is_empty: Callable[[str], bool]
    note: Callable[[str, str], None]

    def bind(self, state: State) -> None:
        """Take from *state* every literal that binds or compares attributes, while there is one."""
        size = -1
        while len(state.rest) != size:
            size = len(state.rest)
            state.rest = [each for each in state.rest if not self._bound(state, *each)]

    def _bound(self, state: State, number: int, literal: kernel.Literal) -> bool:
        env = state.env
        if isinstance(literal, Positive) and self.is_empty(literal.atom.predicate):
            state.parts.append(Part((number,), FALSE))
            return True
        if isinstance(literal, Positive) and literal.atom.predicate in self.attributes:
            name, value = self.named(literal.atom.predicate), resolve(literal.atom.terms[0], env)
            if is_local(value):
                env[value] = Ref(name)  # type: ignore[index]
                state.parts.append(Part((number,), self._present(name)))
            else:
                state.parts.append(Part((number,), self.equals(name, value)))
            return True
        if isinstance(literal, Compute):
            result, target = self._computed(literal, state), resolve(literal.target, env)
            if result is None:
                return False
            if is_local(target):
                env[target] = result  # type: ignore[index]
            else:
                state.parts.append(Part((number,), equal(target, result, self.types)))
            return True
        return False

    def _computed(self, literal: Compute, state: State) -> Value | None:
        """Return the value of a sum; None if it is not known, or not linear, which is noted."""
        left, right = resolve(literal.left, state.env), resolve(literal.right, state.env)
        if is_local(left) or is_local(right):
            return None
        try:
            return compute(literal.operator, left, right)
        except Unsupported as error:
            self.note(state.rule_id, str(error))
            return None

    def named(self, predicate: str) -> str:
        """Return the attribute that *predicate* gives the value of."""
        return ALIASES.get(self.attributes[predicate].path, predicate)

    def _present(self, name: str) -> Formula:
        return Literal(Present(name)) if self.attributes[name].optional else TRUE

    def equals(self, name: str, value: Value) -> Formula:
        """Return that the attribute *name* has the *value*."""
        return conj((self._present(name), equal(Ref(name), value, self.types)))
