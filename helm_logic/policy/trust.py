# SPDX-License-Identifier: Apache-2.0
"""What a verifier needs of a policy folder: where it is, whom it trusts, where its log lies.

Read from `helm.toml` without the rules, so that verifying a receipt loads no parser and no engine.
Where `[trust] root` names a trust root, that is what a verifier believes; the keys beside it are
those that this host opens its log with.
The other tables of that file are `settings.py`, which reads these two through the same functions.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import attrs

from helm_logic.errors import InputError, PolicyError, TrustRefused
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.shape import require_list, require_object, require_text
from helm_logic.ledger.store_protocol import URL_SCHEMES
from helm_logic.receipts.trust import Trust
from helm_logic.receipts.trust_root_chain import MAX_ROOT_FILE, SignedRoot, accept_first
from helm_logic.receipts.trust_root_judge import root_trust

SETTINGS = "helm.toml"


@attrs.frozen
class LogSettings:
    """The tables `[ledger]` and `[trust]`; paths are relative to the folder of the file.

    *ledger* is the path of an SQLite log, or the URL of the PostgreSQL database that holds it.
    *root* is the path of the trust root, and *signed_root* what stands there, once it was read.
    """

    ledger: str
    head: str
    origin: str
    trusted_engines: tuple[PublicKey, ...]
    trusted_log: PublicKey
    root: str | None = None
    signed_root: SignedRoot | None = None

    @property
    def trust(self) -> Trust:
        """What a verifier of this log's receipts believes; PolicyError for a root not read."""
        if self.signed_root is not None:
            return root_trust(self.signed_root.root)
        if self.root is not None:
            raise PolicyError(f"the trust root `{self.root}` was not read")
        return Trust(self.trusted_engines, self.origin, self.trusted_log)


def find_folder(start: Path) -> Path:
    """Return *start* or the nearest folder above it that holds `helm.toml`; raise PolicyError."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS).is_file():
            return folder
    raise PolicyError(
        f"no {SETTINGS} in `{start}` or above; make one with `helm-logic init DIR`, or name the "
        "folder with `--policy DIR`"
    )


def read_log_settings(folder: Path) -> LogSettings:
    """Return what `helm.toml` in *folder* says about log and trust; raise PolicyError."""
    path = folder / SETTINGS
    try:
        tables = read_toml(path.read_bytes())
        missing = [name for name in ("ledger", "trust") if name not in tables]
        if missing:
            raise PolicyError(f"{SETTINGS}: the table [{missing[0]}] is missing")
        settings = log_settings(tables)
        return attrs.evolve(
            settings, signed_root=folder_root(folder, settings.root, settings.origin)
        )
    except OSError as error:
        raise PolicyError(f"cannot read `{path}`: {error.strerror}") from error
    except (InputError, ValueError) as error:
        raise PolicyError(f"{SETTINGS}: {error}") from None


def folder_root(folder: Path, root: str | None, origin: str) -> SignedRoot | None:
    """Return the trust root that the policy folder *folder* names, of the log *origin*, if any.

    Raises PolicyError or TrustRefused.
    """
    if root is None:
        return None
    signed = read_root(folder / root)
    if signed.root.origin != origin:
        raise PolicyError(
            f"`{root}` is the trust root of the log `{signed.root.origin}`, want one of `{origin}`"
        )
    return signed


def read_root(path: Path) -> SignedRoot:
    """Return the trust root in the file *path*, signed by a threshold of its own root keys.

    Raises PolicyError if it cannot be read, TrustRefused.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ROOT_FILE + 1)
    except OSError as error:
        raise PolicyError(f"cannot read `{path}`: {error.strerror}") from error
    try:
        return accept_first(SignedRoot.parse(data))
    except TrustRefused as error:
        raise TrustRefused(error.code, f"`{path}`: {error.message}") from None


def read_toml(data: bytes) -> dict[str, object]:
    """Return the tables in *data*; raise PolicyError if it is not TOML."""
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{SETTINGS} is not toml: {error}") from None


def log_settings(tables: Mapping[str, object]) -> LogSettings:
    """Return the tables `ledger` and `trust` of *tables*; raise InputError or ValueError."""
    ledger = require_object(tables["ledger"], "[ledger]", ("head", "origin"), ("path", "url"))
    trust = require_object(tables["trust"], "[trust]", ("engine", "log"), ("root",))
    root = trust.get("root")
    return LogSettings(
        ledger=_place(ledger),
        head=require_text(ledger["head"], "[ledger] head"),
        origin=require_text(ledger["origin"], "[ledger] origin"),
        trusted_engines=public_keys(trust["engine"], "[trust] engine"),
        trusted_log=public_key(trust["log"], "[trust] log"),
        root=None if root is None else require_text(root, "[trust] root"),
    )


def _place(ledger: Mapping[str, object]) -> str:
    # Returns what `open_log` calls the log, which is a URL or else a path.
    if ("path" in ledger) == ("url" in ledger):
        raise ValueError("[ledger]: want either path, of an SQLite file, or url, of a database")
    if "path" in ledger:
        path = require_text(ledger["path"], "[ledger] path")
        if path.startswith(URL_SCHEMES):
            raise ValueError("[ledger] path: this is a URL; write `url = ...`")
        return path
    url = require_text(ledger["url"], "[ledger] url")
    if not url.startswith(URL_SCHEMES):
        raise ValueError("[ledger] url: want `postgresql://...`")
    return url


def public_keys(value: object, where: str) -> tuple[PublicKey, ...]:
    """Return the keys in the list *value*, at least one; raise InputError or ValueError."""
    keys = tuple(public_key(each, where) for each in require_list(value, where))
    if not keys:
        raise ValueError(f"{where}: want at least one key")
    return keys


def public_key(value: object, where: str) -> PublicKey:
    """Return the key that *value* is the text of; raise InputError or ValueError."""
    text = require_text(value, where)
    try:
        return PublicKey.parse(text)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
