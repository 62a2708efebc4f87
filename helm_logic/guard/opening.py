# SPDX-License-Identifier: Apache-2.0
"""Opening a policy folder for deciding: bundle, keys, revocations and the log.

All reading of files happens here, before the first request; deciding touches only the log.
"""

from __future__ import annotations

from pathlib import Path

from helm_logic.authority.revocation import RevocationSet, verify_revocation
from helm_logic.errors import EnvelopeError, KeyFileError, LinkRefused, PolicyError
from helm_logic.guard.evaluator import Evaluator
from helm_logic.ledger.envelope import parse
from helm_logic.ledger.keys import SeedSigner, read_key_file
from helm_logic.ledger.store import SqliteStore
from helm_logic.policy.folder import read_bundle
from helm_logic.policy.settings import Settings


def open_parts(folder: Path) -> tuple[Evaluator, SqliteStore]:
    """Return the evaluator and the log of the policy folder *folder*.

    Raises PolicyError, RuleError, KeyFileError or StoreError; nothing is left open then.
    """
    bundle = read_bundle(folder)
    settings = bundle.settings
    engine = read_key_file(folder / settings.engine_key)
    if engine.public_key not in settings.trusted_engines:
        raise PolicyError(
            f"the key in `{settings.engine_key}` is not one of [trust] engine, so nobody would "
            f"accept its receipts; add `{engine.public_key}` or use the key that is listed"
        )
    evaluator = Evaluator(bundle, engine, read_revocations(folder, settings))
    return evaluator, _open_store(folder, settings)


def read_revocations(folder: Path, settings: Settings) -> RevocationSet:
    """Return the revocations in the folder's revocation files; raise PolicyError naming a bad one.

    A revocation that cannot be read is not skipped: it may be the one that matters.
    """
    found = []
    for path in sorted((folder / settings.revocations).glob("*.json")):
        try:
            found.append(verify_revocation(parse(path.read_bytes())))
        except (EnvelopeError, LinkRefused, OSError) as error:
            raise PolicyError(f"revocation `{path}`: {error}") from error
    return RevocationSet(found)


def _open_store(folder: Path, settings: Settings) -> SqliteStore:
    log: SeedSigner = read_key_file(folder / settings.log_key)
    if log.public_key != settings.trusted_log:
        raise KeyFileError(
            f"the key in `{settings.log_key}` is not [trust] log of helm.toml; "
            "its tree heads would be refused"
        )
    path, head = folder / settings.ledger, folder / settings.head
    return SqliteStore.open(path, head, origin=settings.origin, signer=log)
