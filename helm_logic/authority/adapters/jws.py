# SPDX-License-Identifier: Apache-2.0
"""JWS compact tokens (RFC 7515): one spelling for each, and a signature by a key that we chose.

Invariants:
- a token has three parts of canonical base64url: text that does not encode again to itself is
  refused before anything is hashed or verified, for links and receipts go by their bytes;
- the header is read for two things: `alg` has to be the algorithm that the verifier's key is used
  with, and `crit` and `b64` are refused. No key, no algorithm and no address is taken from it;
- header and payload are JSON with one meaning (`parse_json`): nothing twice, no floats.

joserfc, of the extra `tokens`, verifies, and is loaded for the first token only. Which algorithms
there are for tokens is `ALGORITHMS`: none with a shared secret, and not `none`.
"""

from __future__ import annotations

import binascii
import threading
from collections import OrderedDict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import attrs

from helm_logic.authority.adapters.protocol import TokenKey
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import JsonValue, canonical_json, parse_json
from helm_logic.ledger.shape import require_object

if TYPE_CHECKING:
    from joserfc.jwa import JWSAlgModel

# Key type and curve of the keys that each algorithm takes (RFC 7518 3.1, RFC 8037, RFC 9864).
ALGORITHMS = {
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
}
ED25519 = frozenset(("EdDSA", "Ed25519"))  # two names for one algorithm
_PARTS = 3
_ALPHABET = str.maketrans("-_", "+/")
_URL_ALPHABET = bytes.maketrans(b"+/", b"-_")


@attrs.frozen
class Jws:
    """A token in its parts: *signed* is the text that *signature* is over. Nothing is verified."""

    header: dict[str, JsonValue]
    payload: bytes
    signed: str
    signature: bytes

    @property
    def algorithm(self) -> str:
        """What the header says, which decides nothing."""
        name = self.header.get("alg")
        return name if isinstance(name, str) else ""

    @property
    def text(self) -> str:
        """The token."""
        return f"{self.signed}.{print_base64url(self.signature)}"

    def claims(self) -> dict[str, JsonValue]:
        """Return the payload, if it is a JSON object; raise LinkRefused `malformed_link`."""
        try:
            return require_object(parse_json(self.payload), "token payload")
        except InputError as error:
            raise LinkRefused("malformed_link", str(error)) from None


def parse_base64url(text: str) -> bytes:
    """Return the bytes that print as *text*, base64url without padding; raise ValueError."""
    try:
        decoded = binascii.a2b_base64(text.translate(_ALPHABET) + "=" * (-len(text) % 4))
    except ValueError:  # binascii.Error is one, and so is a character outside ASCII
        raise ValueError(f"`{text[:24]}` is not base64url") from None
    if print_base64url(decoded) != text:
        raise ValueError(f"`{text[:24]}` is not the canonical base64url of its bytes")
    return decoded


def print_base64url(data: bytes) -> str:
    """Return *data* as base64url without padding (RFC 7515 section 2)."""
    text = binascii.b2a_base64(data, newline=False).rstrip(b"=")
    return text.translate(_URL_ALPHABET).decode("ascii")


def read_jws(token: str) -> Jws:
    """Return the token *token*; raise LinkRefused `malformed_link`. Nothing is verified.

    The signature may be empty, as that of the algorithm `none` is: no key verifies it.
    """
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise LinkRefused("malformed_link", f"got {len(parts)} parts, want the three of a token")
    try:
        header, payload, signature = map(parse_base64url, parts)
        read = require_object(parse_json(header), "token header")
    except (InputError, ValueError) as error:
        raise LinkRefused("malformed_link", f"not a token: {error}") from None
    return Jws(read, payload, token.rpartition(".")[0], signature)


def signing_text(header: object, payload: object) -> str:
    """Return the text that a token with *header* and *payload* is signed over."""
    return ".".join(print_base64url(canonical_json(part)) for part in (header, payload))


def require_algorithm(token: Jws, algorithms: tuple[str, ...]) -> None:
    """Return if *token* claims one of *algorithms* and asks for nothing that we do not know.

    Raises LinkRefused `algorithm_not_permitted`.
    """
    names = {*algorithms, *(ED25519 if not ED25519.isdisjoint(algorithms) else ())}
    if token.algorithm not in names:
        got = token.algorithm[:24]
        wanted = ", ".join(sorted(names)) or "none of this issuer"
        raise LinkRefused(
            "algorithm_not_permitted", f"the token has the algorithm `{got}`, want {wanted}"
        )
    if "crit" in token.header or "b64" in token.header:
        raise LinkRefused("malformed_link", "the header of the token has `crit` or `b64`")


def verify_jws(token: Jws, key: TokenKey) -> None:
    """Return if *key* signed *token* with its algorithm.

    Raises LinkRefused `algorithm_not_permitted` or `bad_signature`.
    """
    require_algorithm(token, (key.algorithm,) if key.algorithm in ALGORITHMS else ())
    from joserfc.errors import JoseError  # noqa: PLC0415 - an extra, for tokens alone

    try:
        model = _model(key.algorithm)
        loaded = _load(key)
        model.check_key(loaded)
        good = model.verify(token.signed.encode("ascii"), token.signature, loaded)
    except (JoseError, ValueError, TypeError) as error:
        raise LinkRefused("bad_signature", f"the key `{key.keyid[:16]}`: {error}") from None
    if not good:
        raise LinkRefused("bad_signature", f"the token is not signed by the key `{key.keyid[:16]}`")


class Verifier:
    """Remembers the last *max_entries* good signatures, so that each is verified once.

    What is kept is that these bytes are signed by this key, which stays so. For several threads.
    """

    def __init__(self, max_entries: int = 4096) -> None:
        """Keep *max_entries*; raise InputError if the library that verifies is not installed."""
        if find_spec("joserfc") is None:
            raise InputError(
                "missing_library",
                "tokens need `joserfc`; install it: pip install 'helm-logic[tokens]'",
            )
        self._max_entries = max_entries
        self._good: OrderedDict[tuple[str, bytes, str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def verify(self, token: Jws, key: TokenKey) -> None:
        """Return if *key* signed *token*; raise LinkRefused as `verify_jws` does."""
        entry = (token.signed, token.signature, key.keyid, key.algorithm)
        with self._lock:
            if entry in self._good:
                self._good.move_to_end(entry)
                return
        verify_jws(token, key)
        with self._lock:
            self._good[entry] = None
            if len(self._good) > self._max_entries:
                self._good.popitem(last=False)


def _model(algorithm: str) -> JWSAlgModel:
    from joserfc.jws import JWSRegistry  # noqa: PLC0415

    # Looked up past `get_alg`, which warns that `EdDSA` has a newer name.
    return JWSRegistry.algorithms["EdDSA" if algorithm in ED25519 else algorithm]


def _load(key: TokenKey) -> Any:
    from joserfc.jwk import import_key  # noqa: PLC0415

    return import_key({name: str(part) for name, part in key.jwk.items()})
