# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a chain of attenuating tokens: how it is read, signed and put together.

Tokens are read in order, and none behind one that cannot be; so such a fault hides who the chain is
for, and at the root all else. What tokens grant and how they are used is `token_bounds.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from helm_logic.authority.adapters.aat.token import DETAILS
from helm_logic.authority.adapters.jws import print_base64url
from tests.authority.world import NOW
from tests.vectors.fault import Fault
from tests.vectors.token_changes import (
    ALL,
    LATER,
    TOKENS,
    Apply,
    TokenFault,
    arranged,
    behind,
    both,
    change,
    decoded,
    from_here,
    on_item,
    on_token,
    put,
    reencoded,
)
from tests.vectors.token_plan import (
    ISSUER,
    LAST,
    PEOPLE,
    STRANGER,
    Holder,
    TokenPlan,
    token_plan,
)


def token_faults() -> Iterator[TokenFault]:
    """Yield every fault of how a chain of tokens is read, signed and put together."""
    yield from _whole()
    yield from _malformed()
    yield from _signed()
    yield from _places()
    yield from _people()


def other_faults() -> tuple[TokenFault, ...]:
    """Return the faults that others are combined with."""
    return (
        Fault("other-subject", "principal_mismatch", "principal-mismatch",
              "Whoever asks is not the last holder.", put(subject="user:somebody")),
        Fault("all-expired", "link_expired", "link-expired", "All tokens have expired.",
              from_here(0, iat=NOW - 7200, exp=NOW - 3600)),
        Fault("other-resource", "outside_grant", "outside-grant",
              "The issuer may not grant on the resource.", put(resource=("database", "main"))),
    )  # fmt: skip


def _whole() -> Iterator[TokenFault]:
    unknown = "unknown_format", "unknown-format"
    yield Fault("no-chain", "empty_chain", "empty-chain", "Who holds a token shows none.",
                lambda plan: plan.arrange.append(lambda _: []), ALL)  # fmt: skip
    yield Fault("no-issuer", *unknown, "The policy trusts no issuer of tokens.",
                put(trusted=[]), ALL)  # fmt: skip
    yield Fault("other-format", *unknown, "The tokens are said to be of another format.",
                both(*(on_item(each, format="other") for each in TOKENS)), ALL)  # fmt: skip
    yield Fault("too-many-tokens", "depth_exceeded", "chain-too-long",
                "The policy reads shorter chains only, and this one not at all.",
                put(max_links=LAST), ALL)  # fmt: skip
    yield Fault("unknown-action", "unknown_action", "unknown-action",
                "The chain covers the action, and the policy does not know it.",
                both(_grant_all("erase"), put(action="erase")))  # fmt: skip


def _grant_all(tool: str) -> Apply:
    return lambda plan: plan.grant(*({tool: {}} for _ in plan.tokens))


def _details(*entries: Any) -> dict[str, Any]:
    return {"authorization_details": list(entries)}


def _with_tools(tools: Any) -> dict[str, Any]:
    return _details({"type": DETAILS, "tools": tools})


_DEEP: dict[str, Any] = {"constraint_type": "wildcard"}
for _ in range(9):
    _DEEP = {"constraint_type": "all", "constraints": [_DEEP]}

# Claims that no token may have.
_CLAIMS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("claim-missing", "A claim is missing.", {"exp": None}),
    ("claim-of-other-type", "A claim is of another type.", {"exp": "soon"}),
    ("no-details", "There are no authorization details.", _details()),
    ("two-details", "There are two entries of authorization details.",
     _details(*({"type": DETAILS, "tools": {}},) * 2)),
    ("details-of-other-type", "The authorization details are of another type.",
     _details({"type": "other", "tools": {}})),
    ("tools-no-object", "The tools are a list.", _with_tools(["deploy"])),
    ("star-in-tool", "A tool has a star in its name.", _with_tools({"*": {}})),
    ("limits-too-deep", "Limits nest too deep.", _with_tools({"deploy": {"env": _DEEP}})),
    ("ends-before-made", "The token ends when it was made.", {"iat": NOW + 5, "exp": NOW + 5}),
    ("no-holder", "No key confirms the token.", {"cnf": {}}),
    ("holder-of-other-kind", "The holder's key is of a kind that nobody verifies with.",
     {"cnf": {"jwk": {"kty": "oct", "crv": "x"}}}),
    ("private-key", "The holder's private key is in the token.",
     {"cnf": {"jwk": {**Holder(PEOPLE[0]).jwk, "d": "AAAA"}}}),
    ("no-id", "The id is no text.", {"jti": 7}),
)  # fmt: skip


def _malformed() -> Iterator[TokenFault]:
    code = "malformed_link", "malformed-link"
    for number, (name, says, claims) in enumerate(_CLAIMS):
        for position in {number % (LAST + 1), LAST}:
            hides = ALL if name == "no-id" else behind(position)
            apart = frozenset(("all-expired",) if "exp" in claims else ())
            yield Fault(f"{name}/token-{position}", *code, says, change(position, **claims), hides,
                        apart)  # fmt: skip
    for number, (name, says, changed) in enumerate(_TEXTS):
        position = number % (LAST + 1)
        yield Fault(f"{name}/token-{position}", *code, says, on_token(position, changed), ALL)
    for number, (name, says, changed_payload) in enumerate(_PAYLOADS):
        position = number % (LAST + 1)
        yield Fault(f"{name}/token-{position}", *code, says,
                    reencoded(position, changed_payload), ALL)  # fmt: skip
    yield Fault("too-long-lived", *code, "The first token is good for more than 90 days.",
                change(0, exp=NOW + 91 * 86400), ALL, frozenset(("all-expired",)))  # fmt: skip
    yield Fault("ceiling-too-high", *code, "The first token lets be delegated nine times.",
                change(0, del_max_depth=9), ALL)  # fmt: skip
    yield Fault("unencoded", *code, "The header says that the payload is not encoded.",
                _header(LAST, alg="EdDSA", b64=False), behind(LAST))  # fmt: skip
    yield Fault("member-unknown", *code, "The item has a member too many.",
                on_item(1, admin="yes"), ALL)  # fmt: skip
    yield Fault("token-no-text", *code, "The token is no text.", on_item(LAST, token=7), ALL)
    yield Fault("proof-on-the-way", *code, "A token before the last has a proof of possession.",
                on_item(1, proof="a.b.c"), behind(1))  # fmt: skip
    yield Fault("critical", *code, "The header demands what no reader knows.",
                _header(1, alg="EdDSA", crit=["x"], x=1), behind(1))  # fmt: skip


def _header(position: int, **header: Any) -> Apply:
    return lambda plan: plan.headers.update({position: header})


def _spare_bits(token: str) -> str:
    """Return *token* with the last character of its signature changed in bits that no byte has."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


_TEXTS: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("two-parts", "The token has two parts.", lambda token: token.rpartition(".")[0]),
    ("four-parts", "The token has four parts.", lambda token: f"{token}.AAAA"),
    ("padded", "The signature is padded.", lambda token: f"{token}=="),
    ("spare-bits", "The signature's last character has bits that no byte has.", _spare_bits),
    ("line-break", "There is a line break at the end.", lambda token: f"{token}\n"),
    ("empty", "The token is empty.", lambda _: ""),
)
_PAYLOADS: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("payload-no-json", "The payload is no JSON.", lambda _: b"token"),
    ("payload-a-list", "The payload is a list.", lambda data: b"[" + data + b"]"),
    ("claim-twice", "A claim stands twice.",
     lambda data: data.replace(b'{"auth', b'{"exp":1,"auth', 1)),
    ("float", "A number is no integer.",
     lambda data: data.replace(b'"del_depth":', b'"a":1.5,"del_depth":')),
)  # fmt: skip


def _signed() -> Iterator[TokenFault]:
    denied = "algorithm_not_permitted", "algorithm-not-permitted"
    for position in TOKENS:
        place, hides = f"token-{position}", behind(position)
        for algorithm in ("none", "HS256", "ES256" if position else "RS256"):
            yield Fault(f"alg-{algorithm.lower()}/{place}", *denied,
                        f"A token is said to be signed with {algorithm}.",
                        both(_header(position, alg=algorithm), *(
                            (on_token(position, lambda token: token.rpartition(".")[0] + "."),)
                            if algorithm == "none" else ())), hides)  # fmt: skip
        code = ("bad_signature", "bad-signature") if position else _STRANGE
        yield Fault(f"signed-by-another/{place}", *code, "A stranger signed a token.",
                    _signed_by(position, Holder(STRANGER)), hides)  # fmt: skip
        yield Fault(f"flipped-signature/{place}", *code, "One bit of a signature is another.",
                    on_token(position, _flipped), hides)  # fmt: skip
        yield Fault(f"changed-claims/{place}", *code, "A claim was changed after it was signed.",
                    on_token(position, _raised), hides)  # fmt: skip


_STRANGE = "untrusted_anchor", "token-of-stranger"


def _signed_by(position: int, holder: Holder) -> Apply:
    return lambda plan: plan.signers.update({position: holder})


def _flipped(token: str) -> str:
    signed, _, signature = token.rpartition(".")
    data = bytearray(decoded(signature))
    data[40] ^= 1
    return f"{signed}.{print_base64url(bytes(data))}"


def _raised(token: str) -> str:
    header, payload, signature = token.split(".")
    data = decoded(payload).replace(b'"del_max_depth":2', b'"del_max_depth":3')
    return f"{header}.{print_base64url(data)}.{signature}"


def _places() -> Iterator[TokenFault]:
    code, out = ("broken_chain", "broken-chain"), ("broken_chain", "token-out-of-place")
    nothing = print_base64url(bytes(32))
    for position in LATER:
        place = f"token-{position}"
        yield Fault(f"no-parent/{place}", *code, "A later token names no parent.",
                    change(position, par_hash=None))  # fmt: skip
        yield Fault(f"other-parent/{place}", *code, "A later token names another parent.",
                    change(position, par_hash=nothing))  # fmt: skip
        yield Fault(f"same-id/{place}", "duplicate_link", "duplicate-link",
                    "Two tokens have one id.", change(position, jti="token-0"), ALL)  # fmt: skip
    yield Fault("root-with-parent", *code, "The first token names a parent.",
                change(0, par_hash=nothing))  # fmt: skip
    for position in TOKENS:
        yield Fault(f"depth-wrong/token-{position}", *out, "A token says that it stands deeper.",
                    change(position, del_depth=position + 1, del_max_depth=3), behind(position),
                    )  # fmt: skip
    yield Fault("shown-twice", "duplicate_link", "duplicate-link",
                "A token stands twice in the chain.", arranged(0, 1, 1, 2), ALL)  # fmt: skip
    yield Fault("root-dropped", *_STRANGE, "The first token is missing.", arranged(1, 2), ALL)
    yield Fault("middle-dropped", "bad_signature", "bad-signature",
                "A token in the middle is missing.", arranged(0, 2), behind(1))  # fmt: skip
    yield Fault("swapped", "bad_signature", "bad-signature", "Two tokens have changed places.",
                arranged(0, 2, 1), behind(1))  # fmt: skip
    yield Fault("reversed", *_STRANGE, "The chain stands on its head.", arranged(2, 1, 0), ALL)

    def splice(plan: TokenPlan) -> None:
        made = token_plan()
        made.tokens = [dict(each) for each in plan.tokens]
        made.tokens[1]["jti"] = "token-1b"
        other = made.signed()[1]
        plan.arrange.append(lambda chain: [chain[0], {**chain[1], "token": other}, chain[2]])

    yield Fault("spliced", *code, "The last token was made for another chain.", splice)


def _people() -> Iterator[TokenFault]:
    yield Fault("other-issuer", *_STRANGE, "The first token is of an issuer that nobody trusts.",
                change(0, iss="https://other.example"), ALL)  # fmt: skip
    yield Fault("issuer-with-other-keys", *_STRANGE, "The policy has other keys of the issuer.",
                put(trusted=[(ISSUER, [Holder("other")])]), ALL)  # fmt: skip
    for position in LATER:
        yield Fault(f"issued-by-stranger/token-{position}", "stranger_delegation",
                    "stranger-delegation", "A token names another issuer than the holder before.",
                    change(position, iss=Holder(STRANGER).uri))  # fmt: skip
    cyclic = "cyclic_chain", "cyclic-chain"
    for name, order in (("to-itself", (0, 0, 2)), ("in-a-circle", (0, 1, 0))):
        yield Fault(name, *cyclic, "A holder receives authority twice.", _held(*order))
    mismatch = "principal_mismatch", "principal-mismatch"
    for position in LATER:
        yield Fault(f"asked-by-holder-{position - 1}", *mismatch, "A holder before the last asks.",
                    put(subject=Holder(PEOPLE[position - 1]).uri))  # fmt: skip
    yield Fault("asked-by-issuer", *mismatch, "The issuer asks.", put(subject=ISSUER))
    yield Fault("named-subject", *mismatch, "The last token is for somebody, and its holder asks.",
                change(LAST, sub="user:alice"))  # fmt: skip


def _held(*order: int) -> Apply:
    return lambda plan: plan.holders.__setitem__(
        slice(None), [Holder(PEOPLE[place]) for place in order]
    )
