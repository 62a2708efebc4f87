# SPDX-License-Identifier: Apache-2.0
"""A derivation as its readers see it: a graph of facts in which everything a page shows is at hand.

Invariants:
- premises stand before what rests on them, so one pass from either end visits the graph without
  recursion, however deep it is;
- every fact is one node: what supports several conclusions is shared, not repeated;
- a node says in words what its rule asked besides its premises (`guards`), and that it holds.

These are plain values: whatever they hold may have come from an attacker, and a format must escape
it. `formats/` prints them, each module by a function `render(dag: ProofDag) -> str`. How a graph is
made from a certificate is `build.py`; nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

import attrs

from helm_logic.kernel.terms import Row

GIVEN, RULE, STOCK = "given", "rule", "stock"
VERIFIED, ASSERTED, UNCHECKED = "verified", "asserted", "not checked"


@attrs.frozen
class LinkState:
    """The delegation link that a fact is about, and whether it counts in this decision.

    *signature* is `verified` (its bytes were at hand and the signature is the one of the key that
    it names), `asserted` (the decision says that it was) or `not checked`. *why* says in words why
    it does not count, or is empty. *expires* is seconds since the epoch, None if it is not known.
    """

    id: str
    issuer: str
    subject: str
    expires: int | None
    signature: str
    counts: bool
    why: str = ""

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return attrs.asdict(self)


@attrs.frozen
class Node:
    """One fact and the step that gives it.

    *text* is the fact as the rule language writes it, with times instead of seconds. *rule* is the
    id of the rule that concludes it, None if it was given; *rule_text* how that rule reads and
    *span* where, file and line from 1. *substitution* has name and value of each variable.
    *premises* are ids of nodes, in the order of the rule's body; *guards* its tests, `not`s and
    counts with why they hold; *words* the rule's `@reason`.

    *height* is the round of the *stratum* in which the fact first appears (0, in -1, if given).
    *origin* is `given`, `rule`, or `stock` for the rules that every policy has.
    """

    id: int
    predicate: str
    row: Row
    text: str
    rule: str | None = None
    rule_text: str = ""
    span: tuple[str, int] | None = None
    substitution: tuple[tuple[str, str], ...] = ()
    premises: tuple[int, ...] = ()
    guards: tuple[str, ...] = ()
    words: str = ""
    height: int = 0
    stratum: int = -1
    origin: str = GIVEN
    link: LinkState | None = None

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "fact": self.text,
            "guards": list(self.guards),
            "height": self.height,
            "id": self.id,
            "link": None if self.link is None else self.link.to_value(),
            "origin": self.origin,
            "predicate": self.predicate,
            "premises": list(self.premises),
            "row": list(self.row),
            "rule": self.rule,
            "rule_text": self.rule_text,
            "span": None if self.span is None else {"file": self.span[0], "line": self.span[1]},
            "stratum": self.stratum,
            "substitution": dict(self.substitution),
            "words": self.words,
        }


@attrs.frozen
class ProofDag:
    """A derivation: *nodes*, each with its number as its id, the *claim* among them, its *story*.

    *title* is what is explained; *verdict* is ALLOW, DENY or ESCALATE, empty where there is none;
    *story* has the verdict in words, one sentence each.
    """

    nodes: tuple[Node, ...]
    claim: int
    title: str = ""
    verdict: str = ""
    story: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        for place, node in enumerate(self.nodes):
            if node.id != place or any(not 0 <= each < place for each in node.premises):
                raise ValueError(f"node {node.id} at {place}: want premises before conclusions")
        if not 0 <= self.claim < len(self.nodes):
            raise ValueError(f"got the claim {self.claim}, want one of {len(self.nodes)} nodes")

    def roots(self) -> tuple[int, ...]:
        """Return the claim, then the derived nodes that support no other, in order.

        Those are further determining facts, and approvals, which decide by what they keep from
        being derived.
        """
        used = {premise for node in self.nodes for premise in node.premises}
        others = (n.id for n in self.nodes if n.rule is not None and n.id not in used)
        return tuple(dict.fromkeys((self.claim, *others)))

    def leaves(self) -> Iterator[Node]:
        """Yield the given facts, in order."""
        return (node for node in self.nodes if node.rule is None)

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        """Return what a notebook shows: IPython asks every value of a cell for it."""
        from helm_logic.explain.notebook import mimebundle  # noqa: PLC0415 - it prints what is here

        return mimebundle(self, include, exclude)

    def to_value(self) -> dict[str, object]:
        """Return the JSON form, from which every other format can be made."""
        return {
            "claim": self.claim,
            "format": "helm-logic/derivation/v1",
            "nodes": [node.to_value() for node in self.nodes],
            "story": list(self.story),
            "title": self.title,
            "verdict": self.verdict,
        }
