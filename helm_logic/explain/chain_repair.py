# SPDX-License-Identifier: Apache-2.0
"""Links signed anew: what a link of the chain would have to state for the stock rules to accept it.

Nobody who asks can bring this about; it is told so that a reader knows who has to sign what. An
*edit* is one statement of one link made right, as narrowly as the chain before it allows; edits are
applied from the root on, so that a later link fits what became of an earlier one. Whether that is
enough is not decided here but by an evaluation. Anchors and their keys are never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from functools import cached_property

import attrs

from helm_logic.authority.facts import BOUNDS
from helm_logic.explain.chain_parts import (
    MOVES,
    Link,
    action_term,
    chain_rows,
    link_words,
    read_link,
    resource_term,
    subject_term,
)
from helm_logic.explain.links import link_states
from helm_logic.explain.subject import Subject
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.pattern import matches
from helm_logic.kernel.terms import Row, Term

DAY = 86_400
# In the order in which they are applied to one link.
STATEMENTS = ("signed", "parent", "issuer", "delegate", "depth", "window", "grant", "unrevoked")
_MOVES: Mapping[str, frozenset[str]] = {
    "parent": frozenset({"root", "parent", "misplaced"}),
    "issuer": frozenset({"link", "signed_by"}),
    "delegate": frozenset({"link", "delegate_key"}),
    "depth": frozenset({"depth_left"}),
    "window": frozenset({"valid"}),
    "grant": frozenset({"grant", "constraint", *BOUNDS}),
    "unrevoked": frozenset({"revocation"}),
}


@attrs.frozen
class LinkEdit:
    """A *statement* of the link at place *number* made right; -1 for the chain as a whole."""

    number: int
    link: str
    statement: str

    @property
    def slot(self) -> Hashable:
        """What it changes."""
        return ("link", self.number, self.statement)

    @property
    def moves(self) -> frozenset[str]:
        """The given predicates whose facts come or go with it."""
        return _MOVES.get(self.statement, MOVES)

    def touches(self, leaf: Row) -> bool:
        """Say whether the fact with the row *leaf* may be one that it changes."""
        return self.statement not in _MOVES or leaf[0] == f"s:{self.link}"


@attrs.frozen
class Spot:
    """Where a link stands: its neighbours, how many come after it, and what it is to allow.

    *before* is as it has become, *following* as it was; *now* is in seconds.
    """

    before: Link | None
    following: Link | None
    left: int
    request: Mapping[str, JsonValue]
    now: int


@attrs.frozen(slots=False)
class ChainRepair:
    """The chain of *subject* and what could be otherwise about it."""

    subject: Subject

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The links as they are."""
        states = link_states(self.subject.view, [link.id for link in self.subject.links])
        return tuple(read_link(self.subject.facts, f"s:{each.id}") for each in states)

    def ends(self) -> list[str]:
        """Return who may act by the chain, or without any."""
        last = [str(link.delegate)[2:] for link in self.links[-1:] if link.refused is None]
        return last + sorted(str(row[0])[2:] for row in self.subject.facts.get("anchor", ()))

    def edits(self) -> Iterator[LinkEdit]:
        """Yield the edits that there are, those of single links first."""
        for number, link in enumerate(self.links):
            name = str(link.name)[2:]
            if link.refused is not None:
                yield LinkEdit(number, name, "signed")
                continue
            for statement in STATEMENTS[1:]:
                if statement != "unrevoked" or link.revocations:
                    yield LinkEdit(number, name, statement)
            if link.delegate in {each.issuer for each in self.links[: number + 1]}:
                yield LinkEdit(number, name, "dropped")
        for row in sorted(self.subject.facts.get("anchor", ())):
            yield LinkEdit(-1, str(row[0])[2:], "direct")

    def changed(
        self, edits: Collection[LinkEdit], request: Mapping[str, JsonValue], now: int
    ) -> tuple[Link, ...]:
        """Return the links with *edits*, for *request* at *now* (seconds)."""
        by = {(each.number, each.statement) for each in edits}
        for each in edits:
            if each.statement == "direct":
                spot = Spot(None, None, 0, request, now)
                return (self._signed(Link.empty("s:direct", f"s:{each.link}"), spot),)
        kept = [(n, link) for n, link in enumerate(self.links) if (n, "dropped") not in by]
        done: list[Link] = []
        for place, (number, link) in enumerate(kept):
            following = kept[place + 1][1] if place + 1 < len(kept) else None
            left = len(kept) - 1 - place
            spot = Spot(done[-1] if done else None, following, left, request, now)
            moved = place != number and (not place or kept[place - 1][0] != number - 1)
            new = attrs.evolve(link, placed=True) if moved else link
            for statement in STATEMENTS:
                if (number, statement) in by:
                    new = self._right[statement](new, spot)
            done.append(new)
        return tuple(done)

    def words(
        self,
        edit: LinkEdit,
        edits: Collection[LinkEdit],
        request: Mapping[str, JsonValue],
        now: int,
    ) -> str:
        """Return what *edit* says, as one of *edits*."""
        if edit.statement == "dropped":
            return f"the chain does without the link `{edit.link}`"
        name = "s:direct" if edit.statement == "direct" else f"s:{edit.link}"
        link = next(each for each in self.changed(edits, request, now) if each.name == name)
        said = link_words(link, edit.statement)
        if edit.statement == "direct":
            return f"`{edit.link}` signs a link right to `{str(link.delegate)[2:]}`, {said}"
        return f"the link `{edit.link}` is signed anew, and {said}"

    def facts(
        self, edits: Collection[LinkEdit], request: Mapping[str, JsonValue], now: int
    ) -> dict[str, list[Row]]:
        """Return the rows of every relation of the chain with *edits*."""
        return chain_rows(self.changed(edits, request, now))

    @cached_property
    def _right(self) -> dict[str, Callable[[Link, Spot], Link]]:
        """What makes each statement right."""
        return {
            "signed": self._signed,
            "parent": lambda link, _: attrs.evolve(link, placed=True),
            "issuer": self._issued,
            "delegate": _delegated,
            "depth": lambda link, spot: attrs.evolve(link, depth=spot.left),
            "window": self._valid,
            "grant": _granting,
            "unrevoked": lambda link, _: attrs.evolve(link, revocations=()),
        }

    def _signed(self, link: Link, spot: Spot) -> Link:
        """Return a new link in place of *link* that grants just what is asked."""
        begin, end = spot.now, spot.now + DAY
        if spot.before is not None:
            begin, end = spot.before.begin, spot.before.end
        new = attrs.evolve(
            Link.empty(link.name, link.issuer), begin=begin, end=end, depth=spot.left
        )
        return _granting(_delegated(self._issued(new, spot), spot), spot)

    def _valid(self, link: Link, spot: Spot) -> Link:
        """Return *link* valid now: from its own bounds as far as needed, within those before it."""
        ends = [each.end for each in self.links if each.refused is None]
        begin, end = min(link.begin, spot.now), link.end
        if end <= spot.now:
            end = max(*ends, spot.now + DAY)
        if spot.before is not None:
            begin, end = max(begin, spot.before.begin), min(end, spot.before.end)
        return attrs.evolve(link, begin=begin, end=end)

    def _issued(self, link: Link, spot: Spot) -> Link:
        """Return *link* issued by the delegate of the one before it; at the root, by an anchor."""
        if spot.before is not None:
            issuer, key = spot.before.delegate, spot.before.delegate_key
        else:
            keys = {row[0]: row[1] for row in reversed(self._anchors)}
            issuer = link.issuer if link.issuer in keys else next(reversed(keys), link.issuer)
            key = keys.get(issuer, link.key)
        return attrs.evolve(link, issuer=issuer, key=key)

    @cached_property
    def _anchors(self) -> list[Row]:
        return sorted(self.subject.facts.get("anchor_key", ()))


