# SPDX-License-Identifier: Apache-2.0
"""Formulas as SMT-LIB 2 text that every solver reads, without anything that is peculiar to one.

Names that SMT-LIB does not spell plainly stand between bars. What formulas are is `smt.py`.
Source: the SMT-LIB standard, version 2.6, section 3.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from helm_logic.analysis import smt

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.@<>!?-]*")
_WORDS = frozenset(
    {
        *("_", "!", "as", "let", "exists", "forall", "match", "par", "and", "or", "not", "xor"),
        *("distinct", "ite", "true", "false", "div", "mod", "abs", "select", "store", "divisible"),
        *("is_int", "to_int", "to_real", "Int", "Bool", "Real", "Array", "String"),
    }
)


@cache
def symbol(name: str) -> str:
    """Return *name* as an SMT-LIB symbol, a different one for each name."""
    if _PLAIN.fullmatch(name) and name not in _WORDS:
        return name
    written = [c if _PLAIN.fullmatch(f"a{c}") else f"%{ord(c):x}%" for c in name] or ["%%"]
    if name in _WORDS or not _PLAIN.fullmatch(written[0] + "a"):
        written[0] = f"%{ord(name[0]):x}%" if name else "%%"
    return "".join(written)


def text(term: smt.Formula) -> str:
    """Return *term* as an SMT-LIB expression."""
    return _text(term, {})


def _text(term: smt.Formula, known: dict[smt.Formula, str]) -> str:
    """Return the text of *term*; *known* has those of terms that may stand in it twice."""
    if not isinstance(term, (smt.And, smt.Or, smt.Not, smt.Eq)):
        return _new_text(term, known)
    if term not in known:
        known[term] = _new_text(term, known)
    return known[term]


def _new_text(  # noqa: C901, PLR0911  one case for each kind of term
    term: smt.Formula, known: dict[smt.Formula, str]
) -> str:
    match term:
        case smt.Var(name, _) | smt.Apply(name, (), _):
            return symbol(name)
        case smt.Number(value):
            return str(value) if value >= 0 else f"(- {-value})"
        case smt.Truth(value):
            return "true" if value else "false"
        case smt.Apply(name, terms, _):
            return _list(symbol(name), terms, known)
        case smt.Sum(parts) | smt.And(parts) | smt.Or(parts):
            word, nothing = _JOINED[type(term)]
            if len(parts) < 2:  # noqa: PLR2004  nothing to join
                return _text(parts[0], known) if parts else nothing
            return _list(word, parts, known)
        case smt.Product(factor, part):
            return _list("*", (smt.Number(factor), part), known)
        case smt.Not(part):
            return _list("not", (part,), known)
        case smt.ForAll(variables, body):
            return f"(forall ({_bound(variables)}) {_text(body, known)})"
        case smt.Exists(variables, body):
            return f"(exists ({_bound(variables)}) {_text(body, known)})"
        case smt.Le(left, right) | smt.Lt(left, right) | smt.Eq(left, right):  # pragma: no branch
            return _list(_RELATIONS[type(term)], (left, right), known)


_JOINED = {smt.Sum: ("+", "0"), smt.And: ("and", "true"), smt.Or: ("or", "false")}
_RELATIONS = {smt.Le: "<=", smt.Lt: "<", smt.Eq: "="}


def smtlib(formulas: Iterable[smt.Formula], comment: str = "") -> str:
    """Return the script that asks whether *formulas* can hold together.

    It declares what they name, in the order of names, and ends with `(check-sat)`. *comment* may
    have lines. Raises ValueError if one name is used with two signatures.
    """
    asked = [each for each in formulas if each != smt.TRUE]
    lines = [f"; {line}".rstrip() for line in comment.splitlines()]
    lines += ["(set-logic ALL)", *declarations(asked)]
    known: dict[smt.Formula, str] = {}
    lines += [f"(assert {_text(each, known)})" for each in asked]
    return "\n".join((*lines, "(check-sat)", ""))


def declarations(formulas: Iterable[smt.Formula]) -> Iterator[str]:
    """Yield the declarations of the sorts, constants and functions that *formulas* name."""
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    for name, signature in _named(formulas):
        if found.setdefault(name, signature) != signature:
            raise ValueError(f"`{name}` is used as {found[name]} and as {signature}")
    sorts = {sort for inner, outer in found.values() for sort in (*inner, outer)}
    for sort in sorted(sorts - {smt.INT, smt.BOOL}):
        yield f"(declare-sort {symbol(sort)} 0)"
    for name, (inner, outer) in sorted(found.items()):
        yield f"(declare-fun {symbol(name)} ({' '.join(map(_sort, inner))}) {_sort(outer)})"


def _named(formulas: Iterable[smt.Formula]) -> Iterator[tuple[str, tuple[tuple[str, ...], str]]]:
    """Yield the free names with their signatures."""
    seen = set[tuple[smt.Formula, frozenset[smt.Var]]]()
    waiting = [(each, frozenset[smt.Var]()) for each in formulas]
    while waiting:
        term, bound = waiting.pop()
        if (term, bound) in seen:
            continue
        seen.add((term, bound))
        match term:
            case smt.Var(name, sort) if term not in bound:
                yield name, ((), sort)
            case smt.Apply(name, terms, sort):
                yield name, (tuple(map(smt.sort_of, terms)), sort)
            case smt.ForAll(variables, _) | smt.Exists(variables, _):
                bound |= set(variables)
        waiting += [(each, bound) for each in smt.children(term)]


def share(formulas: Iterable[smt.Formula]) -> list[smt.Formula]:
    """Return formulas that hold together iff *formulas* do, in which no large part stands twice.

    Such a part gets a name, `part N`, and an equation that says what it is.
    """
    asked = list(formulas)
    uses = Counter(each for term in smt.subterms(asked) for each in _open_children(term))
    known: dict[smt.Formula, smt.Formula] = {}
    said: list[smt.Formula] = []

    def rebuilt(term: smt.Formula) -> smt.Formula:
        if term not in known:
            inner = _with_children(term, rebuilt)
            if uses[term] > 1 and isinstance(term, (smt.And, smt.Or)):
                name = smt.Var(f"part {len(said)}", smt.BOOL)
                said.append(smt.Eq(name, inner))
                inner = name
            known[term] = inner
        return known[term]

    return [*map(rebuilt, asked), *said]


def _open_children(term: smt.Formula) -> tuple[smt.Formula, ...]:
    return smt.children(term) if isinstance(term, (smt.And, smt.Or, smt.Not, smt.Eq)) else ()


def _with_children(term: smt.Formula, change: Callable[[smt.Formula], smt.Formula]) -> smt.Formula:
    match term:
        case smt.And(parts) | smt.Or(parts):
            return type(term)(tuple(map(change, parts)))
        case smt.Not(part):
            return smt.Not(change(part))
        case smt.Eq(left, right):
            return smt.Eq(change(left), change(right))
    return term


def _list(head: str, terms: Iterable[smt.Formula], known: dict[smt.Formula, str]) -> str:
    return f"({' '.join((head, *(_text(each, known) for each in terms)))})"


def _bound(variables: Iterable[smt.Var]) -> str:
    return " ".join(f"({symbol(each.name)} {_sort(each.sort)})" for each in variables)


def _sort(sort: str) -> str:
    return sort if sort in (smt.INT, smt.BOOL) else symbol(sort)
