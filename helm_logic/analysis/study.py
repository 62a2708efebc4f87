# SPDX-License-Identifier: Apache-2.0
"""A rule set as boxes: the guard of every rule, over features that all of them share.

Everything else in this room asks a `Study`. Its domain is complete requests (every required input
given and valid) under the `#assume`s of the rule set and the contract of its chain rules: an
authorized request has no fault of the chain. What cannot be, is a list of *impossible* boxes, each
with its reason; what is said to lie inside a union of guards may use them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import attrs

from helm_logic.analysis.boxes import EVERYTHING, Box, largest, meet
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.domain import Domain, Lemma
from helm_logic.analysis.features import (
    FALSE_MASK,
    TRUE_MASK,
    Feature,
    attribute_feature,
    truth_feature,
)
from helm_logic.analysis.formula import (
    And,
    Compare,
    Fact,
    Formula,
    GroundLiteral,
    Literal,
    Not,
    Or,
    Same,
    Test,
    tests_of,
)
from helm_logic.analysis.relations import learn, related
from helm_logic.analysis.unfold import AUTHORIZED, Unfolder
from helm_logic.kernel.program import Rule
from helm_logic.lang import RuleSet

VERDICTS = ("deny", "escalate", "allow")  # the strongest first
MOST_BOXES = 2_000
_INCOMPLETE = frozenset({"missing", "invalid_input"})  # what holds of no complete request
_AUTHORIZED = Fact((GroundLiteral("atom", AUTHORIZED, ()),))


@attrs.frozen(eq=False)
class Ruled:
    """A rule with its guard: one of *boxes* holds. None if it has too many cases."""

    rule: Rule
    verdict: str
    boxes: tuple[Box, ...]
    approver: str | None
    overrides: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id of the rule."""
        return self.rule.id


