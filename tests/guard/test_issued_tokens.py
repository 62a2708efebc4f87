# SPDX-License-Identifier: Apache-2.0
"""OAuth tokens and SVIDs from the request to a receipt that verifies and replays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helm_logic.guard import Guard
from helm_logic.kernel.encoding import JsonValue
from helm_logic.policy.replay import MADE_AGAIN
from helm_logic.receipts.verdict import Verdict
from helm_logic.receipts.verify import verify
from tests.authority.adapters.issued import (
    ANN,
    AUDIENCE,
    BUNDLE,
    DOMAIN,
    ISSUER,
    OPS,
    SERVER,
    WORKLOAD,
    access_token,
    act,
    item,
    svid,
)
from tests.authority.adapters.tokens import NOW
from tests.guard.test_tokens import replayed
from tests.guard.town import Clock, approve, make_folder, open_guard

_TOKENS = f"""
[tokens."{ISSUER}"]
format = "oauth"
algorithms = ["ES256"]
jwks = "sts.jwks.json"
audience = "{AUDIENCE}"
subject_type = "user"
actor_type = "agent"
claims = ["acr"]
trust_actor = TRUST_ACTOR
[[tokens."{ISSUER}".scopes.deploy]]
actions = ["deploy"]
resource = "service/*"
[tokens."{DOMAIN}"]
format = "spiffe"
algorithms = ["ES256"]
jwks = "bundle.jwks.json"
audience = "{AUDIENCE}"
"""
_RULES = """
#include "authority".

#input env : string  from resource.properties.env.

known_action("deploy").

@reason("a production deploy needs a release manager")  @approver("release-manager")
escalate(needs_release_manager) :- env("prod"), not approved("release-manager").

@reason("only who is known to have logged in with a second factor")
deny(weak_login) :- last(L), claim(L, "acr", "pwd").

allow(chain_covers_deploy) :- authorized.
"""


def _folder(tmp_path: Path, *, trust_actor: bool) -> Path:
    limits = _TOKENS.replace("TRUST_ACTOR", str(trust_actor).lower())
    made = make_folder(tmp_path / "policy", rules=_RULES, limits=limits)
    for name, key in (("sts", SERVER.jwk), ("bundle", {**BUNDLE.jwk, "use": "jwt-svid"})):
        (made / f"{name}.jwks.json").write_text(json.dumps({"keys": [key]}), "utf-8")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a policy folder that trusts an authorization server and a trust domain."""
    return _folder(tmp_path, trust_actor=False)


@pytest.fixture
def guard(folder: Path) -> Iterator[Guard]:
    """Give its guard, at the moment at which the tokens were issued."""
    with open_guard(folder, Clock(NOW)) as opened:
        yield opened


def ask(*chain: JsonValue, subject: str = ANN, env: str = "staging", **changes: Any) -> bytes:
    """Return the request of *subject* to deploy with *chain*."""
    kind, _, name = subject.partition(":")
    request: dict[str, Any] = {
        "subject": {"type": kind, "id": name},
        "action": {"name": "deploy"},
        "resource": {"type": "service", "id": "api", "properties": {"env": env}},
        "chain": list(chain),
        **changes,
    }
    return json.dumps(request).encode()


def test_an_access_token_allows_and_its_receipt_verifies_and_replays(
    folder: Path, guard: Guard
) -> None:
    """The issuer's word on its subject, as a link that a stranger can verify and make again."""
    decision = guard.decide(ask(item("oauth", access_token())))

    assert (decision.verdict, decision.codes) == (Verdict.ALLOW, ("chain_covers_deploy",))
    verify(guard.receipt(decision.receipt_id).to_bytes(), guard.trust)
    assert replayed(folder, guard) == [("ALLOW", MADE_AGAIN)]


def test_what_is_asserted_is_denied_and_stays_so_in_a_replay(folder: Path, guard: Guard) -> None:
    """For whoever asks; and a claim that the policy looks at is a fact of the receipt."""
    token = item("oauth", access_token(act=act("ops")))

    assert guard.decide(ask(token)).codes == ("asserted_delegation",)
    found = guard.decide(ask(token, subject=OPS)).codes
    assert sorted(found) == ["asserted_delegation", "principal_mismatch"]
    weak = item("oauth", access_token(acr="pwd"))
    assert guard.decide(ask(weak)).codes == ("weak_login",)
    assert replayed(folder, guard) == [("DENY", MADE_AGAIN)] * 3


def test_an_issuer_that_is_believed_on_who_acts(tmp_path: Path) -> None:
    """The actor acts, and who handed on may not approve: everybody named took part."""
    folder = _folder(tmp_path, trust_actor=True)
    token = item("oauth", access_token(act=act("ops")))
    with open_guard(folder, Clock(NOW)) as guard:
        assert guard.decide(ask(token, subject=OPS)).verdict is Verdict.ALLOW
        assert guard.decide(ask(token)).codes == ("principal_mismatch",)
        assert replayed(folder, guard) == [("ALLOW", MADE_AGAIN), ("DENY", MADE_AGAIN)]


def test_identities_behind_a_chain_replay_and_approvals_outlive_them(
    folder: Path, guard: Guard
) -> None:
    """A workload shows who it is by a fresh SVID each time; refused ones replay too."""
    stranger = item("spiffe", svid())
    known = item("oauth", access_token())
    assert guard.decide(ask(known, stranger)).codes == ("principal_mismatch",)
    assert guard.decide(ask(known, item("spiffe", svid(exp=NOW)))).codes == ("link_expired",)
    late = guard.decide(ask(known, stranger, item("spiffe", svid(exp=NOW))))
    assert late.codes == ("link_expired",)
    assert guard.decide(ask(stranger, known)).codes == ("broken_chain",)
    assert replayed(folder, guard) == [("DENY", MADE_AGAIN)] * 4


def test_a_workload_acts_for_whom_a_link_names(tmp_path: Path) -> None:
    """With its identity behind the chain; the approval of one request counts for a later one."""
    text = _TOKENS.replace('subject_type = "user"\n', "").replace("TRUST_ACTOR", "false")
    folder = make_folder(tmp_path / "policy", rules=_RULES, limits=text)
    for name, key in (("sts", SERVER.jwk), ("bundle", BUNDLE.jwk)):
        (folder / f"{name}.jwks.json").write_text(json.dumps({"keys": [key]}), "utf-8")
    token = item("oauth", access_token(sub=WORKLOAD))
    with open_guard(folder, Clock(NOW)) as guard:
        first = guard.decide(ask(token, item("spiffe", svid()), subject=WORKLOAD, env="prod"))
        assert first.verdict is Verdict.ESCALATE
        answer = approve(first, issued=NOW, expires=NOW + 60).to_value()
        fresh = item("spiffe", svid(exp=NOW + 90))
        again = guard.decide(ask(token, fresh, subject=WORKLOAD, env="prod", approvals=[answer]))
        assert (again.verdict, again.codes) == (Verdict.ALLOW, ("chain_covers_deploy",))
        verify(guard.receipt(again.receipt_id).to_bytes(), guard.trust)
        assert replayed(folder, guard) == [("ESCALATE", MADE_AGAIN), ("ALLOW", MADE_AGAIN)]
