# SPDX-License-Identifier: Apache-2.0
"""A proof as a folder: what it says, and each of its verification conditions as a file.

    proof.json      what the proof is about and rests on; "conditions": {NAME: DIGEST} in order
    NNN-NAME.smt2   the conditions: what each asserts cannot hold together

Proofs about the rules that ship stand in proofs/ of a checkout, and in the package when installed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from helm_logic.analysis.chains.induction import Condition
from helm_logic.errors import CertificateRefused, InputError, PolicyError
from helm_logic.kernel.encoding import JsonValue, digest, parse_json
from helm_logic.ledger.shape import require_list, require_object, require_text

PROOF = "proof.json"
_CONDITIONS = "conditions"


def stock_proofs() -> Path:
    """Return the folder of the proofs that ship with helm_logic."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "stock_proofs"
    return installed if installed.is_dir() else package.parent / "proofs"


def write_proof(
    folder: Path, value: Mapping[str, JsonValue], conditions: Sequence[Condition]
) -> None:
    """Write *value* and *conditions* to *folder*, in the place of a proof that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.smt2"):
        old.unlink()
    for name, each in zip(_file_names(conditions), conditions, strict=True):
        (folder / name).write_text(each.script, encoding="utf-8")
    listed = {each.name: digest(each.script.encode("utf-8")) for each in conditions}
    whole = json.dumps({**value, _CONDITIONS: listed}, indent=2, ensure_ascii=False)
    (folder / PROOF).write_text(whole + "\n", encoding="utf-8")


def read_value(folder: Path) -> dict[str, JsonValue]:
    """Return what the proof in *folder* says; raise PolicyError or InputError."""
    try:
        return require_object(parse_json((folder / PROOF).read_bytes()), PROOF)
    except OSError as error:
        raise PolicyError(f"cannot read `{folder / PROOF}`: {error.strerror}") from error


def read_proof(folder: Path) -> tuple[dict[str, JsonValue], tuple[Condition, ...]]:
    """Return what the proof in *folder* says and its conditions; raise PolicyError or InputError.

    Their texts have the digests that it says; whether they are right is for others to check.
    """
    value = read_value(folder)
    listed = require_object(value.pop(_CONDITIONS, None), _CONDITIONS)
    try:
        scripts = [each.read_text(encoding="utf-8") for each in sorted(folder.glob("*.smt2"))]
    except OSError as error:
        raise PolicyError(f"cannot read `{error.filename}`: {error.strerror}") from error
    if len(scripts) != len(listed):
        raise InputError("wrong_shape", f"got {len(scripts)} conditions, want {len(listed)}")
    for (name, named), script in zip(listed.items(), scripts, strict=True):
        if digest(script.encode("utf-8")) != named:
            raise InputError("wrong_shape", f"the text of condition `{name}` has another digest")
    return value, tuple(map(Condition, listed, scripts))


def require_same(got: Sequence[Condition], want: Sequence[Condition]) -> None:
    """Raise CertificateRefused unless *got* are exactly the conditions in *want*."""
    left = {each.name: each.script for each in got}
    if len(left) != len(got):
        raise CertificateRefused(_CONDITIONS, "a name that stands twice", "each name once")
    for each in want:
        if left.pop(each.name, None) != each.script:
            where = f"condition `{each.name}`"
            raise CertificateRefused(where, "another text, or none", "the one the rules give")
    if left:
        raise CertificateRefused(_CONDITIONS, f"`{min(left)}`", "those that the rules give")


def require_texts(value: JsonValue, where: str) -> tuple[str, ...]:
    """Return the list of strings *value*; raise InputError naming *where* for anything else."""
    return tuple(require_text(each, where) for each in require_list(value, where))


def _file_names(those: Sequence[Condition]) -> Iterator[str]:
    width = len(str(len(those)))
    for number, each in enumerate(those, start=1):
        name = re.sub(r"[^a-z0-9_]+", "-", each.name.lower()).strip("-")
        yield f"{number:0{width}}-{name}.smt2"
