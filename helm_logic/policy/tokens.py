# SPDX-License-Identifier: Apache-2.0
"""The issuers of tokens that a policy trusts: the tables `[tokens."ISSUER"]` of `helm.toml`.

    [tokens."https://authority.example"]
    format = "aat"                      # authority/README.md lists the formats and their options
    algorithms = ["EdDSA"]              # pinned here, never taken from a token
    jwks = "authority.jwks.json"        # a key set beside helm.toml; nothing is fetched
    resource = "repo/*"                 # ... and the options of the format

Files are read when the folder is opened, and their contents are part of the bundle: another key is
another policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from helm_logic.authority.adapters.jwks import read_jwks
from helm_logic.authority.adapters.jws import ALGORITHMS
from helm_logic.authority.adapters.protocol import Anchor
from helm_logic.authority.adapters.registry import file_options, key_use
from helm_logic.authority.principal import require_principal
from helm_logic.errors import InputError, PolicyError
from helm_logic.kernel.encoding import JsonValue, parse_json
from helm_logic.ledger.shape import require_list, require_object, require_text

_MEMBERS = ("format", "algorithms", "jwks")


@attrs.frozen
class TokenSettings:
    """One table: *jwks* is a path, and so are the *options* of which the format says so."""

    format: str
    algorithms: tuple[str, ...]
    jwks: str
    options: Mapping[str, JsonValue]


def token_settings(value: object) -> dict[str, TokenSettings]:
    """Return the tables of `[tokens]`, by issuer; raise InputError or ValueError."""
    tables = {}
    for issuer, table in require_object(value, "[tokens]").items():
        where = f"[tokens] {issuer}"
        require_principal(issuer, where)
        parts = require_object(table, where)
        named = require_object(
            {name: part for name, part in parts.items() if name in _MEMBERS}, where, _MEMBERS
        )
        algorithms = require_list(named["algorithms"], f"{where} algorithms")
        tables[issuer] = TokenSettings(
            require_text(named["format"], f"{where} format"),
            tuple(_algorithm(each, where) for each in algorithms),
            require_text(named["jwks"], f"{where} jwks"),
            {name: part for name, part in parts.items() if name not in _MEMBERS},
        )
    return tables


def read_anchors(folder: Path, tokens: Mapping[str, TokenSettings]) -> tuple[Anchor, ...]:
    """Return the anchors that *tokens* name, with their files in *folder*; raise PolicyError."""
    return tuple(_anchor(folder, issuer, tokens[issuer]) for issuer in sorted(tokens))


def _anchor(folder: Path, issuer: str, settings: TokenSettings) -> Anchor:
    try:
        data = (folder / settings.jwks).read_bytes()
        keys = read_jwks(data, settings.algorithms, settings.jwks, key_use(settings.format))
        options = dict(settings.options)
        for name in file_options(settings.format):
            if name in options:
                path = require_text(options[name], f"[tokens] {issuer} {name}")
                options[name] = parse_json((folder / path).read_bytes())
    except OSError as error:
        raise PolicyError(f"[tokens] {issuer}: cannot read `{error.filename}`") from error
    except InputError as error:
        raise PolicyError(f"[tokens] {issuer}: {error}") from None
    return Anchor(issuer, settings.format, keys, options)


def _algorithm(value: JsonValue, where: str) -> str:
    name = require_text(value, f"{where} algorithms")
    if name not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise ValueError(f"{where} algorithms: got `{name[:24]}`, known are {known}")
    return name
