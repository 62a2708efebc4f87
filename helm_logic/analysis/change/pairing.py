# SPDX-License-Identifier: Apache-2.0
"""Two versions of a rule set as one program, in which what both have stands once.

Both versions are asked about one request over one fact base: `#relation`s of one name and type are
one, inputs of one path and type are one, and predicates that mean the same (`definitions.py`) are
one. Whatever else the old version has gets the prefix `old/` where the new one uses the name. The
program keeps only rules that can matter where the versions differ, so that a study of it is quick.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from functools import cached_property

import attrs

from helm_logic.analysis.change.actions import Actions
from helm_logic.analysis.change.definitions import Definitions, Meaning, atoms, body
from helm_logic.analysis.change.entries import BOTH, NEW, OLD
from helm_logic.analysis.change.inputs import pair_inputs
from helm_logic.analysis.change.merged import MergedProgram, renamed
from helm_logic.analysis.change.version import Version, closure, version_of
from helm_logic.analysis.study import Study
from helm_logic.analysis.unfold import AUTHORIZED
from helm_logic.kernel.program import Predicate, Rule
from helm_logic.kernel.terms import Atom, Positive, Term
from helm_logic.lang import RuleSet, Span


@attrs.frozen
class Paired:
    """A rule that concludes a verdict, on *sides*, with its id on each of them.

    *actions* are those that it can hold for, None if it may be any.
    """

    rule: Rule
    sides: int
    ids: Mapping[int, str]
    actions: frozenset[Term] | None

    @property
    def id(self) -> str:
        """The id that it has in the merged program."""
        return self.ids[NEW] if self.sides & NEW else f"old/{self.ids[OLD]}"


class Pairing:
    """Pairs the versions *old* and *new*, each loaded with claims and rules about relevance."""

    def __init__(self, old: RuleSet, new: RuleSet) -> None:
        self.inputs = pair_inputs(old, new)
        versions = {OLD: version_of(old, self.inputs.old), NEW: version_of(new, self.inputs.new)}
        self.unlike_chains = len({each.chain for each in versions.values() if each.opaque}) > 1
        if self.unlike_chains:
            versions = {side: each.without_faults() for side, each in versions.items()}
        self.versions: Mapping[int, Version] = versions
        self.names = {side: dict(self._given(side)) for side in versions}
        definitions = Definitions()
        self._meanings = {
            side: definitions.number(each.deciding, self.names[side])
            for side, each in versions.items()
        }
        self._name_derived()
        self.rules = tuple(self._paired("verdicts"))
        self._assumed = [each for each in self._paired("assumed") if self._counts(each)]

    # Names.

    def _given(self, side: int) -> Iterator[tuple[str, str]]:
        """Yield each predicate without rules of a side with its merged name."""
        version, other = self.versions[side], self.versions[BOTH - side]
        theirs = self._declared(BOTH - side)
        for name, predicate in version.rule_set.program.by_name.items():
            if name not in version.rules:
                alike = theirs.get(name) == predicate and name not in other.rules
                alike = alike and not (name == AUTHORIZED and (version.opaque or other.opaque))
                yield name, name if alike else self._apart(side, name)
        yield from version.inputs.predicates.items()
        if version.opaque:
            yield AUTHORIZED, AUTHORIZED

    def _declared(self, side: int) -> Mapping[str, Predicate]:
        return self.versions[side].rule_set.program.by_name

    def _apart(self, side: int, name: str) -> str:
        """Return a name for what only one side means by *name*."""
        if name == AUTHORIZED:
            return f"{self.versions[side].inputs.label}/{name}"
        return f"old/{name}" if side == OLD and name in self._declared(NEW) else name

    def _name_derived(self) -> None:
        known: dict[Meaning, str] = {}
        for side in (NEW, OLD):
            for name, meaning in self._meanings[side].items():
                if name not in self.names[side]:
                    apart = self._apart(side, name)
                    self.names[side][name] = known.get(meaning, apart)
                    if side == NEW:
                        known.setdefault(meaning, apart)

    def is_shared(self, name: str) -> bool:
        """Say whether both sides mean something, and then the same, by the merged *name*."""
        return all(name in names.values() for names in self.names.values())

    # Rules.

    def _paired(self, kind: str) -> Iterator[Paired]:
        found: dict[Hashable, dict[int, Rule]] = {}
        actions = {side: Actions(version.rules) for side, version in self.versions.items()}
        for side in (NEW, OLD):
            version, meanings = self.versions[side], self._meanings[side]
            for rule in version.verdicts if kind == "verdicts" else version.assumed:
                head = rule.head.predicate if kind == "verdicts" else ""
                literals, _ = body(rule, meanings)
                found.setdefault((head, literals), {}).setdefault(side, rule)
        for rules in found.values():
            ids = {side: rule.id for side, rule in rules.items()}
            side = NEW if NEW in rules else OLD
            yield Paired(rules[side], sum(rules), ids, actions[side].of(rules[side]))

    def _counts(self, assumed: Paired) -> bool:
        """Say whether an assumption may be relied on: both make it, or it is about something new.

        One that only a version makes must not hide what changes with it.
        """
        theirs = self._declared(BOTH - assumed.sides) if assumed.sides != BOTH else {}
        asked = (atom.predicate for atom in atoms(assumed.rule))
        return assumed.sides == BOTH or not all(name in theirs for name in asked)

    @cached_property
    def differing(self) -> list[Paired]:
        """The rules that only one side has."""
        return [each for each in self.rules if each.sides != BOTH]

    def context(self, actions: Collection[Term] | None) -> list[Paired]:
        """Return the rules of both sides that can hold for one of *actions*; None is any."""
        return [
            each
            for each in self.rules
            if each.sides == BOTH
            and (actions is None or each.actions is None or not each.actions.isdisjoint(actions))
        ]

    # The merged program.

    def study(self, verdicts: Iterable[Paired]) -> Study:
        """Return the study of a program with the rules *verdicts* and all they rest on."""
        return self.merged(verdicts).study(self.inputs.inputs)

    def merged(self, verdicts: Iterable[Paired]) -> MergedProgram:
        """Return a program with the rules *verdicts* and all they rest on.

        For each side it has a rule of the id `granted(side)`, that an ALLOW counts.
        """
        made = MergedProgram(self._predicates())
        for side, names in self.names.items():
            rule = Rule(self.granted(side), Atom(self.granted(side), ()), (_holds(names),))
            made.add(rule, Span(self.versions[side].rule_set.sources[-1], 0, 0), linted=True)
            self._add_helpers(made, side, [AUTHORIZED])
        for each in (*verdicts, *self._assumed):
            side = NEW if each.sides & NEW else OLD
            head = each.rule.head
            if head.predicate.startswith("assume/"):
                head = Atom(f"assume/{each.id}", ())
            self._add(made, side, each.rule, head, each.id)
            self._add_helpers(made, side, (atom.predicate for atom in atoms(each.rule)))
        made.add_reached(
            self.inputs.every_rule, Span(self.versions[NEW].rule_set.sources[-1], 0, 0)
        )
        return made

    def granted(self, side: int) -> str:
        """Return the id of the rule that says that an ALLOW counts."""
        return f"{self.versions[side].inputs.label}/granted"

    def _add(self, made: MergedProgram, side: int, rule: Rule, head: Atom, rule_id: str) -> None:
        version = self.versions[side]
        span = version.span(rule.id)
        made.add(
            renamed(rule, self.names[side], head, rule_id), span, stock=rule.id in version.stock
        )

    def _add_helpers(self, made: MergedProgram, side: int, roots: Iterable[str]) -> None:
        rules, names = self.versions[side].rules, self.names[side]
        for name in closure(rules, [each for each in roots if names.get(each) not in made.heads]):
            if names[name] not in made.heads:
                for rule in rules[name]:
                    rule_id = rule.id if side == NEW else f"old/{rule.id}"
                    self._add(made, side, rule, Atom(names[name], rule.head.terms), rule_id)

    def _predicates(self) -> Iterator[Predicate]:
        """Yield every predicate under its merged name; nothing is missing but what rules derive."""
        yield from self.inputs.every_predicate
        for side in (NEW, OLD):
            version = self.versions[side]
            for name, each in self._declared(side).items():
                if name in self.names[side]:
                    given = each.given and name not in ("missing", "invalid_input")
                    given = given or (name == AUTHORIZED and version.opaque)
                    yield Predicate(self.names[side][name], each.columns, given)


def _holds(names: Mapping[str, str]) -> Positive:
    return Positive(Atom(names[AUTHORIZED], ()))
