# SPDX-License-Identifier: Apache-2.0
"""A guard with a trust root: what it logs, whom it takes approvals from, when it stops."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from helm_logic.errors import PolicyError, StoreCorrupt, StoreError, TrustRefused
from helm_logic.guard import Decision, Guard
from helm_logic.ledger.keys import PublicKey, SeedSigner
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Record
from helm_logic.policy.trust import read_log_settings
from helm_logic.receipts.changes import RootChange
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RoleKeys, RootKey, TrustRoot
from helm_logic.receipts.trust_root_chain import SignedRoot, sign_root
from helm_logic.receipts.trust_root_judge import RootTrust
from helm_logic.receipts.verdict import Verdict
from helm_logic.receipts.verify import verify
from tests.authority.world import FOUNDER, NOW, key
from tests.guard.town import ENGINE, LOG, MANAGER, ORIGIN, Clock, approve, ask, open_guard

OWNER = SeedSigner(b"r" * 32)
PROD = ask(env="prod")


def one(key: PublicKey, name: str = "") -> RoleKeys:
    """Return a role with one key, for the whole log."""
    return RoleKeys((RootKey(key, name),))


FIRST = sign_root(
    TrustRoot(
        1,
        ORIGIN,
        NOW,
        {
            Role.ROOT: one(OWNER.public_key),
            Role.ENGINE: one(ENGINE.public_key),
            Role.LOG: one(LOG.public_key, ORIGIN),
            Role.APPROVER: one(key(MANAGER), MANAGER),
            Role.ANCHOR: one(key(FOUNDER), FOUNDER),
            Role.WITNESS: RoleKeys((), 0),
        },
    ),
    (OWNER,),
)


def next_root(old: SignedRoot, role: Role, listed: RoleKeys) -> SignedRoot:
    """Return the version after *old*, with *listed* as the keys of *role*."""
    roles = {**old.root.roles, role: listed}
    version = old.root.version + 1
    made = attrs.evolve(old.root, version=version, previous=old.digest, roles=roles)
    return sign_root(made, (OWNER,))


def ended(role: Role, index: int) -> RoleKeys:
    """Return the keys of *role* in the first version, revoked from *index* on."""
    (only,) = FIRST.root.keys(role).keys
    return RoleKeys((attrs.evolve(only, revoked_from_index=index, reason="stolen"),))


@pytest.fixture
def rooted(folder: Path) -> Path:
    """Give a policy folder that names its trust root."""
    settings = folder / "helm.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("[trust]", '[trust]\nroot = "trust-root.json"'), "utf-8")
    write(folder, FIRST)
    return folder


def write(folder: Path, signed: SignedRoot) -> None:
    """Make *signed* the trust root of *folder*."""
    (folder / "trust-root.json").write_bytes(signed.envelope.to_bytes())


def logged(guard: Guard, signed: SignedRoot) -> None:
    """Log *signed* behind the guard's back, as another guard of the log would."""
    last = list(guard._store.entries(kind=Kind.ROOT))[-1].digest
    change = RootChange(signed.envelope, NOW, last).signed(LOG)
    guard._store.append([Record(Kind.ROOT, change)])


def versions(guard: Guard) -> list[int]:
    """Return the versions that the log holds."""
    found = guard._store.entries(kind=Kind.ROOT)
    return [SignedRoot.read(RootChange.read(each.envelope).root).root.version for each in found]


def refused(decision: Decision) -> list[str]:
    """Return the codes for which approvals were refused."""
    return [code for _, code in decision.refused_approvals]


def test_the_root_is_logged_once_before_the_first_receipt(rooted: Path) -> None:
    """And receipts are judged by it, in ten steps, also those with an approval."""
    with open_guard(rooted) as guard:
        asked = guard.decide(PROD)
        allowed = guard.decide(ask(env="prod", approvals=[approve(asked)]))
        assert [each.verdict for each in (asked, allowed)] == [Verdict.ESCALATE, Verdict.ALLOW]
        (entry,) = guard._store.entries(kind=Kind.ROOT)
        assert asked.index is not None
        assert entry.index < asked.index
        assert isinstance(guard.trust, RootTrust)
        verify(guard.receipt(allowed.receipt_id).to_bytes(), guard.trust)
    with open_guard(rooted, Clock(NOW + 1)) as guard:
        guard.decide(PROD)
        assert versions(guard) == [1]
    assert isinstance(read_log_settings(rooted).trust, RootTrust)


