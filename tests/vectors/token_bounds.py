# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with tokens that can be read: times, depth, scope, use, status and possession.

Such a fault hides nothing, unless the last token is refused for it: then, whom the chain is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.authority.world import NOW
from tests.vectors.fault import Fault
from tests.vectors.token_changes import (
    LATER,
    TOKENS,
    Apply,
    TokenFault,
    behind,
    both,
    change,
    from_here,
    on_item,
    option,
    put,
)
from tests.vectors.token_plan import LAST, PEOPLE, STRANGER, Holder, TokenPlan, limit

AUDIENCE = "https://deploy.example"
EXPIRED = frozenset(("all-expired",))


def token_bounds() -> Iterator[TokenFault]:
    """Yield every fault of tokens that can be read."""
    yield from _times()
    yield from _depths()
    yield from _widened()
    yield from _outside()
    yield from _status()
    yield from _possession()


def _times() -> Iterator[TokenFault]:
    early = "link_not_yet_valid", "link-not-yet-valid"
    wide = "lifetime_widened", "lifetime-widened"
    for position in TOKENS:
        place = f"token-{position}"
        yield Fault(f"expired/{place}", "link_expired", "link-expired",
                    "A token ends at this very second, and those after it.",
                    from_here(position, exp=NOW), apart=EXPIRED)  # fmt: skip
        yield Fault(f"not-yet-valid/{place}", *early,
                    "A token was made more than 30 seconds from now, and those after it.",
                    from_here(position, iat=NOW + 31), apart=EXPIRED)  # fmt: skip
        yield Fault(f"not-before/{place}", "link_not_yet_valid", "identity-not-yet-valid",
                    "A token says that it begins more than 30 seconds from now.",
                    change(position, nbf=NOW + 31), behind(position))  # fmt: skip
    for position in LATER:
        place = f"token-{position}"
        yield Fault(f"made-earlier/{place}", *wide, "A token is older than the one before it.",
                    change(position, iat=NOW - 9000))  # fmt: skip
        yield Fault(f"ends-later/{place}", *wide, "A token ends after the one before it.",
                    change(position, exp=NOW + 9000))  # fmt: skip


def _depths() -> Iterator[TokenFault]:
    for position in LATER:
        yield Fault(f"ceiling-raised/token-{position}", "depth_exceeded", "depth-exceeded",
                    "A token raises the ceiling.",
                    from_here(position, del_max_depth=3))  # fmt: skip
    yield Fault("ceiling-reached", "depth_exceeded", "depth-exceeded",
                "A token stands deeper than the one before it allows.",
                both(from_here(0, del_max_depth=1), change(LAST, del_max_depth=2)))  # fmt: skip
    yield Fault("own-ceiling-reached", "depth_exceeded", "chain-too-long",
                "A token stands deeper than its own ceiling.",
                from_here(0, del_max_depth=1), behind(LAST))  # fmt: skip


# What a token has, and what the next one makes of it; the value is within both.
_LOOSENED: tuple[tuple[str, Any, Any, Any], ...] = (
    ("exact", "a", limit("exact", value="a"), limit("one_of", values=["a"])),
    ("one-of", "a", limit("one_of", values=["a"]), limit("one_of", values=["a", "b"])),
    ("not-one-of", "z", limit("not_one_of", excluded=["a", "b"]),
     limit("not_one_of", excluded=["a"])),
    ("not-one-of-to-exact", "z", limit("not_one_of", excluded=["a"]), limit("exact", value="z")),
    ("range-raised", 5, limit("range", min=0, max=10), limit("range", min=0, max=11)),
    ("range-opened", 5, limit("range", min=0, max=10), limit("range", min=0)),
    ("range-included", 5, limit("range", max=10, max_inclusive=False), limit("range", max=10)),
    ("contains", ["a", "b"], limit("contains", required=["a", "b"]),
     limit("contains", required=["a"])),
    ("subset", ["a"], limit("subset", allowed=["a"]), limit("subset", allowed=["a", "b"])),
    ("any-kind", "a", limit("exact", value="a"), limit("wildcard")),
    ("all", 5, limit("all", constraints=[limit("range", min=1), limit("range", max=9)]),
     limit("all", constraints=[limit("range", min=1)])),
    ("any", "a", limit("any", constraints=[limit("exact", value="a")]),
     limit("any", constraints=[limit("exact", value="a"), limit("exact", value="b")])),
    ("pattern", "a/b", limit("pattern", pattern="a/*"), limit("pattern", pattern="a/**")),
    ("path-prefix", "/srv/a", limit("path_prefix", prefix="/srv/a"),
     limit("path_prefix", prefix="/srv")),
    ("path-sibling", "/srv/ab", limit("path_prefix", prefix="/srv/ab"),
     limit("any", constraints=[limit("path_prefix", prefix="/srv/ab")])),
    ("cidr", "10.1.2.3", limit("cidr", cidr="10.1.0.0/16"), limit("cidr", cidr="10.0.0.0/8")),
    ("time-window", NOW, limit("time_window", **{"from": NOW, "until": NOW + 9}),
     limit("time_window", **{"from": NOW, "until": NOW + 10})),
)  # fmt: skip


