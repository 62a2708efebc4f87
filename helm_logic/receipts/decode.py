# SPDX-License-Identifier: Apache-2.0
"""Programs, facts and certificates read back from their JSON form (`kernel/certificate.py`).

The inverse of the encoding, for a reader who trusts nothing: every other shape is refused with
InputError, and a program that may not exist with ProgramError. Whether a certificate is right is
for the kernel to check.
"""

from __future__ import annotations

from helm_logic.errors import InputError
from helm_logic.kernel.certificate import Apply, Certificate, Given, Step
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.program import Predicate, Program, Rule
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
)
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text

_GIVEN_PARTS = 2


def decode_facts(value: JsonValue) -> dict[str, tuple[Row, ...]]:
    """Return the facts that *value* encodes."""
    facts = require_object(value, "facts")
    return {name: tuple(map(_row, require_list(rows, name))) for name, rows in facts.items()}


def decode_certificate(value: JsonValue) -> Certificate:
    """Return the certificate that *value* encodes."""
    parts = require_object(value, "certificate", ("model", "steps"))
    model: dict[str, dict[Row, int]] = {}
    for name, items in require_object(parts["model"], "model").items():
        pairs = [require_list(item, name, 2) for item in require_list(items, name)]
        model[name] = {_row(row): require_integer(height, "height") for row, height in pairs}
    return Certificate(model, tuple(map(_step, require_list(parts["steps"], "steps"))))


def decode_program(value: JsonValue) -> Program:
    """Return the program that *value* encodes."""
    parts = require_object(value, "program", ("predicates", "rules", "strata"))
    predicates = tuple(map(_predicate, require_list(parts["predicates"], "predicates")))
    rules = tuple(map(_rule, require_list(parts["rules"], "rules")))
    strata = tuple(_texts(names) for names in require_list(parts["strata"], "strata"))
    return Program(predicates, rules, strata)


def _predicate(value: JsonValue) -> Predicate:
    name, columns, given = require_list(value, "predicate", 3)
    if not isinstance(given, bool):
        raise InputError("wrong_shape", "predicate: want true or false for `given`")
    return Predicate(require_text(name, "predicate"), _texts(columns), given)


def _rule(value: JsonValue) -> Rule:
    name, head, body = require_list(value, "rule", 3)
    predicate, terms = require_list(head, "head", 2)
    literals = tuple(map(_literal, require_list(body, "body")))
    return Rule(require_text(name, "rule id"), _atom(predicate, terms), literals)


def _literal(value: JsonValue) -> Literal:
    match require_list(value, "literal"):
        case ["is", predicate, terms]:
            return Positive(_atom(predicate, terms))
        case ["not", predicate, terms]:
            return Negative(_atom(predicate, terms))
        case ["test", relation, left, right]:
            return Test(require_text(relation, "relation"), _term(left), _term(right))
        case ["let", target, operator, left, right]:
            sign = require_text(operator, "operator")
            return Compute(_term(target), sign, _term(left), _term(right))
        case ["count", counted, predicate, terms, relation, bound]:
            atom, sign = _atom(predicate, terms), require_text(relation, "relation")
            return Count(_row(counted), atom, sign, _term(bound))
    raise InputError("wrong_shape", "literal: want is, not, test, let or count with its parts")


def _step(value: JsonValue) -> Step:
    parts = require_list(value, "step")
    if len(parts) == _GIVEN_PARTS:
        return Given(require_text(parts[0], "predicate"), _row(parts[1]))
    rule, substitution, premises = require_list(value, "step", 3)
    numbers = tuple(require_integer(each, "premise") for each in require_list(premises, "premises"))
    return Apply(require_integer(rule, "rule"), _row(substitution), numbers)


def _atom(predicate: JsonValue, terms: JsonValue) -> Atom:
    return Atom(require_text(predicate, "predicate"), _row(terms))


def _row(value: JsonValue) -> Row:
    return tuple(map(_term, require_list(value, "row")))


def _term(value: JsonValue) -> Term:
    return value if type(value) is int else require_text(value, "term")


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(require_text(each, "name") for each in require_list(value, "names"))