def test_a_new_version_in_the_folder_is_logged_after_the_old_one(rooted: Path) -> None:
    """It has to follow what the log has; one that does not is refused with its own code."""
    with open_guard(rooted) as guard:
        guard.decide(PROD)
    second = next_root(FIRST, Role.WITNESS, RoleKeys((), 0))
    other = next_root(FIRST, Role.ANCHOR, one(key(FOUNDER), FOUNDER))
    other = sign_root(attrs.evolve(other.root, now=NOW + 5), (OWNER,))
    third = next_root(second, Role.WITNESS, RoleKeys((), 0))
    write(rooted, third)
    with pytest.raises(TrustRefused, match="root_gap"):
        open_guard(rooted)
    write(rooted, second)
    with open_guard(rooted) as guard:
        guard.decide(PROD)
        assert versions(guard) == [1, 2]
    write(rooted, other)
    with pytest.raises(TrustRefused, match="root_fork"):
        open_guard(rooted)


def test_an_older_version_in_the_folder_is_overtaken_by_the_log(rooted: Path) -> None:
    """Going back to version 1 brings no revoked key back: the log knows better."""
    with open_guard(rooted) as guard:
        guard.decide(PROD)
        size = guard._store.size
        logged(guard, next_root(FIRST, Role.APPROVER, ended(Role.APPROVER, size)))
    with open_guard(rooted, Clock(NOW + 1)) as guard:
        decision = guard.decide(ask(env="prod", approvals=[approve(guard.decide(PROD))]))
        assert (decision.verdict, refused(decision)) == (Verdict.ESCALATE, ["approval_untrusted"])
        assert versions(guard) == [1, 2]


def test_an_approver_has_to_be_in_the_root(rooted: Path) -> None:
    """What helm.toml says is not enough: the other approver is not in the root."""
    write(rooted, next_root(FIRST, Role.APPROVER, one(key(MANAGER), "user:other")))
    with open_guard(rooted) as guard:
        decision = guard.decide(ask(env="prod", approvals=[approve(guard.decide(PROD))]))
        assert (decision.verdict, refused(decision)) == (Verdict.ESCALATE, ["approval_untrusted"])


@pytest.mark.parametrize("role", [Role.ENGINE, Role.LOG, Role.ANCHOR])
def test_a_guard_whose_keys_do_not_count_does_not_open(rooted: Path, role: Role) -> None:
    """Engine, log or anchor revoked: nobody would accept what it signs."""
    write(rooted, next_root(FIRST, role, ended(role, 0)))
    for _ in range(2):  # and not StoreLocked: nothing was left open
        with pytest.raises(StoreError, match=f"{role.value} key .*key_revoked"):
            open_guard(rooted)


def test_a_guard_stops_when_another_one_logs_that_its_key_is_revoked(rooted: Path) -> None:
    """From the index that the root says on every answer is DENY; until then it goes on."""
    with open_guard(rooted) as guard:
        guard.decide(PROD)
        later = guard._store.size + 2
        logged(guard, next_root(FIRST, Role.ENGINE, ended(Role.ENGINE, later)))
        last, none = guard.decide(ask()), guard.decide(ask(resource="shop/web"))
        assert (last.verdict, last.index) == (Verdict.ALLOW, later - 1)
        assert (none.verdict, none.codes) == (Verdict.DENY, ("ledger_unavailable",))
        verify(guard.receipt(last.receipt_id).to_bytes(), guard.trust)


def test_a_root_that_may_not_follow_is_a_damaged_log(rooted: Path) -> None:
    """One that no root key signed: the guard at work denies, and none opens."""
    forged = next_root(FIRST, Role.ENGINE, ended(Role.ENGINE, 9))
    forged = sign_root(forged.root, (ENGINE,))
    with open_guard(rooted) as guard:
        guard.decide(PROD)
        logged(guard, forged)
        assert guard.decide(ask()).codes == ("ledger_unavailable",)
    with pytest.raises(StoreCorrupt, match="old_threshold_not_met"):
        open_guard(rooted)


def test_the_root_of_a_folder_has_to_be_one(rooted: Path) -> None:
    """Of the log that helm.toml names, signed by its own root keys, and readable."""
    other = attrs.evolve(
        FIRST.root,
        origin="x/log",
        roles={**FIRST.root.roles, Role.LOG: one(LOG.public_key, "x/log")},
    )
    write(rooted, sign_root(other, (OWNER,)))
    with pytest.raises(PolicyError, match="x/log"):
        read_log_settings(rooted)
    write(rooted, sign_root(FIRST.root, (ENGINE,)))
    with pytest.raises(TrustRefused, match="threshold_not_met"):
        open_guard(rooted)
    (rooted / "trust-root.json").unlink()
    with pytest.raises(PolicyError, match="cannot read"):
        read_log_settings(rooted)
