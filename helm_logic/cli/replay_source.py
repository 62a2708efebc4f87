# SPDX-License-Identifier: Apache-2.0
"""The receipts that `helm-logic replay` is told to replay: out of logs, packs and receipt files.

A log is read a few batches at a time and closed in between, because an SQLite log is open in one
process at a time and a replay may take long; what was there at the beginning is what is replayed,
also if the log grows. Packs and files are verified before what they hold is replayed.

Entries are read as the store holds them, each against its own leaf. Whether all of them are still
in the tree is for `helm-logic log fsck` to tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from pathlib import Path

import attrs

from helm_logic.cli.log_source import LogSource
from helm_logic.cli.options import shown
from helm_logic.errors import HelmError, InputError, ReceiptRefused, StoreCorrupt, StoreError
from helm_logic.kernel.encoding import canonical_json, digest, parse_json
from helm_logic.ledger.envelope import verify
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.merkle import root_at
from helm_logic.ledger.store_protocol import URL_SCHEMES, Entry, Log
from helm_logic.policy.replay_case import Batch, Logged, refusal
from helm_logic.policy.trust import SETTINGS, read_log_settings
from helm_logic.receipts.changes import KeyChange
from helm_logic.receipts.pack import is_pack
from helm_logic.receipts.pack_results import State
from helm_logic.receipts.receipt import FORMAT, MAX_RECEIPT, Receipt
from helm_logic.receipts.redacted_verify import any_pack_report
from helm_logic.receipts.trust import Trust
from helm_logic.receipts.verify import verify as verify_receipt

_RECEIPTS = 64  # of a batch
_BYTES = 4 << 20  # of the payloads in a batch; one receipt may have more
_BATCHES = 8  # read at a time, with the log open
_PATIENCE = 60.0  # seconds to wait for the log when some of it is replayed already
_SQLITE = b"SQLite format 3\0"
# What a receipt names, in the canonical JSON of its payload. A request may hold the same words, and
# then more is fetched than is needed: what a receipt really names is read by who replays it.
_ALL = re.compile(rb'"(?:file|policy|program)":"(sha256:[0-9a-f]{64})"')
_FILE = re.compile(rb'"file":"(sha256:[0-9a-f]{64})"')


@attrs.frozen
class LogRange:
    """The entries from *start* up to, and without, *stop* of the log that *source* names.

    *root* is the root of its first *stop* entries; *trust* says whose receipts count.
    """

    source: LogSource
    start: int
    stop: int
    root: str
    trust: Trust

    def batches(self, begin: int, *, requests: bool, label: str = "") -> Iterator[Batch]:
        """Yield the receipts from entry *begin* on; the last batch may be empty.

        With *requests*, with what their requests came with, else with all that they name.
        """
        named = _FILE if requests else _ALL
        patient = attrs.evolve(self.source, wait=max(self.source.wait, _PATIENCE))
        source = self.source if begin <= self.start else patient
        while begin < self.stop:
            with source.open() as log:
                page = list(_page(log, begin, self.stop, _Blobs(log, named), label))
            begin, source = page[-1].end, patient
            page.reverse()
            while page:  # what was handed out is not kept until the next part is read
                yield page.pop()


def log_range(source: LogSource, trust: Trust, start: int | None, stop: int | None) -> LogRange:
    """Return the range of the log that *source* names, all of it if no bounds are given."""
    with source.open() as log:
        end = log.size if stop is None else stop
        first = start or 0
        if not 0 <= first <= end <= log.size:
            raise StoreError(f"want entries from 0 to {log.size}, got from {first} to {end}")
        whom = _with_announced(trust, log, end)
        return LogRange(source, first, end, root_at(log.node, end).hex(), whom)


def log_named(named: str, trusted: Callable[[], Trust]) -> tuple[LogSource, Trust] | None:
    """Return the log *named*, a policy folder, an SQLite file or a URL; None if it is none of them.

    *trusted* tells whom to trust about a log that comes without a policy folder.
    """
    path = Path(named)
    if (path / SETTINGS).is_file():
        log = read_log_settings(path)
        return LogSource(path, log.ledger, log.head, log.origin, log.trusted_log), log.trust
    if not named.startswith(URL_SCHEMES) and not (path.is_file() and _is_sqlite(path)):
        return None
    trust = trusted()
    return LogSource(Path(), named, None, trust.log_origin, trust.log_key), trust


def file_batch(named: str, data: bytes, trust: Trust, end: int) -> Batch:
    """Return the receipts of the pack or receipt file *data*, number *end*, that is called *named*.

    If it does not verify, it is refused.
    """
    name = shown(Path(named))
    try:
        receipts, blobs = _pack(data, trust) if is_pack(data) else ([_receipt(data, trust)], {})
    except HelmError as error:
        return Batch(end, refused=(refusal(name, "", error),))
    logged = [Logged(name, receipts[0].envelope)]
    logged += [Logged(f"{name}, {each.id}", each.envelope) for each in receipts[1:]]
    for each in receipts:
        program = canonical_json(each.program)
        files = [one.to_bytes() for one in each.envelopes]
        blobs |= {digest(content): content for content in (program, *files)}
    return Batch(end, tuple(logged), blobs)


def _receipt(data: bytes, trust: Trust) -> Receipt:
    form = parse_json(data, max_bytes=MAX_RECEIPT)
    got = form.get("format") if isinstance(form, dict) else None
    if got != FORMAT:
        raise InputError(
            "wrong_type", f"the file has the format `{got}`; only {FORMAT} is replayed"
        )
    return verify_receipt(data, trust).receipt


def _pack(data: bytes, trust: Trust) -> tuple[list[Receipt], dict[str, bytes]]:
    """Return the receipts in the pack *data*, its own first, and the policies they name."""
    report = any_pack_report(data, trust)
    for each in report.results:
        if each.state not in (State.HOLDS, State.NOT_ASKED):
            raise ReceiptRefused(1, each.name, f"{each.state.value}: {each.detail}")
    if report.pack is None:
        raise InputError(
            "pack",
            "a redacted pack lacks the bytes that were signed; `helm-logic verify --replay` derives"
            " again what it still shows",
        )
    return [receipt for receipt, _ in report.pack.receipts()], dict(report.pack.policies)


def _page(log: Log, begin: int, stop: int, blobs: _Blobs, label: str) -> Iterator[Batch]:
    """Yield at most `_BATCHES` batches of the receipts from *begin* on, the last one up to *stop*.

    If there are no more receipts, the last one is without any.
    """
    receipts: list[Entry] = []
    size = count = 0

    def batch(end: int) -> Batch:
        logged = tuple(
            Logged(f"{label}entry {each.index}", each.envelope, each.index) for each in receipts
        )
        return Batch(end, logged, blobs.named_by(receipts))

    entries = log.entries(begin, Kind.RECEIPT)
    for entry in takewhile(lambda each: each.index < stop, entries):
        receipts.append(entry)
        size += len(entry.envelope.payload)
        if len(receipts) < _RECEIPTS and size < _BYTES:
            continue
        yield batch(entry.index + 1)
        count += 1
        if count == _BATCHES or entry.index + 1 == stop:
            return
        receipts, size = [], 0
    yield batch(stop)


class _Blobs:
    """The blobs of *log* that receipts name, as *pattern* finds them; each is read once."""

    def __init__(self, log: Log, pattern: re.Pattern[bytes]) -> None:
        self._log = log
        self._pattern = pattern
        self._known: dict[str, bytes | None] = {}

    def named_by(self, entries: Iterable[Entry]) -> dict[str, bytes]:
        """Return the blobs that *entries* name, as far as the log has them."""
        found: dict[str, bytes] = {}
        for entry in entries:
            for text in self._pattern.findall(entry.envelope.payload):
                name = text.decode("ascii")
                if name not in self._known:
                    self._known[name] = self._read(name)
                if (content := self._known[name]) is not None:
                    found[name] = content
        return found

    def _read(self, name: str) -> bytes | None:
        try:
            return self._log.blob(name)
        except StoreCorrupt:
            raise
        except StoreError:  # it was never stored; who needs it says so
            return None


def _with_announced(trust: Trust, log: Log, stop: int) -> Trust:
    """Return *trust* with the engines that the log announces before entry *stop*.

    A trust root says by itself which keys count where, and is not added to.
    """
    if trust.judges_places:
        return trust
    keys: dict[PublicKey, None] = dict.fromkeys(trust.engine_keys)
    for entry in takewhile(lambda each: each.index < stop, log.entries(0, Kind.KEYS)):
        change = KeyChange.read(entry.envelope)
        verify(entry.envelope, (log.key,))
        keys |= dict.fromkeys((change.engine, *change.trusted))
    return attrs.evolve(trust, engine_keys=tuple(keys))


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
