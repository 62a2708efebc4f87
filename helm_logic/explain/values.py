# SPDX-License-Identifier: Apache-2.0
"""The values that a request could give instead of its own, as far as a difference can matter.

An input with a declared domain has those of the domain. Where there is none, what a rule that it
reaches or a constraint compares it with matters, and beside a number the next on either side, the
nearest first: between two neighbours of these, every value is like every other. At most `MOST`
values are tried for one place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import attrs

from helm_logic.authority.facts import BOUNDS
from helm_logic.explain.subject import Subject
from helm_logic.kernel.program import Rule, roles
from helm_logic.kernel.terms import COLUMN_TAGS, Term, is_constant_of, is_variable
from helm_logic.lang import Input
from helm_logic.policy.inputs import constant

MOST = 64
MOST_MOMENTS = 16


@attrs.frozen(slots=False)
class Values:
    """What can be tried in place of what the request of *subject* says."""

    subject: Subject

    @cached_property
    def constrained(self) -> tuple[str, ...]:
        """The properties of requests that links of the chain constrain, in order."""
        facts = self.subject.facts
        return tuple(sorted({str(row[2])[2:] for name in BOUNDS for row in facts.get(name, ())}))

    def of(self, path: tuple[str, ...], inputs: Sequence[Input], present: str) -> list[str]:
        """Return values for *path*, as JSON, other than the one *present*; "" for leaving it out.

        *inputs* are those that the rules read there.
        """
        found: dict[str, None] = {}
        is_set = any(declared.is_set for declared in inputs)
        for declared in inputs:
            for term in self._terms(declared, present):
                found.setdefault(_json(term))
        for term in self._bounds(path):
            if all(constant(json.loads(_json(term)), each.type) is not None for each in inputs):
                found.setdefault(_json(term))
        values = list(found)[:MOST]
        if is_set:
            values = _sets(values, present)
        if present and inputs and not any(declared.required for declared in inputs):
            values.append("")
        return [value for value in values if value != present]

    def moments(self, now: int) -> list[int]:
        """Return the moments after *now*, in seconds, at which something begins or ends."""
        program, facts = self.subject.program, self.subject.facts
        later: set[int] = set()
        for predicate in program.predicates:
            columns = [n for n, column in enumerate(predicate.columns) if column == "time"]
            if predicate.given and columns and predicate.name != "now":
                for row in facts.get(predicate.name, ()):
                    later.update(int(row[n]) for n in columns if int(row[n]) > now)
        return sorted(later)[:MOST_MOMENTS]

    def roles(self, approvers: Mapping[str, Iterable[str]]) -> list[str]:
        """Return the roles that rules ask for or *approvers* have, in order."""
        found = {source.approver for source in self.subject.rules.values()}
        found |= {role for names in approvers.values() for role in names}
        for rule in self.subject.program.rules:
            for literal in rule.body:
                atom = getattr(literal, "atom", None)
                if atom is not None and atom.predicate in ("approved", "approval"):
                    found.add(str(atom.terms[-1])[2:] if not is_variable(atom.terms[-1]) else "")
        return sorted(found - {""})

    def _terms(self, declared: Input, present: str) -> Iterator[Term]:
        if declared.domain is not None:
            yield from declared.domain
        elif declared.type == "bool":
            yield from ("b:true", "b:false")
        else:
            known = [term for term in self._near(declared) if is_constant_of(term, declared.type)]
            numbers = {n + step for n in known if type(n) is int for step in (0, -1, 1)}
            yield from sorted(numbers, key=lambda number: (_distance(number, present), number))
            yield from (term for term in known if type(term) is str)

    def _near(self, declared: Input) -> list[Term]:
        """Return the constants of the rules that *declared* can reach; for a time, now too."""
        reached, rules = {declared.name}, set[str]()
        size = -1
        while size != len(rules):
            size = len(rules)
            for rule in self.subject.program.rules:
                if rule.id not in rules and reached & _reads(rule):
                    rules.add(rule.id)
                    reached.add(rule.head.predicate)
        found: set[Term] = set()
        for rule in self.subject.program.rules:
            if rule.id in rules:
                parts = [rule.head.terms, *(part for each in rule.body for part in roles(each))]
                found |= {term for part in parts for term in part if not is_variable(term)}
        if declared.type == "time":
            found |= {row[0] for row in self.subject.facts.get("now", ())}
        return sorted(found, key=lambda term: (type(term) is str, str(term)))

    def _bounds(self, path: tuple[str, ...]) -> Iterator[Term]:
        """Yield the values at the bounds of what links ask of the property at *path*."""
        name = f"s:{path[0]}.{path[-1]}"
        for kind in BOUNDS:
            for row in sorted(self.subject.facts.get(kind, ()), key=repr):
                if row[2] == name:
                    yield _fitting(str(row[3])) if kind == "fits" else row[3]


def _reads(rule: Rule) -> set[str]:
    atoms = (getattr(literal, "atom", None) for literal in rule.body)
    return {atom.predicate for atom in atoms if atom is not None}


def _distance(number: int, present: str) -> int:
    """Return how far *number* is from the number *present*, if that is one."""
    value = json.loads(present) if present else 0
    return abs(number - value) if type(value) is int else 0


def _fitting(pattern: str) -> Term:
    """Return a text that the segment *pattern* matches."""
    return pattern.replace("**", "any").replace("*", "any")


def _json(term: Term) -> str:
    if isinstance(term, int):
        return str(term)
    tag, text = term[:2], term[2:]
    return text if tag == COLUMN_TAGS["bool"] else json.dumps(text, ensure_ascii=False)


def _sets(values: list[str], present: str) -> list[str]:
    """Return the lists with one of *values* more, or one less, than *present*."""
    now = json.loads(present or "[]")
    texts = [json.dumps(each, ensure_ascii=False) for each in now] if isinstance(now, list) else []
    lists = [[*texts, value] for value in values if value not in texts]
    lists += [[each for each in texts if each != less] for less in texts]
    if not present:
        lists.append([])
    return [f"[{', '.join(each)}]" for each in lists]