def _delegated(link: Link, spot: Spot) -> Link:
    """Return *link* to the one who issues the next, or, at the end, to who asks.

    A delegate keeps its key: that somebody else signed in its name is no reason to trust that key.
    """
    if spot.following is None or spot.following.refused is not None:
        return attrs.evolve(link, delegate=subject_term(spot.request))
    if spot.following.issuer == link.delegate:
        return link
    return attrs.evolve(link, delegate=spot.following.issuer, delegate_key=spot.following.key)


def _granting(link: Link, spot: Spot) -> Link:
    """Return *link* with one grant: what is asked, with the limits of a grant before it."""
    action, resource = action_term(spot.request), resource_term(spot.request)
    limits: Sequence[tuple[str, Row]] = ()
    if spot.before is not None:
        for number, actions, resources in spot.before.grants:
            if matches(actions, action) and matches(resources, resource):
                limits = _limits(spot.before, number)
                break
    return attrs.evolve(link, grants=((0, action, resource),), limits=tuple(limits))


def _limits(link: Link, grant: Term) -> list[tuple[str, Row]]:
    """Return the constraints of *grant* of *link*, as those of grant 0."""
    held = [row[1] for name, row in link.limits if name == "constraint" and row[0] == grant]
    bounds = [(name, row) for name, row in link.limits if name != "constraint" and row[0] in held]
    return [*(("constraint", (0, number)) for number in held), *bounds]
