# SPDX-License-Identifier: Apache-2.0
"""Blocks and an authorizer as one program of ours, in which every fact carries its origin.

A fact `p(x)` becomes a row of bools and strings: a bool for the authorizer and for each block, true
for those that had a part in it, then its terms by their texts. So the rules of Biscuit are rules of
ours, and the kernel can check what they derive:

- a fact that was written has one true bool, that of its block;
- whose facts a body may use is a pattern: the bool of everybody who is not trusted is `false`;
- a derived fact has the bool of the rule's block, and of the others that in any of its premises:
  `either(A, B, C)` gives `A or B`.

What `trusting` means is told in `trusted`. Expressions are no part of the program. Of a rule with
some, `asked_N` has the bindings for which they matter, and `true_N` those for which they hold; who
evaluates them is `world`. Names and variables are numbered: no text of a token reaches the engine
but as a constant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from helm_logic.authority.adapters.biscuit.syntax import (
    AUTHORITY_SCOPE,
    AUTHORIZER,
    PREVIOUS_SCOPE,
    Block,
    Predicate,
    Query,
    Variable,
)
from helm_logic.authority.adapters.biscuit.values import Value
from helm_logic.errors import LimitReached
from helm_logic.kernel import program as kernel
from helm_logic.kernel.terms import Atom, Literal, Positive, Row, Term, Test

MAX_LITERALS = 2_000  # of all bodies; each takes time to compile
_EITHER = "either"
_FALSE, _TRUE = "b:false", "b:true"
_EITHER_ROWS = (
    (_FALSE, _FALSE, _FALSE),
    (_FALSE, _TRUE, _TRUE),
    (_TRUE, _FALSE, _TRUE),
    (_TRUE, _TRUE, _TRUE),
)


@attrs.frozen
class Asking:
    """A body with expressions, of a rule or a query: *asked* and *holds* name its relations.

    *variables* are the columns of both. A query has no *holds*.
    """

    body: Query
    asked: str
    holds: str
    variables: tuple[str, ...]


@attrs.frozen
class Lowered:
    """A *program* with the *facts* given to it, and what its relations are in Biscuit's words.

    *relations* are names and numbers of terms, `holds_N` the rows of the Nth; *rules* are those
    with expressions; *queries* belong to the bodies in the order in which they were given; *values*
    are the constants by their texts, *origins* the blocks in the order of the bools.
    """

    program: kernel.Program
    facts: Mapping[str, Sequence[Row]]
    relations: tuple[tuple[str, int], ...]
    rules: tuple[Asking, ...]
    queries: tuple[Asking, ...]
    values: Mapping[str, Value]
    origins: tuple[int, ...]


def trusted(scopes: Sequence[str], own: int, blocks: Sequence[Block]) -> frozenset[int]:
    """Return whose facts a body of block *own* may use, with *scopes*: always its own block's.

    And always the authorizer's. Beside them by default those of block 0, else what *scopes* name:
    `authority` is block 0, `previous` all blocks before its own, a key the blocks that it signed as
    a third party. The scopes of a body stand in the place of those of its block.
    """
    found = {own, AUTHORIZER}
    for scope in scopes or (AUTHORITY_SCOPE,):
        if scope == AUTHORITY_SCOPE:
            found.add(0)
        elif scope == PREVIOUS_SCOPE:
            found.update(range(own))
        else:
            found.update(number for number, each in enumerate(blocks) if each.key == scope)
    return frozenset(found)


def lower(
    blocks: Sequence[Block], authorizer: Block, queries: Iterable[tuple[int, Query]]
) -> Lowered:
    """Return the program of *blocks* and *authorizer*, and of *queries* with their blocks' numbers.

    All variables of heads and expressions are bound (`authorizer.invalid_rule` finds others).
    Raises LimitReached for more than `MAX_LITERALS` literals.
    """
    return _Lowering(blocks, authorizer).lower(queries)


class _Lowering:
    def __init__(self, blocks: Sequence[Block], authorizer: Block) -> None:
        self._blocks = blocks
        self._parties = ((AUTHORIZER, authorizer), *enumerate(blocks))
        self._scopes = {number: block.scopes for number, block in self._parties}
        self._origins = tuple(number for number, _ in self._parties)
        self._relations: dict[tuple[str, int], int] = {}
        self._values: dict[str, Value] = {}
        self._facts: dict[str, list[Row]] = {_EITHER: list(_EITHER_ROWS)}
        self._predicates: list[kernel.Predicate] = [
            kernel.Predicate(_EITHER, ("bool",) * 3, given=True)
        ]
        self._rules: list[kernel.Rule] = []
        self._fresh = 0
        self._literals = 0

    def lower(self, queries: Iterable[tuple[int, Query]]) -> Lowered:
        for number, block in self._parties:
            for fact in block.facts:
                row = (*self._written(number), *(self._term(each, {}) for each in fact.terms))
                self._facts[f"given_{self._relation(fact)}"].append(row)
        asking = [
            each
            for number, block in self._parties
            for rule in block.rules
            if (each := self._rule(number, rule.head, rule.body)) is not None
        ]
        asked = [self._asking(number, query, "") for number, query in queries]
        strata = (
            tuple(f"holds_{number}" for number in self._relations.values()),
            tuple(each.asked for each in (*asking, *asked)),
        )
        return Lowered(
            kernel.Program(
                tuple(self._predicates), tuple(self._rules), tuple(filter(None, strata))
            ),
            self._facts,
            tuple(self._relations),
            tuple(asking),
            tuple(asked),
            self._values,
            self._origins,
        )

    def _written(self, number: int) -> Row:
        return tuple(_TRUE if each == number else _FALSE for each in self._origins)

    def _relation(self, predicate: Predicate) -> int:
        key = (predicate.name, len(predicate.terms))
        if key not in self._relations:
            number = self._relations[key] = len(self._relations)
            columns = ("bool",) * len(self._origins) + ("string",) * key[1]
            variables = tuple(f"v:T{place}" for place in range(len(columns)))
            given, holds = f"given_{number}", f"holds_{number}"
            self._facts[given] = []
            self._predicates.append(kernel.Predicate(given, columns, given=True))
            self._predicates.append(kernel.Predicate(holds, columns, given=False))
            self._add(Atom(holds, variables), [Positive(Atom(given, variables))])
        return self._relations[key]

    def _add(self, head: Atom, body: Sequence[Literal]) -> None:
        self._literals += len(body)
        if self._literals > MAX_LITERALS:
            raise LimitReached("literals", MAX_LITERALS)
        self._rules.append(kernel.Rule(f"r{len(self._rules)}", head, tuple(body)))

    def _rule(self, own: int, head: Predicate, body: Query) -> Asking | None:
        literals, origins, names = self._body(own, body)
        asking = None
        if body.expressions:
            asking = self._asking(own, body, f"true_{len(self._rules)}")
            columns = ("string",) * len(asking.variables)
            self._predicates.append(kernel.Predicate(asking.holds, columns, given=True))
            self._facts[asking.holds] = []
            terms = tuple(names[name] for name in asking.variables)
            literals.append(Positive(Atom(asking.holds, terms)))
        row = [*self._union(own, origins, literals)]
        row += [self._term(each, names) for each in head.terms]
        self._add(Atom(f"holds_{self._relation(head)}", tuple(row)), literals)
        return asking

    def _asking(self, own: int, body: Query, holds: str) -> Asking:
        asked = f"asked_{len(self._rules)}"
        literals, _, names = self._body(own, body)
        columns = ("string",) * len(body.asked)
        self._predicates.append(kernel.Predicate(asked, columns, given=False))
        self._add(Atom(asked, tuple(names[name] for name in body.asked)), literals)
        return Asking(body, asked, holds, body.asked)

    def _body(self, own: int, body: Query) -> tuple[list[Literal], list[Row], dict[str, Term]]:
        """Return the literals of *body*, the origin of each of its atoms, and its variables."""
        may = trusted(body.scopes or self._scopes[own], own, self._blocks)
        names = {name: f"v:X{number}" for number, name in enumerate(sorted(body.bound))}
        literals: list[Literal] = []
        origins: list[Row] = []
        for predicate in body.predicates:
            origin = tuple(self._new() if each in may else _FALSE for each in self._origins)
            terms: list[Term] = []
            equal: list[Literal] = []
            for each in predicate.terms:
                term = self._term(each, names)
                if isinstance(each, Variable) and term in terms:  # `p($x, $x)`
                    equal.append(Test("=", fresh := self._new(), term))
                    term = fresh
                terms.append(term)
            relation = f"holds_{self._relation(predicate)}"
            literals += [Positive(Atom(relation, (*origin, *terms))), *equal]
            origins.append(origin)
        return literals, origins, dict(names)

    def _union(self, own: int, origins: Sequence[Row], literals: list[Literal]) -> Iterator[Term]:
        """Yield the origin of what a rule of *own* derives from *origins*; adds to *literals*."""
        for place, party in enumerate(self._origins):
            parts = list(dict.fromkeys(row[place] for row in origins if row[place] != _FALSE))
            if party == own or not parts:
                yield _TRUE if party == own else _FALSE
                continue
            found, *rest = parts
            for each in rest:
                literals.append(Positive(Atom(_EITHER, (found, each, union := self._new()))))
                found = union
            yield found

    def _new(self) -> str:
        self._fresh += 1
        return f"v:F{self._fresh}"

    def _term(self, term: Value | Variable, names: Mapping[str, Term]) -> Term:
        if isinstance(term, Variable):
            return names[term.name]
        self._values[term.text] = term
        return f"s:{term.text}"
