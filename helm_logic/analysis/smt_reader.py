# SPDX-License-Identifier: Apache-2.0
"""SMT-LIB expressions back to formulas: what a solver answered, what a certificate says.

Only what `smt.py` can write is read, and what means the same: no quantifiers, arrays, division or
names that are not expected. So nothing that is not a formula gets from a file into a question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from helm_logic.analysis.smt import (
    FALSE,
    TRUE,
    Eq,
    Formula,
    Le,
    Lt,
    Number,
    Product,
    Sum,
    conj,
    disj,
    implies,
    neg,
    sort_of,
)
from helm_logic.errors import InputError

Expression: TypeAlias = "str | list[Expression]"

_TOKEN = re.compile(r'\(|\)|\|[^|]*\||[^\s()|"]+')
_MOST_NESTING = 400


def read_expressions(script: str) -> list[Expression]:
    """Return the expressions of *script*, lists and words; raise InputError."""
    whole: list[Expression] = []
    open_lists = [whole]
    for word in _TOKEN.findall(script):
        if word == "(":
            new: list[Expression] = []
            open_lists[-1].append(new)
            open_lists.append(new)
        elif word != ")":
            open_lists[-1].append(word)
        elif len(open_lists) > 1:
            open_lists.pop()
        else:
            raise InputError("wrong_shape", "formula: got `)` without a `(` before it")
        if len(open_lists) > _MOST_NESTING:
            raise InputError("wrong_shape", f"formula: more than {_MOST_NESTING} open `(`")
    if len(open_lists) > 1:
        raise InputError("wrong_shape", "formula: got `(` without a `)` after it")
    return whole


def inlined(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """Return *expression* with *values* in place of the names that stand for them."""
    if isinstance(expression, str):
        return values.get(expression, expression)
    match expression:
        case ["let", list(bindings), body]:
            new: list[Expression] = [[each[0], inlined(each[1], values)] for each in bindings]
            hidden = {str(each[0]) for each in bindings}
            left = {name: value for name, value in values.items() if name not in hidden}
            return ["let", new, inlined(body, left)]
    return [inlined(each, values) for each in expression]


def read_formula(expression: Expression, names: Mapping[str, Formula]) -> Formula:
    """Return the formula that *expression* is over *names*; raise InputError for anything else."""
    if isinstance(expression, str):
        return _word(expression, names)
    head, rest = (expression[0], expression[1:]) if expression else ("", [])
    if head == "let" and len(rest) == 2:  # noqa: PLR2004  bindings and body
        return read_formula(rest[1], {**names, **dict(_bindings(rest[0], names))})
    if head == "!" and rest:
        return read_formula(rest[0], names)
    parts = [read_formula(each, names) for each in rest]
    build = _BUILDERS.get(head) if isinstance(head, str) else None
    if build is None or not parts:
        raise InputError(
            "wrong_shape", f"formula: got `{head}`, want one of {', '.join(_BUILDERS)}"
        )
    return build(parts)


def _bindings(bindings: Expression, names: Mapping[str, Formula]) -> Iterator[tuple[str, Formula]]:
    for each in bindings:
        if not isinstance(each, list) or len(each) != 2 or not isinstance(each[0], str):  # noqa: PLR2004
            raise InputError("wrong_shape", "formula: got a `let` without names and values")
        yield each[0], read_formula(each[1], names)


def _word(word: str, names: Mapping[str, Formula]) -> Formula:
    if word in names:
        return names[word]
    if word in ("true", "false"):
        return TRUE if word == "true" else FALSE
    if re.fullmatch(r"\d+", word):
        return Number(int(word))
    raise InputError("wrong_shape", f"formula: got the name `{word[:60]}`, which nothing has")


def _sum(parts: Sequence[Formula]) -> Formula:
    return Sum(tuple(parts))


def _difference(parts: Sequence[Formula]) -> Formula:
    first, *rest = parts
    negated = tuple(_negative(each) for each in rest)
    return Sum((first, *negated)) if rest else _negative(first)


def _negative(term: Formula) -> Formula:
    return Number(-term.value) if isinstance(term, Number) else Product(-1, term)


def _product(parts: Sequence[Formula]) -> Formula:
    numbers = [each.value for each in parts if isinstance(each, Number)]
    others = [each for each in parts if not isinstance(each, Number)]
    if len(others) > 1:
        raise InputError("wrong_shape", "formula: got a product of two terms")
    factor = 1
    for each in numbers:
        factor *= each
    return Product(factor, others[0]) if others else Number(factor)


def _chain(build: Callable[[Formula, Formula], Formula]) -> Callable[[Sequence[Formula]], Formula]:
    def read(parts: Sequence[Formula]) -> Formula:
        return conj(build(one, other) for one, other in pairwise(parts))

    return read


def _equal(left: Formula, right: Formula) -> Formula:
    if sort_of(left) != sort_of(right):
        raise InputError("wrong_shape", "formula: got `=` between a number and a truth")
    return Eq(left, right)


_BUILDERS: Mapping[str, Callable[[Sequence[Formula]], Formula]] = {
    "and": conj,
    "or": disj,
    "not": lambda parts: neg(parts[0]),
    "=>": lambda parts: implies(conj(parts[:-1]), parts[-1]),
    "ite": lambda parts: conj((implies(parts[0], parts[1]), implies(neg(parts[0]), parts[2]))),
    "=": _chain(_equal),
    "<=": _chain(Le),
    "<": _chain(Lt),
    ">=": _chain(lambda left, right: Le(right, left)),
    ">": _chain(lambda left, right: Lt(right, left)),
    "+": _sum,
    "-": _difference,
    "*": _product,
}
