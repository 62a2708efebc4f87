# SPDX-License-Identifier: Apache-2.0
"""Redacted packs: what they still prove, what they keep from view, and that they are sealed."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from helm_logic.engine import Engine
from helm_logic.errors import InputError, ReceiptRefused
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.ledger.envelope import Envelope, sign
from helm_logic.ledger.keys import SeedSigner
from helm_logic.receipts.archive import read_archive, write_archive
from helm_logic.receipts.manifest import MANIFEST, with_manifest
from helm_logic.receipts.pack import Pack
from helm_logic.receipts.pack_verify import verify_pack
from helm_logic.receipts.redacted_pack import FORMAT, RedactedPack, redacted_pack
from helm_logic.receipts.redacted_verify import any_pack_report
from helm_logic.receipts.redaction import PAYLOAD_TYPE, Redaction, salt
from helm_logic.receipts.verdict import Verdict
from helm_logic.receipts.verify import Trust
from tests.receipts import sample, second_verifier
from tests.receipts.damage import STRANGERS_TRUST
from tests.receipts.pack_sample import Story
from tests.receipts.sample import ENGINE, LOG, ORIGIN, REQUEST, STRANGER, TRUST
from tests.receipts.second_verifier import Refused

TICKET = ("context", "ticket")
ASKED = {
    **REQUEST,
    "context": {"deep": {"secret": ["s-1", "s-2"]}, "name": "deploy", "ticket": "T-471100"},
    "resource": {"id": "shop", "properties": {"owner": "o-1"}, "type": "service"},
}
# As in a bundle: name, type, whether it is a set, domain, path, default, whether it is optional.
INPUTS = [["action", "string", False, None, ["context", "name"], None, False]]
POLICY = {"inputs": INPUTS}
WHOLE = Story(request=ASKED, policy=POLICY).pack()


def redacted(*paths: tuple[str, ...], pack: Pack = WHOLE, engine: SeedSigner = ENGINE) -> bytes:
    """Return the redacted pack without the values at *paths*."""
    return redacted_pack(pack, paths, engine).to_bytes()


def states(data: bytes, trust: Trust = TRUST) -> dict[str, str]:
    """Return the state of each result about *data*; the second verifier must agree on the whole."""
    if trust is TRUST:
        assert accepted_by_the_second(data) == any_pack_report(data, trust).holds
    return {each.name: each.state.value for each in any_pack_report(data, trust).results}


def accepted_by_the_second(data: bytes) -> bool:
    """Say whether the verifier that was written from FORMAT.md accepts *data*."""
    try:
        return second_verifier.verify(data, STRANGERS_TRUST) in Verdict.__members__
    except Refused:
        return False


GOOD = dict.fromkeys(("bytes", "signature", "trust", "inclusion", "derivation"), "ok")
GOOD["replay"] = "not asked"
DATA = redacted(TICKET)


def test_what_does_not_depend_on_a_value_is_verified_without_it() -> None:
    """A value that no rule reads is gone, and everything holds; the engines find the model."""
    assert states(DATA) == GOOD
    report = any_pack_report(DATA, TRUST, {"native": lambda p, f: Engine(p).evaluate(f).model})
    assert report.holds
    assert (report.receipt, report.pack) == (WHOLE.receipt.id, None)
    payload = RedactedPack.parse(DATA).redaction.payload
    assert b"T-471100" not in payload
    assert b"T-471100" in WHOLE.receipt.envelope.payload
    page = read_archive(DATA)["story.txt"].decode()
    assert '\n\nThe value of "context.ticket" is withheld.\n\n' in page


def test_parts_and_properties_can_be_withheld() -> None:
    """Several values at once, nested ones, and properties; each gets its own commitment."""
    paths = (TICKET, ("context", "deep", "secret"), ("resource", "properties", "owner"))
    data = redacted(*paths)
    assert states(data) == GOOD
    withheld = Redaction.read(RedactedPack.parse(data).redaction).withheld
    assert {each.path for each in withheld} == set(paths)
    assert len({each.commitment for each in withheld}) == 3
    assert redacted(*reversed(paths)) == data


def test_a_derivation_that_depends_on_it_is_withheld() -> None:
    """If a rule reads a fact that the value gave, fact and certificate go, and exit is not 0."""
    request = {**ASKED, "context": {"name": "n-1"}}
    facts = {"action": [["s:n-1"]]}
    made = Story(request=request, policy=POLICY, granted={"facts": facts})
    data = redacted(("context", "name"), pack=made.pack())
    assert states(data) == GOOD | {"derivation": "withheld"}
    report = any_pack_report(data, TRUST, {"native": lambda p, f: Engine(p).evaluate(f).model})
    assert not report.holds
    assert [each.state.value for each in report.results[-2:]] == ["withheld", "not checked"]
    said = Redaction.read(RedactedPack.parse(data).redaction)
    assert (said.withheld[0].facts, said.statement.facts) == (("action",), {})


def test_a_commitment_is_opened_with_the_salt() -> None:
    """The engine gives salt and value; nobody can compute the salt without its key."""
    (withheld,) = Redaction.read(RedactedPack.parse(DATA).redaction).withheld
    key = salt(WHOLE.receipt.id, TICKET, ENGINE)
    assert withheld.commitment == digest(canonical_json([key, list(TICKET), "T-471100"]))
    assert key != salt(WHOLE.receipt.id, TICKET, STRANGER)
    assert key != salt(WHOLE.receipt.id, ("context", "name"), ENGINE)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (("context", "absent"), "has no"),
        (("context", "ticket", "x"), "has no"),
        (("context",), "want context.NAME"),
        (("subject", "id"), "want context.NAME"),
        (("action", "name"), "want context.NAME"),
        (("context", "name"), "also to be seen"),
    ],
)
def test_what_cannot_be_withheld_is_refused(path: tuple[str, ...], why: str) -> None:
    """A path to nothing, what a request cannot be asked without, or what stands elsewhere too."""
    with pytest.raises(InputError, match=why):
        redacted(path)


def test_without_its_policy_nothing_is_redacted() -> None:
    """The policy says which facts a value gave; without it something could be left in view."""
    bare = attrs.evolve(WHOLE, policies={}, rules={})
    with pytest.raises(InputError, match="policy is missing"):
        redacted(TICKET, pack=bare)


def test_constraints_of_links_see_values_under_their_own_names() -> None:
    """Rows of `property` that name the value go; others stay."""
    facts = {
        "action": [["s:deploy"]],
        "property": [["s:context.other", "s:x"], ["s:resource.owner", "s:o-1"]],
    }
    made = Story(request=ASKED, policy=POLICY, granted={"facts": facts, "certificate": None})
    path = ("resource", "properties", "owner")
    said = Redaction.read(redacted_pack(made.pack(), [path], ENGINE).redaction)
    assert said.withheld[0].facts == ("property",)
    kept = [["s:context.other", "s:x"]]
    assert said.statement.facts["property"] == kept  # type: ignore[index]


def test_it_never_passes_for_a_receipt_or_a_pack() -> None:
    """Another payload type and another format: who wants the whole receipt is not given less."""
    with pytest.raises(ReceiptRefused):
        verify_pack(DATA, TRUST)
    parts = read_archive(DATA)
    whole = {name: each for name, each in parts.items() if name != MANIFEST}
    relabelled = with_manifest("helm-logic/pack/v1", WHOLE.receipt.id, whole)
    assert states(write_archive(relabelled))["bytes"] == "failed"


def test_keys_and_logs_are_the_verifiers() -> None:
    """A stranger as engine, as the log, or as the signer of the redaction alone is noticed."""
    both = Trust((ENGINE.public_key, STRANGER.public_key), ORIGIN, LOG.public_key)
    foreign = redacted(TICKET, engine=STRANGER)
    assert states(foreign)["trust"] == "failed"
    assert states(foreign)["signature"] == "not checked"
    assert states(foreign, both)["signature"] == "failed"
    log = Trust(TRUST.engine_keys, ORIGIN, STRANGER.public_key)
    assert states(DATA, log) == GOOD | {"trust": "failed", "inclusion": "failed"}


def test_every_flipped_byte_is_noticed() -> None:
    """A redacted pack is sealed as a pack is."""
    for place in range(0, len(DATA), 11):
        changed = bytearray(DATA)
        changed[place] ^= 1
        assert not any_pack_report(bytes(changed), TRUST).holds, place
        assert not accepted_by_the_second(bytes(changed))
    for length in range(0, len(DATA), 257):
        assert not any_pack_report(DATA[:length], TRUST).holds


def with_member(name: str, content: bytes | None) -> bytes:
    """Return the sample with one member changed, or left out, and a manifest that fits."""
    parts = {each: data for each, data in read_archive(DATA).items() if each != MANIFEST}
    parts = {each: data for each, data in parts.items() if each != name}
    if content is not None:
        parts[name] = content
    return write_archive(with_manifest(FORMAT, WHOLE.receipt.id, parts))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("program.json", None),
        ("program.json", b"{}"),
        ("story.txt", None),
        ("story.txt", b"All is well.\n"),
        ("receipt.tlog-proof", b""),
        ("notes.txt", b""),
        ("rules/" + "0" * 64 + ".dl", b""),
        ("policies/" + "0" * 64 + ".json", b"{}"),
        ("envelopes/" + "0" * 64 + ".json", b"{}"),
        ("redaction.json", b"{}"),
    ],
)
def test_its_set_is_closed(name: str, content: bytes | None) -> None:
    """What is missing, added or exchanged is noticed although the manifest fits."""
    assert states(with_member(name, content))["bytes"] == "failed"


def test_an_envelope_must_be_the_one_that_is_named() -> None:
    """A link under the right name with other bytes is none, and one left out is missed."""
    (name,) = (each for each in read_archive(DATA) if each.startswith("envelopes"))
    assert states(with_member(name, None))["bytes"] == "failed"
    assert states(with_member(name, WHOLE.receipt.envelope.to_bytes()))["bytes"] == "failed"


def resigned(**changes: Any) -> bytes:
    """Return the sample with its redaction changed and signed by the engine all the same."""
    pack = RedactedPack.parse(DATA)
    value = json.loads(pack.redaction.payload)
    said = changes.pop("said", {})
    value["statement"]["predicate"].update(said)
    payload = canonical_json({**value, **changes})
    parts = {each: data for each, data in read_archive(DATA).items() if each != MANIFEST}
    parts["redaction.json"] = sign(PAYLOAD_TYPE, payload, ENGINE).to_bytes()
    if said.get("certificate", "") is None:
        del parts["program.json"]
    return write_archive(with_manifest(FORMAT, WHOLE.receipt.id, parts))


def test_what_is_signed_and_does_not_fit_is_refused() -> None:
    """An engine that signs a redaction that contradicts itself or the receipt's record."""
    (withheld,) = json.loads(RedactedPack.parse(DATA).redaction.payload)["withheld"]
    other = {**withheld, "commitment": digest(b"")}
    assert states(resigned()) == GOOD
    for changes in (
        {"format": "other"},
        {"receipt": digest(b"")},
        {"leaf": "AAAA"},
        {"leaf": "?"},
        {"withheld": [other]},
        {"withheld": [{**withheld, "path": ["context", "name"]}]},
        {"extra": 1},
        {"said": {"request": ASKED}},
        {"said": {"request": None}},
        {"said": {"program": digest(b"")}},
        {"said": {"policy": digest(b"")}},
        {"said": {"certificate": None}},
    ):
        found = states(resigned(**changes))
        wanted = "ok" if changes == {"said": {"certificate": None}} else "failed"
        assert found["bytes"] == wanted, changes
    reads = [{**withheld, "facts": ["action"]}]
    assert states(resigned(withheld=reads)) == GOOD | {"derivation": "failed"}
    assert states(resigned(said={"verdict": "DENY"}))["bytes"] == "failed"
    assert states(resigned(said={"facts": {}}))["derivation"] == "failed"


def test_another_payload_type_is_no_redaction() -> None:
    """What a receipt says was never signed as a redaction."""
    envelope: Envelope = sample.receipt().envelope
    with pytest.raises(InputError, match="payload type"):
        Redaction.read(envelope)
