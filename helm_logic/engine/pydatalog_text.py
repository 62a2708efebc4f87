# SPDX-License-Identifier: Apache-2.0
"""A program as pyDatalog text. The text is Python, so it holds only what `GRAMMAR` admits.

As one text, predicate number 3 is `p3` wherever it stands, and pyDatalog does the recursion. It may
then, depending on the hash seed, wait for ever: on rules that go through a negation inside a
recursion, and on some with two premises from one recursion. *Staged* text is for an evaluation that
does without: rules conclude `p3` and read `f3`, the rows found so far, and strata are asked in
order, each until nothing is new.

What is printed keeps clear of what pyDatalog does in its own way:

- It merges `1` with `True` and reads `'True'` as a bool. Integers stay integers; every other
  constant is a string, `x` and the hexadecimal UTF-8 of its tagged form, which keeps kinds apart
  and text in the order of its code points.
- It has no predicates without columns: they get one that is always 0.
- It evaluates left to right and wants a body: `unit(0)` stands first where no atom does.
- It compares two constants when the text is read: a variable is given the first one's value.
- It has no patterns: `matches` and `subsumes` are relations, to be filled for all strings there are
  (no rule makes new ones).
- Its integers have no range: results outside ours are dropped, and what a computation is given is a
  predicate of its own (`read`), to be asked so that this does not go unseen.
- `count`: `len_` over the last counted column, `sum_` over the others. A group without rows has no
  number, so a rule is printed once for groups with rows and once for those without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from helm_logic.errors import EvaluationError
from helm_logic.kernel.encoding import MAX_INTEGER
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import (
    Atom,
    Compute,
    Count,
    Negative,
    Positive,
    Row,
    Term,
    Test,
    is_variable,
)

GRAMMAR = re.compile(
    r"(?:(?:p|f|c|s)\d+(?:_\d+)?|read\d+_\d+|unit|matches|subsumes|len_|sum_|for_each"  # predicates
    r"|[XYANUZ]\d+"  # variables
    r"|'x(?:[0-9a-f]{2})*'|\d+"  # constants
    r"|[()\[\],&~=<>!+*-]| )*"
)

_RELATIONS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class Text:
    """The lines for one program; *reads* are the operands of its computations, by stratum."""

    def __init__(self, program: Program, *, staged: bool) -> None:
        self._program = program
        self._staged = staged
        self._number = {each.name: n for n, each in enumerate(program.predicates)}
        self._counts: dict[tuple[str, tuple[int, ...], tuple[int, ...]], str] = {}
        self._groups: list[str] = []
        self.reads: list[tuple[int, str, str]] = []
        rules = [line for n, rule in enumerate(program.rules) for line in self._rule(n, rule)]
        self.lines = ["+ unit(0)", *self._groups, *rules]
        for line in self.lines:
            if not GRAMMAR.fullmatch(line):
                raise EvaluationError(f"got `{line}` to print for pydatalog, want only own names")

    def predicate(self, name: str) -> str:
        """Return the name that stands for predicate *name* where a rule concludes it."""
        return f"p{self._number[name]}"

    def found(self, name: str) -> str:
        """Return the name that stands for predicate *name* where a rule reads it."""
        return f"{'f' if self._staged else 'p'}{self._number[name]}"

    def legend(self) -> Iterator[str]:
        """Yield comments that tell which predicate each name stands for."""
        for each in self._program.predicates:
            kind = "given" if each.given else "derived"
            columns = ", ".join(each.columns)
            yield f"# {self.predicate(each.name)} is {json.dumps(each.name)}({columns}), {kind}"

    def query(self, name: str) -> str:
        """Return the query for all rows of predicate *name*."""
        size = max(1, len(self._program.by_name[name].columns))
        return f"{self.predicate(name)}({_listed('A', size)})"

    def _rule(self, number: int, rule: Rule) -> Iterator[str]:
        names = {term: f"X{n}" for n, term in enumerate(rule.variables)}
        stratum = self._program.stratum[rule.head.predicate]
        bodies: list[list[str]] = [[]]
        written: set[Term] = set()
        for place, literal in enumerate(rule.body):
            match literal:
                case Positive(atom):
                    written.update(atom.terms)
                case Compute(target, sign, left, right):
                    read = f"read{number}_{place}"
                    self.reads.append((stratum, read, sign))
                    head = f"{read}({_term(left, names)},{_term(right, names)})"
                    needed = list(self._some_of(rule))
                    for body in bodies:
                        yield _clause(head, [*needed, *body])
                    written.add(target)
            if isinstance(literal, Positive):
                name = self.found(literal.atom.predicate)
                alternatives = [[_atom(name, literal.atom, names)]]
            else:
                alternatives = list(self._filter(literal, names, written, place))
            bodies = [[*body, *more] for body, more in product(bodies, alternatives)]
        for body in bodies:
            yield _clause(_atom(self.predicate(rule.head.predicate), rule.head, names), body)

    def _some_of(self, rule: Rule) -> Iterator[str]:
        """Say that every premise has rows: the kernel computes nothing for a rule otherwise."""
        for n, atom in enumerate(rule.premises):
            size = max(1, len(atom.terms))
            columns = ",".join(f"Y{n}{column:03}" for column in range(size))
            yield f"{self.found(atom.predicate)}({columns})"

    def _filter(
        self,
        literal: Negative | Test | Compute | Count,
        names: dict[Term, str],
        written: set[Term],
        place: int,
    ) -> Iterator[list[str]]:
        """Yield the alternatives for one literal, each a list of pyDatalog's literals."""
        match literal:
            case Negative(atom):
                yield ["~" + _atom(self.found(atom.predicate), atom, names)]
            case Test(relation, left, right) if relation in _RELATIONS:
                yield _comparison(_term(left, names), relation, _term(right, names), f"Z{place}")
            case Test(relation, left, right):
                yield [f"{relation}({_term(left, names)},{_term(right, names)})"]
            case Compute(target, sign, left, right):
                value = f"{_term(left, names)}{sign}{_term(right, names)}".replace("--", "- -")
                name = names[target]
                yield [
                    f"({name}=={value})",
                    f"({name}<={MAX_INTEGER})",
                    f"({name}>=-{MAX_INTEGER})",
                ]
            case Count():
                yield from self._count(literal, names, written, place)

    def _count(
        self, count: Count, names: dict[Term, str], written: set[Term], place: int
    ) -> Iterator[list[str]]:
        terms = count.atom.terms
        keys = tuple(n for n, x in enumerate(terms) if x in written or not is_variable(x))
        counted = tuple(terms.index(term) for term in count.counted)
        group = self._group(count.atom.predicate, keys, counted)
        values = ",".join(_term(terms[column], names) for column in keys) or "0"
        number, bound = f"N{place}", _term(count.bound, names)
        holds = _comparison(number, count.relation, bound, "")
        one = [f"s{group}({values})", f"({number}==1)"]
        yield [*([f"(c{group}_0[{values}]=={number})"] if counted else one), *holds]
        yield [f"~s{group}({values})", f"({number}==0)", *holds]

    def _group(self, name: str, keys: tuple[int, ...], counted: tuple[int, ...]) -> str:
        """Return the number of the functions that count columns *counted* by *keys*; define them.

        `s` says which groups have rows; `c_i` counts columns i and after within those before.
        """
        if (found := self._counts.get((name, keys, counted))) is not None:
            return found
        group = self._counts[name, keys, counted] = str(len(self._counts))
        size = max(1, len(self._program.by_name[name].columns))
        by = [f"A{column}" for column in keys] or ["U0"]
        rows = f"unit(U0) & {self.found(name)}({_listed('A', size)})"
        self._groups.append(f"s{group}({','.join(by)}) <= {rows}")
        columns = [f"A{column}" for column in dict.fromkeys(counted)]
        for n in reversed(range(len(columns))):
            head = f"c{group}_{n}[{','.join([*by, *columns[:n]])}]"
            if n == len(columns) - 1:
                self._groups.append(f"({head}==len_({columns[n]})) <= {rows}")
            else:
                inner = f"(c{group}_{n + 1}[{','.join([*by, *columns[: n + 1]])}]==N0)"
                self._groups.append(f"({head}==sum_(N0,for_each={columns[n]})) <= {inner}")
        return group


