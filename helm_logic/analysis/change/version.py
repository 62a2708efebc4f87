# SPDX-License-Identifier: Apache-2.0
"""One version of a rule set, as far as it decides verdicts of requests that two versions can get.

What the verdict join adds, and claims, are left out. `authorized` is a free fact where chain rules
decide it. Under the stock ones, and whoever is not authorized has a fault there (rules/authority.dl
is proved to do so), the faults are left out too: DENY goes without saying where it does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

import attrs

from helm_logic.analysis.change.definitions import atoms, body
from helm_logic.analysis.change.inputs import OUTSIDE, InputNames
from helm_logic.analysis.scope import stock_sources
from helm_logic.analysis.study import VERDICTS
from helm_logic.analysis.unfold import AUTHORIZED
from helm_logic.authority.facts import RELATIONS
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Atom, Positive, Term
from helm_logic.lang import RuleSet, Span

CHAIN_FILE = "authority.dl"
_LEFT_OUT = frozenset(("denied", "escalated", "granted", "verdict", "relevant"))
_MISSING_FACT = Atom("escalate", ("y:missing_fact",))


@attrs.frozen
class Version:
    """A version: its *rules* by head, those of *verdicts* among them.

    *chained* says whether who is not authorized has a fault, *opaque* whether `authorized` is a
    free fact, and *chain* is what the rules are that decide it then. *stock* are the ids of the
    rules that ship with helm_logic.
    """

    rule_set: RuleSet
    inputs: InputNames
    rules: Mapping[str, Sequence[Rule]]
    chain: frozenset[Hashable]
    chained: bool
    stock: frozenset[str]

    @property
    def opaque(self) -> bool:
        """Whether `authorized` is a free fact."""
        return self.chain != frozenset()

    @property
    def verdicts(self) -> list[Rule]:
        """The rules that conclude verdicts, in order of the verdicts' strength."""
        return [rule for head in VERDICTS for rule in self.rules.get(head, ())]

    @property
    def assumed(self) -> list[Rule]:
        """The rules of its assumptions."""
        return [rule for head, rules in self.rules.items() if _is_assumed(head) for rule in rules]

    @property
    def deciding(self) -> dict[str, Sequence[Rule]]:
        """The rules that verdicts, `authorized` and assumptions rest on, by head."""
        roots = (*VERDICTS, AUTHORIZED, *filter(_is_assumed, self.rules))
        return {name: self.rules[name] for name in closure(self.rules, roots)}

    def without_faults(self) -> Version:
        """Return the version with a chain whose faults go without saying."""
        kept = [rule for rule in self.rules.get("deny", ()) if not self._is_fault(rule)]
        return attrs.evolve(self, rules={**self.rules, "deny": kept}, chained=True)

    def _is_fault(self, rule: Rule) -> bool:
        return self.span(rule.id).source.name == CHAIN_FILE

    def span(self, rule_id: str) -> Span:
        """Return the place of a rule, or of the input whose domain it stands for."""
        if not rule_id.startswith(OUTSIDE):
            return self.rule_set.spans[rule_id]
        declared = self.declaration(rule_id.removeprefix(OUTSIDE).partition("/")[0])
        return self.rule_set.spans["invalid-input"] if declared is None else declared

    def declaration(self, name: str) -> Span | None:
        """Return the place at which the input *name* is declared, None if it is not."""
        for source in reversed(self.rule_set.sources):
            found = re.search(rf"^#input\s+{name}\b[^\n]*", source.text, re.ASCII | re.MULTILINE)
            if found is not None:
                return Span(source, found.start(), found.end())
        return None


def version_of(rule_set: RuleSet, inputs: InputNames) -> Version:
    """Return *rule_set* as a version, with what *inputs* says is particular to it."""
    stock = stock_sources(rule_set)
    rules: dict[str, list[Rule]] = {}
    for rule in rule_set.program.rules:
        head = rule.head.predicate
        if head == "relevant" and inputs.lacking and _can_be_missing(rule, inputs.lacking):
            rules.setdefault("escalate", []).append(Rule(rule.id, _MISSING_FACT, rule.body))
        elif head not in _LEFT_OUT and not head.startswith("claim/"):
            rules.setdefault(head, []).append(rule)
    rules.setdefault("deny", []).extend(inputs.denials)
    reached = closure(rules, [AUTHORIZED])
    read = {atom.predicate for name in reached for rule in rules[name] for atom in atoms(rule)}
    chain: frozenset[Hashable] = frozenset()
    if not read.isdisjoint(RELATIONS):
        names = _Names()
        chain = frozenset((name, body(rule, names)) for name in reached for rule in rules[name])
        del rules[AUTHORIZED]
    written = {rule_id for rule_id, span in rule_set.spans.items() if span.source.name in stock}
    version = Version(rule_set, inputs, rules, chain, chained=False, stock=frozenset(written))
    return version.without_faults() if CHAIN_FILE in stock and chain else version


def _is_assumed(head: str) -> bool:
    return head.startswith("assume/")


class _Names(dict[str, str]):
    """The names of predicates, each for itself."""

    def __missing__(self, name: str) -> str:
        return name


def _can_be_missing(rule: Rule, lacking: Collection[str]) -> bool:
    asked: list[Term] = [
        literal.atom.terms[0]
        for literal in rule.body
        if isinstance(literal, Positive) and literal.atom.predicate == "missing"
    ]
    return all(str(term)[2:] in lacking for term in asked)


def closure(rules: Mapping[str, Sequence[Rule]], roots: Iterable[str]) -> list[str]:
    """Return the predicates with *rules* that *roots* rest on, themselves included."""
    found: dict[str, None] = {}
    waiting = [name for name in roots if name in rules]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            asked = (atom.predicate for rule in rules[name] for atom in atoms(rule))
            waiting += [each for each in asked if each in rules and each not in found]
    return list(found)
