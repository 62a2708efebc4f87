# SPDX-License-Identifier: Apache-2.0
"""A program put together from rules of several, as a rule set that can be studied.

It is for study only: nothing decides by it, and it keeps no text. Its rules are checked by the
kernel as all rules are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from helm_logic.analysis.attribute import REQUEST
from helm_logic.analysis.change.definitions import atoms
from helm_logic.analysis.study import Study
from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import Atom, Count, Literal, Negative, Positive
from helm_logic.lang import Annotations, Input, RuleSet, Span
from helm_logic.lang.stratify import components

_NOTHING_SAID = Annotations()


class MergedProgram:
    """Collects rules over *predicates*; *heads* are the predicates that have rules so far.

    *stock* and *linted* are the ids of rules that a study takes for such.
    """

    def __init__(self, predicates: Iterable[Predicate]) -> None:
        self._known: dict[str, Predicate] = {}
        for each in predicates:
            self._known.setdefault(each.name, each)
        self._rules: dict[str, Rule] = {}
        self._spans: dict[str, Span] = {}
        self.stock: list[str] = []
        self.linted: list[str] = []
        self.heads: set[str] = set()

    def add(self, rule: Rule, span: Span, *, stock: bool = False, linted: bool = False) -> None:
        """Add *rule*, which stands at *span*; a head that is not known has no columns."""
        head = rule.head.predicate
        self._known.setdefault(head, Predicate(head, (), given=False))
        self._rules[rule.id], self._spans[rule.id] = rule, span
        self.heads.add(head)
        self.stock += [rule.id] * stock
        self.linted += [rule.id] * linted

    def add_reached(self, rules: Sequence[Rule], span: Span) -> None:
        """Add those of *rules* that conclude what is asked, and assumptions about what is."""
        waiting, before = list(rules), -1
        while len(waiting) != before:
            before, asked = len(waiting), set(self._asked())
            left = []
            for rule in waiting:
                head = rule.head.predicate
                if (atoms(rule)[0].predicate if head.startswith("assume/") else head) in asked:
                    self.add(rule, span)
                else:
                    left.append(rule)
            waiting = left

    def _asked(self) -> Iterator[str]:
        return (atom.predicate for rule in self._rules.values() for atom in atoms(rule))

    def study(self, inputs: Sequence[Input]) -> Study:
        """Return the study of the program, which takes *inputs* from a request."""
        return Study(self.rule_set(inputs), stock=self.stock, linted=self.linted)

    def rule_set(self, inputs: Sequence[Input]) -> RuleSet:
        """Return the program, which takes *inputs* from a request, as a rule set without text."""
        wanted = {*self.heads, *self._asked(), *REQUEST, *(each.name for each in inputs)}
        predicates = tuple(each for name, each in self._known.items() if name in wanted)
        graph: dict[str, dict[str, None]] = {each.name: {} for each in predicates if not each.given}
        for rule in self._rules.values():
            under = graph[rule.head.predicate]
            under.update((a.predicate, None) for a in atoms(rule) if a.predicate in graph)
        program = Program(predicates, tuple(self._rules.values()), components(graph))
        return RuleSet(
            program=program,
            inputs=tuple(inputs),
            relations=(),
            annotations=dict.fromkeys(self._rules, _NOTHING_SAID),
            spans=self._spans,
            sources=(),
            warnings=(),
            literals={},
            origins={},
        )


def renamed(rule: Rule, names: Mapping[str, str], head: Atom, rule_id: str) -> Rule:
    """Return *rule* under another id and *head*, its body's predicates called as *names* says."""

    def literal(each: Literal) -> Literal:
        match each:
            case Positive(atom):
                return Positive(_renamed(atom, names))
            case Negative(atom):
                return Negative(_renamed(atom, names))
            case Count(counted, atom, relation, bound):
                return Count(counted, _renamed(atom, names), relation, bound)
            case _:
                return each

    return Rule(rule_id, head, tuple(map(literal, rule.body)))


def _renamed(atom: Atom, names: Mapping[str, str]) -> Atom:
    name = names[atom.predicate]
    return atom if name == atom.predicate else Atom(name, atom.terms)
