# SPDX-License-Identifier: Apache-2.0
"""The files that `lint` reads and writes beside rules: baseline, witnesses, certificates, cache.

Witnesses of the rules in NAME.dl are the test file DIR/NAME_test.toml, which names the rules that
it tests and so runs where it stands. The cache is one file for one main rule file, in the user's
own cache folder: whoever else could write it could hide findings.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from helm_logic.cli.options import read_file, shown
from helm_logic.errors import PolicyError

if TYPE_CHECKING:
    from helm_logic.analysis.baseline import Entry
    from helm_logic.analysis.cache import Cache
    from helm_logic.analysis.finding import Finding
    from helm_logic.analysis.fingerprint import Marked
    from helm_logic.lang import Source

_READABLE = 0o644


def read_baseline_file(path: Path) -> tuple[Entry, ...]:
    """Return the entries of the baseline at *path*; raise PolicyError if it is none."""
    from helm_logic.analysis.baseline import MOST, read_baseline

    try:
        return read_baseline(read_file(path, MOST + 1))
    except PolicyError as error:
        raise PolicyError(f"`{path}`: {error}") from None


def write_baseline_file(path: Path, findings: Sequence[Marked]) -> None:
    """Write *findings* to the baseline at *path*, in place of what it knew."""
    from helm_logic.analysis.baseline import baseline_text, read_baseline
    from helm_logic.ledger.durable import replace_file

    text = baseline_text(findings).encode("utf-8")
    replace_file(path, text, _READABLE)
    count = len(read_baseline(text))
    click.echo(f"wrote {shown(path)}: {count} finding{'' if count == 1 else 's'}", err=True)


def file_name(rules: Path, *, alone: bool) -> str:
    """Return what files about *rules* are called: its stem, or its path if it is not *alone*."""
    return rules.stem if alone else shown(rules.with_suffix("")).strip("./").replace(os.sep, "-")


def write_witnesses(path: Path, rules: Path, findings: Sequence[Marked]) -> tuple[Marked, ...]:
    """Write the witnesses of *findings* to the test file *path*; return what was written where.

    *rules* is the rule file that they are about. Without witnesses nothing is written, and a file
    of an earlier run is removed.
    """
    from helm_logic.policy.case_text import cases_text

    named = _with_own_names([each.finding for each in findings])
    cases = [finding.witness for finding in named if finding.witness is not None]
    if not cases:
        path.unlink(missing_ok=True)
        return tuple(findings)
    path.parent.mkdir(parents=True, exist_ok=True)
    comment = (
        f"Requests that show what `helm-logic lint` found in {rules.name}, and what comes out of\n"
        f"each today. Run them with `helm-logic test {shown(path)}`."
    )
    beside = os.path.relpath(rules, path.parent).replace(os.sep, "/")
    path.write_text(cases_text(cases, comment, beside), "utf-8")
    return tuple(
        attrs.evolve(each, finding=finding, witness_file=shown(path) if finding.witness else "")
        for each, finding in zip(findings, named, strict=True)
    )


def write_certificate(
    path: Path, certificate: Mapping[str, object], sources: Iterable[Source]
) -> None:
    """Write the *certificate* of a run to *path*, and the *sources* that it is about beside it."""
    from helm_logic.analysis.certificate import save

    save(path, certificate, sources)
    click.echo(f"wrote {shown(path)}", err=True)


def cache_file(rules: Path, environment: Mapping[str, str]) -> Path:
    """Return the cache of the rule file *rules*, in the cache folder that *environment* names."""
    folder = environment.get("XDG_CACHE_HOME") or ""
    root = Path(folder) if Path(folder).is_absolute() else Path.home() / ".cache"
    name = hashlib.sha256(os.fsencode(rules.resolve())).hexdigest()[:32]
    return root / "helm-logic" / f"lint-{name}.json"


def save(cache: Cache) -> None:
    """Save *cache* if it can be: without it the next run takes longer, and says the same."""
    with contextlib.suppress(OSError):
        cache.save()


def _with_own_names(findings: Iterable[Finding]) -> list[Finding]:
    """Return *findings* with witnesses whose names differ, as cases of one file must."""
    taken: set[str] = set()
    renamed = []
    for finding in findings:
        case = finding.witness
        if case is not None:
            name, number = case.name, 1
            while name in taken:
                number += 1
                name = f"{case.name} ({number})"
            taken.add(name)
            renamed.append(attrs.evolve(finding, witness=attrs.evolve(case, name=name)))
        else:
            renamed.append(finding)
    return renamed
