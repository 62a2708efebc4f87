# SPDX-License-Identifier: Apache-2.0
"""Signing by an ssh-agent: the private key stays with the agent, or in the token behind it.

Invariants:
- one request is one connection, with a bound on time and on bytes: an agent that hangs, or answers
  at length, is an error;
- only plain Ed25519 keys are used. Security keys (`sk-ssh-ed25519`) sign other bytes than they are
  given, and certificates are not keys;
- what is signed begins with `DSSEv1 ` or is a signed note, so no signature made here opens an SSH
  session (those bytes begin with a length) or passes for one of `ssh-keygen -Y` (`SSHSIG`).

An agent signs a few hundred times a second at best: right for people and for root keys.
Source: draft-ietf-sshm-ssh-agent; RFC 8709 for the keys.
"""

from __future__ import annotations

import hashlib
import socket
import struct
from collections.abc import Iterator

import attrs

from helm_logic.errors import SignerError
from helm_logic.ledger.base64text import print_base64
from helm_logic.ledger.keys import KEY_BYTES, PublicKey

MAX_MESSAGE = 256 << 10  # what OpenSSH's agent takes and gives
PATIENCE = 60.0  # seconds: an agent may ask a person to confirm

_TYPE = b"ssh-ed25519"
_FAILURE, _LIST, _KEYS, _SIGN, _SIGNATURE = 5, 11, 12, 13, 14
_LENGTH = struct.Struct(">I")


@attrs.frozen
class AgentKey:
    """An Ed25519 key that an agent holds; *fingerprint* is what `ssh-add -l` prints of it."""

    public_key: PublicKey
    comment: str

    @property
    def blob(self) -> bytes:
        """The key as SSH writes it."""
        return _string(_TYPE) + _string(self.public_key.raw)

    @property
    def fingerprint(self) -> str:
        """`SHA256:` and the hash of the blob, base64 without padding."""
        return "SHA256:" + print_base64(hashlib.sha256(self.blob).digest()).rstrip("=")


@attrs.frozen(eq=False)
class AgentSigner:
    """Signs with *key* by the agent that listens at *socket_path*."""

    key: AgentKey
    socket_path: str
    patience: float = PATIENCE

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what this signer signs."""
        return self.key.public_key

    @property
    def scheme(self) -> str:
        """The signature scheme, as in `PublicKey.scheme`."""
        return self.public_key.scheme

    def sign(self, message: bytes) -> bytes:
        """Return the agent's signature over *message*; raise SignerError if it gives none."""
        request = bytes([_SIGN]) + _string(self.key.blob) + _string(message) + bytes(4)
        answer = _Reader(_ask(self.socket_path, request, _SIGNATURE, self.patience))
        signature = _Reader(answer.string())
        if signature.string() != _TYPE:
            raise SignerError("the ssh-agent signed in another scheme than ed25519")
        return signature.string()


def agent_keys(socket_path: str, patience: float = PATIENCE) -> tuple[AgentKey, ...]:
    """Return the Ed25519 keys of the agent at *socket_path*; raise SignerError."""
    answer = _Reader(_ask(socket_path, bytes([_LIST]), _KEYS, patience))
    return tuple(_ed25519(answer))


def find_agent_key(socket_path: str, fingerprint: str) -> AgentKey:
    """Return the agent's key with *fingerprint* (`SHA256:...`); raise SignerError."""
    keys = agent_keys(socket_path)
    for key in keys:
        if key.fingerprint == fingerprint:
            return key
    held = ", ".join(key.fingerprint for key in keys) or "none"
    raise SignerError(
        f"the ssh-agent holds no ed25519 key `{fingerprint[:80]}`; it holds {held}."
        " `ssh-add FILE` adds one"
    )


class _Reader:
    """Reads strings and numbers off *data* in order; raises SignerError where it ends too soon."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int:
        return int(_LENGTH.unpack(self._take(_LENGTH.size))[0])

    def string(self) -> bytes:
        return self._take(self.number())

    def _take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise SignerError("the ssh-agent's answer ends too soon")
        taken, self._at = self._data[self._at : end], end
        return taken


def _ed25519(answer: _Reader) -> Iterator[AgentKey]:
    for _ in range(answer.number()):
        blob, comment = _Reader(answer.string()), answer.string()
        if blob.string() == _TYPE:
            raw = blob.string()
            if len(raw) == KEY_BYTES:
                yield AgentKey(PublicKey(raw), comment.decode("utf-8", "replace"))


def _ask(path: str, request: bytes, want: int, patience: float) -> bytes:
    """Return what follows the type *want* in the agent's answer to *request*."""
    if len(request) > MAX_MESSAGE:
        raise SignerError(f"got {len(request)} bytes to sign; an ssh-agent takes {MAX_MESSAGE}")
    if not path:
        raise SignerError("no ssh-agent: SSH_AUTH_SOCK is not set; start one: eval $(ssh-agent)")
    try:
        with socket.socket(socket.AF_UNIX) as agent:
            agent.settimeout(patience)
            agent.connect(path)
            agent.sendall(_string(request))
            length = _LENGTH.unpack(_receive(agent, _LENGTH.size))[0]
            if length > MAX_MESSAGE:
                raise SignerError(f"the ssh-agent announced {length} bytes, want {MAX_MESSAGE}")
            answer = _receive(agent, length)
    except TimeoutError:
        raise SignerError(f"the ssh-agent did not answer within {patience:g} seconds") from None
    except OSError as error:
        reason = error.strerror or error
        raise SignerError(f"the ssh-agent at `{path}` was not reached: {reason}") from error
    if answer[:1] == bytes([_FAILURE]):
        raise SignerError("the ssh-agent refused: it is locked, or asked and was told no")
    if answer[:1] != bytes([want]):
        raise SignerError("the ssh-agent gave an answer to another question")
    return answer[1:]


def _receive(agent: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        part = agent.recv(length - len(data))
        if not part:
            raise SignerError("the ssh-agent hung up")
        data += part
    return data


def _string(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data
