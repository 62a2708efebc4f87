# SPDX-License-Identifier: Apache-2.0
"""A process that appends until it is killed or fails, and tells each acknowledgement.

    python -m tests.ledger.crash_writer FOLDER RUN [FILE_SIZE_LIMIT]

Prints `index text` for every receipt once `append` has returned, and at a StoreError its class.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from helm_logic.errors import StoreError
from tests.ledger.logs import LogFolder, receipt


def main(folder: str, run: str, limit: str = "") -> None:
    """Append batches of one to seven receipts to the log in *folder*."""
    with LogFolder(Path(folder)).open() as store:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
        for turn in range(1_000_000):
            texts = [f"run {run} turn {turn} number {number}" for number in range(1 + turn % 7)]
            try:
                appended = store.append([receipt(text.ljust(500, ".")) for text in texts])
            except StoreError as error:
                tell(type(error).__name__)
                break
            tell(*(f"{one.index} {text}" for one, text in zip(appended, texts, strict=True)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def tell(*lines: str) -> None:
    """Write *lines* to the parent, at once."""
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
