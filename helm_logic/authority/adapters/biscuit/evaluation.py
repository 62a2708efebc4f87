# SPDX-License-Identifier: Apache-2.0
"""Expressions over bindings of their variables, in counted steps: no token costs much time.

An error is not false: it ends the whole authorization, unless `try_or` stands around it. What
stands on the side of `&&` and `||` that is not needed is not evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from helm_logic.authority.adapters.biscuit.operations import apply, members
from helm_logic.authority.adapters.biscuit.regex import Pattern, read_pattern
from helm_logic.authority.adapters.biscuit.syntax import Apply, Closure, Expression, Variable
from helm_logic.authority.adapters.biscuit.values import Value, boolean
from helm_logic.errors import ExpressionError, LimitReached

MAX_STEPS = 100_000  # of an authorization: values looked at, see `Value.size`
_STATES_A_STEP = 10  # of a regular expression, at one character

# A host function, of one value or two; it raises ExpressionError for what it does not take.
Function = Callable[..., Value]


class Evaluator:
    """Evaluates expressions with the host *functions*, at most *max_steps* operations in all."""

    def __init__(self, functions: Mapping[str, Function], max_steps: int = MAX_STEPS) -> None:
        self._functions = functions
        self._max_steps = max_steps
        self._steps = 0
        self._patterns: dict[str, Pattern] = {}

    def holds(self, expressions: Iterable[Expression], binding: Mapping[str, Value]) -> bool:
        """Say whether all *expressions* are true; those after one that is not are not evaluated.

        Raises ExpressionError, and LimitReached when the steps are used up.
        """
        for each in expressions:
            value = self.value(each, binding)
            if value.kind != "bool":
                raise ExpressionError("InvalidType", f"a condition is {value.kind}, want bool")
            if not value.content:
                return False
        return True

    def value(self, expression: Expression, binding: Mapping[str, Value]) -> Value:
        """Return the value of *expression*; raise as `holds` does."""
        self._charge(1)
        match expression:
            case Value():
                return expression
            case Variable(name):
                if name not in binding:
                    raise ExpressionError("UnknownVariable", f"`${name}` has no value")
                return binding[name]
            case Closure():
                raise ExpressionError("InvalidStack", "a closure is no value")
            case Apply(name, operands, function):
                return self._apply(name, operands, function, binding)

    def _apply(
        self,
        name: str,
        operands: tuple[Expression, ...],
        function: str,
        binding: Mapping[str, Value],
    ) -> Value:
        closures = [each for each in operands if isinstance(each, Closure)]
        for closure in closures:
            if any(parameter in binding for parameter in closure.parameters):
                raise ExpressionError("ShadowedVariable", f"${closure.parameters[0]} has a value")
        if closures:
            return self._lazy(name, operands, binding)
        values = tuple(self.value(each, binding) for each in operands)
        self._charge(sum(each.size for each in values))
        if name == "matches" and all(each.kind == "string" for each in values):
            return boolean(self._is_match(values[0].content, values[1].content))
        if name != "extern":
            return apply(name, values)
        if function not in self._functions:
            raise ExpressionError("UndefinedExtern", f"no function `{function}`")
        return self._functions[function](*values)

    def _charge(self, steps: int) -> None:
        self._steps += steps
        if self._steps > self._max_steps:
            raise LimitReached("steps", self._max_steps)

    def _is_match(self, text: str, pattern: str) -> bool:
        read = self._patterns.get(pattern)
        if read is None:
            read = self._patterns[pattern] = read_pattern(pattern)
            self._charge(len(read.states))
        self._charge(read.work(text) // _STATES_A_STEP)
        return read.is_in(text)

    def _lazy(
        self, name: str, operands: tuple[Expression, ...], binding: Mapping[str, Value]
    ) -> Value:
        match name, operands:
            case "try_or", (Closure((), body), otherwise) if not isinstance(otherwise, Closure):
                rest = self.value(otherwise, binding)
                try:
                    return self.value(body, binding)
                except ExpressionError:
                    return rest
            case "&&" | "||", (left, Closure((), body)) if not isinstance(left, Closure):
                first = self.value(left, binding)
                if first.kind == "bool":
                    return first if first.content == (name == "||") else self.value(body, binding)
            case "all" | "any", (left, Closure((parameter,), body)):
                return self._quantified(name, self.value(left, binding), parameter, body, binding)
        raise ExpressionError("InvalidType", f"`{name}` of a closure")

    def _quantified(
        self,
        name: str,
        value: Value,
        parameter: str,
        body: Expression,
        binding: Mapping[str, Value],
    ) -> Value:
        for each in members(value):
            self._charge(len(binding))
            found = self.value(body, {**binding, parameter: each})
            if found.kind != "bool":
                raise ExpressionError("InvalidType", f"`{name}` of {found.kind}, want bool")
            if found.content == (name == "any"):
                return found
        return boolean(name == "all")
