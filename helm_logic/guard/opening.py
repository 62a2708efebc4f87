# SPDX-License-Identifier: Apache-2.0
"""Opening a policy folder for deciding: bundle, keys, revocations and the log.

All reading of files happens here, before the first request; deciding touches only the log. Opening
writes nothing: what the guard will decide by (bundle and keys, unless the last entries of their
kind say the same, and the revocations that the folder holds) is handed to it, to be logged first.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from helm_logic.authority.revocation import RevocationSet, verify_revocation
from helm_logic.errors import EnvelopeError, KeyFileError, LinkRefused, PolicyError
from helm_logic.guard.evaluator import Evaluator
from helm_logic.guard.logbook import InForce, announce
from helm_logic.ledger.envelope import parse
from helm_logic.ledger.keys import Signer
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.open_log import open_store
from helm_logic.ledger.open_signer import open_signer
from helm_logic.ledger.passphrase import Passphrases, environment_passphrases
from helm_logic.ledger.store_protocol import Record, Store
from helm_logic.policy.bundle import Bundle
from helm_logic.policy.folder import read_bundle
from helm_logic.policy.settings import Settings


def open_parts(
    folder: Path, clock: Callable[[], int], passphrases: Passphrases | None = None
) -> tuple[Evaluator, Store, tuple[Record, ...]]:
    """Return the evaluator and the log of the policy folder *folder*, and what to log first.

    *clock* dates the latter; *passphrases* open encrypted keys, by default the environment's.
    Raises PolicyError, RuleError, KeyFileError, SignerError or StoreError; nothing is left open
    then.
    """
    passphrases = passphrases or environment_passphrases()
    bundle = read_bundle(folder)
    settings = bundle.settings
    engine = open_signer(settings.engine_key, folder, passphrases)
    if engine.public_key not in settings.trusted_engines:
        raise PolicyError(
            f"the key of `{settings.engine_key}` is not one of [trust] engine, so nobody would "
            f"accept its receipts; add `{engine.public_key}` or use the key that is listed"
        )
    revocations = read_revocations(folder, settings)
    store, log = _open_store(folder, settings, passphrases)
    try:
        entries = announce(store, log, _in_force(bundle, engine), clock())
    except BaseException:
        store.close()
        raise
    withdrawn = (Record(Kind.REVOCATION, each.envelope) for each in revocations)
    return Evaluator(bundle, engine, revocations), store, (*entries, *withdrawn)


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


def _in_force(bundle: Bundle, engine: Signer) -> InForce:
    return InForce(
        bundle.digest,
        bundle.program_digest,
        bundle.files(),
        engine.public_key,
        bundle.settings.trusted_engines,
    )


def _open_store(folder: Path, settings: Settings, passphrases: Passphrases) -> tuple[Store, Signer]:
    log = open_signer(settings.log_key, folder, passphrases)
    if log.public_key != settings.trusted_log:
        raise KeyFileError(
            f"the key of `{settings.log_key}` is not [trust] log of helm.toml; "
            "its tree heads would be refused"
        )
    where = (folder, settings.ledger, settings.head)
    return open_store(*where, origin=settings.origin, signer=log), log
