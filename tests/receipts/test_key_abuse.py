# SPDX-License-Identifier: Apache-2.0
"""Every way to make a key count for more than it does is refused, each for a reason of its own.

The other way round, what was right when it was signed stays right: packs outlive rotations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from helm_logic.errors import HelmError, ReceiptRefused, TrustRefused
from helm_logic.guard import Decision
from helm_logic.ledger.envelope import EnvelopeSignature
from helm_logic.receipts.pack_verify import verify_pack
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RoleKeys, RootKey, TrustRoot
from helm_logic.receipts.trust_root_chain import SignedRoot, accept_all, accept_first, accept_next
from helm_logic.receipts.trust_root_judge import root_trust
from helm_logic.receipts.verify import verify
from tests.guard.town import approve, ask, make_folder, open_guard
from tests.receipts.pack_sample import Story
from tests.receipts.roots import APPROVER, NEXT_ENGINE, ROOTS, following, keys, root, signed
from tests.receipts.sample import ENGINE, receipt

FIRST = signed(root())
GOOD = receipt()


def _signatures(of: SignedRoot, *lines: tuple[str, bytes]) -> SignedRoot:
    made = tuple(EnvelopeSignature(*each) for each in lines)
    return SignedRoot(of.root, attrs.evolve(of.envelope, signatures=made))


def _judged(made: TrustRoot, one: Receipt = GOOD) -> None:
    verify(one.to_bytes(), root_trust(made))


def _one_key_under_two_ids() -> None:
    one = FIRST.envelope.signatures[0]
    accept_first(_signatures(FIRST, (one.keyid, one.signature), ("0" * 64, one.signature)))


def _one_key_listed_twice() -> None:
    key = ROOTS[0].public_key
    root(root=RoleKeys((RootKey(key, "one"), RootKey(key, "another")), 2))


def _one_signature_twice() -> None:
    text = FIRST.envelope.to_bytes().decode("ascii")
    head, name, lines = text.partition('"signatures":[')
    line = lines.partition("},")[0] + "}"
    SignedRoot.parse(f"{head}{name}{line},{line}]}}".encode())


def _another_keys_id() -> None:
    first, second = FIRST.envelope.signatures
    accept_first(_signatures(FIRST, (first.keyid, second.signature)))


def _another_scheme() -> None:
    text = FIRST.envelope.payload.decode("utf-8")
    TrustRoot.parse(text.replace("ed25519:", "ecdsa-p256-sha256:", 1).encode())


def _another_role() -> None:
    _judged(root(engine=keys(NEXT_ENGINE), anchor=keys(ENGINE, name="user:founder")))


def _no_role_at_all() -> None:
    _judged(root(), receipt(signer=NEXT_ENGINE))


def _two_roles() -> None:
    root(approver=keys(ENGINE, name=APPROVER))


def _before_its_span() -> None:
    _judged(root(engine=keys(ENGINE, from_index=2)))


def _after_its_span() -> None:
    _judged(root(engine=keys(ENGINE, to_index=1)))


def _after_its_revocation() -> None:
    _judged(root(engine=keys(ENGINE, revoked_from_index=1)))


def _a_threshold_of_none() -> None:
    root(root=keys(*ROOTS, threshold=0))


ABUSES: dict[str, Callable[[], None]] = {
    "threshold_not_met": _one_key_under_two_ids,
    "threshold_unreachable": _one_key_listed_twice,
    "duplicate_signature": _one_signature_twice,
    "bad_signature": _another_keys_id,
    "bad_key": _another_scheme,
    "wrong_role": _another_role,
    "unknown_key": _no_role_at_all,
    "key_in_two_roles": _two_roles,
    "key_not_yet_valid": _before_its_span,
    "key_retired": _after_its_span,
    "key_revoked": _after_its_revocation,
    "bad_threshold": _a_threshold_of_none,
}


@pytest.mark.parametrize("code", ABUSES)
def test_each_abuse_of_a_key_has_its_own_reason(code: str) -> None:
    """The codes are the names: no two abuses are refused alike."""
    with pytest.raises(HelmError) as caught:
        ABUSES[code]()
    assert isinstance(caught.value, TrustRefused | ReceiptRefused)
    assert (caught.value.code, code in str(caught.value)) == (code, True)


def test_each_abuse_of_an_approval_has_its_own_reason(tmp_path: Path) -> None:
    """One for another receipt, and one that was used before: two refusals, two codes."""
    with open_guard(make_folder(tmp_path / "policy")) as guard:
        asked, other = (guard.decide(ask(env="prod", resource=f"shop/{x}")) for x in ("a", "b"))
        mine = approve(asked)
        borrowed = approve(other, request=asked.statement.request_digest)
        request = {"env": "prod", "resource": "shop/a"}
        codes = [
            _refused(guard.decide(ask(**request, approvals=[each])))  # type: ignore[arg-type]
            for each in (borrowed, mine, mine)
        ]
    assert codes == [["approval_other_receipt"], [], ["approval_consumed"]]


def _refused(decision: Decision) -> list[str]:
    return [code for _, code in decision.refused_approvals]


def _versions() -> Iterator[SignedRoot]:
    """Yield version 2, by which another engine signs from entry 4 on, and 3 with new root keys."""
    engines = RoleKeys(
        (RootKey(ENGINE.public_key, to_index=4), RootKey(NEXT_ENGINE.public_key, from_index=4))
    )
    second = signed(following(FIRST, {Role.ENGINE: engines}))
    yield second
    owners = RoleKeys((*keys(ROOTS[0], to_index=0).keys, *keys(*ROOTS[1:]).keys), 2)
    yield signed(following(second, {Role.ROOT: owners}), ROOTS)


def test_packs_outlive_rotations() -> None:
    """A pack of entries 1 to 3 holds by each version; one of the new engine's there by none."""
    versions = [FIRST, *_versions()]
    assert accept_all(FIRST, versions[1:]).root.version == 3
    pack = Story(approval={"approver": APPROVER}).pack().to_bytes()
    early = Story(approval={"approver": APPROVER}, engine=NEXT_ENGINE).pack().to_bytes()
    for code, each in zip(("unknown", "key_not_yet", "key_not_yet"), versions, strict=True):
        verify_pack(pack, root_trust(each.root))
        with pytest.raises(ReceiptRefused, match="signature" if code == "unknown" else code):
            verify_pack(early, root_trust(each.root))


@pytest.mark.parametrize(("index", "holds"), [(4, True), (3, False), (1, False)])
def test_a_revoked_engine_keeps_what_it_signed_before(index: int, *, holds: bool) -> None:
    """The receipts are entries 1 and 3: both have to stand before the revocation."""
    gone = RoleKeys((RootKey(ENGINE.public_key, revoked_from_index=index, reason="stolen"),))
    made = signed(following(FIRST, {Role.ENGINE: gone}))
    trust = root_trust(accept_next(FIRST, made).root)
    pack = Story(approval={"approver": APPROVER}).pack().to_bytes()
    if holds:
        verify_pack(pack, trust)
    else:
        with pytest.raises(ReceiptRefused, match=r"key_revoked.*stolen"):
            verify_pack(pack, trust)


def test_a_verifier_who_knows_version_3_does_not_go_back() -> None:
    """An older root, whoever signed it, is refused as that."""
    second, third = _versions()
    for older in (FIRST, second):
        with pytest.raises(TrustRefused) as caught:
            accept_next(third, older)
        assert caught.value.code == "root_rollback"
