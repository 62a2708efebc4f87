# SPDX-License-Identifier: Apache-2.0
"""What an adapter is: tokens, trust anchors and a request in; links, facts or refusals out.

A chain is a list of native envelopes and of token items, `{"format": NAME, ...}`. Items of one
format that stand side by side are one `Run`, and the adapter of that format answers with one
place for each item: a `TokenLink`, which states the same facts as a native link, or a
`RefusedLink`. What a token says of hops that nobody signed for becomes rows of a relation of their
own (`asserted_link`), by which the stock rules take away and never grant. A place that states
`identified` is no link, but shows who somebody is.

Invariants that every adapter keeps:
- it never raises for what a token holds; what is wrong is a refusal with its reason;
- keys and algorithms come from the `Anchor`, or from a token that one of them verified;
- no network and no clock: keys are in the anchor, the time is in `Asked`;
- what it finds depends on nothing but the run and its anchors, so that a receipt can be replayed.

Digests: a link's is that of its envelope (`token_envelope`), and does not cover signatures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import attrs

from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, canonical_json, parse_json
from helm_logic.kernel.terms import Row
from helm_logic.ledger.envelope import Envelope, EnvelopeSignature
from helm_logic.ledger.shape import require_object, require_text
from helm_logic.receipts.trust import TOKEN_TYPE

UNREAD = "unread"  # the reason of an item behind a refused one of its run: no fault of its own
MAX_TOKEN = 16384
MAX_PROOF = 4096  # what a signature of an envelope may have

Rows: TypeAlias = tuple[tuple[str, tuple[Row, ...]], ...]
_NO_FACTS: Mapping[str, tuple[Row, ...]] = MappingProxyType({})


@attrs.frozen
class Asked:
    """The request as adapters see it: *action* is its name, *arguments* are its properties.

    *subject* is the principal `type:id`, *now* is in seconds, *resource* is `type/id`.
    """

    subject: str
    action: str
    arguments: Mapping[str, JsonValue]
    now: int
    resource: str = ""


@attrs.frozen
class TokenKey:
    """A key that an anchor is trusted with: its public JWK, and the one algorithm it is used with.

    *keyid* is its name in facts: of an Ed25519 or P-256 key that of the same native key; but see
    `own_keys` for those of anchors.
    """

    jwk: Mapping[str, JsonValue]
    algorithm: str
    keyid: str


@attrs.frozen
class Anchor:
    """An issuer whose tokens of one *format* are trusted, as `[tokens."ISSUER"]` names it.

    *issuer* is the principal that its links speak for; *options* is what else the format's adapter
    wants to know, in JSON, with the content of the files that were named in the place of paths.
    """

    issuer: str
    format: str
    keys: tuple[TokenKey, ...]
    options: Mapping[str, JsonValue] = attrs.field(factory=dict)


def own_keys(anchor: Anchor) -> tuple[TokenKey, ...]:
    """Return the keys of *anchor* as facts about its tokens name them: by names of their own.

    So a native link that one of them signed is no link of an anchor: what an issuer may grant is
    what the options of its format say, and no more.
    """
    mark = f"helm-logic key of tokens {anchor.format}\0"
    return tuple(
        attrs.evolve(key, keyid=hashlib.sha256((mark + key.keyid).encode("utf-8")).hexdigest())
        for key in anchor.keys
    )


@attrs.frozen
class Claims:
    """What a verified token states as one link, in the members of a native `Link`.

    *grants* are in JSON, as receipts show them; *parent* is the digest of the place before.
    """

    id: str
    issuer: str
    delegate: str
    not_before: int
    expires: int
    may_delegate: int
    parent: str | None
    grants: tuple[JsonValue, ...]


@attrs.frozen
class TokenLink:
    """A token whose signature an adapter verified, as a place of a chain.

    The members are those of `VerifiedLink`: *rows* are the facts that it states, and how it stands
    to the request and to the token before; *properties* are the names of request properties that
    its constraints ask for as facts.
    """

    link: Claims
    envelope: Envelope
    digest: str
    rows: Rows
    properties: tuple[str, ...]
    file: bytes
    file_digest: str


@attrs.frozen
class RefusedLink:
    """What stands at *position* (from 0) is no acceptable link: *reason* is the code."""

    position: int
    reason: str
    message: str


@attrs.frozen
class Run:
    """Items of one format that stand side by side in a chain of *length* places, from *first* on.

    *above* is the digest of the verified link before the first, if there is one.
    """

    items: tuple[JsonValue, ...]
    first: int
    length: int
    asked: Asked
    above: str | None = None

    @property
    def is_last(self) -> bool:
        """Whether the chain ends with this run."""
        return self.first + len(self.items) == self.length


@attrs.frozen
class Presented:
    """What an adapter read: one place for each item, and facts of relations beside the links'."""

    places: tuple[TokenLink | RefusedLink, ...]
    facts: Mapping[str, tuple[Row, ...]] = _NO_FACTS


