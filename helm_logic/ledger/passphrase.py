# SPDX-License-Identifier: Apache-2.0
"""Where passphrases come from when nobody is there to type them.

    HELM_LOGIC_PASSPHRASE_FILE=PATH    a file that only its owner may read (mode 0600 or 0400)
    HELM_LOGIC_PASSPHRASE_FD=N         an open file descriptor, such as a pipe; it is read once

Each line is a passphrase, and each is tried, so one file serves keys with different ones. Neither
variable holds a passphrase itself: other processes may read the environment and the arguments of
this one. Asking a person is done by `cli`, which gives another `Passphrases`.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from helm_logic.errors import KeyFileError
from helm_logic.ledger.private_file import read_private

FILE_VARIABLE = "HELM_LOGIC_PASSPHRASE_FILE"
FD_VARIABLE = "HELM_LOGIC_PASSPHRASE_FD"

_MAX_BYTES = 4096
_MAX_LINES = 16  # each costs half a second to try

# Called with what is to be unlocked (`keys/engine.key`); gives the passphrases to try, in order.
Passphrases = Callable[[str], Iterable[bytes]]


def environment_passphrases(environment: Mapping[str, str] | None = None) -> Passphrases:
    """Return the passphrases that *environment* (that of the process) leads to, read when asked.

    What is returned raises KeyFileError if the file or descriptor cannot be read. It gives nothing
    if neither variable is set.
    """
    variables = os.environ if environment is None else environment

    @cache  # a pipe is read once, for the keys of the engine and of the log
    def read() -> tuple[bytes, ...]:
        if name := variables.get(FILE_VARIABLE):
            return _lines(read_private(Path(name), "passphrase file", _MAX_BYTES), FILE_VARIABLE)
        if number := variables.get(FD_VARIABLE):
            return _lines(_read_descriptor(number), FD_VARIABLE)
        return ()

    return lambda _: read()


def encode_passphrase(text: str) -> bytes:
    """Return the bytes that *text* stands for: NFC, so that it is the same from any keyboard."""
    return unicodedata.normalize("NFC", text).encode("utf-8")


def _read_descriptor(number: str) -> bytes:
    if re.fullmatch("[0-9]{1,9}", number) is None:
        raise KeyFileError(f"{FD_VARIABLE}: got `{number[:24]}`, want the number of a descriptor")
    try:
        with os.fdopen(int(number), "rb", closefd=False) as file:
            return file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise KeyFileError(f"{FD_VARIABLE}: descriptor {number} was not read: {error}") from error


def _lines(data: bytes, variable: str) -> tuple[bytes, ...]:
    try:
        lines = data.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        raise KeyFileError(f"{variable}: what it leads to is not utf-8") from None
    found = tuple(encode_passphrase(line) for line in lines if line)
    if not 1 <= len(found) <= _MAX_LINES or len(data) > _MAX_BYTES:
        raise KeyFileError(
            f"{variable}: want 1 to {_MAX_LINES} lines, one passphrase each, in {_MAX_BYTES} bytes"
        )
    return found