def _granting(arguments: dict[str, Any], *limits: dict[str, Any]) -> Apply:
    """Return what lets the tokens grant `deploy` with *limits*, and asks with *arguments*."""

    def apply(plan: TokenPlan) -> None:
        plan.grant(*({"deploy": each} for each in limits))
        plan.arguments = arguments

    return apply


def _widened() -> Iterator[TokenFault]:
    code = "scope_widened", "scope-widened"
    for position in LATER:
        yield Fault(f"tool-added/token-{position}", *code, "A token grants a tool more.",
                    _tool_added(position))  # fmt: skip
    one = limit("exact", value=1)
    for name, says, wide, narrow in (
        ("argument-added", "A token limits an argument more.", {"a": one}, {"a": one, "b": one}),
        ("argument-dropped", "A token limits an argument less.", {"a": one, "b": one}, {"a": one}),
        ("limits-dropped", "A token drops all limits.", {"a": one}, {}),
    ):
        yield Fault(name, *code, says, _unused(wide, narrow))
    for number, (name, value, wide_limit, loose) in enumerate(_LOOSENED):
        limits = [{"x": wide_limit if place <= number % LAST else loose} for place in TOKENS]
        yield Fault(f"widened-{name}", *code, f"A token widens a limit: {name}.",
                    _granting({"x": value}, *limits))  # fmt: skip
    unknown = limit("cel", expression="true")
    for position in LATER:
        sets = [{"x": unknown} if place >= position else {} for place in TOKENS]
        yield Fault(f"unknown-limit/token-{position}", "unknown_constraint", "unknown-constraint",
                    "A limit of a kind that no reader knows.",
                    _granting({"x": 1}, *sets), behind(position))  # fmt: skip


def _tool_added(position: int) -> Apply:
    def apply(plan: TokenPlan) -> None:
        for place, each in enumerate(plan.tokens):
            (entry,) = each["authorization_details"]
            more: dict[str, Any] = {"read": {}} if place >= position else {}
            each["authorization_details"] = [{**entry, "tools": {**entry["tools"], **more}}]

    return apply


def _unused(wide: dict[str, Any], narrow: dict[str, Any]) -> Apply:
    """Return what widens the limits on a tool beside the one that is asked for.

    No request has the arguments of both sets, so for that one it would be outside a grant too.
    """

    def apply(plan: TokenPlan) -> None:
        tools = [{"deploy": {}, "restart": each} for each in (wide, wide, narrow)]
        plan.grant(*tools)

    return apply


# Limits, and values that are not within them.
_VIOLATED: tuple[tuple[str, Any, Any], ...] = (
    ("exact", "b", limit("exact", value="a")),
    ("exact-text-for-number", "1", limit("exact", value=1)),
    ("exact-true-for-one", True, limit("exact", value=1)),
    ("one-of", "c", limit("one_of", values=["a", "b"])),
    ("one-of-none", "a", limit("one_of", values=[])),
    ("not-one-of", "a", limit("not_one_of", excluded=["a"])),
    ("range-above", 11, limit("range", min=0, max=10)),
    ("range-at-open-end", 10, limit("range", min=0, max=10, max_inclusive=False)),
    ("range-of-text", "5", limit("range", min=0, max=10)),
    ("contains", ["a"], limit("contains", required=["a", "b"])),
    ("contains-no-list", "a", limit("contains", required=["a"])),
    ("subset", ["a", "c"], limit("subset", allowed=["a", "b"])),
    ("all", 0, limit("all", constraints=[limit("range", min=0), limit("range", min=1)])),
    ("any", 5, limit("any", constraints=[limit("exact", value=1), limit("exact", value=2)])),
    ("any-of-none", 5, limit("any", constraints=[])),
    ("pattern", "a/b/c", limit("pattern", pattern="a/*")),
    ("path-sibling", "/srv/ab", limit("path_prefix", prefix="/srv/a")),
    ("path-dots", "/srv/a/../b", limit("path_prefix", prefix="/srv/a")),
    ("cidr", "11.0.0.1", limit("cidr", cidr="10.0.0.0/8")),
    ("cidr-other-spelling", "10.0.0.01", limit("cidr", cidr="10.0.0.0/8")),
    ("time-window", NOW + 9, limit("time_window", **{"from": NOW, "until": NOW + 9})),
)  # fmt: skip


