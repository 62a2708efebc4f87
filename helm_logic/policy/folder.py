# SPDX-License-Identifier: Apache-2.0
"""A policy folder on disk: found from a working directory upwards, read into a bundle.

A folder is `helm.toml` with rule files beside it. `#include "name"` reads `name.dl` from the folder
of the rule file that `helm.toml` names, else from the stock rules that ship with helm_logic. The
stock files `request` and `verdict` are always read first: they declare what every request gives and
how a verdict is joined.
"""

from __future__ import annotations

import re
from pathlib import Path

from helm_logic.authority.facts import RELATIONS
from helm_logic.errors import InputError, PolicyError
from helm_logic.kernel.encoding import JsonValue, parse_json
from helm_logic.kernel.terms import Row
from helm_logic.lang import RuleSet, Source, load
from helm_logic.ledger.shape import require_list
from helm_logic.policy.bundle import Bundle, make_bundle
from helm_logic.policy.inputs import REQUEST_RELATIONS, constant
from helm_logic.policy.settings import Settings, parse_settings
from helm_logic.policy.tokens import read_anchors
from helm_logic.policy.trust import SETTINGS, find_folder

PRELUDE = ("request", "verdict")

__all__ = [
    "SETTINGS",
    "IncludeResolver",
    "find_folder",
    "prelude",
    "read_bundle",
    "read_rules",
    "read_source",
    "stock_rules",
]

_INCLUDABLE = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
# Facts that requests, chains, approvals and anchors give: no file may stand in for them.
_TAKEN = frozenset(
    (*REQUEST_RELATIONS, *RELATIONS, "approval", "rejected_approval", "anchor", "anchor_key")
)


def read_bundle(folder: Path) -> Bundle:
    """Return the bundle in *folder*; raise PolicyError, or RuleError with every diagnostic."""
    settings = parse_settings(_read(folder / SETTINGS))
    rule_set = read_rules(folder / settings.rules)
    anchors = read_anchors(folder, settings.tokens)
    try:
        relations = _read_relations(folder, settings, rule_set)
        return make_bundle(rule_set, settings, relations, anchors)
    except InputError as error:
        raise PolicyError(f"{SETTINGS}: {error}") from None


def read_rules(path: Path) -> RuleSet:
    """Return the rule set whose main file is *path*; raise PolicyError or RuleError."""
    return load(read_source(path), IncludeResolver(path.parent), prelude=prelude())


def prelude() -> tuple[Source, ...]:
    """Return the stock rule files that come before every rule set."""
    return tuple(read_source(stock_rules() / f"{name}.dl") for name in PRELUDE)


def read_source(path: Path) -> Source:
    """Return the rule file *path* under its file name; raise PolicyError if it cannot be read."""
    try:
        return Source(path.name, _read(path).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise PolicyError(f"`{path}` is not utf-8 at byte {error.start}") from None


def stock_rules() -> Path:
    """Return the folder of the rule sets that ship with helm_logic."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "stock_rules"
    return installed if installed.is_dir() else package.parent / "rules"


class IncludeResolver:
    """Finds the file that an `#include` names: beside the including rules, then in the stock."""

    def __init__(self, folder: Path) -> None:
        self._folders = (folder, stock_rules())

    def __call__(self, name: str) -> Source | None:
        """Return the source of `#include "name"`, or None if there is no such file."""
        if _INCLUDABLE.fullmatch(name) is None:
            return None
        for folder in self._folders:
            path = folder / f"{name}.dl"
            if path.is_file():
                return Source(f"{name}.dl", read_source(path).text)
        return None


def relation_rows(rule_set: RuleSet, name: str, value: object) -> tuple[Row, ...]:
    """Return the rows that the JSON list *value* gives to the `#relation` *name*, each once.

    Raises PolicyError if the rules declare none that a policy may fill, InputError for a bad row.
    """
    if name not in rule_set.relations or name in _TAKEN:
        raise PolicyError(
            f"[relations] {name}: want a `#relation` that the rules declare and no request gives"
        )
    columns = rule_set.program.by_name[name].columns
    return tuple(dict.fromkeys(_row(name, columns, row) for row in require_list(value, name)))


def _read_relations(
    folder: Path, settings: Settings, rule_set: RuleSet
) -> dict[str, tuple[Row, ...]]:
    relations = {}
    for name, path in settings.relations.items():
        try:
            relations[name] = relation_rows(rule_set, name, parse_json(_read(folder / path)))
        except InputError as error:
            raise PolicyError(f"{path}: {error}") from None
    return relations


def _row(name: str, columns: tuple[str, ...], value: JsonValue) -> Row:
    cells = require_list(value, name, len(columns))
    row = []
    for cell, column in zip(cells, columns, strict=True):
        term = constant(cell, column)
        if term is None:
            raise InputError("wrong_shape", f"{name}: got {cell!r}, want a value of type {column}")
        row.append(term)
    return tuple(row)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PolicyError(f"cannot read `{path}`: {error.strerror}") from error