class Adapter(Protocol):
    """Reads the tokens of one format, from the anchors that it was made with."""

    def read(self, run: Run) -> Presented:
        """Return what *run* is; raises nothing for what its items hold."""


@attrs.frozen
class Item:
    """A token item: *token* is its text, *proof* that of possession, if there is one."""

    format: str
    token: str
    proof: str | None = None

    @classmethod
    def read(cls, value: JsonValue) -> Item:
        """Return the item that *value* is the JSON form of; raise InputError."""
        parts = require_object(value, "token item", ("format", "token"), ("proof",))
        texts = {name: require_text(part, f"token item {name}") for name, part in parts.items()}
        for name, most in (("token", MAX_TOKEN), ("proof", MAX_PROOF)):
            if len(texts.get(name, "")) > most:
                raise InputError("too_large", f"token item {name}: want at most {most} characters")
        return cls(**texts)

    def to_value(self) -> dict[str, JsonValue]:
        """Return the JSON form."""
        proof: dict[str, JsonValue] = {} if self.proof is None else {"proof": self.proof}
        return {"format": self.format, "token": self.token, **proof}


def token_envelope(
    form: str, signed: str, keyid: str, signature: bytes, proof: str | None = None
) -> Envelope:
    """Return the envelope in which a receipt attaches the token, and its proof, as they came.

    *signed* is the text that *signature*, of the key *keyid*, is over: the token up to its last dot
    and the bytes after that, which `read_item` puts together again. The proof is a signature too:
    the holder's, for one request; so it changes the file and not the digest.
    """
    payload = canonical_json({"format": form, "signed": signed})
    signatures = [EnvelopeSignature(keyid, signature)]
    if proof is not None:
        name = hashlib.sha256(b"helm-logic proof of possession\0" + keyid.encode()).hexdigest()
        signatures.append(EnvelopeSignature(name, proof.encode("utf-8")))
    return Envelope(TOKEN_TYPE, payload, tuple(signatures))


def token_parts(envelope: Envelope) -> tuple[str, str, bytes, str | None]:
    """Return format, signed text, signature and proof of what `token_envelope` made.

    Raises InputError.
    """
    parts = require_object(parse_json(envelope.payload), "token", ("format", "signed"))
    if envelope.payload_type != TOKEN_TYPE or len(envelope.signatures) > 2:  # noqa: PLR2004
        raise InputError("wrong_type", "not the envelope of a token")
    signature, *proofs = (one.signature for one in envelope.signatures)
    try:
        proof = proofs[0].decode("utf-8") if proofs else None
    except UnicodeDecodeError:
        raise InputError("wrong_shape", "the proof of a token is not text") from None
    form, signed = (require_text(parts[name], name) for name in ("format", "signed"))
    return form, signed, signature, proof


def format_of(value: object) -> str | None:
    """Return the format that *value* names, if it is a token item and no native envelope."""
    form = value.get("format") if isinstance(value, dict) else None
    return form if isinstance(form, str) else None


def runs(items: Sequence[object]) -> list[tuple[int, str | None, tuple[Any, ...]]]:
    """Return *items* cut where the format changes: position, format (None: native) and items."""
    found: list[tuple[int, str | None, tuple[Any, ...]]] = []
    for position, item in enumerate(items):
        form = format_of(item)
        if found and found[-1][1] == form:
            first, _, before = found[-1]
            found[-1] = (first, form, (*before, item))
        else:
            found.append((position, form, (item,)))
    return found
