# SPDX-License-Identifier: Apache-2.0
"""Vectors as data: a folder of cases, each one request with its chain and what has to come out.

    manifest.json   {"format", "rules": FILE, "order": [CODE, ...], "files": [FILE, ...]}
    FILE.json       {"format", "cases": [CASE, ...]}

A case has everything that decides it: the moment, whom the policy trusts, revocations, and the
request with its chain, so that another implementation can run it. FORMAT.md beside the vectors that
ship (tests/vectors/delegation) tells each member. Invariants:
- members that are not known are refused: a misspelt one cannot make a case pass;
- names are unique in a folder, and a folder without a case is none.

How a case is run is `vectors.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from helm_logic.authority.adapters.anchors import read_anchor
from helm_logic.authority.adapters.protocol import Anchor
from helm_logic.authority.principal import require_principal
from helm_logic.authority.revocation import VerifiedRevocation, verify_revocation
from helm_logic.errors import HelmError, InputError, PolicyError
from helm_logic.kernel.encoding import JsonValue, parse_json
from helm_logic.lang import RuleSet
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text
from helm_logic.policy.folder import read_rules
from helm_logic.receipts.verdict import Verdict

FORMAT = "helm-logic/delegation-vectors/v1"
MANIFEST = "manifest.json"
MAX_FILE = 16 << 20
MAX_DEPTH = 64

_CASE = ("name", "says", "now", "anchors", "request", "expect")
_OPTIONAL = ("faults", "max_links", "revocations", "tokens")
_EXPECTED = ("verdict", "reason", "reasons", "rules")


@attrs.frozen
class Expected:
    """What has to come out; *reason* is the one that a decision which names one has to name.

    *reasons* are all there are. *derivation* is the digest of the derivation, None if it is open.
    """

    verdict: Verdict
    reason: str
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    derivation: str | None = None


@attrs.frozen
class Vector:
    """One case of *file*; *faults* names what is wrong with its chain, for readers.

    *request* is in JSON, its chain included; *max_links* is what a chain may have; *tokens* are the
    issuers of tokens that are trusted.
    """

    file: str
    name: str
    says: str
    faults: tuple[str, ...]
    now: int
    anchors: Mapping[str, tuple[PublicKey, ...]]
    tokens: tuple[Anchor, ...]
    max_links: int
    request: Mapping[str, JsonValue]
    revocations: tuple[VerifiedRevocation, ...]
    expected: Expected


@attrs.frozen
class Suite:
    """A folder of vectors: the rules that decide, and the *order* in which one reason is picked."""

    rule_set: RuleSet
    order: tuple[str, ...]
    vectors: tuple[Vector, ...]

    def first(self, codes: tuple[str, ...]) -> str:
        """Return which of *codes* a decision names that names one; `` if there is none.

        Codes that the order does not have come after all others.
        """
        place = {code: number for number, code in enumerate(self.order)}
        return min(codes, key=lambda code: (place.get(code, len(place)), code), default="")


def read_suite(folder: Path) -> Suite:
    """Return the vectors in *folder*; raise PolicyError, or RuleError for its rules."""
    parts = _read(folder / MANIFEST, ("rules", "order", "files"))
    try:
        rules, files = require_text(parts["rules"], "rules"), _texts(parts["files"], "files")
        order = _texts(parts["order"], "order")
    except InputError as error:
        raise PolicyError(f"`{folder / MANIFEST}`: {error}") from None
    for name in (rules, *files):
        if Path(name).name != name:
            raise PolicyError(f"`{folder / MANIFEST}`: got `{name}`, want the name of a file")
    vectors = tuple(each for name in files for each in _vectors(folder / name, order))
    names = [each.name for each in vectors]
    if not names:
        raise PolicyError(f"`{folder}`: no case; vectors that test nothing always pass")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PolicyError(f"`{folder}`: two cases have the name `{twice[0]}`")
    return Suite(read_rules(folder / rules), order, vectors)


def _read(path: Path, members: tuple[str, ...]) -> dict[str, JsonValue]:
    try:
        value = parse_json(path.read_bytes(), max_bytes=MAX_FILE)
        parts = require_object(value, "vectors", ("format", *members))
    except OSError as error:
        raise PolicyError(f"cannot read `{path}`: {error.strerror}") from error
    except InputError as error:
        raise PolicyError(f"`{path}`: {error}") from None
    if parts["format"] != FORMAT:
        raise PolicyError(f"`{path}`: got the format `{parts['format']}`, want `{FORMAT}`")
    return parts


def _vectors(path: Path, order: tuple[str, ...]) -> Iterator[Vector]:
    cases = _read(path, ("cases",))["cases"]
    where = "cases"
    try:
        for number, value in enumerate(require_list(cases, "cases"), start=1):
            where = f"case {number}"
            named = require_object(value, "case").get("name", where)
            where = f"`{named}`"
            parts = require_object(value, "case", _CASE, _OPTIONAL)
            yield _vector(path.name, parts, order)
    except (HelmError, ValueError) as error:
        raise PolicyError(f"`{path}`: {where}: {error}") from None


def _vector(file: str, parts: Mapping[str, JsonValue], order: tuple[str, ...]) -> Vector:
    request = require_object(parts["request"], "request")
    if "approvals" in request:
        raise InputError("unknown_member", "request: vectors have no approvals")
    expected = _expected(require_object(parts["expect"], "expect", _EXPECTED, ("derivation",)))
    if expected.reason not in order:
        why = f"expect: the order of the manifest lacks `{expected.reason}`"
        raise InputError("wrong_shape", why)
    return Vector(
        file=file,
        name=require_text(parts["name"], "name"),
        says=require_text(parts["says"], "says"),
        faults=_texts(parts.get("faults", []), "faults"),
        now=require_integer(parts["now"], "now"),
        anchors=_anchors(require_object(parts["anchors"], "anchors")),
        tokens=tuple(map(read_anchor, require_list(parts.get("tokens", []), "tokens"))),
        max_links=require_integer(parts.get("max_links", MAX_DEPTH), "max_links"),
        request=request,
        revocations=tuple(
            map(verify_revocation, require_list(parts.get("revocations", []), "revocations"))
        ),
        expected=expected,
    )


def _anchors(table: Mapping[str, JsonValue]) -> dict[str, tuple[PublicKey, ...]]:
    return {
        require_principal(name, "anchors"): tuple(map(PublicKey.parse, _texts(keys, name)))
        for name, keys in table.items()
    }


def _expected(parts: Mapping[str, JsonValue]) -> Expected:
    verdict = require_text(parts["verdict"], "verdict")
    if verdict not in Verdict.__members__:
        raise InputError("wrong_shape", f"verdict: got `{verdict}`, want ALLOW, DENY or ESCALATE")
    named = parts.get("derivation")
    return Expected(
        Verdict[verdict],
        require_text(parts["reason"], "reason"),
        _texts(parts["reasons"], "reasons"),
        _texts(parts["rules"], "rules"),
        None if named is None else require_text(named, "derivation"),
    )


def _texts(value: JsonValue, where: str) -> tuple[str, ...]:
    return tuple(require_text(each, where) for each in require_list(value, where))
