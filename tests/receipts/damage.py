# SPDX-License-Identifier: Apache-2.0
"""Damage to a pack, one piece at a time, and whether each verifier notices.

`make test` takes a part of it; `python -m tests.receipts.damage` takes all of it, in parallel.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

from helm_logic.errors import ReceiptRefused
from helm_logic.receipts.pack_verify import verify_pack
from tests.ledger.faults.judge import Result
from tests.receipts import second_verifier
from tests.receipts.pack_sample import Story, members, repacked
from tests.receipts.sample import ENGINE, LOG, ORIGIN, TRUST
from tests.receipts.second_verifier import Refused

STRANGERS_TRUST = second_verifier.Trust((ENGINE.public_key.raw,), ORIGIN, LOG.public_key.raw)


def missed_by(data: bytes) -> list[str]:
    """Return which of the two verifiers accept *data*; an error they did not plan for escapes."""
    missed = []
    try:
        verify_pack(data, TRUST)
        missed.append("first")
    except ReceiptRefused:
        pass
    try:
        second_verifier.verify(data, STRANGERS_TRUST)
        missed.append("second")
    except Refused:
        pass
    return missed


def flips(data: bytes, bits: int, step: int = 1) -> Iterator[bytes]:
    """Yield *data* with one bit changed: the lowest *bits* of each byte, of every *step*-th one."""
    for place in range(0, len(data), step):
        for bit in range(bits):
            yield _with(data, place, bit)


def inner_flips(data: bytes, receipt: str, bits: int, step: int) -> Iterator[bytes]:
    """Yield the pack with one bit of one member changed, and a manifest that fits again."""
    parts = members(data)
    for name, content in parts.items():
        for place in range(0, len(content), step):
            for bit in range(bits):
                yield repacked({**parts, name: _with(content, place, bit)}, receipt)


def cuts(data: bytes, step: int = 1) -> Iterator[bytes]:
    """Yield every *step*-th prefix of *data*, the empty one included."""
    return (data[:length] for length in range(0, len(data), step))


def shifts(data: bytes, step: int) -> Iterator[bytes]:
    """Yield *data* with a byte, or a block of 512, inserted or left out at every *step*-th place.

    What leaves the bytes as they were, such as a zero moved among zeros, is not damage.
    """
    for place in range(0, len(data), step):
        before, after = data[:place], data[place:]
        for changed in (
            before + b"\0" + after,
            before + b"a" + after,
            before + after[1:],
            before + after[:512] + after,
            before + after[512:],
        ):
            if changed != data:
                yield changed


def _with(data: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


def _part(work: tuple[str, int, int, int]) -> tuple[int, int]:
    """Return how many pieces of damage the share *work* names, and how many of them were missed."""
    kind, own, all_, step = work
    pack = Story().pack()
    data = pack.to_bytes()
    kinds: dict[str, Callable[[], Iterator[bytes]]] = {
        "bit flipped": lambda: flips(data, 8, step),
        "bit flipped, manifest fitted": lambda: inner_flips(data, pack.receipt.id, 8, step),
        "cut short": lambda: cuts(data, step),
        "byte or block inserted or left out": lambda: shifts(data, step),
    }
    count = missed = 0
    for number, changed in enumerate(kinds[kind]()):
        if number % all_ == own:
            count += 1
            missed += bool(missed_by(changed))
    return count, missed


KINDS = (
    "bit flipped",
    "bit flipped, manifest fitted",
    "cut short",
    "byte or block inserted or left out",
)


def run(every: int, processes: int) -> list[Result]:
    """Do all kinds of damage to every *every*-th byte."""
    results = []
    with ProcessPoolExecutor(processes) as pool:
        for kind in KINDS:
            shares = [(kind, own, processes, every) for own in range(processes)]
            counts, misses = zip(*pool.map(_part, shares), strict=True)
            found = Counter({"refused by both verifiers": sum(counts) - sum(misses)})
            results.append(Result(f"a pack: {kind}", sum(counts), found, sum(misses)))
    return results


def main(processes: int) -> int:
    """Do all the damage; print a line for each kind; return the exit code."""
    failed = 0
    for one in run(1, processes):
        failed += one.bad
        line = f"{one.what:<44} {one.trials:>8} done, {one.bad} missed by either verifier"
        sys.stdout.write(line + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2))
