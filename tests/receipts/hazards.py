# SPDX-License-Identifier: Apache-2.0
"""Archives that are made to hurt who reads them, and what reading costs.

    python -m tests.receipts.hazards        prints a line for each

Each is handed to `helm-logic verify` as a file, in a process that may have so much memory and so
many seconds of processor time and no more; it has to be refused within them, with the exit code of
a refusal and not of a crash.
"""

from __future__ import annotations

import gzip
import io
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import attrs

from helm_logic.receipts.archive import MAX_MEMBER, write_archive
from tests.ledger.faults.judge import Result
from tests.receipts.pack_sample import Story
from tests.receipts.sample import ENGINE, LOG, ORIGIN

ROOT = Path(__file__).parents[2]

MEMORY = 1 << 30  # of address space, interpreter and libraries included
SECONDS = 10
_BLOCK = 512
_MANY = 100_000


def zeros(size: int) -> Callable[[Path], None]:
    """Return what makes a file of *size* zeros, which takes no room."""

    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return make


def bytes_of(data: Callable[[], bytes]) -> Callable[[Path], None]:
    """Return what makes a file of *data*."""

    def make(path: Path) -> None:
        path.write_bytes(data())

    return make


def _declared(size: bytes) -> bytes:
    header = bytearray(write_archive({"a": b""}))
    header[124:136] = size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:_BLOCK])
    return bytes(header)


def _many(one: bytes) -> bytes:
    return one[:_BLOCK] * _MANY + bytes(2 * _BLOCK)


def _foreign(kind: bytes, form: int, name: str = "a", link: str = "") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        tar.addfile(info)
    return file.getvalue()


HAZARDS: dict[str, Callable[[Path], None]] = {
    "a file of 10 GB": zeros(10 << 30),
    "a file of zeros": zeros(1 << 20),
    "8 GB declared": bytes_of(lambda: _declared(b"77777777777\0")),
    "a size in base 256": bytes_of(lambda: _declared(b"\x80" + b"\0" * 3 + b"\xff" * 8)),
    "a negative size": bytes_of(lambda: _declared(b"-0000000001\0")),
    "the largest member, cut short": bytes_of(lambda: _declared(b"%011o\0" % MAX_MEMBER)),
    "100,000 empty members": bytes_of(lambda: _many(write_archive({"a": b""}))),
    "a gzip bomb": bytes_of(lambda: gzip.compress(bytes(64 << 20))),
    "deep JSON": bytes_of(lambda: write_archive({"manifest.json": b"[" * 1_000_000})),
    "a long number": bytes_of(lambda: write_archive({"manifest.json": b"1" * 1_000_000})),
    "a symbolic link": bytes_of(
        lambda: _foreign(tarfile.SYMTYPE, tarfile.USTAR_FORMAT, link="/etc/passwd")
    ),
    "a hard link": bytes_of(lambda: _foreign(tarfile.LNKTYPE, tarfile.USTAR_FORMAT, link="a")),
    "a device": bytes_of(lambda: _foreign(tarfile.CHRTYPE, tarfile.USTAR_FORMAT)),
    "a sparse file": bytes_of(lambda: _foreign(tarfile.GNUTYPE_SPARSE, tarfile.GNU_FORMAT)),
    "a name of a megabyte": bytes_of(
        lambda: _foreign(tarfile.REGTYPE, tarfile.GNU_FORMAT, "x" * (1 << 20))
    ),
    "an extended header of a megabyte": bytes_of(
        lambda: _foreign(tarfile.REGTYPE, tarfile.PAX_FORMAT, "\u00e9" * (1 << 19))
    ),
    "a path upwards": bytes_of(lambda: _foreign(tarfile.REGTYPE, tarfile.USTAR_FORMAT, "../../up")),
}


@attrs.frozen
class Read:
    """What reading a file came to: exit code (-1: a crash), processor seconds, and bytes."""

    code: int
    seconds: float
    memory: int

    @property
    def refused(self) -> bool:
        """Whether it was refused as it should be."""
        return self.code in {1, 2}


def verify(path: Path) -> Read:
    """Let `helm-logic verify` read *path* within the limits."""
    command = [sys.executable, "-m", "helm_logic.cli.main", "verify", str(path)]
    trust = [f"--trust-engine={ENGINE.public_key}", f"--log-key={LOG.public_key}"]

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*command, *trust, f"--log-origin={ORIGIN}"],
            stdout=said,
            stderr=said,
            preexec_fn=bound,  # noqa: PLW1509 - no thread is started here
            cwd=ROOT,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        crashed = b"Traceback" in said.read()
    seconds = used.ru_utime + used.ru_stime
    return Read(-1 if crashed else process.returncode, seconds, used.ru_maxrss << 10)


def read(name: str) -> Read:
    """Make the hazard *name* and let it be read; with an empty name, a good pack."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hazard"
        HAZARDS[name](path) if name else path.write_bytes(Story().pack().to_bytes())
        return verify(path)


def run() -> Result:
    """Read every hazard, and a good pack, which has to be accepted within the same limits."""
    reads = {name: read(name) for name in ("", *HAZARDS)}
    good = reads.pop("")
    worst = max(reads.values(), key=lambda each: each.memory)
    more = max(0, worst.memory - good.memory) >> 20
    refused = sum(each.refused for each in reads.values())
    found = Counter({"refused": refused, "MiB at most beyond a good pack": more})
    bad = [f"{name}: {each}" for name, each in reads.items() if not each.refused]
    bad += [f"a good pack: {good}"] * (good.code != 0)
    return Result("archives made to hurt their reader", len(reads), found, len(bad), tuple(bad))


def main() -> int:
    """Try every hazard; return the exit code."""
    for name in ("", *HAZARDS):
        sys.stdout.write(f"{name or 'a good pack':<36} {read(name)}\n")
    return run().bad


if __name__ == "__main__":
    sys.exit(main())
