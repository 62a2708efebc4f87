# SPDX-License-Identifier: Apache-2.0
"""From an `#input` declaration to the `Input` that a request is read by, or HL017 and HL012.

An input always comes out, so that the rules over it can still be checked. Where its value stands in
a request is the path, whose first name is one of the four parts of an AuthZEN request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helm_logic.kernel.terms import Term
from helm_logic.lang import tree
from helm_logic.lang.constants import ADMITS, is_principal
from helm_logic.lang.diagnostics import Findings, did_you_mean
from helm_logic.lang.ruleset import Input
from helm_logic.lang.source import Span

_SCALARS = ("bool", "int", "string", "time", "principal")
# What of a request has a value of its own; all else of it stands in `properties` or the context.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "subject": ("type", "id"), "action": ("name",), "resource": ("type", "id"), "context": (),
}  # fmt: skip
_WIDEST = 1_000  # a range is kept as its values, for whoever lists what an input can be


def declared_input(statement: tree.InputDeclaration, findings: Findings) -> Input:
    """Return the input that *statement* declares, after reporting what is wrong with it."""
    reader = _Reader(statement, findings)
    scalar, domain = reader.type_and_domain()
    reader.check_path()
    default = reader.default(scalar, domain)
    declared = statement.type
    return Input(
        statement.name, scalar, declared.is_set, domain, statement.path, default, statement.optional
    )


class _Reader:
    def __init__(self, statement: tree.InputDeclaration, findings: Findings) -> None:
        self._statement, self._findings = statement, findings

    def _bad(self, message: str, node: tree.Constant | tree.InputType, fix: str = "") -> None:
        self._findings.add("HL017", message, node.span, fix=fix)

    def type_and_domain(self) -> tuple[str, tuple[Term, ...] | None]:
        declared = self._statement.type
        if declared.values:
            return self._listed(declared)
        if declared.scalar not in _SCALARS:
            fix = did_you_mean(declared.scalar, _SCALARS)
            if declared.scalar == "symbol":
                fix = "list the symbols: `{one, other}`"
            expected = "one of " + ", ".join(_SCALARS) + ", or listed values in braces"
            message = f"`{declared.scalar}` is no type of an input"
            self._findings.add("HL017", message, declared.span, expected=expected, fix=fix)
            return "string", None
        if declared.bounds is None:
            return declared.scalar, None
        return declared.scalar, self._range(declared, *declared.bounds)

    def _listed(self, declared: tree.InputType) -> tuple[str, tuple[Term, ...]]:
        kind = declared.values[0].kind
        if len(declared.values) > _WIDEST:
            self._bad(f"an input lists at most {_WIDEST} values", declared)
            return kind, ()
        for value in declared.values[1:]:
            if value.kind != kind:
                self._bad(
                    f"`{value.spelling}` is a {value.kind} among values that are {kind}", value
                )
        values = [value.value for value in declared.values if value.kind == kind]
        for number, value in enumerate(declared.values):
            if value.value in [each.value for each in declared.values[:number]]:
                self._bad(f"`{value.spelling}` is listed twice", value, "remove one of the two")
        return kind, tuple(dict.fromkeys(values))

    def _range(
        self, declared: tree.InputType, low: tree.Constant, high: tree.Constant
    ) -> tuple[Term, ...] | None:
        values = range(int(low.value), int(high.value) + 1)
        if declared.scalar != "int":
            self._bad(f"only int has ranges, not {declared.scalar}", declared)
        elif not values:
            self._bad(f"no integer lies in `{low.spelling}..{high.spelling}`", declared)
        elif len(values) > _WIDEST:
            fix = "declare it as int and compare in a rule"
            self._bad(
                f"a range has at most {_WIDEST} values, this one {len(values)}", declared, fix
            )
        else:
            return tuple(values)
        return None

    def check_path(self) -> None:
        path, span = self._statement.path, self._statement.path_span
        if path[0] not in _PARTS:
            expected = " or ".join(f"`{each}`" for each in _PARTS)
            message = f"a request has no part `{path[0]}`"
            fix = did_you_mean(path[0], _PARTS)
            self._findings.add("HL017", message, span, expected=expected, fix=fix)
        else:
            self._check_place(path[0], path[1:], span)

    def _check_place(self, part: str, rest: Sequence[str], span: Span) -> None:
        """Report what can never have a value: all but the names and properties of *part*."""
        is_free = part == "context"
        holder = part if is_free else f"{part}.properties"
        places = [*(f"`{part}.{each}`" for each in _PARTS[part]), f"`{holder}.NAME`"]
        expected = " or ".join(places)
        if not rest:
            message = f"`{part}` is a part of the request, not a value in it"
            self._findings.add("HL017", message, span, expected=expected)
        elif not (is_free or f"`{part}.{'.'.join(rest)}`" in places or rest[0] == "properties"):
            message = f"no {part} of a request has `{'.'.join(rest)}`"
            fix = f"write `{holder}.{rest[-1]}`"
            self._findings.add("HL017", message, span, expected=expected, fix=fix)
        elif not is_free and list(rest) == ["properties"]:
            message = f"`{holder}` has values in it, and is none"
            self._findings.add("HL017", message, span, expected=expected)

    def default(self, scalar: str, domain: tuple[Term, ...] | None) -> Term | None:
        default = self._statement.default
        if default is None:
            return None
        if self._statement.optional:
            self._bad("an input with a default is never absent", default, "remove `optional`")
        if self._statement.type.is_set:
            fix = "write `optional`: an absent set is then empty"
            self._bad("an input of several values has no default", default, fix)
        elif scalar not in ADMITS[default.kind]:
            self._bad(f"the default is a {default.kind}, the input a {scalar}", default)
        elif domain is not None and default.value not in domain:
            names = [value.spelling for value in self._statement.type.values]
            fix = did_you_mean(default.spelling, names)
            self._bad(f"the default `{default.spelling}` is none of its values", default, fix)
        elif scalar == "principal" and not is_principal(default.value):
            self._findings.add("HL012", f"`{default.spelling}` is no principal", default.span)
        return default.value