def _outside() -> Iterator[TokenFault]:
    code = "outside_grant", "outside-grant"
    yield Fault("tool-not-granted", *code, "The last token does not grant the tool.",
                put(action="restart"))  # fmt: skip
    yield Fault("resource-of-others", *code, "The issuer may not grant on the resource.",
                put(resource=("services", "shop")))  # fmt: skip
    one = limit("exact", value=1)
    for name, says, asked in (
        ("argument-missing", "An argument that is limited is missing.", {"a": 1}),
        ("argument-not-limited", "An argument is none of those that are limited.",
         {"a": 1, "b": 1, "c": 1}),
        ("no-argument", "No argument is given.", {}),
    ):  # fmt: skip
        yield Fault(name, *code, says, _granting(asked, *({"a": one, "b": one},) * 3))
    for name, value, bound in _VIOLATED:
        yield Fault(f"violated-{name}", *code, f"An argument is not within its limit: {name}.",
                    _granting({"x": value}, {}, {}, {"x": bound}))  # fmt: skip


def _status() -> Iterator[TokenFault]:
    yield Fault("revoked", "link_revoked", "token-revoked", "The last token is revoked.",
                option("status", {"revoked": [f"token-{LAST}"]}), behind(LAST))  # fmt: skip
    for position in range(LAST):
        yield Fault(f"ancestor-revoked/token-{position}", "ancestor_revoked",
                    "token-before-revoked", "A token before the last is revoked.",
                    option("status", {"revoked": [f"token-{position}"]}), behind(position),
                    )  # fmt: skip
    for position in TOKENS:
        yield Fault(f"status-unknown/token-{position}", "status_unavailable",
                    "status-unavailable", "Nobody can tell whether a token is revoked.",
                    option("status", {"unknown": [f"token-{position}"]}), behind(position),
                    )  # fmt: skip


def _possession() -> Iterator[TokenFault]:
    code, hides = ("possession_not_proved", "possession-not-proved"), behind(LAST)
    for name, says, apply in _PROOFS:
        yield Fault(f"proof-{name}", *code, says, apply, hides)
    yield Fault("proof-alg-none", "algorithm_not_permitted", "algorithm-not-permitted",
                "The proof is said to be signed with none.",
                put(proof_header={"alg": "none"}), hides)  # fmt: skip
    for name, proof in (("missing", {}), ("other", {"aat_aud": "https://other.example"})):
        yield Fault(f"audience-{name}", "wrong_audience", "wrong-audience",
                    f"The proof's audience is {name}.",
                    both(option("audience", AUDIENCE), put(proof=proof)), hides)  # fmt: skip


_PROOFS: tuple[tuple[str, str, Apply], ...] = (
    ("missing", "There is no proof that the last token is held.", put(proof=None)),
    ("empty", "The proof is empty.", on_item(LAST, proof="")),
    ("no-token", "The proof is no token.", on_item(LAST, proof="proof")),
    ("by-another", "The proof is by another key.", put(prover=Holder(STRANGER))),
    ("by-holder-before", "The proof is by the holder of the token before.",
     put(prover=Holder(PEOPLE[LAST - 1]))),
    ("for-another-token", "The proof is for another token.", put(proof={"aat_id": "token-1"})),
    ("for-another-tool", "The proof is for another tool.", put(proof={"aat_tool": "restart"})),
    ("for-other-arguments", "The proof is for other arguments.",
     put(proof={"hta": {"env": "prod"}})),
    ("for-fewer-arguments", "The proof is for fewer arguments.", put(proof={"hta": {}})),
    ("old", "The proof is more than 300 seconds old.", put(proof={"iat": NOW - 301})),
    ("early", "The proof is made more than 300 seconds from now.", put(proof={"iat": NOW + 301})),
    ("without-time", "The proof has no time.", put(proof={"iat": None})),
    ("without-id", "The proof has no id.", put(proof={"jti": None})),
    ("audience-no-text", "The proof's audience is no text.", put(proof={"aat_aud": 7})),
)  # fmt: skip
