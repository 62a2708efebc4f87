# SPDX-License-Identifier: Apache-2.0
"""A chain of links as values that can be changed: read from facts, and written as facts again.

Only what the stock rules judge is kept. Reading facts and writing them again gives the same facts,
but for relations of the request's properties, which `policy` makes of the request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import attrs

from helm_logic.authority.facts import BOUNDS, PLACES, STATED
from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Row, Term
from helm_logic.receipts.pack_story import moment

SOMEBODY = "s:key of the delegate"  # stands for the id of a key that nobody has told
MOVES = frozenset(
    (*STATED, *BOUNDS, *PLACES, "chain_length", "rejected", "revocation", "property", "quantity")
)
"""The given predicates whose facts may come or go with a link."""


@attrs.frozen
class Link:
    """What a link of a changed chain states: names and rows, as the facts have them.

    *limits* are the rows of its constraints, by relation, each without the link's name.
    """

    name: Term
    issuer: Term
    delegate: Term
    key: Term
    delegate_key: Term
    begin: int
    end: int
    depth: int
    grants: tuple[Row, ...]
    limits: tuple[tuple[str, Row], ...]
    placed: bool
    revocations: tuple[Row, ...] = ()
    refused: Term | None = None

    @classmethod
    def empty(cls, name: Term, issuer: Term) -> Self:
        """Return a link in its place that says nothing yet."""
        return cls(name, issuer, "s:", SOMEBODY, SOMEBODY, 0, 0, 0, (), (), placed=True)


def read_link(facts: Facts, name: Term) -> Link:
    """Return the link called *name*, which is `#` and its place if it was refused."""
    first = next((row for row in facts.get("link", ()) if row[0] == name), None)
    if first is None:
        place = int(str(name)[3:])
        code = next(row[1] for row in facts["rejected"] if row[0] == place)
        return Link(name, "", "", "", "", 0, 0, 0, (), (), placed=False, refused=code)
    stated = {
        each: sorted((row[1:] for row in facts.get(each, ()) if row[0] == name), key=repr)
        for each in (*STATED, *BOUNDS, "revocation")
    }
    limits = tuple((each, row) for each in ("constraint", *BOUNDS) for row in stated[each])
    ((begin, end),) = stated["valid"] or [(0, 0)]
    ((depth,),) = stated["depth_left"] or [(0,)]
    placed = any(name == row[0] for each in ("root", "parent") for row in facts.get(each, ()))
    return Link(
        name=name,
        issuer=first[1],
        delegate=first[2],
        key=next((row[0] for row in stated["signed_by"]), SOMEBODY),
        delegate_key=next((row[0] for row in stated["delegate_key"]), SOMEBODY),
        begin=int(begin),
        end=int(end),
        depth=int(depth),
        grants=tuple(stated["grant"]),
        limits=limits,
        placed=placed,
        revocations=tuple(stated["revocation"]),
    )


def chain_rows(links: Sequence[Link]) -> dict[str, list[Row]]:
    """Return the rows of every relation of a chain of *links*."""
    facts: dict[str, list[Row]] = {name: [] for name in MOVES}
    facts["chain_length"].append((len(links),))
    before: Link | None = None
    for place, link in enumerate(links):
        if link.refused is not None:
            facts["rejected"].append((place, link.refused))
        else:
            _state(facts, link)
            if not link.placed:
                facts["misplaced"].append((link.name,))
            elif not place:
                facts["root"].append((link.name,))
            elif before is not None:
                facts["parent"].append((link.name, before.name))
        before = link if link.refused is None else None
    if before is not None:
        facts["last"].append((before.name,))
    return facts


def link_words(link: Link, statement: str) -> str:
    """Return what *link* says about *statement*, as the end of a sentence about it."""
    grants = ", ".join(f"`{str(row[1])[2:]}` on `{str(row[2])[2:]}`" for row in link.grants)
    window = f"is valid from {moment(link.begin)} until {moment(link.end)}"
    words = {
        "delegate": f"lets `{str(link.delegate)[2:]}` act",
        "depth": f"lets {link.depth} more links follow",
        "grant": f"grants {grants}",
        "issuer": f"is issued by `{str(link.issuer)[2:]}`, with that principal's key",
        "parent": "names the link before it as its parent",
        "unrevoked": "is one that is not revoked",
        "window": window,
    }
    return words.get(statement, f"grants {grants} and {window}")


def _state(facts: dict[str, list[Row]], link: Link) -> None:
    name = link.name
    facts["link"].append((name, link.issuer, link.delegate))
    facts["signed_by"].append((name, link.key))
    facts["delegate_key"].append((name, link.delegate_key))
    facts["valid"].append((name, link.begin, link.end))
    facts["depth_left"].append((name, link.depth))
    facts["grant"] += [(name, *row) for row in link.grants]
    facts["revocation"] += [(name, *row) for row in link.revocations]
    for relation, row in link.limits:
        facts[relation].append((name, *row))


def subject_term(request: Mapping[str, JsonValue]) -> Term:
    """Return who asks, as a constant of the rules."""
    return "s:" + _part(request, "subject", "type") + ":" + _part(request, "subject", "id")


def action_term(request: Mapping[str, JsonValue]) -> Term:
    """Return what is asked for, as a constant of the rules."""
    return "s:" + _part(request, "action", "name")


def resource_term(request: Mapping[str, JsonValue]) -> Term:
    """Return what it is asked for on, as a constant of the rules."""
    return "s:" + _part(request, "resource", "type") + "/" + _part(request, "resource", "id")


def _part(request: Mapping[str, JsonValue], member: str, name: str) -> str:
    entity = request.get(member)
    return str(entity.get(name, "")) if isinstance(entity, dict) else ""
