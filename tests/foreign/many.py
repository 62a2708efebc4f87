# SPDX-License-Identifier: Apache-2.0
"""Ask the verifiers of others about many random receipts: `python -m tests.foreign.many [COUNT]`.

For COUNT receipts (1,000 if none is given) and what is signed and logged with them: all must be
accepted, and each with one bit changed refused. The tests ask about fewer.
"""

from __future__ import annotations

import sys

from tests.foreign.samples import Samples, changed_proofs, proofs
from tests.foreign.verifiers import by_go, by_openssl, by_securesystemslib, by_sigstore


def main(receipts: int) -> int:
    """Ask all four; print a line for each; return the exit code."""
    samples = Samples(receipts)
    packs = samples.packs(-(-receipts // 2))  # each has two receipts
    signed = samples.signed(packs, 0)
    changed = [other for each in signed for other in samples.changed(*each)]
    failed = 0
    for ask in (by_securesystemslib, by_openssl, by_sigstore):
        failed += _say(ask.__name__, ask(signed), ask(changed))
    good = [each for pack in packs for each in proofs(pack)]
    bad = [other for each in good for other in changed_proofs(each, samples.flip)]
    accepted, wrong = ([found for found, _ in by_go(asked)] for asked in (good, bad))
    return 1 if failed + _say(by_go.__name__, accepted, wrong) else 0


def _say(name: str, good: list[bool], bad: list[bool]) -> int:
    line = f"{name.removeprefix('by_'):<16} {sum(good)} of {len(good)} accepted,"
    sys.stdout.write(f"{line} {len(bad) - sum(bad)} of {len(bad)} changed ones refused\n")
    return len(good) - sum(good) + sum(bad)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
