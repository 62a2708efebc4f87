# SPDX-License-Identifier: Apache-2.0
"""A log with every kind of receipt that a guard writes, and the requests that they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from helm_logic.authority.revocation import Revocation, sign_revocation
from helm_logic.guard import Decision, Guard
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_reader import StoreReader, open_reader
from helm_logic.policy.replay_case import Logged
from tests.authority.world import FOUNDER, NOW, OPS, STRANGER, TOOL, key, make_chain, signer
from tests.guard.town import LOG, ORIGIN, Clock, approve, ask, make_folder, open_guard

DEPTH = "[limits]\nchain_depth = 3\nrequest_bytes = 20000\n"
REVOKED = make_chain(changes={0: {"id": "withdrawn"}})
LONG = make_chain((FOUNDER, "agent:a", "agent:b", "agent:c", TOOL))


@attrs.frozen
class Asked:
    """A request as it was asked at *now*: its parts but for approvals, and what was decided.

    *answers* are the ESCALATEs whose approvals it came with, and who approved.
    """

    parts: Mapping[str, object] | bytes
    now: int
    decision: Decision
    answers: tuple[tuple[Decision, str], ...] = ()

    def request(self, approvals: Sequence[Envelope] = ()) -> bytes:
        """Return the request with *approvals*."""
        if isinstance(self.parts, bytes):
            return self.parts
        return ask(**self.parts, approvals=approvals)  # type: ignore[arg-type]


def _forged(link: Envelope) -> Envelope:
    (signature,) = link.signatures
    return attrs.evolve(link, signatures=(attrs.evolve(signature, signature=bytes(64)),))


PARTS: tuple[Mapping[str, object] | bytes, ...] = (
    {},
    {"env": "dev"},
    {"env": "prod"},
    {"env": "moon"},
    {"env": None},
    {"action": "restart"},
    {"context": {}},
    {"context": {"ci_passed": False}},
    {"context": {"ci_passed": True, "freeze": True}},
    {"context": {"ci_passed": "yes", "freeze": 1}},
    {"subject": "user:somebody"},
    {"resource": "shop/api-2"},
    {"chain": []},
    {"chain": make_chain((FOUNDER, OPS))},
    {"chain": make_chain((STRANGER, TOOL))},
    {"chain": [make_chain()[0], _forged(make_chain()[1])]},
    {"chain": [_forged(make_chain()[0]), make_chain()[1]]},
    {"chain": [*make_chain(), make_chain()[0]]},
    {"chain": make_chain(changes={1: {"expires": NOW - 1, "not_before": NOW - 9}})},
    {"chain": LONG},
    {"chain": REVOKED},
    b"{",
    b"[]",
    b" " * 20001,
)


def make_log(folder: Path) -> tuple[Asked, ...]:
    """Make the policy folder *folder* with a log of all kinds of receipts; return the requests."""
    make_folder(folder, limits=DEPTH)
    clock = Clock()
    withdrawn = Revocation("withdrawn", REVOKED[0].digest, key(FOUNDER), NOW - 60)
    found = []
    with open_guard(folder, clock) as guard:
        guard.revoke(sign_revocation(withdrawn, signer(FOUNDER)))
        for parts in PARTS:
            clock.now += 1
            request = Asked(parts, clock.now, None).request()  # type: ignore[arg-type]
            found.append(Asked(parts, clock.now, guard.decide(request)))
        found += _approved(guard, clock, found[2])
    return tuple(found)


def _approved(guard: Guard, clock: Clock, escalated: Asked) -> list[Asked]:
    """Return *escalated* again: with an approval by the wrong one, a right one, and that again."""
    manager = approve(escalated.decision)
    own = approve(escalated.decision, by=TOOL)
    found = []
    for envelopes, by in (((own,), (TOOL,)), ((manager,), ("user:manager",)), ((manager,), ())):
        clock.now += 1
        asked = Asked(escalated.parts, clock.now, escalated.decision)
        decision = guard.decide(asked.request(envelopes))
        answers = tuple((escalated.decision, name) for name in by)
        found.append(attrs.evolve(asked, decision=decision, answers=answers))
    return found


def reader(folder: Path) -> StoreReader:
    """Return the log of *folder*, open for reading."""
    ledger = folder / "ledger"
    return open_reader(ledger / "log.sqlite", ledger / "head", origin=ORIGIN, key=LOG.public_key)


def read_log(folder: Path) -> tuple[list[Logged], dict[str, bytes]]:
    """Return the receipts of *folder*, by their places, and all blobs."""
    with reader(folder) as log:
        receipts = [
            Logged(str(entry.index), entry.envelope, entry.index)
            for entry in log.entries(0, Kind.RECEIPT)
        ]
        return receipts, {name: log.blob(name) for name in log.blobs()}
