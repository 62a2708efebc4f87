# SPDX-License-Identifier: Apache-2.0
"""Steps as constrained Horn clauses: over integers and truths alone, without quantifiers.

A clause allows at least what its rule allows:
- a text is a number, a constant its code, and a term over links a variable of its own;
- what holds for some facts holds for variables that nothing else names; what is asked of all facts
  is left out, but for the powers of links, for which a lemma of the step says that it adds none;
- what `assumed.py` says of one link is said of every link that the clause names.

So what holds of every chain of clauses holds of every chain of facts. A chain of clauses that
breaks a property is only a candidate, until the engine has derived it from facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import attrs

from helm_logic.analysis.chains.bodies import (
    MATCHES,
    SUBSUMES,
    TEXT,
    constant_text,
)
from helm_logic.analysis.chains.columns import APPROVAL, HOLDER, ISSUER, NO_APPROVAL, places
from helm_logic.analysis.chains.powers import POWER
from helm_logic.analysis.chains.properties import (
    CONTINUATION,
    LENGTH,
    Ghost,
    Plan,
    bounds,
    is_none,
    sort_in_state,
)
from helm_logic.analysis.chains.rewrite import conjuncts, negation_inward, substitute, total
from helm_logic.analysis.chains.system import Node, Shape, Step, System
from helm_logic.analysis.smt import (
    BOOL,
    FALSE,
    INT,
    TRUE,
    And,
    Apply,
    Eq,
    Exists,
    ForAll,
    Formula,
    Not,
    Number,
    Or,
    Var,
    conj,
    disj,
    implies,
    neg,
    same,
    subterms,
    text,
)
from helm_logic.kernel.pattern import subsumes


@attrs.frozen
class State:
    """The arguments of *predicate* in clauses: its components, then the ghosts."""

    predicate: str
    arguments: tuple[Var, ...]


@attrs.frozen
class Clause:
    """*head* holds of *values* if *premises* hold of theirs and *condition* does.

    *continues* is the formula that the first premise names who handed on; None for a root grant, or
    if that is not asked. *length* is 1 if the step may hand on, 0 if it only renames.
    """

    rule: str
    head: str
    values: tuple[Formula, ...]
    premises: tuple[tuple[str, tuple[Formula, ...]], ...]
    condition: Formula
    continues: Formula | None
    free: tuple[str, ...]


@attrs.frozen
class Clauses:
    """The clauses of a system for one plan, with the *states* of its predicates."""

    states: Mapping[str, State]
    clauses: tuple[Clause, ...]


def codes_of(system: System) -> dict[str, int]:
    """Return the number of every text and symbol constant that the steps of *system* name."""
    names = {tag + each for tag in ("s:", "y:") for each in NO_APPROVAL}
    for step in system.steps:
        names |= {each for each in map(constant_text, _terms(step)) if each is not None}
    return {name: number for number, name in enumerate(sorted(names), 1)}


def make_clauses(
    system: System, plan: Plan, codes: Mapping[str, int], narrowed: Mapping[str, Sequence[str]]
) -> Clauses:
    """Return the clauses of *system*; *narrowed* gives the powers that no step of a rule adds."""
    maker = _Maker(system, plan, codes)
    states = {name: maker.state(shape) for name, shape in system.shapes.items()}
    return Clauses(
        states, tuple(maker.clause(each, narrowed.get(each.rule.id, ())) for each in system.steps)
    )


def _terms(step: Step) -> tuple[Formula, ...]:
    nodes = [term for node in (step.head, *step.premises) for term in node.terms]
    return tuple(subterms((*nodes, step.condition)))


class _Maker:
    def __init__(self, system: System, plan: Plan, codes: Mapping[str, int]) -> None:
        self._system, self._plan, self._codes = system, plan, codes
        self._named = tuple(_named_matches(system))

    def state(self, shape: Shape) -> State:
        """Return the state of *shape*."""
        own = [Var(each.name, sort_in_state(each)) for each in shape.components]
        ghosts = [each.variable for each in self._plan.ghosts]
        shared = [self._pure(each) for each in self._named]
        return State(shape.predicate, (*own, *ghosts, *shared))  # type: ignore[arg-type]

    def clause(self, step: Step, narrowed: Sequence[str]) -> Clause:
        """Return the clause of *step*."""
        parts = [step.condition, *self._of_links(step), *self._of_patterns(step)]
        if step.premises:
            parts += self._narrowed(step, narrowed)
        mapped = _defined(step)
        ghosts = [self._premise_ghosts(number) for number in range(len(step.premises))]
        ahead, carried = self._carried(step, ghosts[0] if ghosts else {})
        continues = self._continues(step) if step.premises else None
        return Clause(
            step.rule.id,
            step.head.predicate,
            (*self._values(step.head), *ahead, *map(self._pure, self._named)),
            tuple(
                (
                    node.predicate,
                    (*self._values(node), *own.values(), *map(self._pure, self._named)),
                )
                for node, own in zip(step.premises, ghosts, strict=True)
            ),
            conj((*(self._plain(substitute(each, mapped)) for each in parts), *carried)),
            None if continues is None else self._plain(substitute(continues, mapped)),
            step.free,
        )

    def _values(self, node: Node) -> tuple[Formula, ...]:
        shape = self._system.shapes[node.predicate]
        return tuple(self._pure(self._system.value(each, node)) for each in shape.components)

    def _premise_ghosts(self, number: int) -> dict[str, Formula]:
        """Return the ghosts of a premise by component: each premise has its own root."""
        suffix = "" if number == 0 else f"@{number}"
        return {each.component: Var(each.name + suffix, each.sort) for each in self._plan.ghosts}

    def _carried(
        self, step: Step, before: Mapping[str, Formula]
    ) -> tuple[list[Formula], list[Formula]]:
        """Return the ghosts of the head, and what says how they follow from those *before*."""
        ahead: list[Formula] = []
        said: list[Formula] = []
        for ghost in self._plan.ghosts:
            if ghost.component == LENGTH:
                ahead.append(self._length(step, before.get(LENGTH)))
            elif ghost.component == APPROVAL:
                value, conditions = self._needed(step, ghost, before.get(APPROVAL))
                ahead.append(value)
                said += conditions
            elif step.premises:
                ahead.append(before[ghost.component])
            else:
                ahead.append(self._root(step, ghost))
        return ahead, said

    def _root(self, step: Step, ghost: Ghost) -> Formula:
        shape = self._system.shapes[step.head.predicate]
        for each in shape.components:
            if ghost.component == each.name or each in bounds(shape, ghost.component)[:1]:
                return self._pure(self._system.value(each, step.head))
        raise ValueError(f"`{shape.predicate}` has no `{ghost.component}`")

    def _length(self, step: Step, before: Formula | None) -> Formula:
        """Return one more than before, unless it is plain that nobody else gets authority."""
        if before is None:
            return Number(0)
        same_holder = stays(step, self._system) == TRUE
        return before if same_holder else total((before, Number(1)))

    def _needed(
        self, step: Step, ghost: Ghost, before: Formula | None
    ) -> tuple[Formula, list[Formula]]:
        """Return whether, or which, approval is needed after *step*, and what says so."""
        shape = self._system.shapes[step.head.predicate]
        own = [each for each in bounds(shape, APPROVAL) if sort_in_state(each) == ghost.sort]
        value = self._pure(self._system.value(own[0], step.head)) if own else None
        if ghost.sort == BOOL:
            return disj(each for each in (before, value) if each is not None), []
        if before is None or value is None:
            return value or before or Number(self._codes["s:" + NO_APPROVAL[0]]), []
        after = Var(f"{ghost.name}@after")
        none = is_none(before, own[0], self._codes)
        return after, [implies(none, Eq(after, value)), implies(neg(none), Eq(after, before))]

    def _of_links(self, step: Step) -> Iterator[Formula]:
        """Yield what is assumed of each link that *step* names."""
        links = {
            node.terms[column]: None
            for node in (step.head, *step.premises)
            for column in self._system.shapes[node.predicate].links
        }
        for axiom in self._system.axioms if links else ():
            if not isinstance(axiom, ForAll):
                yield axiom
            elif _is_about_a_link(axiom):
                for link in links:
                    yield substitute(axiom.body, {axiom.variables[0]: link})

    def _of_patterns(self, step: Step) -> Iterator[Formula]:
        """Yield the laws of patterns for the patterns of *step* and the arbitrary texts."""
        pairs = dict.fromkeys(self._named)
        for node in (step.head, *step.premises):
            for each in self._system.shapes[node.predicate].components:
                if each.type == MATCHES:
                    pairs.setdefault(self._system.value(each, node))  # type: ignore[arg-type]
        for wanted in dict.fromkeys(each.terms[1] for each in pairs):
            for term in _terms(step):
                if isinstance(term, Apply) and term.name == SUBSUMES:
                    wide, narrow = (Apply(MATCHES, (each, wanted)) for each in term.terms)
                    yield implies(term, implies(narrow, wide))
        for one, other in combinations(pairs, 2):
            (first, wanted), (second, other_wanted) = one.terms, other.terms
            if wanted == other_wanted:
                yield from _agree(first, second, one, other)

    def _narrowed(self, step: Step, names: Sequence[str]) -> Iterator[Formula]:
        """Yield that the head has no power that its parent has not, for the powers in *names*."""
        head, parent = step.head, step.premises[0]
        above = {each.name: each for each in self._system.shapes[parent.predicate].components}
        for each in self._system.shapes[head.predicate].components:
            if each.name in names and each.name in above:
                own = self._system.value(each, head)
                before = self._system.value(above[each.name], parent)
                yield implies(own, before) if each.type == POWER else implies(before, own)

    def _continues(self, step: Step) -> Formula | None:
        """Return that who hands on is the holder of the parent, None if that is not asked."""
        if CONTINUATION in self._plan.unnamed:
            return None
        head, parent = (
            self._system.shapes[each.predicate] for each in (step.head, step.premises[0])
        )
        before = self._holder(parent, step.premises[0])
        if before is None:
            return None
        after = self._holder(head, step.head)
        ways = [stays(step, self._system)]
        issuers = [self._system.value(each, step.head) for each in head.having(ISSUER)
                   if each.relation]  # fmt: skip
        if issuers:
            keys = [Eq(one, other) for one, other in self._keys(step)]
            ways.append(conj((*(Eq(each, before) for each in issuers[:1]), *keys)))
        for part in subterms((step.condition,)):
            if isinstance(part, Apply) and part.name in self._system.columns:
                ways += self._handing(part, before, after)
        return disj(ways)

    def _holder(self, shape: Shape, node: Node) -> Formula | None:
        those = bounds(shape, HOLDER)
        return self._system.value(those[0], node) if those else None

    def _keys(self, step: Step) -> Iterator[tuple[Formula, Formula]]:
        """Yield the key that signed the head's link, and the one that the parent's hands on to."""
        own = {each.name: each for each in self._system.shapes[step.head.predicate].components}
        above = {
            each.name: each for each in self._system.shapes[step.premises[0].predicate].components
        }
        if SIGNER in own and DELEGATE_KEY in above:
            yield (
                self._system.value(own[SIGNER], step.head),
                self._system.value(above[DELEGATE_KEY], step.premises[0]),
            )

    def _handing(self, fact: Apply, before: Formula, after: Formula | None) -> Iterator[Formula]:
        """Yield that *fact* holds and says that *before* hands on to *after*."""
        columns = self._system.columns[fact.name]
        given = self._system.program.by_name[fact.name].given
        if not given or len(columns) != len(fact.terms):
            return
        for place in places(columns, ISSUER)[:1]:
            named = [Eq(fact.terms[place], before)]
            if after is not None:
                named += [Eq(fact.terms[to], after) for to in places(columns, HOLDER)[:1]]
            yield conj((fact, *named))

    def _plain(self, formula: Formula) -> Formula:
        return self._unquantified(negation_inward(formula))

    def _unquantified(self, formula: Formula) -> Formula:
        match formula:
            case ForAll():
                return TRUE
            case Exists(_, body):
                return self._unquantified(body)
            case And(parts):
                return conj(map(self._unquantified, parts))
            case Or(parts):
                return disj(map(self._unquantified, parts))
            case Not(part):
                return neg(self._pure(part))
        return self._pure(formula)

    def _pure(self, term: Formula) -> Formula:
        """Return *term* with texts as numbers and functions as variables."""
        mapped: dict[Formula, Formula] = {}
        for each in subterms((term,)):
            code = constant_text(each)
            if code is not None:
                mapped[each] = Number(self._codes[code])
            elif isinstance(each, Apply):
                mapped[each] = Var(_title(each), BOOL if each.sort == BOOL else INT)
            elif isinstance(each, Var) and each.sort not in (INT, BOOL):
                mapped[each] = Var(each.name)
        return substitute(term, mapped)


# The components that say with which key a link is signed, and which key it hands on to.
SIGNER, DELEGATE_KEY = "signed_by.key", "delegate_key.key"


def stays(step: Step, system: System) -> Formula:
    """Return that authority stays with the same link or holder."""
    head, parent = step.head, step.premises[0]
    own, above = (system.shapes[each.predicate] for each in (head, parent))
    if own.links and above.links:
        return same(head.terms[own.links[0]], parent.terms[above.links[0]])
    one, other = bounds(own, HOLDER), bounds(above, HOLDER)
    if not one or not other:
        return FALSE
    return same(system.value(one[0], head), system.value(other[0], parent))


def _named_matches(system: System) -> Iterator[Apply]:
    """Yield whether a pattern that rules name matches an arbitrary text: the same in all steps."""
    patterns: dict[Formula, None] = {}
    wanted: dict[Formula, None] = {}
    for step in system.steps:
        for each in _terms(step):
            if isinstance(each, Apply) and each.name in (MATCHES, SUBSUMES):
                patterns |= dict.fromkeys(each.terms)
        for node in (step.head, *step.premises):
            for component in system.shapes[node.predicate].components:
                if component.type == MATCHES:
                    pattern, text = system.value(component, node).terms  # type: ignore[union-attr]
                    patterns.setdefault(pattern)
                    wanted.setdefault(text)
    for text in wanted:
        for pattern in patterns:
            if constant_text(pattern) is not None:
                yield Apply(MATCHES, (pattern, text))


def _is_about_a_link(axiom: ForAll) -> bool:
    inner = any(isinstance(each, (ForAll, Exists)) for each in subterms((axiom.body,)))
    return len(axiom.variables) == 1 and axiom.variables[0].sort == TEXT and not inner


def _agree(first: Formula, second: Formula, one: Apply, other: Apply) -> Iterator[Formula]:
    """Yield what two patterns have to do with each other: equal ones match alike."""
    left, right = constant_text(first), constant_text(second)
    if left is None or right is None:
        yield implies(same(first, second), conj((implies(one, other), implies(other, one))))
        return
    if subsumes(left, right):
        yield implies(other, one)
    if subsumes(right, left):
        yield implies(one, other)


def _defined(step: Step) -> dict[Formula, Formula]:
    """Return the functions of links that are equal to a term of a node, with that term."""
    nodes = {term for node in (step.head, *step.premises) for term in node.terms}
    pairs = [
        (one, other)
        for part in conjuncts(step.condition)
        if isinstance(part, Eq)
        for one, other in ((part.left, part.right), (part.right, part.left))
    ]
    return {
        other: one
        for one, other in pairs
        if one in nodes and isinstance(other, Apply) and other.terms
    }


def _title(term: Formula) -> str:
    """Return a name that no other term has."""
    match term:
        case Var(name, _):
            return name
        case Number(value):
            return f"<{value}>"
        case Apply(name, terms, _):
            inner = [_title(each) for each in terms]
            return "@".join((name, *(f"<{each}>" if "@" in each else each for each in inner)))
    return f"<{text(term)}>"
