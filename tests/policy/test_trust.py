# SPDX-License-Identifier: Apache-2.0
"""What a verifier reads of a policy folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_logic.errors import PolicyError
from helm_logic.ledger.keys import SeedSigner
from helm_logic.policy.trust import find_folder, read_log_settings

ENGINE, LOG = (SeedSigner(bytes([number]) * 32).public_key for number in (1, 2))
TOML = f"""
[ledger]
path = "log.sqlite"
head = "log.head"
origin = "test.example/log"

[trust]
engine = ["{ENGINE}"]
log = "{LOG}"
"""


def test_trust_is_read_without_the_rest_of_the_folder(tmp_path: Path) -> None:
    """Rules, keys and other tables are not looked at: a verifier may have none of them."""
    (tmp_path / "helm.toml").write_text(f"{TOML}\n[limits]\nnonsense = 1\n")
    settings = read_log_settings(tmp_path)

    assert settings.trust.engine_keys == (ENGINE,)
    assert (settings.trust.log_origin, settings.trust.log_key) == ("test.example/log", LOG)
    assert (settings.ledger, settings.head) == ("log.sqlite", "log.head")


def test_a_log_may_be_kept_by_a_server(tmp_path: Path) -> None:
    """`url` in the place of `path` names it."""
    url = "postgresql://logs.example/helm"
    text = TOML.replace('path = "log.sqlite"', f'url = "{url}"')
    (tmp_path / "helm.toml").write_text(text)

    assert read_log_settings(tmp_path).ledger == url


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[ledger]", "[ledgers]", r"the table \[ledger\] is missing"),
        ("[trust]", "[trusts]", r"the table \[trust\] is missing"),
        ("[trust]", "[trust", "is not toml"),
        (f'["{ENGINE}"]', "[]", "want at least one key"),
        (str(LOG), "ed25519:AA==", r"\[trust\] log: "),
        ("head =", "heads =", "`head` is missing"),
        ('"log.head"', "7", "want a string"),
        ('"log.sqlite"', '"\udcff"', "is not toml"),
        ("path =", "paths =", "`paths` is not known"),
        ('path = "log.sqlite"', "", "want either path"),
        ("path =", 'url = "postgresql:///logs"\npath =', "want either path"),
        ('"log.sqlite"', '"postgresql:///logs"', "this is a URL; write `url = ...`"),
        ("path =", "url =", "want `postgresql://...`"),
    ],
)
def test_trust_that_is_not_stated_exactly_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    """Whoever misspells whom to trust is told so, with the table and the member."""
    text = TOML.replace(old, new)
    assert text != TOML
    (tmp_path / "helm.toml").write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(PolicyError, match=message):
        read_log_settings(tmp_path)


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The message says which file."""
    with pytest.raises(PolicyError, match=r"cannot read `.*helm\.toml`"):
        read_log_settings(tmp_path)


def test_the_nearest_folder_upwards_is_found(tmp_path: Path) -> None:
    """From anywhere inside, and from nowhere else."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "helm.toml").write_text(TOML)

    assert find_folder(inner) == tmp_path / "a"
    with pytest.raises(PolicyError, match="helm-logic init"):
        find_folder(tmp_path)
