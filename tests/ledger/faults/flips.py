# SPDX-License-Identifier: Apache-2.0
"""Every bit of the files of a small log flipped, one at a time.

    python -m tests.ledger.faults.flips EVERY [PART OF]     prints the result as JSON

The log is opened and checked as `helm-logic log fsck` does. It may be refused; or the bit lies
where nothing is, or in what the database makes anew, and then every entry, blob, use, proof and
tree head is what it was. Anything else is a miss. *EVERY* takes each so-many-th bit only.

Which approvals are used up is a table beside the tree; what receipts say of it is signed. So the
log of a guard is among the files: there the check compares the two.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import attrs

from helm_logic.errors import HelmError
from helm_logic.ledger.keys import Signer
from helm_logic.ledger.store import SqliteStore
from helm_logic.ledger.store_fsck import fsck
from helm_logic.receipts.log_audit import LogAudit
from tests.guard import town
from tests.ledger import keyring
from tests.ledger.faults.disk import ROOT
from tests.ledger.faults.judge import Result, quick_folder
from tests.ledger.logs import log_folder, receipts

REFUSED, HARMLESS, MISSED = "refused", "without meaning", "missed"


@attrs.frozen
class Specimen:
    """The files of a log in *folder*, of which *name* is to be damaged."""

    what: str
    folder: Path
    name: str
    origin: str = keyring.ORIGIN
    signer: Signer = keyring.LOG
    head: str = "head.note"
    of_guard: bool = False

    def content(self) -> list[object]:
        """Open and check the log; return everything that it can be asked for; raise HelmError."""
        path, head = self.folder / "log.sqlite", self.folder / self.head
        with SqliteStore.open(path, head, origin=self.origin, signer=self.signer) as store:
            audit = LogAudit(store)
            fsck(store, audit.look if self.of_guard else lambda _: None)
            if self.of_guard:
                audit.finish()
            return [
                audit.findings,
                list(store.entries()),
                [store.blob(name) for name in store.blobs()],
                list(store.consumed()),
                list(store.checkpoints()),
                [store.inclusion(index) for index in range(store.size)],
            ]

    def flips(self, bits: range) -> Counter[str]:
        """Flip each of *bits*; return how often it was refused, without meaning, and missed."""
        good = {path.name: path.read_bytes() for path in self.folder.iterdir()}
        expected = self.content()
        found: Counter[str] = Counter()
        for bit in bits:
            for path in self.folder.iterdir():
                path.unlink()
            for name, data in good.items():
                changed = bytearray(data)
                if name == self.name:
                    changed[bit // 8] ^= 1 << bit % 8
                (self.folder / name).write_bytes(changed)
            found[self._answer(expected)] += 1
        return found

    def _answer(self, expected: list[object]) -> str:
        try:
            found = self.content()
        except HelmError:
            return REFUSED
        except Exception as error:  # noqa: BLE001 - it says nothing to who runs the log
            return f"{MISSED} ({type(error).__name__})"
        if found == expected:
            return HARMLESS
        return REFUSED if found[0] != expected[0] else MISSED


@contextmanager
def specimens() -> Iterator[list[Specimen]]:
    """Yield small logs: closed, crashed with entries in its WAL, and one of a guard."""
    with quick_folder() as folder:
        log = log_folder(folder)
        with log.create() as store:
            store.append(receipts(0, 4))
        _smallest_pages(log.store)
        with log.open() as store:
            store.append(receipts(10, 2))
            crashed = log.copy("crashed").folder
        closed = log.copy("closed").folder
        yield [
            Specimen("the database of a small log", closed, "log.sqlite"),
            Specimen("its write-ahead log after a crash", crashed, "log.sqlite-wal"),
            Specimen("its head guard", log.copy("remembered").folder, "head.note"),
            Specimen(
                "the database of a guard with an approval used",
                _log_of_guard(folder / "policy"),
                "log.sqlite",
                town.ORIGIN,
                town.LOG,
                "head",
                of_guard=True,
            ),
        ]


def _log_of_guard(folder: Path) -> Path:
    town.make_folder(folder)
    with town.open_guard(folder) as guard:
        approval = town.approve(guard.decide(town.ask(env="prod")))
        assert guard.decide(town.ask(env="prod", approvals=[approval])).allowed
    _smallest_pages(folder / "ledger" / "log.sqlite")
    with town.open_guard(folder):
        pass  # opened and closed: in WAL mode again
    return folder / "ledger"


def _smallest_pages(path: Path) -> None:
    # So that most bytes of the file mean something.
    with closing(sqlite3.connect(path)) as database:
        for statement in ("journal_mode = DELETE", "page_size = 512"):
            database.execute(f"PRAGMA {statement}")
        database.execute("VACUUM")


def main(every: str, part: str = "0", of: str = "1") -> None:
    """Flip every so-many-th bit; print the counts for each file."""
    with specimens() as all_:
        found = []
        for one in all_:
            size = (one.folder / one.name).stat().st_size
            step = int(every) * (LARGER if one.of_guard else 1)
            bits = range(0, size * 8, step)[int(part) :: int(of)]
            found.append((one.what, one.flips(bits)))
    sys.stdout.write(json.dumps(found))


LARGER = 16  # the log of a guard has so many times the bytes: its bits are taken that much rarer


def run(every: int, processes: int = 1) -> list[Result]:
    """Flip every *every*-th bit of each file."""
    command = [sys.executable, "-m", "tests.ledger.faults.flips", str(every)]
    running = [
        subprocess.Popen([*command, str(part), str(processes)], cwd=ROOT, stdout=subprocess.PIPE)
        for part in range(processes)
    ]
    parts = [json.loads(process.communicate()[0]) for process in running]
    results = []
    for each in zip(*parts, strict=True):
        found = sum((Counter(counts) for _, counts in each), Counter[str]())
        missed = sum(count for name, count in found.items() if name.startswith(MISSED))
        results.append(Result(f"a bit flipped: {each[0][0]}", found.total(), found, missed))
    return results


if __name__ == "__main__":
    main(*sys.argv[1:])
