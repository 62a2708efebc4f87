# SPDX-License-Identifier: Apache-2.0
"""Tests of `authority.facts`: which rows a chain becomes, and who vouches for each."""

from __future__ import annotations

from typing import Any

import pytest

from helm_logic.authority.constraint import Constraint
from helm_logic.authority.facts import (
    RELATIONS,
    anchor_facts,
    chain_facts,
    effective_authority,
    origin,
    property_facts,
    revocations_of,
)
from helm_logic.authority.link import Grant
from helm_logic.authority.revocation import RevocationSet
from helm_logic.kernel.terms import Row
from tests.authority.world import (
    FOUNDER,
    HOUR,
    NOW,
    OPS,
    PEOPLE,
    STRANGER,
    flipped,
    key,
    make_chain,
    revocation,
    verified,
)

NONE = RevocationSet()


def placed(envelopes: list[Any]) -> dict[str, list[Row]]:
    """Return the rows about places in the chain of *envelopes*."""
    facts = chain_facts(verified(envelopes), NONE)
    return {name: facts[name] for name in ("root", "parent", "last", "misplaced", "rejected")}


def test_every_relation_is_there_even_for_no_chain() -> None:
    """An empty relation is said to be empty, so that nobody else fills it."""
    facts = chain_facts(verified([]), NONE)

    assert tuple(facts) == RELATIONS
    assert {name: rows for name, rows in facts.items() if rows} == {"chain_length": [(0,)]}


def test_a_good_chain_has_a_root_parents_and_an_end() -> None:
    """Each link stands under its id, in its place."""
    assert placed(make_chain((*PEOPLE, "tool:x"))) == {
        "root": [("s:link-0",)],
        "parent": [("s:link-1", "s:link-0"), ("s:link-2", "s:link-1")],
        "last": [("s:link-2",)],
        "misplaced": [],
        "rejected": [],
    }


def test_a_link_out_of_its_place_is_misplaced() -> None:
    """A root that names a parent, a later link that names none or another: each is misplaced."""
    first, second, third = make_chain((*PEOPLE, "tool:x"))

    assert placed([second])["misplaced"] == [("s:link-1",)]
    assert placed([first, third])["misplaced"] == [("s:link-2",)]
    assert placed([second, first])["misplaced"] == [("s:link-1",), ("s:link-0",)]
    assert placed([second, first])["root"] == []


def test_after_a_refused_link_nothing_is_said_about_the_place() -> None:
    """A link behind a refused one has no parent and is not blamed for it."""
    first, second, third = make_chain((*PEOPLE, "tool:x"))

    assert placed([first, flipped(second, "signature", 0), third]) == {
        "root": [("s:link-0",)],
        "parent": [],
        "last": [("s:link-2",)],
        "misplaced": [],
        "rejected": [(1, "y:bad_signature")],
    }
    assert placed([first, None])["last"] == []


def test_only_revocations_of_this_chain_are_facts() -> None:
    """A revocation of another link is none of this chain's business."""
    chain, other = make_chain(), make_chain((FOUNDER, STRANGER))
    ones = [revocation(chain[1], OPS, 5), revocation(other[0], FOUNDER)]
    facts = chain_facts(verified(chain), RevocationSet(ones))

    assert facts["revocation"] == [("s:link-1", f"s:{key(OPS).keyid}", 5)]
    assert revocations_of(verified(chain), RevocationSet(ones)) == (ones[0],)


def test_anchors_are_names_and_keys() -> None:
    """An anchor without a key is an anchor that no link can be signed by."""
    anchors = {"user:b": [key("user:b"), key("x")], "user:a": []}

    assert anchor_facts(anchors) == {
        "anchor": [("s:user:a",), ("s:user:b",)],
        "anchor_key": [
            ("s:user:b", f"s:{key('user:b').keyid}"),
            ("s:user:b", f"s:{key('x').keyid}"),
        ],
    }


def test_only_constrained_properties_are_facts() -> None:
    """Strings and integers under the names that constraints use, and nothing else."""
    names = [
        "resource.env", "resource.size", "resource.flag", "resource.list", "resource.gone",
        "action.amount", "context.ticket", "context.a.b", "context.properties",
    ]  # fmt: skip
    grant = Grant(
        ("deploy",), "**", tuple(Constraint(name, "one_of", ("x",)) for name in sorted(names))
    )
    chain = verified(make_chain(changes={0: {"grants": (grant,)}}))
    request: dict[str, Any] = {
        "resource": {
            "type": "service",
            "properties": {"env": "x", "size": 3, "flag": True, "list": ["x"], "other": "x"},
        },
        "action": {"name": "deploy", "properties": {"amount": 7}},
        "context": {"ticket": "T-1", "a.b": "dotted", "a": {"b": "nested"}, "properties": {}},
    }

    assert property_facts(chain, request) == {
        "property": [
            ("s:context.a.b", "s:dotted"), ("s:context.ticket", "s:T-1"), ("s:resource.env", "s:x"),
        ],
        "quantity": [("s:action.amount", 7), ("s:resource.size", 3)],
    }  # fmt: skip


@pytest.mark.parametrize("request_", [{}, {"resource": None, "action": [], "context": "x"}])
def test_a_request_without_properties_has_none(request_: dict[str, Any]) -> None:
    """Whatever is missing is missing, and is no error here."""
    grant = Grant(("deploy",), "**", (Constraint("resource.env", "at_most", 1),))
    chain = verified(make_chain(changes={0: {"grants": (grant,)}}))

    assert property_facts(chain, request_) == {"property": [], "quantity": []}


def test_every_row_has_an_origin() -> None:
    """A link vouches for what it states, a key for what it revokes, the policy for its anchors."""
    envelopes = make_chain()
    chain = verified(envelopes)
    facts = chain_facts(chain, RevocationSet([revocation(envelopes[0], FOUNDER)]))
    origins = {
        (name, row[0]): origin(chain, name, row) for name, rows in facts.items() for row in rows
    }

    for name in ("link", "signed_by", "valid", "depth_left", "grant"):
        assert origins[name, "s:link-1"] == envelopes[1].digest
    assert origins["parent", "s:link-1"] == envelopes[1].digest
    assert origins["root", "s:link-0"] == envelopes[0].digest
    assert origins["revocation", "s:link-0"] == key(FOUNDER).keyid
    assert origins["last", "s:link-1"] == origins["chain_length", 2] == "request"
    assert origin(chain, "anchor", (f"s:{FOUNDER}",)) == "policy"
    assert origin(chain, "property", ("s:resource.env", "s:x")) == "request"
    assert origin(chain, "link", ("s:unknown", "s:a", "s:b")) == "request"


def test_effective_authority_is_the_end_within_every_window() -> None:
    """The window is that of all links together; the grants are those of the last."""
    narrow = Grant(("deploy",), "service/api")
    changes: dict[int, dict[str, Any]] = {
        0: {"expires": NOW + 5},
        1: {"grants": (narrow,), "not_before": NOW - 7},
    }
    authority = effective_authority(verified(make_chain(changes=changes)))

    assert authority == {
        "from": FOUNDER,
        "to": PEOPLE[-1],
        "grants": [narrow.to_value()],
        "may_delegate": 0,
        "not_before": NOW - 7,
        "expires": NOW + 5,
    }
    assert authority["expires"] != NOW + HOUR


def test_a_chain_without_a_good_end_has_no_authority() -> None:
    """No links, or a refused one: nothing is claimed."""
    assert effective_authority(verified([])) is None
    assert effective_authority(verified([*make_chain(), None])) is None
