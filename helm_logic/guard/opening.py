# SPDX-License-Identifier: Apache-2.0
"""Opening a policy folder for deciding: bundle, keys, trust root, revocations and the log.

All reading of files happens here, before the first request; deciding touches only the log. Opening
writes nothing: what the guard will decide by (bundle, keys and root, unless the last entries of
their kind say the same, and the revocations that the folder holds) is handed to it, to be logged
first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from helm_logic.authority.revocation import RevocationSet, verify_revocation
from helm_logic.errors import EnvelopeError, KeyFileError, LinkRefused, PolicyError
from helm_logic.guard.evaluator import Evaluator
from helm_logic.guard.logbook import InForce, announce
from helm_logic.guard.roots import RootKeeper
from helm_logic.ledger.envelope import parse
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.open_log import open_store
from helm_logic.ledger.open_signer import open_signer
from helm_logic.ledger.passphrase import Passphrases, environment_passphrases
from helm_logic.ledger.store_protocol import Record, Store
from helm_logic.policy.bundle import Bundle
from helm_logic.policy.folder import read_bundle
from helm_logic.policy.settings import Settings
from helm_logic.policy.trust import folder_root
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root_chain import SignedRoot


def open_parts(
    folder: Path, clock: Callable[[], int], passphrases: Passphrases | None = None
) -> tuple[Evaluator, Store, tuple[Record, ...], RootKeeper | None]:
    """Return the evaluator and the log of the policy folder *folder*, and what to log first.

    The last is what keeps to its trust root, if it names one.

    *clock* dates the latter; *passphrases* open encrypted keys, by default the environment's.
    Raises PolicyError, RuleError, TrustRefused, KeyFileError, SignerError or StoreError; nothing is
    left open then.
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
    root = folder_root(folder, settings.root, settings.origin)
    store, log = open_folder_store(folder, settings, passphrases)
    try:
        entries = announce(store, log, _in_force(bundle, engine, root), clock())
    except BaseException:
        store.close()
        raise
    withdrawn = (Record(Kind.REVOCATION, each.envelope) for each in revocations)
    first = (*entries, *withdrawn)
    if root is None:
        return Evaluator(bundle, engine, revocations), store, first, None
    keeper = RootKeeper(root, _own_keys(settings, engine.public_key))
    return Evaluator(bundle, engine, revocations, keeper.approves), store, first, keeper


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


def _own_keys(settings: Settings, engine: PublicKey) -> Iterator[tuple[Role, PublicKey, str]]:
    """Yield the keys that a guard needs to have in its trust root."""
    yield Role.ENGINE, engine, ""
    yield Role.LOG, settings.trusted_log, settings.origin
    for name, keys in settings.anchors.items():
        for key in keys:
            yield Role.ANCHOR, key, name


def _in_force(bundle: Bundle, engine: Signer, root: SignedRoot | None = None) -> InForce:
    return InForce(
        bundle.digest,
        bundle.program_digest,
        bundle.files(),
        engine.public_key,
        bundle.settings.trusted_engines,
        root,
    )


def open_folder_store(
    folder: Path, settings: Settings, passphrases: Passphrases
) -> tuple[Store, Signer]:
    """Return the log of *folder*, open for appending, and its signer.

    Raises KeyFileError, SignerError or StoreError.
    """
    log = open_signer(settings.log_key, folder, passphrases)
    if log.public_key != settings.trusted_log:
        raise KeyFileError(
            f"the key of `{settings.log_key}` is not [trust] log of helm.toml; "
            "its tree heads would be refused"
        )
    where = (folder, settings.ledger, settings.head)
    return open_store(*where, origin=settings.origin, signer=log), log
