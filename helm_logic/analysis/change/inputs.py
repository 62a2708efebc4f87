# SPDX-License-Identifier: Apache-2.0
"""The inputs of two versions as one list, so that one request can be put to both.

Inputs are one if they read the same path at the same type, whatever they are called. What is
particular to a version becomes rules of its own: a value outside its domain is denied, a value that
it requires and the request lacks is `missing`, and a default stands for what is absent.
Where both versions say the same, there is nothing to add: then requests give what is required.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from helm_logic.kernel.program import Predicate, Rule
from helm_logic.kernel.terms import Atom, Literal, Negative, Positive, Term, Test
from helm_logic.lang import Input, RuleSet

ABSENT = " absent"
OUTSIDE = "outside/"  # how the ids of rules against values outside a domain begin
_VALUE = "v:Value"


@attrs.define
class InputNames:
    """What one version calls its inputs: *attributes* and *predicates* by local name.

    A predicate other than the attribute is derived by *rules*; so is `missing` where it is renamed:
    *columns* has their types. *lacking* are the names of inputs that can be missing, *denials* are
    rules, over local names, against values outside a domain.
    """

    label: str
    attributes: dict[str, str] = attrs.field(factory=dict)
    predicates: dict[str, str] = attrs.field(factory=dict)
    rules: list[Rule] = attrs.field(factory=list)
    columns: dict[str, tuple[str, ...]] = attrs.field(factory=dict)
    lacking: set[str] = attrs.field(factory=set)
    denials: list[Rule] = attrs.field(factory=list)

    def conclude(self, name: str, column: str, term: Term, body: tuple[Literal, ...]) -> None:
        """Add a rule that derives *name* of *term* in this version only."""
        predicate = self.predicates[name] = f"{self.label}/{name}"
        self.columns[predicate] = (column,)
        rule_id = f"{predicate}/{len(self.rules) + 1}"
        self.rules.append(Rule(rule_id, Atom(predicate, (term,)), body))


@attrs.define
class PairedInputs:
    """The *inputs* of both versions, with *rules* over *predicates* that both need.

    *unlike* are the paths at which they ask for values of different types.
    """

    old: InputNames
    new: InputNames
    inputs: list[Input] = attrs.field(factory=list)
    predicates: list[Predicate] = attrs.field(factory=list)
    rules: list[Rule] = attrs.field(factory=list)
    unlike: list[str] = attrs.field(factory=list)

    @property
    def every_rule(self) -> list[Rule]:
        """All rules, those of each version included."""
        return [*self.rules, *self.old.rules, *self.new.rules]

    @property
    def every_predicate(self) -> list[Predicate]:
        """All predicates that the rules conclude, those of the inputs, and others that are new."""
        columns = {**self.old.columns, **self.new.columns}
        derived = (Predicate(name, each, given=False) for name, each in columns.items())
        inputs = (Predicate(each.name, (each.type,), given=True) for each in self.inputs)
        return [*self.predicates, *derived, *inputs]


def pair_inputs(old: RuleSet, new: RuleSet) -> PairedInputs:
    """Return the inputs of *old* and *new* as one list; those that both have are called as new."""
    paired = PairedInputs(InputNames("old"), InputNames("new"))
    waiting = {each.name: each for each in old.inputs}
    by_place = {_place(each): each for each in reversed(old.inputs)}
    for each in new.inputs:
        other = by_place.pop(_place(each), None)
        if other is not None:
            del waiting[other.name]
        _add(paired, each.name, other, each)
    paths = {each.path: each for each in new.inputs}
    for each in waiting.values():
        if (other := paths.get(each.path)) is not None and _place(each) != _place(other):
            paired.unlike.append(".".join(each.path))
        name = f"old/{each.name}" if each.name in new.program.by_name else each.name
        _add(paired, name, each, None)
    return paired


def _place(each: Input) -> tuple[tuple[str, ...], str, bool]:
    return each.path, each.type, each.is_set


def _add(paired: PairedInputs, name: str, old: Input | None, new: Input | None) -> None:
    sides = [(names, each) for names, each in ((paired.old, old), (paired.new, new)) if each]
    known = [each for _, each in sides]
    kinds = {_absence(old), _absence(new)}
    fixed = kinds == {"required"} or (len(kinds - {"none"}) == 1 and known[0].default is not None)
    merged = attrs.evolve(
        known[-1], name=name, domain=_union([_domain(each) for each in known]),
        default=known[-1].default if fixed else None, optional=not fixed,
    )  # fmt: skip
    paired.inputs.append(merged)
    for names, each in sides:
        names.attributes[each.name] = names.predicates[each.name] = name
        _limit(names, each, merged)
    if not fixed and not kinds <= {"optional", "none"}:
        _absent(paired, merged, sides)


def _absence(each: Input | None) -> str:
    """Return what a version makes of a request without the input."""
    if each is None:
        return "none"
    if each.default is not None:
        return f"default {each.default!r}"
    return "optional" if each.optional else "required"


def _domain(each: Input) -> tuple[Term, ...] | None:
    return ("b:false", "b:true") if each.type == "bool" and not each.domain else each.domain


def _union(domains: Sequence[tuple[Term, ...] | None]) -> tuple[Term, ...] | None:
    found: dict[Term, None] = {}
    for each in domains:
        if each is None:
            return None
        found.update(dict.fromkeys(each))
    return tuple(found)


# What is particular to one version.


def _limit(names: InputNames, each: Input, merged: Input) -> None:
    """Deny a value outside the domain of *each*, if the merged input can have one."""
    domain = _domain(each)
    if domain is None or (merged.domain is not None and {*merged.domain} <= {*domain}):
        return
    head = Atom("deny", ("y:invalid_input",))
    for number, body in enumerate(_outside(each.name, domain, merged), start=1):
        names.denials.append(Rule(f"{OUTSIDE}{each.name}/{number}", head, body))


def _outside(name: str, domain: Sequence[Term], merged: Input) -> Iterator[tuple[Literal, ...]]:
    """Yield bodies that hold for values outside *domain* that the *merged* input can have."""
    numbers = sorted(each for each in domain if type(each) is int)
    value = Positive(Atom(name, (_VALUE,)))
    if not merged.is_set and numbers and numbers[-1] - numbers[0] == len(domain) - 1:
        yield value, Test("<", _VALUE, numbers[0])
        yield value, Test(">", _VALUE, numbers[-1])
    elif merged.domain is not None:
        for each in merged.domain:
            if each not in domain:
                yield (Positive(Atom(name, (each,))),)
    else:
        yield value, *(Test("!=", _VALUE, each) for each in domain)


def _absent(paired: PairedInputs, merged: Input, sides: Sequence[tuple[InputNames, Input]]) -> None:
    """Say what each version makes of a request without the *merged* input."""
    value = Positive(Atom(merged.name, (_VALUE,)))
    lacks: Literal
    if merged.is_set:
        absent = Atom(f"{merged.name}{ABSENT}", ())
        lacks = Positive(absent)
        never = Atom(f"assume/{absent.predicate}", ())
        paired.predicates.append(Predicate(absent.predicate, (), given=True))
        paired.predicates.append(Predicate(never.predicate, (), given=False))
        paired.rules.append(Rule(never.predicate, never, (lacks, value)))
    else:
        given = Atom(f"{merged.name}/given", ())
        lacks = Negative(given)
        paired.predicates.append(Predicate(given.predicate, (), given=False))
        paired.rules.append(Rule(given.predicate, given, (value,)))
    for names, each in sides:
        if each.required:
            names.lacking.add(each.name)
            names.conclude("missing", "string", f"s:{each.name}", (lacks,))
        elif each.default is not None:
            names.conclude(each.name, each.type, _VALUE, (value,))
            names.conclude(each.name, each.type, each.default, (lacks,))
