# SPDX-License-Identifier: Apache-2.0
"""Chains of attenuating tokens that give authority: lengths, algorithms, edges, ways to narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.authority.world import NOW
from tests.vectors.fault import Good
from tests.vectors.token_plan import SPARE, Holder, TokenPlan, limit, token_plan

TokenGood = Good[TokenPlan]
AUDIENCE = "https://deploy.example"


def _held(*holders: Holder) -> Callable[[TokenPlan], None]:
    def apply(plan: TokenPlan) -> None:
        made = token_plan(holders)
        plan.tokens, plan.holders = made.tokens, made.holders

    return apply


def _many(count: int) -> Callable[[TokenPlan], None]:
    return _held(*(Holder(f"agent-{number}") for number in range(count)))


def _from_here(position: int, **claims: Any) -> Callable[[TokenPlan], None]:
    return lambda plan: plan.from_here(position, **claims)


def _set(**members: Any) -> Callable[[TokenPlan], None]:
    def apply(plan: TokenPlan) -> None:
        for name, value in members.items():
            setattr(plan, name, value)

    return apply


def _option(name: str, value: Any, **proof: Any) -> Callable[[TokenPlan], None]:
    def apply(plan: TokenPlan) -> None:
        plan.options[name] = value
        plan.proof = proof

    return apply


def _granting(arguments: dict[str, Any], *limits: Any) -> Callable[[TokenPlan], None]:
    """Return what lets the tokens grant `deploy` with *limits*, and asks with *arguments*."""

    def apply(plan: TokenPlan) -> None:
        plan.grant(*({"deploy": each} for each in limits))
        plan.arguments = arguments

    return apply


def _named(plan: TokenPlan) -> None:
    plan.change(2, sub="user:alice")
    plan.subject = "user:alice"


def _newer_name(plan: TokenPlan) -> None:
    for number in range(3):
        plan.headers[number] = {"alg": "Ed25519"}


def _spare_key(plan: TokenPlan) -> None:
    plan.signers[0] = Holder(SPARE, "ES256")


def _two_issuers(plan: TokenPlan) -> None:
    plan.trusted.append(("https://other.example", [Holder("other")]))


ES256 = tuple(Holder(name, "ES256") for name in ("ops", "release", "tool"))
MIXED = Holder("ops"), Holder("release", "ES256"), Holder("tool")


# By kind: limits that each narrow the one before, and a value within all of them.
NARROWING: tuple[tuple[str, Any, Any, Any, Any], ...] = (
    ("exact", 1, *(limit("exact", value=1),) * 3),
    ("one-of", "b", limit("one_of", values=["a", "b", None]), limit("one_of", values=["a", "b"]),
     limit("exact", value="b")),
    ("not-one-of", "z", limit("not_one_of", excluded=["a"]),
     *(limit("not_one_of", excluded=["a", "b"]),) * 2),
    ("range", 7, limit("range", min=0, max=10), limit("range", min=0, max=8, max_inclusive=False),
     limit("exact", value=7)),
    ("contains", ["a", "b", "c"], limit("contains", required=["a"]),
     *(limit("contains", required=["b", "a"]),) * 2),
    ("subset", ["a"], limit("subset", allowed=["a", "b"]), *(limit("subset", allowed=["a"]),) * 2),
    ("wildcard", {"x": [1]}, *(limit("wildcard"),) * 2, limit("exact", value={"x": [1]})),
    ("all", 5, limit("all", constraints=[limit("range", min=0)]),
     *(limit("all", constraints=[limit("range", min=1), limit("range", max=5)]),) * 2),
    ("any", "b", limit("any", constraints=[limit("exact", value="a"), limit("exact", value="b")]),
     *(limit("any", constraints=[limit("exact", value="b")]),) * 2),
    ("pattern", "a/b", limit("pattern", pattern="a/**"), limit("pattern", pattern="a/*"),
     limit("pattern", pattern="a/b")),
    ("path-prefix", "/srv/a/b", limit("path_prefix", prefix="/srv"),
     *(limit("path_prefix", prefix="/srv/a"),) * 2),
    ("cidr", "10.1.2.3", limit("cidr", cidr="10.0.0.0/8"), limit("cidr", cidr="10.1.0.0/16"),
     limit("cidr", cidr="10.1.2.3/32")),
    ("time-window", NOW, limit("time_window", **{"from": NOW - 9, "until": NOW + 9}),
     *(limit("time_window", **{"from": NOW, "until": NOW + 1}),) * 2),
)  # fmt: skip


def token_good() -> Iterator[TokenGood]:
    """Yield every way to make a good chain."""
    yield Good("three-tokens", "Each token narrows the one before it.", lambda _: None)
    yield Good("one-token", "The issuer's token is held by who asks.", _many(1))
    yield Good("two-tokens", "The first holder hands on what it has.", _many(2))
    yield Good("nine-tokens", "As many tokens as the greatest ceiling lets be.", _many(9))
    yield Good("es256", "Holders with keys of P-256.", _held(*ES256))
    yield Good("mixed", "Holders with keys of both kinds.", _held(*MIXED))
    yield Good("newer-name", "EdDSA under the newer of its names, Ed25519.", _newer_name)
    yield Good("spare-key", "The issuer signs with the second of its keys.", _spare_key)
    yield Good("two-issuers", "Another issuer takes no part.", _two_issuers)
    yield Good("named-subject", "The last token names whom it is for.", _named)
    yield Good("first-second", "All tokens were made just now, by a clock 30 seconds ahead.",
               _from_here(0, iat=NOW + 30))  # fmt: skip
    yield Good("last-second", "The last second of every token.", _from_here(0, exp=NOW + 1))
    yield Good("longest", "A token of 90 days.",
               lambda plan: plan.change(0, iat=NOW - 600, exp=NOW - 600 + 90 * 86400))  # fmt: skip
    yield Good("not-before", "Tokens that begin later than they were made.",
               _from_here(0, nbf=NOW - 100))  # fmt: skip
    yield Good("ceiling-lowered", "The second token lowers the ceiling.",
               lambda plan: plan.change(0, del_max_depth=8))  # fmt: skip
    yield Good("old-proof", "A proof as old as one may be.", _set(proof={"iat": NOW - 300}))
    yield Good("audience", "A proof for this audience.",
               _option("audience", AUDIENCE, aat_aud=AUDIENCE))  # fmt: skip
    yield Good("audience-not-asked", "A proof for some audience, and the policy names none.",
               _set(proof={"aat_aud": AUDIENCE}))  # fmt: skip
    yield Good("status", "Other tokens are revoked, or of unknown status.",
               _option("status", {"revoked": ["token-7"], "unknown": ["token-8"]}))  # fmt: skip
    yield Good("any-argument", "A tool without limits takes any arguments.",
               _granting({"a": [None, {"b": True}], "c": "x"}, {}, {}, {}))  # fmt: skip
    yield Good("no-argument", "Nothing is asked beside the tool.", _granting({}, {}, {}, {}))
    for name, value, *limits in NARROWING:
        yield Good(name, f"The limit `{limits[0]['constraint_type']}`, narrowed and narrowed.",
                   _granting({"x": value}, *({"x": each} for each in limits)))  # fmt: skip
    yield Good("two-arguments", "Two arguments, each with its limit.",
               _granting({"a": 1, "b": 2}, {}, *({"a": limit("range", min=1),
                                                  "b": limit("range", max=2)},) * 2))  # fmt: skip
    yield Good("production", "Authority is there, and the policy wants a person.",
               _set(properties={"env": "prod"}), "ESCALATE", "needs_release_manager",
               "production-waits")  # fmt: skip
