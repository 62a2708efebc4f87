# SPDX-License-Identifier: Apache-2.0
"""A program as clingo reads it (ASP-Core-2), so that anyone can derive the model again there.

A stratified program has one stable model, the perfect model. Constants keep their kinds: integers
are clingo's, every other constant is a string in its tagged form (`"y:one"`, `"s:1"`, `"b:true"`),
which clingo orders by bytes as we order by code points. Predicates keep their names where clingo
allows them, else `x` and the hexadecimal UTF-8.

`matches` and `subsumes` are relations: with *facts* they are filled for all strings there are,
without them they are for the reader to fill. Clingo's integers have 32 bits, so larger ones are
refused here; sums that leave 32 bits wrap around in clingo without a word.

The text for pyDatalog is in `pydatalog_text.py`.
"""

from __future__ import annotations

import json
import re

from helm_logic.engine.patterns import pattern_rows
from helm_logic.errors import EvaluationError
from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import (
    Atom,
    Compute,
    Count,
    Literal,
    Negative,
    Positive,
    Row,
    Term,
    Test,
    is_variable,
)

_PLAIN = re.compile(r"(?!x[0-9a-f]*\Z)[a-z][A-Za-z0-9_]*\Z")
_TAKEN = ("not", "matches", "subsumes")
_LARGEST = 2**31 - 1


def export_clingo(program: Program, facts: Facts | None = None) -> str:
    """Return *program*, and *facts* if there are some, as text that clingo solves.

    Raises EvaluationError for a constant that clingo cannot hold: an integer of more than 32 bits,
    or text with a NUL or a lone surrogate.
    """
    lines = [
        f"% {_predicate(each.name)}/{len(each.columns)} is {json.dumps(each.name)}"
        f"({', '.join(each.columns)}), {'given' if each.given else 'derived'}"
        for each in program.predicates
    ]
    if facts is not None:
        given = [(_predicate(name), rows) for name, rows in facts.items()]
        given += pattern_rows(program, facts).items()
        lines += [f"{_applied(name, row, {})}." for name, rows in given for row in sorted({*rows})]
    for rule in program.rules:
        lines += [f"% {json.dumps(rule.id)}", _rule(rule)]
    lines += [
        f"#show {_predicate(each.name)}/{len(each.columns)}."
        for each in program.predicates
        if not each.given
    ]
    return "\n".join([*lines, ""])


def _rule(rule: Rule) -> str:
    names: dict[Term, str] = {term: f"V{n}" for n, term in enumerate(rule.variables)}
    written: set[Term] = set()
    body: list[str] = []
    for literal in rule.body:
        body.append(_literal(literal, names, written))
        match literal:
            case Positive(atom):
                written.update(atom.terms)
            case Compute(target):
                written.add(target)
    head = _atom(rule.head, names)
    return f"{head} :- {', '.join(body)}." if body else f"{head}."


def _literal(literal: Literal, names: dict[Term, str], written: set[Term]) -> str:
    match literal:
        case Positive(atom):
            return _atom(atom, names)
        case Negative(atom):
            return f"not {_atom(atom, names)}"
        case Test("matches" | "subsumes" as relation, left, right):
            return f"{relation}({_term(left, names)},{_term(right, names)})"
        case Test(relation, left, right):
            return f"{_term(left, names)} {relation} {_term(right, names)}"
        case Compute(target, operator, left, right):
            return f"{names[target]} = {_term(left, names)} {operator} {_term(right, names)}"
        case Count(counted, atom, relation, bound):
            # A name that stands outside the braces too would mean that value to clingo.
            free = [term for term in atom.terms if is_variable(term) and term not in written]
            inner = {**names, **{term: f"Free{n}" for n, term in enumerate(free)}}
            values = ",".join(_term(term, inner) for term in counted) or "0"
            counts = f"#count {{ {values} : {_atom(atom, inner)} }}"
            return f"{counts} {relation} {_term(bound, names)}"


def _atom(atom: Atom, names: dict[Term, str]) -> str:
    return _applied(_predicate(atom.predicate), atom.terms, names)


def _applied(name: str, terms: Row, names: dict[Term, str]) -> str:
    return f"{name}({','.join(_term(term, names) for term in terms)})" if terms else name


def _predicate(name: str) -> str:
    if _PLAIN.match(name) and name not in _TAKEN:
        return name
    return f"x{name.encode('utf-8', 'surrogatepass').hex()}"


def _term(term: Term, names: dict[Term, str]) -> str:
    if isinstance(term, int):
        if not -_LARGEST <= term <= _LARGEST:
            raise EvaluationError(f"got the integer {term}, want one within 32 bits for clingo")
        return str(term)
    if is_variable(term):
        return names[term]
    try:
        term.encode()
    except UnicodeEncodeError:
        raise EvaluationError(f"got the text {term!a}, want unicode text for clingo") from None
    if "\0" in term:
        raise EvaluationError(f"got the text {term!a}, want one without NUL for clingo")
    escaped = term.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'"{escaped}"'
