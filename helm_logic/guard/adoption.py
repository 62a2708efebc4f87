# SPDX-License-Identifier: Apache-2.0
"""Taking a new version of the trust root into force: in the log first, then in the policy folder.

If the folder cannot be written after that, nothing is lost: guards follow the log, and doing it
again finds the entry there. The version before is kept beside the new one, under its number.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from helm_logic.errors import PolicyError
from helm_logic.guard.logbook import announce_root, append_once
from helm_logic.guard.opening import open_folder_store
from helm_logic.ledger.durable import create_file, replace_file
from helm_logic.ledger.passphrase import Passphrases, environment_passphrases
from helm_logic.policy.settings import Settings
from helm_logic.policy.trust import folder_root
from helm_logic.receipts.trust_root_chain import SignedRoot, accept_next


def adopt_root(
    folder: Path,
    settings: Settings,
    new: SignedRoot,
    clock: Callable[[], int],
    passphrases: Passphrases | None = None,
) -> int:
    """Log *new* and make it the trust root of *folder*; return the size of the log then.

    Raises PolicyError if the folder names no root, TrustRefused if *new* may not follow the one it
    has or the one that the log has, KeyFileError, SignerError, StoreError or OSError.
    """
    old = folder_root(folder, settings.root, settings.origin)
    if old is None or settings.root is None:
        raise PolicyError('helm.toml names no trust root: want `root = "..."` under [trust]')
    accept_next(old, new)
    store, log = open_folder_store(folder, settings, passphrases or environment_passphrases())
    with store:
        for each in (old, new):  # the old one, should no guard have logged it yet
            append_once(store, announce_root(store, log, each, clock()))
        size = store.size
    if new.digest != old.digest:
        _replace(folder / settings.root, old, new)
    return size


def _replace(path: Path, old: SignedRoot, new: SignedRoot) -> None:
    kept = path.with_name(f"{path.stem}.{old.root.version}{path.suffix}")
    try:
        create_file(kept, old.envelope.to_bytes(), 0o644)
    except FileExistsError:
        if kept.read_bytes() != old.envelope.to_bytes():
            raise PolicyError(f"`{kept}` exists and is another file; move it away") from None
    replace_file(path, new.envelope.to_bytes(), 0o644)
