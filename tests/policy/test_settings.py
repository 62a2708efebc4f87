# SPDX-License-Identifier: Apache-2.0
"""Settings: helm.toml is read whole, and a misspelling is an error, not a default."""

from __future__ import annotations

import pytest

from helm_logic.errors import PolicyError
from helm_logic.ledger.keys import SeedSigner
from helm_logic.policy.settings import parse_settings

KEY = SeedSigner(bytes(32)).public_key
GOOD = f"""
[policy]
rules = "rules/main.dl"
[keys]
engine = "keys/engine.key"
log = "keys/log.key"
[ledger]
path = "ledger/log.sqlite"
head = "ledger/head"
origin = "test.example/log"
[trust]
engine = ["{KEY}"]
log = "{KEY}"
[anchors]
"user:founder" = ["{KEY}"]
[approvers."user:rita"]
roles = ["release-manager"]
keys = ["{KEY}"]
[limits]
facts = 10
chain_depth = 3
"""


def refusal(text: str) -> str:
    """Return the message with which *text* is refused."""
    with pytest.raises(PolicyError) as caught:
        parse_settings(text.encode())
    return str(caught.value)


def test_a_whole_file_is_read() -> None:
    """Every member arrives where it belongs, and limits that are not named keep their defaults."""
    settings = parse_settings(GOOD.encode())

    assert settings.anchors == {"user:founder": (KEY,)}
    assert settings.approvers["user:rita"].roles == ("release-manager",)
    assert (settings.limits.facts, settings.chain_depth) == (10, 3)
    assert parse_settings(GOOD.partition("[limits]")[0].encode()).limits.facts > 10


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("[trust]", "[trusts]", "trust"),
        ("rules =", "rule =", "rules"),
        ("facts = 10", "fact = 10", "fact"),
        ("facts = 10", "facts = 0", "[limits] facts"),
        ("facts = 10", 'facts = "x"', "[limits] facts"),
        ('roles = ["release-manager"]', "roles = 1", "user:rita"),
        (f'"user:founder" = ["{KEY}"]', '"user:founder" = []', "user:founder"),
        (f'"user:founder" = ["{KEY}"]', '"user:founder" = ["ed25519:x"]', "user:founder"),
        ("[policy]", "[policy", "not toml"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, names: str) -> None:
    """A table, member, limit or key that does not fit is refused, and the message says which."""
    assert names in refusal(GOOD.replace(old, new, 1))


def test_bytes_that_are_no_text_are_refused() -> None:
    """A file that is not UTF-8 is a policy error as well."""
    with pytest.raises(PolicyError):
        parse_settings(b"\xff")