class Study(Domain):
    """The rules of *rule_set* as boxes.

    *stock* are the ids of the rules that ship with helm_logic, *faults* those that the contract of
    the chain rules excludes where `authorized` holds, *linted* the ids of the rules that findings
    may be about, *undefined* the predicates whose rules other files give. Asks no solver.
    """

    def __init__(
        self,
        rule_set: RuleSet,
        *,
        stock: Iterable[str] = (),
        faults: Iterable[str] = (),
        linted: Iterable[str] | None = None,
        undefined: Iterable[str] = (),
    ) -> None:
        self.rule_set = rule_set
        self.faults, self.stock = frozenset(faults), frozenset(stock)
        self.derived = {each.name for each in rule_set.program.predicates if not each.given}
        rules = rule_set.program.rules
        own = {rule.id for rule in rules if "/" not in rule.head.predicate}
        self.linted = frozenset(own if linted is None else linted)
        self.unfolder = Unfolder(rule_set, self.stock, frozenset(undefined))
        self.by_id: Mapping[str, Rule] = {rule.id: rule for rule in rules}
        self._formulas: dict[str, Formula] = {
            rule.id: self.unfolder.guard(rule) for rule in rules if self._matters(rule)
        }
        features, self._number = self._make_features()
        super().__init__(features)
        self.too_many: list[str] = []
        self._boxes: dict[str, tuple[Box, ...]] = {}
        self.impossible += self._lemmas()

    def _matters(self, rule: Rule) -> bool:
        head = rule.head.predicate
        concludes = head in VERDICTS and rule.id not in self.faults
        return concludes or rule.id in self.linted or head.startswith(("claim/", "assume/"))

    # Features.

    def _make_features(self) -> tuple[list[Feature], dict[Test | str, int]]:
        tests: dict[Test, None] = {}
        for formula in self._formulas.values():
            tests_of(formula, tests)
        if any(rule.head.predicate == AUTHORIZED for rule in self.by_id.values()):
            tests.setdefault(_AUTHORIZED)
        for extra in related(tests):
            tests.setdefault(extra)
        features: list[Feature] = []
        number: dict[Test | str, int] = {}
        by_name: dict[str, list[Test]] = {}
        for test in tests:
            if not isinstance(test, (Fact, Compare, Same)):
                by_name.setdefault(test.name, []).append(test)
        for name, attribute in self.unfolder.attributes.items():
            feature = attribute_feature(attribute, by_name.get(name, ()))
            number[name] = len(features)
            number.update(dict.fromkeys(feature.masks, len(features)))
            features.append(feature)
        for test in tests:
            if isinstance(test, (Fact, Compare, Same)):
                number[test] = len(features)
                features.append(truth_feature(test))
        return features, number

    def number_of(self, source: Test | str) -> int | None:
        """Return the number of the feature of a test, or of the attribute of that name."""
        return self._number.get(source)

    @cached_property
    def authorized(self) -> Box:
        """The box of authorized requests: everything if nothing asks."""
        number = self._number.get(_AUTHORIZED)
        return EVERYTHING if number is None else {number: TRUE_MASK}

    def complete(self, boxes: Iterable[Box]) -> Iterator[Box]:
        """Yield *boxes* within complete requests, for which `missing` holds of nothing."""
        for box in boxes:
            if all(box.get(number, FALSE_MASK) & FALSE_MASK for number in self._incomplete):
                yield {n: mask for n, mask in box.items() if n not in self._incomplete}

    @cached_property
    def _incomplete(self) -> frozenset[int]:
        return frozenset(
            number
            for number, feature in enumerate(self.features)
            if isinstance(feature.source, Fact) and feature.source.predicates & _INCOMPLETE
        )

    # Guards.

    @property
    def guarded(self) -> tuple[str, ...]:
        """The ids of the rules that have a guard, in the order of the program."""
        return tuple(self._formulas)

    def boxes(self, rule_id: str) -> tuple[Box, ...]:
        """Return the guard of a rule: boxes whose union it is. Raises TooManyCases."""
        found = self._boxes.get(rule_id)
        if found is None:
            found = self._boxes[rule_id] = self.boxes_of(self._formulas[rule_id])
        return found

    def boxes_of(self, formula: Formula) -> tuple[Box, ...]:
        """Return the boxes whose union *formula* is; raise TooManyCases."""
        match formula:
            case Literal(test):
                return self._boxes_of_test(test)
            case Not(Literal(test)):
                return self._boxes_of_test(test, negated=True)
            case Or(parts):
                return tuple(largest([dict(b) for part in parts for b in self.boxes_of(part)]))
            case And(parts):
                found: list[Box] = [EVERYTHING]
                for boxes in sorted((self.boxes_of(part) for part in parts), key=len):
                    found = [both for one in found for two in boxes
                             if (both := meet(one, two)) is not None]  # fmt: skip
                    self._bound(found)
                return tuple(largest(map(dict, found))) if len(found) > 1 else tuple(found)
            case Not(part):
                left = self.space.remainder(EVERYTHING, self.boxes_of(part), MOST_BOXES)
                if left is None:
                    raise TooManyCases(f"more than {MOST_BOXES} cases")
                return tuple(left)

    def _boxes_of_test(self, test: Test, *, negated: bool = False) -> tuple[Box, ...]:
        number = self._number[test]
        mask = self.features[number].masks[test]
        if negated:
            mask = self.space.full(number) & ~mask
        if mask == self.space.full(number):
            return (EVERYTHING,)
        return ({number: mask},) if mask else ()

    def _bound(self, boxes: Sequence[Box]) -> None:
        if len(boxes) > MOST_BOXES:
            raise TooManyCases(f"more than {MOST_BOXES} cases")

    @cached_property
    def ruled(self) -> tuple[Ruled, ...]:
        """The rules that conclude a verdict for complete requests, in the program's order.

        Faults of the chain are left out.
        """
        found = []
        for rule in self.rule_set.program.rules:
            if rule.head.predicate not in VERDICTS or rule.id in self.faults:
                continue
            try:
                boxes = tuple(self.complete(self.boxes(rule.id)))
            except TooManyCases:
                self.too_many.append(rule.id)
                continue
            said = self.rule_set.annotations[rule.id]
            found.append(Ruled(rule, rule.head.predicate, boxes, said.approver, said.overrides))
        return tuple(found)

    @cached_property
    def authorizes(self) -> bool:
        """Whether anybody can be authorized at all: a rule concludes it, or another file may."""
        return _AUTHORIZED in self._number or AUTHORIZED not in self.derived

    # What cannot be.

    def _lemmas(self) -> Iterable[Lemma]:
        for rule in self.rule_set.program.rules:
            if rule.head.predicate.startswith("assume/"):
                yield from (Lemma(box, rule.id) for box in self._assumed(rule.id))
        for box, why in learn(self.features, self._number):
            yield Lemma(box, why)

    def _assumed(self, rule_id: str) -> tuple[Box, ...]:
        """Return what an assumption excludes: nothing if it has too many cases, which is said."""
        try:
            return self.boxes(rule_id)
        except TooManyCases:
            self.too_many.append(rule_id)
            return ()

    # How guards lie to each other.

    def extent(self, rule_id: str) -> str:
        """Return how many requests satisfy a rule's body: `none`, `some` or `all`."""
        boxes = self.boxes(rule_id)
        if self.is_empty(boxes):
            return "none"
        return "all" if self.are_inside((EVERYTHING,), boxes) else "some"

    def relation(self, first: str, second: str) -> str:
        """Return how the guard of rule *first* lies to that of rule *second*.

        `disjoint`, `equal`, `inside`, `contains` or `overlap`.
        """
        one, other = self.boxes(first), self.boxes(second)
        shared = [both for a in one for b in other if (both := meet(a, b)) is not None]
        if self.is_empty(shared):
            return "disjoint"
        inside, contains = self.are_inside(one, other), self.are_inside(other, one)
        if inside:
            return "equal" if contains else "inside"
        return "contains" if contains else "overlap"
