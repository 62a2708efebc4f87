# SPDX-License-Identifier: Apache-2.0
"""A large log is grown, and then all of it is checked.

    python -m tests.ledger.faults.million COUNT     prints the result as JSON

Receipts are appended in batches, by a store that is opened anew now and then. Then the whole log is
computed again, every signature verified, and the root compared with that of a tree that was grown
beside it. Memory at the end is compared with memory after a tenth of the way.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from helm_logic.ledger.checkpoint import verify_checkpoint
from helm_logic.ledger.envelope import verify
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.merkle import Frontier, leaf_hash
from helm_logic.ledger.store_fsck import fsck
from helm_logic.ledger.store_protocol import Entry
from tests.ledger.faults.disk import ROOT
from tests.ledger.faults.judge import Result
from tests.ledger.keyring import ENGINE, LOG, ORIGIN
from tests.ledger.logs import LogFolder, log_folder, receipts

BATCH = 256
OPENED = 200  # batches between two openings
MOST = 64 << 20  # bytes by which memory may grow over nine tenths of the way


def grow(log: LogFolder, count: int) -> tuple[Frontier, int]:
    """Append *count* receipts; return the tree of them, and how many bytes memory grew."""
    store = log.create()
    tree, early = Frontier(), 0
    tree.append(leaf_hash(store.entry(0).leaf))
    for number, start in enumerate(range(0, count, BATCH)):
        if number % OPENED == 0:
            store.close()
            store = log.open()
        if number == count // BATCH // 10:
            early = _memory()
        for one in store.append(receipts(start, min(BATCH, count - start))):
            tree.append(one.leaf_hash)
    store.close()
    return tree, _memory() - early


def check(log: LogFolder, tree: Frontier) -> Counter[str]:
    """Check all of *log*; return what was found to be so."""
    found: Counter[str] = Counter()

    def look(entry: Entry) -> None:
        if entry.kind is Kind.RECEIPT:
            verify(entry.envelope, (ENGINE.public_key,))
            found["signatures verified"] += 1

    with log.read() as store:
        found["entries"] = fsck(store, look).entries
        head = verify_checkpoint(store.checkpoint(), ORIGIN, LOG.public_key)
    found["OTHER ROOT"] = int((head.size, head.root) != (tree.size, tree.root()))
    return found


def main(count: str) -> None:
    """Grow and check; print the counts."""
    with tempfile.TemporaryDirectory() as folder:
        log = log_folder(Path(folder))
        tree, grown = grow(log, int(count))
        started = time.process_time()
        found = check(log, tree)
        rate = found["entries"] / (time.process_time() - started)
    found["MEMORY GREW"] = int(grown > MOST)
    found["MiB of memory gained on the way"] = max(0, grown) >> 20
    found["entries checked per CPU second"] = int(rate)
    sys.stdout.write(json.dumps(found))


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def run(count: int) -> Result:
    """Grow a log of *count* receipts and check it."""
    command = [sys.executable, "-m", "tests.ledger.faults.million", str(count)]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    found = Counter(json.loads(done.stdout))
    bad = found.pop("OTHER ROOT") + found.pop("MEMORY GREW")
    bad += found["entries"] != count + 1 or found["signatures verified"] != count
    return Result("a large log, all of it checked again", count, found, bad)


if __name__ == "__main__":
    main(*sys.argv[1:])
