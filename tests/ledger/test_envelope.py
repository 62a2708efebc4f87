# SPDX-License-Identifier: Apache-2.0
"""Envelopes: the DSSE encoding, the one byte form, and thresholds that cannot be talked up."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import EnvelopeError, SignatureError
from helm_logic.kernel.encoding import JsonValue, canonical_json, digest
from helm_logic.ledger.envelope import (
    MAX_SIGNATURES,
    Envelope,
    EnvelopeSignature,
    from_value,
    pae,
    parse,
    sign,
    verify,
)
from tests.ledger.keyring import ENGINE, LOG, OTHER, TYPE, envelope

KEYS = [signer.public_key for signer in (ENGINE, LOG, OTHER)]
ENVELOPE = envelope('{"verdict":"ALLOW"}')


def signed_by_all() -> Envelope:
    """Return one payload with the signatures of three keys."""
    one = [sign(TYPE, b"payload", signer).signatures[0] for signer in (ENGINE, LOG, OTHER)]
    return Envelope(TYPE, b"payload", tuple(one))


def test_the_encoding_is_that_of_the_dsse_specification() -> None:
    """The example of protocol.md, and lengths that count bytes."""
    assert (
        pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


@given(st.text(max_size=5), st.binary(max_size=5), st.text(max_size=5), st.binary(max_size=5))
def test_the_encoding_is_injective(type1: str, body1: bytes, type2: str, body2: bytes) -> None:
    """Two different (type, payload) pairs are never signed as the same bytes."""
    assert (pae(type1, body1) == pae(type2, body2)) == ((type1, body1) == (type2, body2))


def test_the_digest_is_of_the_signed_bytes_alone() -> None:
    """Other signatures, same id; another type or payload, another id."""
    assert ENVELOPE.digest == digest(pae(ENVELOPE.payload_type, ENVELOPE.payload))
    assert sign(TYPE, ENVELOPE.payload, LOG).digest == ENVELOPE.digest
    assert sign(TYPE + "2", ENVELOPE.payload, ENGINE).digest != ENVELOPE.digest
    assert sign(TYPE, ENVELOPE.payload + b" ", ENGINE).digest != ENVELOPE.digest


@given(st.binary(max_size=200), st.from_regex(r"[!#-\[\]-~]{1,40}", fullmatch=True))
def test_parse_after_print_is_identity(payload: bytes, payload_type: str) -> None:
    """The bytes written are canonical JSON and read back as the envelope they were written from."""
    signed = sign(payload_type, payload, ENGINE)

    assert signed.to_bytes() == canonical_json(signed.to_value())
    assert parse(signed.to_bytes()) == signed == from_value(signed.to_value())


def test_every_flipped_bit_is_refused() -> None:
    """In parsing or in verification: no bit of a stored envelope may change."""
    data = ENVELOPE.to_bytes()
    for place in range(len(data) * 8):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8

        with pytest.raises((EnvelopeError, SignatureError)):
            verify(parse(bytes(changed)), KEYS)


def test_every_truncated_or_padded_envelope_is_refused() -> None:
    """A byte lost or won at any place does not parse, or does not verify."""
    data = ENVELOPE.to_bytes()
    for place in range(len(data)):
        head, tail = data[:place], data[place:]
        for changed in (head, head + tail[1:], head + b" " + tail):
            with pytest.raises((EnvelopeError, SignatureError)):
                verify(parse(changed), KEYS)


def changed_members() -> dict[str, Any]:
    """Return JSON values that are nearly an envelope, by what is wrong with them."""
    good: dict[str, Any] = json.loads(ENVELOPE.to_bytes())
    one = good["signatures"][0]
    return {
        "no payload": {key: good[key] for key in ("payloadType", "signatures")},
        "no type": {key: good[key] for key in ("payload", "signatures")},
        "no signatures": {key: good[key] for key in ("payload", "payloadType")},
        "extra member": {**good, "extra": 1},
        "empty signatures": {**good, "signatures": []},
        "too many signatures": {**good, "signatures": [one] * (MAX_SIGNATURES + 1)},
        "same key id twice": {**good, "signatures": [one, one]},
        "no keyid": {**good, "signatures": [{"sig": one["sig"]}]},
        "no sig": {**good, "signatures": [{"keyid": one["keyid"]}]},
        "empty sig": {**good, "signatures": [{**one, "sig": ""}]},
        "long sig": {**good, "signatures": [{**one, "sig": "AAAA" * 2000}]},
        "extra in signature": {**good, "signatures": [{**one, "cert": ""}]},
        "keyid in capitals": {**good, "signatures": [{**one, "keyid": one["keyid"].upper()}]},
        "short keyid": {**good, "signatures": [{**one, "keyid": one["keyid"][1:]}]},
        "keyid with newline": {**good, "signatures": [{**one, "keyid": one["keyid"] + "\n"}]},
        "url-safe base64": {**good, "payload": "-_-_"},
        "loose base64 bits": {**good, "payload": "QR=="},
        "payload is a number": {**good, "payload": 1},
        "type is null": {**good, "payloadType": None},
        "type is empty": {**good, "payloadType": ""},
        "type with space": {**good, "payloadType": "a b"},
        "type with quote": {**good, "payloadType": 'a"b'},
        "type beyond ascii": {**good, "payloadType": "é"},
        "type too long": {**good, "payloadType": "a" * 256},
        "signatures is an object": {**good, "signatures": one},
        "signature is a string": {**good, "signatures": ["sig"]},
        "a list": [good],
    }


@pytest.mark.parametrize("name", changed_members())
def test_nearly_an_envelope_is_none(name: str) -> None:
    """Absent, unknown, oversized and misspelt members are refused, from bytes and from a value."""
    value: JsonValue = changed_members()[name]

    with pytest.raises(EnvelopeError):
        from_value(value)
    with pytest.raises(EnvelopeError):
        parse(canonical_json(value))


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(ENVELOPE.to_value()).encode(),
        ENVELOPE.to_bytes() + b"\n",
        ENVELOPE.to_bytes().replace(b"payloadType", b"payload\\u0054ype"),
        ENVELOPE.to_bytes().replace(b"{", b'{"payload":"",', 1),
        b"",
        b"[" * 100_000,
        b"\xff",
    ],
    ids=["spaces", "newline", "escape", "duplicate key", "empty", "deep", "not utf-8"],
)
def test_another_spelling_is_refused(data: bytes) -> None:
    """The same meaning in other bytes is not the envelope that was stored."""
    with pytest.raises(EnvelopeError):
        parse(data)


def test_an_envelope_has_a_bound() -> None:
    """A file larger than the reader allows is not parsed at all."""
    with pytest.raises(EnvelopeError, match="at most 100 are read"):
        parse(ENVELOPE.to_bytes(), max_bytes=100)


def test_bounds_are_inclusive() -> None:
    """16 signatures of up to 4096 bytes, payload types of up to 255 characters; no more."""
    many = [EnvelopeSignature(f"{number:064x}", bytes(4096)) for number in range(17)]
    most = Envelope("a" * 255, b"", (EnvelopeSignature("ab" * 32, b"s"), *many[:15]))

    assert parse(most.to_bytes()) == most
    with pytest.raises(EnvelopeError, match="got 17 signatures, want 1 to 16"):
        Envelope(TYPE, b"", tuple(many))
    for signature in (b"", bytes(4097)):
        with pytest.raises(EnvelopeError, match="want 1 to 4096"):
            EnvelopeSignature("ab" * 32, signature)


def test_verification_names_the_keys_that_signed() -> None:
    """In the order of the signatures, whatever the order and number of the keys given."""
    everyone = signed_by_all()

    assert verify(ENVELOPE, KEYS) == (ENGINE.public_key,)
    assert verify(everyone, [*KEYS, *reversed(KEYS)], 3) == tuple(KEYS)
    assert verify(everyone, iter(KEYS[1:]), 2) == tuple(KEYS[1:])


@pytest.mark.parametrize("threshold", [0, -1])
def test_a_threshold_below_one_fails(threshold: int) -> None:
    """Nothing is not enough."""
    with pytest.raises(SignatureError, match="want at least 1"):
        verify(ENVELOPE, KEYS, threshold)


def test_no_keys_fail() -> None:
    """A verifier that accepts nobody accepts nothing."""
    with pytest.raises(SignatureError, match="of the 0 accepted keys"):
        verify(ENVELOPE, ())


def test_one_key_counts_once() -> None:
    """The same key given twice, or signing under a second key id, does not reach two."""
    own = ENVELOPE.signatures[0]
    renamed = EnvelopeSignature("ab" * 32, own.signature)
    twice = attrs.evolve(ENVELOPE, signatures=(own, renamed))

    assert verify(twice, KEYS) == (ENGINE.public_key,)
    with pytest.raises(SignatureError, match="got 1 signatures"):
        verify(twice, [ENGINE.public_key, ENGINE.public_key], 2)
    with pytest.raises(EnvelopeError, match="more than once"):
        attrs.evolve(ENVELOPE, signatures=(own, own))


def test_a_key_id_does_not_lend_a_key() -> None:
    """A signature under another key's id spoils the envelope, even beside a good one."""
    own = ENVELOPE.signatures[0]
    stolen = EnvelopeSignature(LOG.public_key.keyid, own.signature)

    for signatures in ((stolen,), (own, stolen), (stolen, own)):
        with pytest.raises(SignatureError, match="is not the one of key"):
            verify(attrs.evolve(ENVELOPE, signatures=signatures), KEYS)


def test_signatures_of_strangers_count_for_nothing() -> None:
    """Unknown key ids are passed over: neither an error nor a vote."""
    everyone = signed_by_all()

    assert verify(everyone, KEYS[:1]) == (ENGINE.public_key,)
    with pytest.raises(SignatureError, match="got 1 signatures of the 1 accepted keys, want 2"):
        verify(everyone, KEYS[:1], 2)
    with pytest.raises(SignatureError, match="got 0"):
        verify(ENVELOPE, KEYS[1:])


def test_a_signature_over_another_payload_fails() -> None:
    """Neither the payload nor its type may be exchanged."""
    for changed in (
        attrs.evolve(ENVELOPE, payload=b"other"),
        attrs.evolve(ENVELOPE, payload_type=TYPE + "x"),
    ):
        with pytest.raises(SignatureError):
            verify(changed, KEYS)
