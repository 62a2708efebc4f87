# SPDX-License-Identifier: Apache-2.0
"""Rules for analysis: a rule file, or the main file of a policy folder, read with its claims.

Files are called as *name* says, so that findings stand where their reader finds them; files that
ship with helm_logic keep their names, by which `scope.py` knows them. Rules about missing inputs
are left out unless they are asked for: a request that is analysed is complete, but not always for
both of two versions. Rules that decide are read by `policy/folder.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs

from helm_logic.errors import PolicyError
from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.folder import IncludeResolver, prelude, read_source, stock_rules
from helm_logic.policy.settings import Settings, parse_settings
from helm_logic.policy.trust import SETTINGS, find_folder


@attrs.frozen
class Subject:
    """The main rule file at *path*, read; *settings* if a policy folder decides by it."""

    path: Path
    rule_set: RuleSet
    settings: Settings | None


def read_subject(
    path: Path, name: Callable[[Path], str] = str, *, relevance: bool = False
) -> Subject:
    """Return the rules at *path*, a rule file or a policy folder.

    With *relevance*, those about missing inputs are among them.
    Raises PolicyError if it cannot be read, RuleError with every diagnostic if it does not load.
    """
    settings = _settings(path) if path.is_dir() else _deciding(path)
    main = path / settings.rules if settings is not None and path.is_dir() else path
    rule_set = load(
        _named(main, name),
        _Resolver(main.parent, name),
        prelude=prelude(),
        relevance=relevance,
        claims=True,
    )
    return Subject(main, rule_set, settings)


def _settings(folder: Path) -> Settings:
    try:
        return parse_settings((folder / SETTINGS).read_bytes())
    except FileNotFoundError:
        raise PolicyError(
            f"`{folder}` holds no {SETTINGS}; name a rule file, or a folder that `helm-logic init`"
            " made"
        ) from None


def _deciding(path: Path) -> Settings | None:
    """Return the settings of the policy folder around the rule file *path* that decides by it."""
    try:
        folder = find_folder(path.resolve().parent)
    except PolicyError:
        return None
    settings = _settings(folder)
    return settings if (folder / settings.rules).resolve() == path.resolve() else None


def _named(path: Path, name: Callable[[Path], str]) -> Source:
    source = read_source(path)
    if path.resolve().parent == stock_rules().resolve():
        return source
    return Source(name(path), source.text)


class _Resolver(IncludeResolver):
    """Calls what lies beside the including rules as *name* says."""

    def __init__(self, folder: Path, name: Callable[[Path], str]) -> None:
        super().__init__(folder)
        self._folder, self._name = folder, name

    def __call__(self, name: str) -> Source | None:
        """Return the source of `#include "name"`, or None if there is no such file."""
        source = super().__call__(name)
        beside = self._folder / f"{name}.dl"
        if source is None or not beside.is_file():
            return source
        return _named(beside, self._name)
