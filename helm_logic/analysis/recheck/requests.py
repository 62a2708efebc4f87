# SPDX-License-Identifier: Apache-2.0
"""Requests through the engine: a rule must fire exactly where its boxes say.

For boxes of rules spread over the program, facts are made that should lie there, as far as that is
simple; the engine evaluates them; where they really lie is read off what it found (`observe.py`),
and there every rule that has a guard is asked. So nothing depends on facts being what was meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.feature import TRUE_MASK
from helm_logic.analysis.formula import Fact, GroundLiteral, Linear, Ref, Value
from helm_logic.analysis.observe import observe
from helm_logic.analysis.recheck.bundle import Bundle
from helm_logic.analysis.recheck.trees import Box, Refused
from helm_logic.analysis.unfold import AUTHORIZED
from helm_logic.engine import Engine, Evaluation
from helm_logic.errors import EvaluationError
from helm_logic.kernel.terms import COLUMN_TAGS, Row, Term, is_variable

_MOST = 48
_Facts = dict[str, dict[Row, None]]


def require_fired(bundle: Bundle) -> int:
    """Return how many requests were evaluated; raise Refused if a rule fires outside its boxes.

    Or does not inside.
    """
    engine = Engine(bundle.rule_set.program)
    count = 0
    for box, turn in _chosen(bundle):
        facts = _Maker(bundle, box, turn).facts()
        try:
            found = engine.evaluate({name: list(rows) for name, rows in facts.items()})
        except EvaluationError:
            continue  # a limit or an overflow: no rule fires at all
        _require_agreement(bundle, found)
        count += 1
    return count


def _chosen(bundle: Bundle) -> Iterator[tuple[Box, int]]:
    """Yield boxes of guards, evenly spread, each with which of its classes to take."""
    boxes = [box for guard in bundle.guards.values() for box in guard]
    step = max(1, len(boxes) // _MOST)
    yield {}, 0
    yield from ((box, turn) for turn, box in enumerate(islice(boxes, 0, None, step)))


def _require_agreement(bundle: Bundle, found: Evaluation) -> None:
    fired = _fired(bundle, found)
    known = bundle.rule_set.program.by_name

    def rows(name: str) -> Collection[Row]:
        if name in known:
            return found.rows(name)
        return [()] if name in fired else []  # a rule that is not unfolded stands for itself

    point, _ = observe(bundle.features, bundle.unfolder.counts, rows)
    for rule, boxes in bundle.guards.items():
        if not bundle.rules[rule].body:
            continue  # a fact: its guard is everything, and so is what it fires at
        inside = any(all(point.get(n, mask) & mask for n, mask in box.items()) for box in boxes)
        if inside != (rule in fired):
            what = "fires outside its boxes" if rule in fired else "does not fire in its boxes"
            raise Refused(f"evaluated by the engine, `{rule}` {what}")


def _fired(bundle: Bundle, found: Evaluation) -> frozenset[str]:
    rules = bundle.rule_set.program.rules
    asked = (bundle.rules[name] for name in bundle.guards)
    heads = dict.fromkeys(rule.head.predicate for rule in asked if rule.body)
    return frozenset(
        rules[number].id
        for head in heads
        for row in found.rows(head)
        for number in found.supporting_rules(head, row)
    )


class _Maker:
    """Makes the facts of a complete request that should lie in *box*; *turn* varies the values."""

    def __init__(self, bundle: Bundle, box: Box, turn: int) -> None:
        self._bundle, self._turn = bundle, turn
        self._columns = {each.name: each for each in bundle.rule_set.program.predicates}
        self._values = dict(self._chosen(box))
        self._true = [each.source for n, each in enumerate(bundle.features)
                      if box.get(n) == TRUE_MASK and isinstance(each.source, Fact)]  # fmt: skip
        self._made: _Facts = {}
        self._number = 0

    def _chosen(self, box: Box) -> Iterator[tuple[str, Term | None]]:
        for number, feature in enumerate(self._bundle.features):
            if isinstance(feature.source, Attribute):
                mask = box.get(number, -1)
                allowed = [each for n, each in enumerate(feature.classes) if mask >> n & 1]
                yield feature.source.name, allowed[self._turn % len(allowed)].values[0]

    def facts(self) -> _Facts:
        """Return the facts."""
        for name, value in self._values.items():
            if value is not None and not name.startswith("count/"):
                self._add(name, (value,))
        resource = str(self._values.get("resource", "s:thing/one"))
        self._made["resource_type"] = {(resource.partition("/")[0],): None}
        self._add("chain_length", (0,))
        for fact in self._true:
            chosen: dict[Value, Term] = {}
            for literal in fact.literals:
                if literal.kind == "atom":
                    self._hold(literal, chosen)
        return {name: rows for name, rows in self._made.items() if self._is_given(name)}

    def _is_given(self, name: str) -> bool:
        return name in self._columns and self._columns[name].given

    def _add(self, name: str, row: Row) -> None:
        self._made.setdefault(name, {})[row] = None

    def _hold(self, literal: GroundLiteral, chosen: dict[Value, Term]) -> None:
        columns = (
            self._columns[literal.predicate].columns if literal.predicate in self._columns else ()
        )
        row = tuple(
            self._term(value, column, chosen)
            for value, column in zip(literal.terms, columns, strict=True)
        )
        match literal.predicate:
            case str(name) if self._is_given(name):
                self._add(name, row)
            case "approved":
                self._number += 1
                self._add("approval", (f"s:approval-{self._number}", "s:user:approver", row[0]))
            case name if name == AUTHORIZED:
                self._add("anchor", (str(self._values.get("subject")),))

    def _term(self, value: Value, column: str, chosen: dict[Value, Term]) -> Term:
        if isinstance(value, Ref):
            return self._values.get(value.name) or 0
        if isinstance(value, Linear):
            return value.constant + sum(factor * self._integer(n) for n, factor in value.terms)
        if not (isinstance(value, str) and is_variable(value)):
            return value
        if value not in chosen:
            self._number += 1
            tag = COLUMN_TAGS[column]
            chosen[value] = f"{tag}other:{self._number}" if tag else self._number
        return chosen[value]

    def _integer(self, name: str) -> int:
        value = self._values.get(name)
        return value if isinstance(value, int) else 0
