# SPDX-License-Identifier: Apache-2.0
"""From a request to facts: what every request gives, and the typed inputs that the rules declare.

An input of the rules names a path of the request. Present and of its type and domain, it becomes a
fact; absent, it takes its default, or is left out if optional, or becomes `missing(name)`; of
another type, or outside its domain, it becomes `invalid_input(name)`, which the stock rules DENY.
JSON null is a value of no type. Times are integers of seconds or RFC 3339 text with an offset.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Row, Term, is_constant_of
from helm_logic.lang import Input
from helm_logic.policy.request import Request

REQUEST_RELATIONS = (
    "subject", "action", "resource", "resource_type", "now", "missing", "invalid_input",
)  # fmt: skip

_ABSENT = object()


def request_facts(request: Request, inputs: Iterable[Input], now: int) -> dict[str, list[Row]]:
    """Return the facts of *request* at *now* (seconds), the declared *inputs* included."""
    facts: dict[str, list[Row]] = {
        "subject": [(f"s:{request.subject}",)],
        "action": [(f"s:{request.action}",)],
        "resource": [(f"s:{request.resource}",)],
        "resource_type": [(f"s:{request.resource_type}",)],
        "now": [(now,)],
        "missing": [],
        "invalid_input": [],
    }
    for declared in inputs:
        value = _at(request.value, declared.path)
        if value is _ABSENT and declared.required:
            facts["missing"].append((f"s:{declared.name}",))
        elif (terms := _terms(declared, value)) is None:
            facts["invalid_input"].append((f"s:{declared.name}",))
        else:
            facts[declared.name] = [(term,) for term in dict.fromkeys(terms)]
    return facts


def _at(value: object, path: tuple[str, ...]) -> object:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return _ABSENT
        value = value[name]
    return value


def _terms(declared: Input, value: object) -> list[Term] | None:
    """Return the constants that *value* stands for, or None if it does not fit the declaration."""
    if value is _ABSENT:
        return [] if declared.default is None else [declared.default]
    values = value if declared.is_set else [value]
    if not isinstance(values, list):
        return None
    terms = [constant(each, declared.type) for each in values]
    known = [term for term in terms if term is not None and _in_domain(declared, term)]
    return known if len(known) == len(terms) else None


def _in_domain(declared: Input, term: Term) -> bool:
    return declared.domain is None or term in declared.domain


def constant(value: JsonValue, column: str) -> Term | None:
    """Return the constant of type *column* that the JSON *value* stands for, or None."""
    term: Term | None = None
    if column == "bool":
        term = {True: "b:true", False: "b:false"}[value] if isinstance(value, bool) else None
    elif column == "time" and isinstance(value, str):
        term = _seconds(value)
    elif column in ("int", "time"):
        term = value if type(value) is int else None
    elif isinstance(value, str):
        term = ("y:" if column == "symbol" else "s:") + value
    return term if term is not None and is_constant_of(term, column) else None


def _seconds(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None or moment.microsecond:
        return None
    return int(moment.timestamp())
