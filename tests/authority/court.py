# SPDX-License-Identifier: Apache-2.0
"""Rulings for tests: `rules/authority.dl`, evaluated for real and checked by the kernel.

Only what every request gives is declared here (subject, action, resource, now), so that these tests
show what the authority rules do by themselves, without any policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from helm_logic.authority.chain import Chain
from helm_logic.authority.facts import anchor_facts, chain_facts, property_facts
from helm_logic.authority.revocation import RevocationSet, VerifiedRevocation
from helm_logic.engine import Engine
from helm_logic.kernel.check import Checker
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Atom, Row
from helm_logic.lang import Source, load
from helm_logic.ledger.keys import PublicKey
from tests.authority.world import FOUNDER, NOW, key, verified

RULES = Path(__file__).resolve().parents[2] / "rules"

_GIVEN = """
#relation subject(subject: principal).
#relation action(name: string).
#relation resource(path: string).
#relation now(now: time).
"""


@attrs.frozen
class Ruling:
    """What the rules say of one request."""

    authorized: bool
    faults: tuple[str, ...]
    revoked: tuple[str, ...]
    principals: frozenset[str]


@attrs.frozen
class Asked:
    """What is asked, beside chain and subject; the founder is the anchor unless said otherwise."""

    action: str = "deploy"
    resource: str = "service/api"
    now: int = NOW
    properties: Mapping[str, Any] = attrs.field(factory=dict)
    anchors: Mapping[str, Iterable[PublicKey]] = attrs.field(
        factory=lambda: {FOUNDER: (key(FOUNDER),)}
    )
    revocations: Iterable[VerifiedRevocation] = ()
    token_keys: Iterable[tuple[str, str]] = ()


def rule(envelopes: Sequence[Any] | Chain, subject: str, **members: Any) -> Ruling:
    """Return the ruling on what *subject* asks; *members* are those of `Asked`.

    Fails the test if the kernel does not accept the model, or accepts another claim.
    """
    asked = Asked(**members)
    chain = envelopes if isinstance(envelopes, Chain) else verified(envelopes, asked.now)
    facts: dict[str, list[Row]] = {
        **anchor_facts(asked.anchors),
        **chain_facts(chain, RevocationSet(asked.revocations)),
        **property_facts(chain, {"resource": {"properties": dict(asked.properties)}}),
        "subject": [(f"s:{subject}",)],
        "action": [(f"s:{asked.action}",)],
        "resource": [(f"s:{asked.resource}",)],
        "now": [(asked.now,)],
    }
    facts["anchor_key"] += [(f"s:{name}", f"s:{keyid}") for name, keyid in asked.token_keys]
    evaluation = _engine().evaluate(facts)
    found = [(name, row) for name in ("authorized", "deny") for row in evaluation.rows(name)]
    assert _checker().check(evaluation.facts, evaluation.certificate(found)) == Atom(*found[-1])
    return Ruling(
        bool(evaluation.rows("authorized")),
        tuple(sorted(str(row[0])[2:] for row in evaluation.rows("deny"))),
        tuple(sorted(str(row[0])[2:] for row in evaluation.rows("revoked"))),
        frozenset(str(row[0])[2:] for row in evaluation.rows("chain_principal")),
    )


@cache
def program() -> Program:
    """Return the program of `rules/authority.dl`."""
    source = Source("authority.dl", (RULES / "authority.dl").read_text(encoding="utf-8"))
    return load(source, lambda _: None, prelude=(Source("given.dl", _GIVEN),)).program


@cache
def _engine() -> Engine:
    return Engine(program())


@cache
def _checker() -> Checker:
    return Checker(program())