def _atom(name: str, atom: Atom, names: dict[Term, str]) -> str:
    return f"{name}({','.join(_term(term, names) for term in atom.terms) or '0'})"


def encode(row: Row) -> list[int | str]:
    """Return the constants of *row* as pyDatalog is given them."""
    values = [x if isinstance(x, int) else "x" + _bytes(x).hex() for x in row]
    return values or [0]


def decode(values: Iterable[int | str], size: int) -> Row:
    """Return the row of *size* constants that pyDatalog's *values* stand for."""
    constants = (
        x if isinstance(x, int) else bytes.fromhex(x[1:]).decode("utf-8", "surrogatepass")
        for x in values
    )
    return tuple(constants)[:size]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _clause(head: str, body: Sequence[str]) -> str:
    starts = bool(body) and re.match(r"[pf]\d", body[0]) is not None
    return f"{head} <= {' & '.join(body if starts else ['unit(0)', *body])}"


def _comparison(left: str, relation: str, right: str, spare: str) -> list[str]:
    """Return the comparison of two terms, with the variable *spare* for the left if need be."""
    if left[0] in "XN" or right[0] in "XN":
        return [f"({left}{_RELATIONS[relation]}{right})"]
    return [f"({spare}=={left})", f"({spare}{_RELATIONS[relation]}{right})"]


def _listed(letter: str, size: int) -> str:
    return ",".join(f"{letter}{n}" for n in range(size))


def _term(term: Term, names: dict[Term, str]) -> str:
    if isinstance(term, int):
        return str(term)
    return names[term] if is_variable(term) else f"'x{_bytes(term).hex()}'"
