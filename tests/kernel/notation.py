# SPDX-License-Identifier: Apache-2.0
"""Programs and facts as short text, so that an example in a test reads like rules.

One statement a line: `given p(int, string)`, `derived q(int) r(int)` (one line is one stratum, the
lowest first), and rules. Variables are capitalised; constants are `12`, `"text"`, `word` (a
symbol), `true` and `false`; `X := Y + 1` computes. Rules are numbered `r0`, `r1`, ... in order.
This is not the rule language: nothing is inferred, and bodies stand in evaluation order.
"""

from __future__ import annotations

import re

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

_ATOM = re.compile(r"\s*(\w+)\(([^()]*)\)\s*")
_COUNT = re.compile(r"\s*count\{([^:]*):(.*)\}\s*(\S+)\s*(\S+)\s*")
_COMPUTE = re.compile(r"\s*(\w+) := (\S+) (\S+) (\S+)\s*")
_TEST = re.compile(r"\s*(\S+) (=|!=|<|<=|>|>=|matches|subsumes) (\S+)\s*")
_LITERALS = re.compile(r"(?:\{[^}]*\}|\([^)]*\)|[^,({])+")


def program(text: str) -> Program:
    """Return the program that *text* writes."""
    predicates: list[Predicate] = []
    strata: list[tuple[str, ...]] = []
    rules: list[Rule] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        kind, _, rest = line.partition(" ")
        if kind in ("given", "derived"):
            found = [(name, _words(columns)) for name, columns in _ATOM.findall(rest)]
            predicates += [Predicate(name, columns, kind == "given") for name, columns in found]
            if kind == "derived":
                strata.append(tuple(name for name, _ in found))
        else:
            rules.append(rule(f"r{len(rules)}", line))
    return Program(tuple(predicates), tuple(rules), tuple(strata))


def rule(name: str, text: str) -> Rule:
    """Return the rule that *text*, `head :- body.`, writes."""
    head, _, body = text.removesuffix(".").partition(":-")
    return Rule(name, atom(head), tuple(map(_literal, _LITERALS.findall(body.strip()))))


def atom(text: str) -> Atom:
    """Return the atom that *text* writes."""
    name, terms = _match(_ATOM, text)
    return Atom(name, _terms(terms))


def facts(text: str) -> dict[str, list[Row]]:
    """Return the facts that *text*, atoms with spaces between, writes."""
    result: dict[str, list[Row]] = {}
    for name, terms in _ATOM.findall(text):
        result.setdefault(name, []).append(_terms(terms))
    return result


def term(text: str) -> Term:
    """Return the term that *text* writes."""
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if text.startswith('"'):
        return f"s:{text[1:-1]}"
    if text in ("true", "false"):
        return f"b:{text}"
    return f"v:{text}" if text[0].isupper() else f"y:{text}"


def _literal(text: str) -> Literal:
    if text.strip().startswith("not "):
        return Negative(atom(text.strip().removeprefix("not ")))
    if found := _COUNT.fullmatch(text):
        counted, counted_atom, relation, bound = found.groups()
        return Count(_terms(counted), atom(counted_atom), relation, term(bound))
    if found := _COMPUTE.fullmatch(text):
        target, left, operator, right = found.groups()
        return Compute(term(target), operator, term(left), term(right))
    if found := _TEST.fullmatch(text):
        left, relation, right = found.groups()
        return Test(relation, term(left), term(right))
    return Positive(atom(text))


def _match(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return found.groups()


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip() for word in text.split(","))))


def _terms(text: str) -> Row:
    return tuple(map(term, _words(text)))
