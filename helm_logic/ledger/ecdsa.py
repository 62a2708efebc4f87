# SPDX-License-Identifier: Apache-2.0
"""ECDSA over P-256 with SHA-256: what key services and hardware modules sign with instead.

Invariants:
- A key has one form, the uncompressed point (65 bytes, SEC 1), and it is a point of the curve.
- A signature has one form, the DER of (r, s) with s in the lower half of the group. The other s
  would verify too, so a verifier that took both would let a stranger change signed files.

Verification is that of `cryptography`, of the extra `kms`, which is loaded for such a key only;
without it no such signature counts. Sources: FIPS 186-5, SEC 1 section 2.3.3, RFC 5480, RFC 3279.
"""

from __future__ import annotations

from helm_logic.errors import SignatureError

POINT_BYTES = 65
SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")

# The curve y^2 = x^3 - 3x + B over the field of P, whose points are a group of order N.
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def is_point(point: bytes) -> bool:
    """Say whether the 65 bytes *point* are an uncompressed point of the curve."""
    x, y = int.from_bytes(point[1:33]), int.from_bytes(point[33:])
    return point[0] == 4 and max(x, y) < _P and (y * y - x**3 + 3 * x - _B) % _P == 0  # noqa: PLR2004 - SEC 1 marks an uncompressed point so


def verify(point: bytes, message: bytes, signature: bytes) -> None:
    """Return if *signature* is that of the key *point* over *message*; raise SignatureError."""
    _require_library()
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    if lower_half(signature) != signature:
        raise SignatureError("the signature is not in its one form, DER with s in the lower half")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise SignatureError("the signature is not the one of this key over these bytes") from None


def lower_half(signature: bytes) -> bytes:
    """Return the one form of *signature*, which a service may have given with the other s.

    Raises SignatureError if it is no DER signature at all.
    """
    _require_library()
    from cryptography.hazmat.primitives.asymmetric import utils  # noqa: PLC0415 - an extra

    try:
        r, s = utils.decode_dss_signature(signature)
    except ValueError:
        raise SignatureError("the signature is not the DER of an ECDSA signature") from None
    if not (0 < r < _N and 0 < s < _N):
        raise SignatureError("the signature has a number outside the group of P-256")
    return utils.encode_dss_signature(r, min(s, _N - s))


def _require_library() -> None:
    from importlib.util import find_spec  # noqa: PLC0415 - asked for such a key only

    if find_spec("cryptography") is None:
        raise SignatureError(
            "an ECDSA signature needs `cryptography`; install it: pip install 'helm-logic[kms]'"
        )
