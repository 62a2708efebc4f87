# SPDX-License-Identifier: Apache-2.0
"""The formats that there are, and the adapters of those that a policy trusts issuers of.

To add a format: a module with a class that is an `Adapter`, made from the anchors of its format;
one line in `_adapter`; a section in `helm_logic/authority/README.md`. An adapter is imported only
if the policy names an issuer of its format, and loads what it needs when the first token comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from helm_logic.authority.adapters.jwks import SIGNATURE
from helm_logic.authority.adapters.jws import print_base64url
from helm_logic.authority.adapters.protocol import Adapter, Anchor, Item, token_parts
from helm_logic.errors import InputError
from helm_logic.ledger.envelope import Envelope

FORMATS = ("aat", "biscuit", "oauth", "spiffe")


def make_adapters(anchors: Iterable[Anchor]) -> Mapping[str, Adapter]:
    """Return the adapters for *anchors*, by format; raise InputError for one that cannot be."""
    by_format: dict[str, list[Anchor]] = {}
    for each in anchors:
        by_format.setdefault(each.format, []).append(each)
    return {form: _adapter(form, by_format[form]) for form in sorted(by_format)}


def file_options(form: str) -> tuple[str, ...]:
    """Return the options of the format *form* whose value is the path of a JSON file."""
    return {"aat": ("status",), "biscuit": ("revoked",)}.get(form, ())


def key_use(form: str) -> str:
    """Return the `use` that the keys of issuers of the format *form* have in their sets."""
    return {"spiffe": "jwt-svid"}.get(form, SIGNATURE)


def read_item(envelope: Envelope) -> Item:
    """Return the item that was presented where a receipt attaches *envelope*; raise InputError."""
    form, signed, signature, proof = token_parts(envelope)
    if form == "spiffe":  # what is signed is whom it shows, and the signature is all of the token
        return Item(form, signature.decode("ascii", "replace"))
    if form == "biscuit":  # its signatures stand inside
        return Item(form, signed, proof)
    return Item(form, f"{signed}.{print_base64url(signature)}", proof)


def _adapter(form: str, anchors: Sequence[Anchor]) -> Adapter:
    match form:
        case "aat":
            from helm_logic.authority.adapters.aat.adapter import AatAdapter  # noqa: PLC0415

            return AatAdapter(anchors)
        case "biscuit":
            from helm_logic.authority.adapters.biscuit.adapter import BiscuitAdapter  # noqa: PLC0415

            return BiscuitAdapter(anchors)
        case "oauth":
            from helm_logic.authority.adapters.oauth_act import OAuthAdapter  # noqa: PLC0415

            return OAuthAdapter(anchors)
        case "spiffe":
            from helm_logic.authority.adapters.spiffe import SpiffeAdapter  # noqa: PLC0415

            return SpiffeAdapter(anchors)
        case _:
            raise InputError(
                "unknown_format",
                f"tokens: got the format `{form[:40]}`, want one of {', '.join(FORMATS)}",
            )
