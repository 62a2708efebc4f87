# SPDX-License-Identifier: Apache-2.0
"""What a verifier believes before it reads: whose keys count as what.

`Trust` is the plain form: engine keys, and one log with one key, for ever. A trust root says more,
in which role a key counts and for which part of the log: `trust_root_judge.RootTrust` is a Trust
that asks one. Whatever verifies asks its trust, and never looks at the keys itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType

import attrs

from helm_logic.ledger import envelope as dsse
from helm_logic.ledger.checkpoint import Checkpoint, verify_checkpoint
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.note import note_key_id, parse_note
from helm_logic.ledger.shape import require_object, require_text
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.verdict import Verdict

# A token that another issuer signed in its own way, attached as it came (authority/adapters).
TOKEN_TYPE = "application/vnd.helm-logic.token+json"  # noqa: S105 - a media type

_NO_PLACES: Mapping[str, int] = MappingProxyType({})


class Role(Enum):
    """What a key may do."""

    ROOT = "root"
    ENGINE = "engine"
    LOG = "log"
    APPROVER = "approver"
    WITNESS = "witness"
    ANCHOR = "anchor"


@attrs.frozen
class Placed:
    """An envelope that counts by its signer's *role*, as entry *index* or before, for *name*.

    *name* is the principal that it has to be signed for, empty if that does not matter.
    """

    envelope: Envelope
    role: Role
    index: int
    name: str = ""


@attrs.frozen
class Trust:
    """Engine keys, and the log's origin and key."""

    engine_keys: tuple[PublicKey, ...]
    log_origin: str
    log_key: PublicKey

    @property
    def log_keys(self) -> tuple[PublicKey, ...]:
        """Every key that may sign tree heads of the log."""
        return (self.log_key,)

    @property
    def judges_places(self) -> bool:
        """Whether it matters where in the log a key signed."""
        return False

    def verify_engine(self, envelope: Envelope) -> None:
        """Return if an engine signed *envelope*; raise SignatureError or TrustRefused."""
        dsse.verify(envelope, self.engine_keys)

    def verify_head(self, note: bytes) -> Checkpoint:
        """Return the tree head in the signed note *note* if it counts.

        Raises CheckpointError, SignatureError or TrustRefused.
        """
        return verify_checkpoint(note, self.log_origin, self.log_key)

    def is_claimed(self, note: bytes) -> bool:
        """Say whether *note* has a signature line that claims to be the log's."""
        wanted = {(self.log_origin, note_key_id(self.log_origin, key)) for key in self.log_keys}
        return any((one.name, one.key_id) in wanted for one in parse_note(note).signatures)

    def check(self, placed: Placed) -> None:
        """Return if *placed* counts where it stands; raise TrustRefused. Here, everything does."""


def placed_envelopes(
    envelope: Envelope,
    attached: Iterable[Envelope],
    said: Statement,
    index: int,
    places: Mapping[str, int] = _NO_PLACES,
) -> Iterator[Placed]:
    """Yield what counts by its signer's role: *envelope*, entry *index*, and what it rests on.

    That is, of those *attached*, the approvals that became facts and, if *said* is an ALLOW, the
    first link of its chain, unless it is a token, whose issuer's keys the policy has. *places* are
    the entries of approvals by digest; one that is not there is judged at the place of the receipt.
    Raises InputError.
    """
    yield Placed(envelope, Role.ENGINE, index)
    by_digest = {each.digest: each for each in attached}
    for value in said.approvals:  # type: ignore[attr-defined]
        name, approver = _texts(value, "digest", "approver")
        if name in by_digest:
            yield Placed(by_digest[name], Role.APPROVER, places.get(name, index), approver)
    if said.verdict is Verdict.ALLOW and said.chain:
        name, issuer = _texts(said.chain[0], "digest", "issuer")  # type: ignore[index]
        if name in by_digest and by_digest[name].payload_type != TOKEN_TYPE:
            yield Placed(by_digest[name], Role.ANCHOR, index, issuer)


def _texts(value: object, *names: str) -> list[str]:
    parts = require_object(value, "named envelope")
    return [require_text(parts.get(name), name) for name in names]
