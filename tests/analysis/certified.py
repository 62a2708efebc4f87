# SPDX-License-Identifier: Apache-2.0
"""A small rule set that gives every kind of claim, and certificates on disk for tests of them."""

from __future__ import annotations

from pathlib import Path

from helm_logic.analysis.certificate import save
from helm_logic.analysis.lint import lint
from tests.analysis.programs import loaded

TEXT = """
#input env    : {"dev", "prod"} from context.env.
#input amount : int             from context.amount.
#input limit  : int             from context.limit   optional.
#input owner  : principal       from context.owner.
#relation blocked(name: string).
#relation member(team: string, who: principal).
#relation trusted(who: principal).
#assume never blocked("never").
authorized :- subject(S), trusted(S).
known_action("a").
known_action("b").
@id("small") small :- amount(N), N <= 5.
@id("dead-sum") deny(d1) :- amount(N), limit(L), N < L, L <= 3, N > 4.
@id("dead-text") deny(d2) :- owner(O), subject(O), owner("user:ann"), subject("user:bob").
@id("dead-assumed") deny(d3) :- blocked("never").
@id("dead-fact") deny(d4) :- member("core", "user:ann"), not anyone.
@id("dead-fact-2") deny(d5) :- subject("user:ann"), mine, not member("core", "user:ann").
anyone :- member("core", _).
mine :- subject(S), member("core", S).
@id("one") allow(one) :- action("a"), authorized, env("dev").
@id("two") allow(two) :- action("a"), authorized, env("prod"), small.
@id("three") allow(three) :- action("a"), authorized, env("prod"), amount(N), N > 3.
@id("four") allow(four) :- action("a"), authorized, amount(N), N >= 4, not amount(3).
@id("five") @approver("boss")
escalate(five) :- action("b"), env("dev"), not approved("boss").
@id("six") deny(six) :- action("b"), env("prod").
@id("seven") allow(seven) :- action("b"), authorized, env("prod"), amount(7).
@id("eight") deny(eight) :- resource(R), matches("db/*/x", R), blocked("x").
#claim never allow when action = "b", env = "prod".
#claim only allow when authorized.
#claim always deny when env = "prod", action = "b".
#claim always decides when action = "a", authorized.
#claim never escalate when action = "a".
#claim never allow when amount < 3, amount > 5.
#claim never deny when action = "a".
#claim monotone in approvals.
#claim independent of owner when action = "b".
@id("nine") allow(nine) :- action("b"), authorized, approved("boss"), env("dev").
"""


def write(folder: Path, text: str = TEXT) -> Path:
    """Write the certificate of the rules in *text* into *folder*; return its file."""
    rule_set = loaded(text)
    save(folder / "lint.json", lint(rule_set).certificate, rule_set.sources)
    return folder / "lint.json"
