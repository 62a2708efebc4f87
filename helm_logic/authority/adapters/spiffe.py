# SPDX-License-Identifier: Apache-2.0
"""SPIFFE JWT-SVIDs: who a workload is, by the keys of its trust domain's bundle.

    {"format": "spiffe", "token": JWS}

Such a token delegates nothing. It stands in a chain behind all links and states one fact,
`identified(TOKEN, PRINCIPAL)`: the trust domain says, for us and now, that whoever has the token is
that workload. A rule may want it of the caller or of any hop, and it widens nothing. To the digest
of a chain, which approvals are bound to, it adds whom it shows, and not the token: a fresh one will
do. So in receipts it is attached as that name, signed by the token.

The anchor is the trust domain, `spiffe://example.org`; its keys are those of the bundle (a JWKS)
whose `use` is `jwt-svid`, or is not told. Its one option, `audience`, is what `aud` has to name.

Source: the SPIFFE standards JWT-SVID (sections 2-4), SPIFFE-ID (section 2) and Trust Domain and
Bundle (section 4). `iss` and `kid` are not looked at: they prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from helm_logic.authority.adapters.jws import ED25519, Verifier
from helm_logic.authority.adapters.jwt import (
    made_id,
    opened,
    read_alone,
    require_audience,
    require_type,
    signer,
    token_link,
    window,
)
from helm_logic.authority.adapters.protocol import (
    Anchor,
    Claims,
    Presented,
    Run,
    TokenKey,
    TokenLink,
    own_keys,
    token_envelope,
)
from helm_logic.authority.principal import is_principal
from helm_logic.errors import InputError, LinkRefused
from helm_logic.ledger.envelope import MAX_SIGNATURE_BYTES
from helm_logic.ledger.shape import require_object, require_text

FORMAT = "spiffe"
TYPES = ("", "jwt", "jose")

_DOMAIN = re.compile(r"spiffe://[a-z0-9._-]{1,255}")
_SEGMENT = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]+")


@attrs.frozen
class Trusted:
    """A trust domain: the keys of its bundle, and the audience that we are to it."""

    domain: str
    keys: tuple[TokenKey, ...]
    audience: str

    @classmethod
    def of(cls, anchor: Anchor) -> Trusted:
        """Return what *anchor* is; raise InputError if it is no trust domain."""
        where = f"tokens {anchor.issuer}"
        if _DOMAIN.fullmatch(anchor.issuer) is None:
            raise InputError("wrong_shape", f"{where}: want a trust domain, spiffe://example.org")
        for key in anchor.keys:
            if key.algorithm in ED25519:
                raise InputError("wrong_shape", f"{where}: SVIDs are not signed with Ed25519")
        options = require_object(dict(anchor.options), where, ("audience",))
        return cls(
            anchor.issuer, own_keys(anchor), require_text(options["audience"], f"{where} audience")
        )


class SpiffeAdapter:
    """Reads the JWT-SVIDs of the trust domains that it was made with."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        """Trust *anchors*; raise InputError if one of them is no trust domain."""
        self._trusted = {each.issuer: Trusted.of(each) for each in anchors}
        self._verifier = Verifier()

    def read(self, run: Run) -> Presented:
        """Return what *run* is: for each token whom it identifies, or a refusal."""
        return read_alone(run, lambda text, _: self._identity(text, run.asked.now))

    def _identity(self, text: str, now: int) -> TokenLink:
        if len(text) > MAX_SIGNATURE_BYTES:
            raise LinkRefused("malformed_link", f"want at most {MAX_SIGNATURE_BYTES} characters")
        jws, claims = opened(text)
        name = claims.get("sub")
        domain = _domain(name) if isinstance(name, str) else None
        if not isinstance(name, str) or domain is None:
            raise LinkRefused("malformed_link", f"sub: got `{str(name)[:80]}`, want a SPIFFE ID")
        trusted = self._trusted.get(domain)
        if trusted is None:
            raise LinkRefused("untrusted_anchor", f"sub: no bundle of `{domain[:80]}` is trusted")
        key = signer(jws, trusted.keys, self._verifier)
        require_type(jws, TYPES)
        require_audience(claims, trusted.audience)
        begins, expires = window(claims)
        if now < begins:
            raise LinkRefused("link_not_yet_valid", f"the identity holds from {begins} on")
        if now >= expires:
            raise LinkRefused("link_expired", f"the identity was told until {expires}")
        stated = Claims(made_id(jws), domain, name, begins, expires, 0, None, ())
        rows = (("identified", ((f"s:{stated.id}", f"s:{name}"),)),)
        # The digest is of whom it shows, and so that of the next token of this workload too.
        envelope = token_envelope(FORMAT, name, key.keyid, text.encode("ascii"))
        return token_link(envelope, stated, rows)


def _domain(name: str) -> str | None:
    """Return the trust domain of the workload *name*, or None if that is no SPIFFE ID of one."""
    found = _DOMAIN.match(name)
    if found is None or not is_principal(name):
        return None
    first, *segments = name[found.end() :].split("/")
    well_formed = not first and segments and all(map(_SEGMENT.fullmatch, segments))
    return found.group() if well_formed else None
