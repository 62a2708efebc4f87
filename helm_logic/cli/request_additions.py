# SPDX-License-Identifier: Apache-2.0
"""Links and approvals that are given beside a request, put where a request carries them.

Only a request that has its shape is changed. Any other is handed on as it is, to be denied by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

import attrs

from helm_logic.cli.options import read_signed
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, canonical_json, parse_json


@attrs.frozen
class Additions:
    """Signed files to append to the `chain` and to the `approvals` of every request."""

    chain: tuple[JsonValue, ...]
    approvals: tuple[JsonValue, ...]

    @classmethod
    def read(cls, chain: Iterable[Path], approvals: Iterable[Path]) -> Self:
        """Return what the files hold; raise InputError for one that is not JSON."""
        return cls(tuple(map(read_signed, chain)), tuple(map(read_signed, approvals)))

    def complete(self, request: bytes) -> bytes:
        """Return *request* with the additions after its own links and approvals."""
        if not (self.chain or self.approvals):
            return request
        try:
            value = parse_json(request, max_bytes=len(request))
        except InputError:
            return request
        if not isinstance(value, dict):
            return request
        for name, more in (("chain", self.chain), ("approvals", self.approvals)):
            present = value.get(name, [])
            if not isinstance(present, list):
                return request
            value[name] = [*present, *more]
        return canonical_json(value)
