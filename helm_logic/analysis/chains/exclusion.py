# SPDX-License-Identifier: Apache-2.0
"""The contract of chain rules: where `authorized` holds, none of their faults does.

What is proved, rule by rule of the file that concludes `authorized`, for facts as the reader of
chains gives them (reader.dl) and for no others:

    first          whoever is authorized by a chain: its last link is sound
    before         the link before a sound link is sound
    FAULT          so every link is; and with that, the body of FAULT cannot hold

The second and first make an induction along the chain, whose links reader.dl calls ancestors of the
last. A derived predicate is taken as it stands: what holds does so by one of its rules. Of a
recursive one, an induction shows in which columns it has links (`links PREDICATE.COLUMN`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import attrs

from helm_logic.analysis.chains.assumed import READER, Assumed, assumed_of
from helm_logic.analysis.chains.bodies import SORTS, Bodies, Environment, laws, recursive
from helm_logic.analysis.chains.columns import LINK, Columns, columns_of, places
from helm_logic.analysis.chains.digest import reached
from helm_logic.analysis.chains.induction import Condition
from helm_logic.analysis.chains.naming import named_links
from helm_logic.analysis.chains.rewrite import exists, negation_inward
from helm_logic.analysis.chains.system import positively_below
from helm_logic.analysis.smt import Apply, ForAll, Formula, Var, conj, disj, implies, neg
from helm_logic.analysis.smt_text import smtlib
from helm_logic.analysis.solver import is_unsatisfiable
from helm_logic.kernel.program import Program, Rule
from helm_logic.lang import RuleSet

AUTHORIZED, DENY = "authorized", "deny"
TIMEOUT_MS = 10_000


@attrs.frozen
class Exclusion:
    """The *faults*, ids of rules, that `authorized` excludes, and the *conditions* that show it.

    *open* are the faults for which no proof was found, *why_not* says why there is none at all.
    *sound* is the predicate that holds of sound links, *linked* the columns that have links.
    """

    faults: tuple[str, ...]
    open: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    sound: str = ""
    linked: tuple[str, ...] = ()
    why_not: str = ""


def faults_of(rule_set: RuleSet) -> tuple[Rule, ...]:
    """Return the rules about `deny` of the file that concludes `authorized`; none if several do."""
    rules, spans = rule_set.program.rules, rule_set.spans
    files = {spans[each.id].source.name for each in rules if each.head.predicate == AUTHORIZED}
    if len(files) != 1:
        return ()
    return tuple(
        each
        for each in rules
        if each.head.predicate == DENY and spans[each.id].source.name in files
    )


def prove_exclusion(rule_set: RuleSet, timeout_ms: int = TIMEOUT_MS) -> Exclusion:
    """Return which faults of *rule_set* `authorized` excludes, with the proof."""
    faults = faults_of(rule_set)
    if not faults:
        return Exclusion((), (), why_not="no file, or more than one, concludes `authorized`")
    functions = assumed_of(rule_set, columns_of(rule_set)).functions
    if missing := sorted({"link", "last", "parent"} - functions.keys()):
        said = f"`{missing[0]}` is not declared as the reader of chains gives it"
        return Exclusion((), tuple(each.id for each in faults), why_not=said)
    for sound in sound_candidates(rule_set):
        proof = _Proof(rule_set, sound)
        basis = [proof.first(), proof.before()]
        if all(is_unsatisfiable(each.script, timeout_ms) is True for each in basis):
            basis += proof.find_links(linked_candidates(rule_set, sound), timeout_ms)
            shown = {each.id: proof.fault(each) for each in faults}
            done = {
                name: each
                for name, each in shown.items()
                if is_unsatisfiable(each.script, timeout_ms) is True
            }
            left = tuple(name for name in shown if name not in done)
            made = (*basis, *done.values())
            return Exclusion(tuple(done), left, made, sound, tuple(proof.linked))
    names = tuple(each.id for each in faults)
    said = "no recursive predicate says of every link that it is sound"
    return Exclusion((), names, why_not=said)


def conditions_of(
    rule_set: RuleSet, sound: str, linked: Sequence[str], faults: Sequence[str]
) -> Iterator[Condition]:
    """Yield the conditions that show that `authorized` excludes *faults*, made from the rules.

    *sound* is the predicate that holds of sound links, *linked* the columns of links.
    """
    proof = _Proof(rule_set, sound)
    yield proof.first()
    yield proof.before()
    for name in linked:
        yield proof.links(name)
        proof.linked.append(name)
    for rule in faults_of(rule_set):
        if rule.id in faults:
            yield proof.fault(rule)


def sound_candidates(rule_set: RuleSet) -> tuple[str, ...]:
    """Return the recursive predicates of links that `authorized` depends on."""
    program = rule_set.program
    columns = named_links(program, columns_of(rule_set))
    below = reached(program, (AUTHORIZED,)) & recursive(program)
    return tuple(
        name for name in sorted(below) if len(columns[name]) == 1 and places(columns[name], LINK)
    )


def linked_candidates(rule_set: RuleSet, sound: str) -> tuple[str, ...]:
    """Return the columns of the other recursive predicates that should have links."""
    program = rule_set.program
    columns = named_links(program, columns_of(rule_set))
    return tuple(
        f"{name}.{place}"
        for name in sorted(recursive(program) - {sound})
        for place in places(columns[name], LINK)
    )


def _positive(rule: Rule) -> Iterator[str]:
    return (atom.predicate for atom in rule.premises)


class _Proof:
    def __init__(self, rule_set: RuleSet, sound: str) -> None:
        self._program: Program = rule_set.program
        self._columns: Columns = columns_of(rule_set)
        self._assumed: Assumed = assumed_of(rule_set, self._columns)
        self._sound = sound
        goals = (AUTHORIZED, sound, *(n for each in faults_of(rule_set) for n in _positive(each)))
        below = positively_below(goals, self._program)
        self._derived = {
            each.name: each.columns
            for each in self._program.predicates
            if not each.given and each.name in below
        }
        # `PREDICATE.COLUMN`: the columns of recursive predicates that are shown to have links.
        self.linked: list[str] = []

    def first(self) -> Condition:
        """Return that the last link is sound, if the chain authorizes."""
        link = Var("Last", SORTS["string"])
        asked = (self._authorized(), self._holds("last", link), neg(self._is_sound(link)))
        return self._condition("first", asked, "the last link of an authorizing chain is sound")

    def before(self) -> Condition:
        """Return that the link before a sound one is sound."""
        link, parent = Var("Link", SORTS["string"]), Var("Before", SORTS["string"])
        known = (self._is_sound(link), self._holds("parent", link, parent))
        said = "the link before a sound one is sound"
        return self._condition("before", (*known, neg(self._is_sound(parent))), said)

    def find_links(self, candidates: Sequence[str], timeout_ms: int) -> list[Condition]:
        """Return the conditions for those *candidates* that have links."""
        found = []
        for name in candidates:
            asked = self.links(name)
            if is_unsatisfiable(asked.script, timeout_ms) is True:
                found.append(asked)
                self.linked.append(name)
        return found

    def links(self, named: str) -> Condition:
        """Return that every rule puts a link into the column *named* `PREDICATE.COLUMN`."""
        name, _, column = named.rpartition(".")
        ways = []
        for number, rule in enumerate(self._program.rules):
            if rule.head.predicate == name:
                bodies = self._bodies(f"r{number}.")
                environment: Environment = {}
                parts = bodies.body(rule.body, environment, [])
                before = [each for each in rule.premises if each.predicate == name]
                heads = [each.terms[int(column)] for each in (rule.head, *before)]
                end, *others = (self._link(bodies.value(each, environment)) for each in heads)
                ways.append(conj((*parts, *others, neg(end))))
        return self._condition(f"links {named}", (disj(ways),), f"`{named}` is always a link")

    def fault(self, rule: Rule) -> Condition:
        """Return that *rule* names no fault of a chain that authorizes."""
        link = Var("Ancestor", SORTS["string"])
        ancestors = implies(Apply(f"{READER}ancestor", (link,)), Apply(self._sound, (link,)))
        local: list[Var] = []
        bodies = self._bodies("f.")
        body = exists(local, bodies.body(rule.body, {}, local))
        asked = (self._authorized(), ForAll((link,), ancestors), body)
        return self._condition(
            f"fault {rule.id}", asked, f"no chain that authorizes has `{rule.id}`"
        )

    def _condition(self, name: str, asked: Sequence[Formula], said: str) -> Condition:
        links = [self._linked_axiom(each) for each in self.linked]
        whole = [*map(negation_inward, (*asked, *links)), *self._known]
        return Condition(name, smtlib((*whole, *laws(whole)), said))

    @cached_property
    def _known(self) -> tuple[Formula, ...]:
        """What every condition may use: how things are concluded, and what is assumed."""
        given = [each.name for each in self._program.predicates if each.given]
        axioms = self._assumed.axioms(given, recursive=True)
        return (*map(negation_inward, self._completions()), *axioms)

    def _completions(self) -> Iterator[Formula]:
        """Yield of each derived predicate that what holds does so by one of its rules."""
        rules = self._program.rules
        for number, (name, kinds) in enumerate(self._derived.items()):
            row = tuple(Var(f"c{number}.{n}", SORTS[each]) for n, each in enumerate(kinds))
            bodies = self._bodies(f"c{number}.")
            own = [each for each in rules if each.head.predicate == name]
            ways = implies(Apply(name, row), disj(bodies.unfolded(each, row) for each in own))
            yield ForAll(row, ways) if row else ways

    def _linked_axiom(self, named: str) -> Formula:
        name, _, column = named.rpartition(".")
        columns = self._program.by_name[name].columns
        row = tuple(Var(f"Row.{n}", SORTS[each]) for n, each in enumerate(columns))
        return ForAll(row, implies(Apply(name, row), self._link(row[int(column)])))

    def _authorized(self) -> Formula:
        return self._bodies("w.").holds(AUTHORIZED, ())

    def _is_sound(self, link: Formula) -> Formula:
        return Apply(self._sound, (link,))

    def _link(self, term: Formula) -> Formula:
        return self._assumed.functions["link"].present((term,))

    def _holds(self, relation: str, *terms: Formula) -> Formula:
        return self._bodies("").holds(relation, terms)

    def _bodies(self, prefix: str) -> Bodies:
        kept = [each.name for each in self._program.predicates if not each.given]
        return Bodies(self._program, self._assumed.functions, kept, prefix)
