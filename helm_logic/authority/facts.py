# SPDX-License-Identifier: Apache-2.0
"""A chain as facts: the rows of the relations that `rules/authority.dl` declares.

Invariants:
- a row about a link comes from that link's verified statement, or from comparing verified bytes;
- every relation of the chain is in the result, empty or not, so that nobody else can fill it;
- of the request's properties only those appear that some constraint of the chain names, strings
  as `property` and integers as `quantity`; anything else is no fact, and so meets no constraint;
- `origin` names who vouches for a row.

The anchors are the policy's. What the rows mean together is decided by the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from helm_logic.authority.adapters.protocol import RefusedLink, TokenLink
from helm_logic.authority.chain import IDENTIFIED, AnyLink, Chain, Place, is_identity
from helm_logic.authority.constraint import SOURCES
from helm_logic.authority.link import Grant, VerifiedLink
from helm_logic.authority.revocation import RevocationSet, VerifiedRevocation
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Row
from helm_logic.ledger.keys import PublicKey

# Each link's own statements, the places of links in the chain, then the rest.
STATED = ("link", "signed_by", "delegate_key", "valid", "depth_left", "grant", "constraint")
BOUNDS = ("one_of", "at_most", "at_least", "fits", "limit", "inside")
# What tokens say beside what they delegate; nobody vouches for an asserted hop.
TOLD = ("asserted_link", "claim", IDENTIFIED)
PLACES = ("root", "parent", "last", "misplaced")
RELATIONS = (
    *STATED, *BOUNDS, *PLACES, "chain_length", "rejected", "revocation", "property", "quantity",
    "obeyed", "narrows", *TOLD,
)  # fmt: skip

REQUEST = "request"
POLICY = "policy"


def chain_facts(chain: Chain, revocations: RevocationSet) -> dict[str, list[Row]]:
    """Return the rows of `RELATIONS` for *chain*; those of the request's properties are empty."""
    facts: dict[str, list[Row]] = {relation: [] for relation in RELATIONS}
    identities = len(chain.links) - len(chain.delegations)
    facts["chain_length"].append((chain.length - identities,))
    before: Place | None = None
    for place in chain.places:
        if isinstance(place, RefusedLink):
            facts["rejected"].append((place.position, f"y:{place.reason}"))
        else:
            for relation, rows in place.rows:
                facts[relation] += rows
            if is_identity(place):
                continue
            _place(facts, before, place)
            if place.digest in revocations:
                facts["revocation"] += _revocation_rows(place, revocations)
        before = place
    if isinstance(before, (VerifiedLink, TokenLink)):
        facts["last"].append((f"s:{before.link.id}",))
    for relation, rows in chain.facts.items():
        facts[relation] += rows
    for relation in ("narrows", IDENTIFIED):
        if facts[relation]:
            facts[relation] = list(dict.fromkeys(facts[relation]))
    return facts


def revocations_of(chain: Chain, revocations: RevocationSet) -> tuple[VerifiedRevocation, ...]:
    """Return the revocations that became facts for *chain*, in order of its links."""
    return tuple(one for link in chain.links for one in revocations.of(link.digest))


def property_facts(chain: Chain, request: Mapping[str, JsonValue]) -> dict[str, list[Row]]:
    """Return the `property` and `quantity` rows of *request* that constraints of *chain* name.

    *request* has the AuthZEN shape: `resource.properties`, `action.properties` and `context` give
    the properties `resource.NAME`, `action.NAME` and `context.NAME`.
    """
    return named_properties({name for link in chain.links for name in link.properties}, request)


def named_properties(
    names: Iterable[str], request: Mapping[str, JsonValue]
) -> dict[str, list[Row]]:
    """Return the `property` and `quantity` rows of the properties *names* of *request*."""
    facts: dict[str, list[Row]] = {"property": [], "quantity": []}
    for name in sorted(names):
        value = _property(request, name)
        if isinstance(value, str):
            facts["property"].append((f"s:{name}", f"s:{value}"))
        elif type(value) is int:
            facts["quantity"].append((f"s:{name}", value))
    return facts


def anchor_facts(anchors: Mapping[str, Iterable[PublicKey]]) -> dict[str, list[Row]]:
    """Return the `anchor` and `anchor_key` rows for *anchors*: principals and their keys."""
    names = sorted(anchors)
    return {
        "anchor": [(f"s:{name}",) for name in names],
        "anchor_key": [(f"s:{name}", f"s:{key.keyid}") for name in names for key in anchors[name]],
    }


def origin(chain: Chain, predicate: str, row: Row) -> str:
    """Return who vouches for a row that this module made.

    A link's statement: the digest of that link. A revocation: the key id that signed it. An anchor:
    `policy`. What was presented, and how: `request`.
    """
    if predicate in ("anchor", "anchor_key"):
        return POLICY
    if predicate == "revocation":
        return str(row[1]).removeprefix("s:")
    if predicate in (*STATED, *BOUNDS, *TOLD, "root", "parent", "misplaced"):
        for link in chain.links:
            if row[0] == f"s:{link.link.id}":
                return link.digest
    return REQUEST


def effective_authority(chain: Chain) -> dict[str, JsonValue] | None:
    """Return what *chain* says that its end may do, or None if it has no end.

    Only the window is intersected here: a chain whose links do not narrow is denied by the rules.
    """
    links = [each.link for each in chain.delegations]
    if not links or chain.refused:
        return None
    first, last = links[0], links[-1]
    return {
        "from": first.issuer,
        "to": last.delegate,
        "grants": [
            grant.to_value() if isinstance(grant, Grant) else grant for grant in last.grants
        ],
        "may_delegate": last.may_delegate,
        "not_before": max(link.not_before for link in links),
        "expires": min(link.expires for link in links),
    }


def _place(facts: dict[str, list[Row]], before: Place | None, link: AnyLink) -> None:
    name, parent = f"s:{link.link.id}", link.link.parent
    if before is None:
        facts["root" if parent is None else "misplaced"].append((name,))
    elif not isinstance(before, RefusedLink):
        if parent == before.digest:
            facts["parent"].append((name, f"s:{before.link.id}"))
        else:
            facts["misplaced"].append((name,))


def _revocation_rows(link: AnyLink, revocations: RevocationSet) -> list[Row]:
    ones = [one.revocation for one in revocations.of(link.digest)]
    return [(f"s:{link.link.id}", f"s:{one.key.keyid}", one.effective) for one in ones]


def _property(request: Mapping[str, JsonValue], name: str) -> JsonValue:
    source, _, member = name.partition(".")
    part = request.get(source) if source in SOURCES else None
    if source != "context" and isinstance(part, dict):
        part = part.get("properties")
    return part.get(member) if isinstance(part, dict) else None
