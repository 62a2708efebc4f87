# SPDX-License-Identifier: Apache-2.0
"""From steps to a graph that can be shown: texts, places, guards, links and the story in words.

Steps come from a certificate, from an engine or from `why.py`; that they are right is the kernel's
to say. Whatever stands in a node is printed from the program, the subject's sources and its model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from helm_logic.explain.derivation import GIVEN, RULE, STOCK, LinkState, Node, ProofDag
from helm_logic.explain.ground_text import condition_text, fact_text
from helm_logic.explain.model_view import Fact, ground
from helm_logic.explain.subject import RuleSource, Subject
from helm_logic.kernel.certificate import Apply, Step
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Atom, Compute, Count, Negative, Positive, Term, Test
from helm_logic.lang import rule_text, term_text
from helm_logic.receipts.pack_story import moment

# The relations of the stock rules whose first column names a link.
_OF_LINKS = frozenset({
    "link", "signed_by", "delegate_key", "valid", "depth_left", "grant", "constraint", "one_of",
    "at_most", "at_least", "fits", "limit", "obeyed", "inside", "root", "parent", "last",
    "misplaced", "revocation",
})  # fmt: skip


def proof_dag(
    subject: Subject, steps: Sequence[Step], title: str = "", story: Sequence[str] = ()
) -> ProofDag:
    """Return the graph of *steps*, which derive their last fact from facts of *subject*."""
    builder = _Builder(subject)
    places: list[int] = []
    for step in steps:
        places.append(builder.add(step, places))
    claim = places[-1]
    return ProofDag(
        tuple(builder.nodes),
        claim,
        title or builder.nodes[claim].text,
        subject.verdict if builder.nodes[claim].predicate == "verdict" else "",
        tuple(story),
    )


def verdict_dag(subject: Subject) -> ProofDag:
    """Return the graph of the derivation that the decision of *subject* came with."""
    return proof_dag(subject, subject.steps, subject.title, tuple(verdict_story(subject)))


def verdict_story(subject: Subject) -> Iterator[str]:
    """Yield the verdict of *subject* in words, a sentence each."""
    if not subject.verdict:
        return
    if subject.asked is not None:
        yield f"{asked_text(subject)}, at {moment(subject.asked.now)}."
    yield f"The verdict was {subject.verdict}."
    for reason in subject.reasons:
        by = ", ".join(f"`{name}`{_place(subject.rules.get(name))}" for name in reason.rules)
        said = f": {reason.text}" if reason.text else ""
        yield f"Reason `{reason.code}`{said}." + (f" By rule {by}." if by else "")
    for link in subject.links:
        yield link_text(link)
    for row in sorted(subject.model.get("approved", ())):
        yield f"It was approved in the role `{str(row[0])[2:]}`."


def asked_text(subject: Subject) -> str:
    """Return who asked for what: `tool:deploy asked for `deploy` on `service/api``."""
    first = {
        name: next((str(row[0])[2:] for row in sorted(subject.facts.get(name, ()))), "?")
        for name in ("subject", "action", "resource")
    }
    return f"`{first['subject']}` asked for `{first['action']}` on `{first['resource']}`"


def link_text(link: LinkState) -> str:
    """Return what there is to say about *link* in a sentence."""
    if not link.issuer:
        return f"The link at place {link.id[1:]} was refused: {link.why}."
    told = f"The link `{link.id}`, by which `{link.issuer}` lets `{link.subject}` act,"
    if link.counts:
        until = "" if link.expires is None else f" until {moment(link.expires)}"
        return f"{told} counts{until}."
    return f"{told} is there but does not count: {link.why}."


def _place(source: RuleSource | None) -> str:
    return "" if source is None or source.span is None else f" ({source.span[0]}:{source.span[1]})"


class _Builder:
    """Makes nodes of steps, each fact once."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._program = subject.program
        self._stratum = subject.program.stratum
        self._links = {link.id: link for link in subject.links}
        self._places: dict[Fact, int] = {}
        self.nodes: list[Node] = []

    def add(self, step: Step, places: Sequence[int]) -> int:
        """Add the node of *step*, whose premises are steps at *places*; return its own place."""
        if isinstance(step, Apply):
            rule = self._program.rules[step.rule]
            values = dict(zip(rule.variables, step.substitution, strict=True))
            fact = (rule.head.predicate, ground(rule.head, values))
        else:
            fact = (step.predicate, step.row)
        if (found := self._places.get(fact)) is not None:
            return found
        place = self._places[fact] = len(self.nodes)
        if isinstance(step, Apply):
            self.nodes.append(self._derived(place, fact, step, values, places))
        else:
            text = fact_text(self._program, *fact)
            link = self._links.get(str(fact[1][0])[2:]) if fact[0] in _OF_LINKS else None
            self.nodes.append(Node(place, *fact, text, origin=GIVEN, link=link))
        return place

    def _derived(
        self,
        place: int,
        fact: Fact,
        step: Apply,
        values: Mapping[Term, Term],
        places: Sequence[int],
    ) -> Node:
        rule = self._program.rules[step.rule]
        source = self._subject.rules.get(rule.id) or RuleSource(rule_text(rule))
        return Node(
            place,
            *fact,
            fact_text(self._program, *fact),
            rule=rule.id,
            rule_text=source.text,
            span=source.span,
            substitution=tuple((str(name)[2:], term_text(each)) for name, each in values.items()),
            premises=tuple(places[each] for each in step.premises),
            guards=tuple(
                guard_text(self._program, self._subject, rule.id, literal, values)
                for literal in rule.body
                if not isinstance(literal, Positive)
            ),
            words=source.words,
            height=self._subject.model.get(fact[0], {}).get(fact[1], 0),
            stratum=self._stratum[fact[0]],
            origin=STOCK if source.is_stock else RULE,
        )


def guard_text(
    program: Program,
    subject: Subject,
    rule: str,
    literal: Negative | Test | Compute | Count,
    values: Mapping[Term, Term],
) -> str:
    """Return *literal*, which holds under *values*, with why it does."""
    text = condition_text(literal, values)
    if isinstance(literal, Negative):
        atom = Atom(literal.atom.predicate, ground(literal.atom, dict(values)))
        given = program.by_name[atom.predicate].given
        what = "no such fact is given" if given else "no rule derives it"
        return f"{text}: {what}, and the model is complete"
    if isinstance(literal, Count):
        return f"{text}: there are {_counted(subject, rule, literal, values)}"
    return text


def _counted(subject: Subject, rule: str, literal: Count, values: Mapping[Term, Term]) -> int:
    whole = next(each for each in subject.program.rules if each.id == rule)
    for other, free in subject.view.body(whole):
        if other is literal:
            return len(subject.view.counted(literal, dict(values), free))
    return 0
