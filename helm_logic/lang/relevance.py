# SPDX-License-Identifier: Apache-2.0
"""When a required input that the request lacks matters: rules that derive `relevant(name)`.

Theorem (tested by filling values in): if no `relevant` fact holds, then whatever values the missing
inputs take, the verdict is the same. For if a rule that asks for missing inputs applied under some
values, or applies now only because they are absent, then every literal of it that does not need
those values holds now, and one of the rules made here says exactly that. So for each rule that the
verdict depends on, and each set of inputs whose values it binds to variables or counts, supposed to
be missing:
- literals over that set are dropped, and with them what cannot be asked without their variables;
- `p("c")` over another input becomes `p/possible("c")`: it holds, or p is missing;
- a negation over a missing input is satisfied. A positive literal that shares a variable with a
  missing value stays, read as "for some value": if it holds for none, the value cannot matter.
  `missing` itself in a rule is its author's business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, combinations

from helm_logic.kernel.program import Predicate
from helm_logic.kernel.terms import Atom, Count, Positive, Term
from helm_logic.lang.bodies import Lowered
from helm_logic.lang.order import Part, positive

MISSING, RELEVANT = "missing", "relevant"
MOST_INPUTS = 6


class Relevance:
    """The relevance rules of a program, made rule by rule.

    *required* gives the type of each required input.
    """

    def __init__(self, required: Mapping[str, str]) -> None:
        self._required = required
        self._possible: dict[str, int] = {}
        self._known: dict[tuple[str, Term], Part] = {}
        self._absent = {name: positive(Atom(MISSING, (f"s:{name}",))) for name in required}
        self._heads = {name: Atom(RELEVANT, (f"s:{name}",)) for name in required}
        self.predicates: dict[str, Predicate] = {}
        self.rules: list[Lowered] = []

    def enumerated(self, rule: Lowered) -> list[str]:
        """Return the required inputs that *rule* binds or counts: every set of them is a case."""
        found = [
            part.inputs for part in rule.parts if part.binds or isinstance(part.literal, Count)
        ]
        return sorted(self._required.keys() & frozenset[str]().union(*found))

    def add(self, rule: Lowered) -> None:
        """Make the rules that say when the inputs of *rule* matter: 2^n for n enumerated ones."""
        required = frozenset(self._required)
        asked = [(part, required & part.inputs) for part in rule.parts]
        enumerated = self.enumerated(rule)
        others = sorted(set[str]().union(*(inputs for _, inputs in asked)) - {*enumerated})
        number = 0
        for lacking in _subsets(enumerated):
            for name in (*lacking, *others):
                number += 1
                parts = tuple(self._body(asked, sorted({*lacking, name}), rule.origin))
                head, rule_id = self._heads[name], f"{RELEVANT}/{rule.id}/{number}"
                self.rules.append(Lowered(rule_id, head, parts, rule.origin))

    def _body(
        self, asked: Sequence[tuple[Part, frozenset[str]]], lacking: Collection[str], origin: int
    ) -> Iterator[Part]:
        for name in lacking:
            yield self._absent[name]
        for part, inputs in asked:
            if not inputs.isdisjoint(lacking):
                continue
            if inputs and isinstance(part.literal, Positive) and not part.binds:
                (name,) = inputs
                yield self._possibly(name, part.literal.atom.terms[0], origin)
            else:
                yield part

    def _possibly(self, name: str, constant: Term, origin: int) -> Part:
        """Return the part that says that input *name* has the value *constant*, or is missing."""
        if (name, constant) in self._known:
            return self._known[name, constant]
        predicate = f"{name}/possible"
        if predicate not in self.predicates:
            self.predicates[predicate] = Predicate(predicate, (self._required[name],), given=False)
            self._define(predicate, "v:Value", positive(Atom(name, ("v:Value",))), origin)
        self._define(predicate, constant, self._absent[name], origin)
        self._known[name, constant] = positive(Atom(predicate, (constant,)))
        return self._known[name, constant]

    def _define(self, predicate: str, term: Term, part: Part, origin: int) -> None:
        self._possible[predicate] = number = self._possible.get(predicate, 0) + 1
        head = Atom(predicate, (term,))
        self.rules.append(Lowered(f"{predicate}/{number}", head, (part,), origin))


def _subsets(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))
