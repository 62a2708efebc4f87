# SPDX-License-Identifier: Apache-2.0
"""What rules can ask of a request: dimensions, cut into classes, and the words for cutting them.

A dimension stands for one thing that varies: an input, the resource, the time, membership in a set,
a fact of the world, an approval. Its values fall into finitely many classes. A *wording* says in
literals of the rule language which classes it lets through, as a bit mask; every cut of a
dimension has wordings for both of its sides, some through helper predicates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import attrs

from tests.analysis.corpus.names import Names
from tests.analysis.corpus.wordings import (
    Cut,
    Dimension,
    Wording,
    masked,
    variable_of,
    vectors,
    yes_no,
)


class Maker:
    """Makes dimensions of every kind with names of their own."""

    def __init__(self, rng: Random, names: Names) -> None:
        self._rng, self._names = rng, names

    def make(self, kind: str) -> Dimension:
        """Return a new dimension of *kind*, one of KINDS."""
        made = _MAKERS[kind](self)
        attribute = _ATTRIBUTES.get(kind, made.name)
        return attrs.evolve(made, attribute=attribute)

    def approval(self) -> Dimension:
        """Return the dimension of whether somebody with a new role has approved."""
        role = self._names.new("role")
        atom = f'approved("{role}")'
        return Dimension(role, 2, (), (yes_no(atom),), approval=role)

    def enumeration(self) -> Dimension:
        """Return a required input that lists its values: strings, symbols or integers."""
        name, values, declared = self._values()
        text = f"#input {name} : {{{declared}}}  from resource.properties.{name}."
        cuts = [self._equality(name, value, 1 << n, len(values)) for n, value in enumerate(values)]
        if len(values) > 3:
            pair = self._rng.sample(range(len(values)), 2)
            cuts.append(self._by_cases(name, [values[n] for n in pair], pair, len(values)))
        return Dimension(name, len(values), (text,), tuple(cuts), (self._anything(name, values),))

    def optional(self) -> Dimension:
        """Return an input that lists its values and may be absent: the last class."""
        name, values, declared = self._values()
        text = f"#input {name} : {{{declared}}}  from context.{name}  optional."
        classes = len(values) + 1
        cuts = [self._equality(name, value, 1 << n, classes, bound=False)
                for n, value in enumerate(values)]  # fmt: skip
        cuts.append(masked(yes_no(f"{name}(_)"), (1 << len(values)) - 1, classes))
        return Dimension(name, classes, (text,), tuple(cuts))

    def defaulted(self) -> Dimension:
        """Return an input that lists its values and has a default: never absent."""
        name, values, declared = self._values()
        default = self._rng.choice(values)
        text = f"#input {name} : {{{declared}}}  from context.{name}  default {default}."
        cuts = [self._equality(name, value, 1 << n, len(values)) for n, value in enumerate(values)]
        return Dimension(name, len(values), (text,), tuple(cuts))

    def flag(self) -> Dimension:
        """Return a bool: false, true."""
        name = self._names.new()
        default = self._rng.choice(("", "  default false"))
        text = f"#input {name} : bool  from context.{name}{default}."
        yes = (Wording((f"{name}(true)",), 2), Wording((f"not {name}(false)",), 2))
        no = (Wording((f"{name}(false)",), 1), Wording((f"not {name}(true)",), 1))
        return Dimension(name, 2, (text,), ((yes, no),))

    def amount(self) -> Dimension:
        """Return an integer with thresholds: half-open intervals, and perhaps single values."""
        name, rng = self._names.new(), self._rng
        bounds = sorted(rng.sample(range(-50, 1000), rng.randint(1, 3)))
        text = f"#input {name} : int  from context.{name}."
        return self._intervals(name, name, bounds, text)

    def level(self) -> Dimension:
        """Return a ranged integer: its ends are known."""
        name, rng = self._names.new(), self._rng
        low, high = rng.randint(0, 3), rng.randint(7, 12)
        bounds = sorted(rng.sample(range(low + 1, high + 1), rng.randint(1, 3)))
        text = f"#input {name} : int {low}..{high}  from context.{name}."
        variable = variable_of(name)
        ends = (f"{variable} <= {high}", f"{variable} >= {low}")
        always = tuple(Wording((f"{name}({variable})", end), 0) for end in ends)
        return self._intervals(name, name, bounds, text, always)

    def clock(self) -> Dimension:
        """Return the time with thresholds."""
        days = sorted(self._rng.sample(range(1, 28), 2))
        bounds = [f"2026-03-{day:02}T00:00:00Z" for day in days]
        return self._intervals("now", self._names.new("t"), bounds, "")

    def owner(self) -> Dimension:
        """Return an open string, or principal: some constants, and anything else."""
        name, rng = self._names.new(), self._rng
        kind, prefix = rng.choice((("string", ""), ("principal", "user:")))
        values = [f'"{prefix}{self._names.new()}"' for _ in range(rng.randint(1, 3))]
        text = f"#input {name} : {kind}  from resource.properties.{name}."
        classes = len(values) + 1
        cuts = [self._equality(name, value, 1 << n, classes) for n, value in enumerate(values)]
        return Dimension(name, classes, (text,), tuple(cuts))

    def agent(self) -> Dimension:
        """Return who asks: some principals, and anybody else."""
        values = [f'"agent:{self._names.new()}"' for _ in range(self._rng.randint(1, 2))]
        classes = len(values) + 1
        cuts = [self._equality("subject", value, 1 << n, classes)
                for n, value in enumerate(values)]  # fmt: skip
        return Dimension("subject", classes, (), tuple(cuts))

    def path(self) -> Dimension:
        """Return a string that is matched against patterns."""
        name = self._names.new()
        text = f"#input {name} : string  from context.{name}."
        return self._patterns(name, name, text, 1)

    def place(self) -> Dimension:
        """Return the resource, matched against patterns."""
        return self._patterns("resource", self._names.new("r"), "", 2)

    def member(self) -> Dimension:
        """Return whether a set has an element."""
        name, element = self._names.new(), self._names.new()
        text = f"#input {name} : string*  from resource.properties.{name}  optional."
        return Dimension(name, 2, (text,), (yes_no(f'{name}("{element}")'),))

    def world(self) -> Dimension:
        """Return whether the world has a fact: of no column, or about a constant."""
        name, thing = self._names.new(), self._names.new()
        if self._rng.random() < 0.3:
            return Dimension(name, 2, (f"#relation {name}.",), (yes_no(name),))
        text = f"#relation {name}(thing: string)."
        return Dimension(name, 2, (text,), (yes_no(f'{name}("{thing}")'),))

    def about_subject(self) -> Dimension:
        """Return whether the world has a fact about who asks."""
        name, thing = self._names.new(), self._names.new()
        text = f"#relation {name}(who: principal, what: string)."
        variable = variable_of(name)
        literals = (f"subject({variable})", f'{name}({variable}, "{thing}")')
        helper = self._names.new()
        rule = f"{helper} :- {', '.join(literals)}."
        yes = (Wording(literals, 2), Wording((helper,), 2, (rule,)))
        return Dimension(name, 2, (text,), ((yes, (Wording((f"not {helper}",), 1, (rule,)),)),))

    def compared(self) -> Dimension:
        """Return whether one integer of the request is at most another one."""
        one, other = self._names.new(), self._names.new()
        text = tuple(f"#input {name} : int  from context.{name}." for name in (one, other))
        left, right = variable_of(one), variable_of(other)
        atoms = (f"{one}({left})", f"{other}({right})")
        yes = Wording((*atoms, f"{left} <= {right}"), 2)
        no = Wording((*atoms, f"{left} > {right}"), 1)
        turned = Wording((*atoms, f"{right} < {left}"), 1)
        return Dimension(one, 2, text, (((yes,), (no, turned)),))

    def _values(self) -> tuple[str, list[str], str]:
        name, count = self._names.new(), self._rng.randint(2, 4)
        kind = self._rng.choice(("string", "string", "symbol", "int"))
        if kind == "int":
            values = [str(n) for n in self._rng.sample(range(1, 60), count)]
        else:
            quote = '"' if kind == "string" else ""
            values = [f"{quote}{self._names.new()}{quote}" for _ in range(count)]
        return name, values, ", ".join(values)

    def _equality(
        self, name: str, value: str, mask: int, classes: int, *, bound: bool = True
    ) -> Cut:
        """Return the cut of one value; *bound* says that there always is a value to compare."""
        full, variable = (1 << classes) - 1, variable_of(name)
        yes = [Wording((f"{name}({value})",), mask)]
        no = [Wording((f"not {name}({value})",), full ^ mask)]
        if bound:
            no.append(Wording((f"{name}({variable})", f"{variable} != {value}"), full ^ mask))
        return tuple(yes), tuple(no)

    def _by_cases(self, name: str, values: Sequence[str], places: Sequence[int], n: int) -> Cut:
        helper, mask = self._names.new(), sum(1 << place for place in places)
        rules = tuple(f"{helper} :- {name}({value})." for value in values)
        no = Wording((f"not {helper}",), ((1 << n) - 1) ^ mask, rules)
        return (Wording((helper,), mask, rules),), (no,)

    def _anything(self, name: str, values: Sequence[str]) -> Wording:
        helper = self._names.new()
        rules = tuple(f"{helper} :- {name}({value})." for value in values)
        return Wording((helper,), (1 << len(values)) - 1, rules)

    def _intervals(
        self,
        predicate: str,
        name: str,
        bounds: Sequence[int] | Sequence[str],
        text: str,
        always: Sequence[Wording] = (),
    ) -> Dimension:
        variable, classes = variable_of(name), len(bounds) + 1
        atom, full = f"{predicate}({variable})", (1 << classes) - 1
        cuts = []
        for n, bound in enumerate(bounds):
            below = (1 << (n + 1)) - 1
            helper = self._names.new()
            rule = f"{helper}({variable}) :- {atom}, {variable} >= {bound}."
            yes = [Wording((atom, f"{variable} >= {bound}"), full ^ below)]
            yes.append(Wording((atom, f"{bound} <= {variable}"), full ^ below))
            yes.append(Wording((atom, f"{helper}({variable})"), full ^ below, (rule,)))
            no = [Wording((atom, f"{variable} < {bound}"), below)]
            no.append(Wording((atom, f"not {helper}({variable})"), below, (rule,)))
            if isinstance(bound, int):
                yes.append(Wording((atom, f"{variable} > {bound - 1}"), full ^ below))
            cuts.append((tuple(yes), tuple(no)))
        declarations = (text,) if text else ()
        tautologies = tuple(attrs.evolve(each, mask=full) for each in always)
        return Dimension(name, classes, declarations, tuple(cuts), tautologies)

    def _patterns(self, predicate: str, name: str, text: str, fewest: int) -> Dimension:
        a, b, c, d = (self._names.new() for _ in range(4))
        family = [f"{a}/**", f"{a}/{b}/**", f"{a}/*/{c}", f"{d}/*", f"{a}/{b}/{c}"]
        chosen = sorted(self._rng.sample(family, self._rng.randint(1, 3)))
        classes = vectors(chosen, (a, b, c, d), fewest)
        variable, atom = variable_of(name), f"{predicate}({variable_of(name)})"
        cuts = []
        for n, pattern in enumerate(chosen):
            mask = sum(1 << place for place, vector in enumerate(classes) if vector[n])
            literals = (atom, f'matches("{pattern}", {variable})')
            helper = self._names.new()
            rule = f"{helper} :- {', '.join(literals)}."
            no = Wording((f"not {helper}",), ((1 << len(classes)) - 1) ^ mask, (rule,))
            yes = (Wording(literals, mask), Wording((helper,), mask, (rule,)))
            cuts.append((yes, (no,)))
        return Dimension(name, len(classes), (text,) if text else (), tuple(cuts))


_MAKERS: dict[str, Callable[[Maker], Dimension]] = {
    "enumeration": Maker.enumeration,
    "optional": Maker.optional,
    "defaulted": Maker.defaulted,
    "flag": Maker.flag,
    "amount": Maker.amount,
    "level": Maker.level,
    "clock": Maker.clock,
    "owner": Maker.owner,
    "agent": Maker.agent,
    "path": Maker.path,
    "place": Maker.place,
    "member": Maker.member,
    "world": Maker.world,
    "about_subject": Maker.about_subject,
    "compared": Maker.compared,
}
# What a dimension is about where that is not an input of its own name.
_ATTRIBUTES = {
    "clock": "now", "agent": "subject", "place": "resource",
    "member": "", "world": "", "about_subject": "", "compared": "",
}  # fmt: skip
COMPARED = "compared"  # two values with each other: for a solver
KINDS = tuple(kind for kind in _MAKERS if kind != COMPARED)
ONCE = ("clock", "agent", "place")  # there is one time, one subject and one resource
