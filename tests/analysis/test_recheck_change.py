# SPDX-License-Identifier: Apache-2.0
"""Certificates of changes: which ways no verdict goes, checked again from the sources of both."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from helm_logic.analysis.certificate import save
from helm_logic.analysis.compare import compare
from helm_logic.analysis.recheck import Recheck, bundle, change, recheck, recheck_file, run
from helm_logic.kernel.encoding import canonical_json
from helm_logic.lang import RuleSet
from tests.analysis.change.versions import Pair, pairs, version
from tests.analysis.test_compare import BASE
from tests.analysis.test_recheck import _changed

_LOOSER = BASE.replace("A <= 100", "A <= 200")
_SAME = BASE.replace('env("prod"), subject(S)', 'env(E), E != "dev", subject(S)')
_PARTS = 97


def _write(folder: Path, old: str, new: str) -> Path:
    before, after = version(old), version(new)
    path = folder / "diff.json"
    save(path, compare(before, after).proof, [*before.sources, *after.sources])
    return path


def _said(checked: Recheck) -> set[str]:
    return {each.says for each in checked.claims if each.is_proved}


def test_what_does_not_move_is_proved_again(tmp_path: Path) -> None:
    """A looser limit denies nobody more; other words for the same change nothing."""
    _write(tmp_path, BASE, _LOOSER)
    checked = recheck(tmp_path)
    assert checked.is_proved
    assert _said(checked) == {
        "no request goes from DENY to ESCALATE", "no request goes from ESCALATE to DENY",
        "no request goes from ALLOW to DENY", "no request goes from ALLOW to ESCALATE",
    }  # fmt: skip
    for other in (BASE, _SAME):
        _write(tmp_path, BASE, other)
        said = _said(recheck(tmp_path))
        assert "no verdict changes, whatever the request and the facts" in said
        assert len(said) == 7


@settings(max_examples=12)
@given(pairs())
def test_every_change_is_proved_again(pair: Pair) -> None:
    """What is proved is exactly what the comparison says does not move."""
    with tempfile.TemporaryDirectory() as name:
        checked = recheck_file(_write(Path(name), pair.old, pair.new))
    assert checked.is_proved, [each.why for each in checked.claims]
    for move in compare(version(pair.old), version(pair.new)).moves:
        words = f"no request goes from {move.before.value} to {move.after.value}"
        assert not move.code or (words in _said(checked)) != bool(move.boxes)


def _forget_move(value: Any) -> None:
    value["trees"] = [[start, [["same"]]] for start, _ in value["trees"]]


def _explore_nothing(value: Any) -> None:
    value["trees"] = []


def _both_have_it(value: Any) -> None:
    value["entries"] = [[3, *rest] for _, *rest in value["entries"]]
    _explore_nothing(value)


def _leave_out(value: Any) -> None:
    value["rules"].remove("frozen")


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        (_forget_move, "a node of a tree is not what it says"),
        (_explore_nothing, "a box is not inside others"),
        (_both_have_it, "a box is not inside others"),
        (_leave_out, "there is no rule `frozen`"),
    ],
)
def test_a_lie_about_a_change_is_refused(
    tmp_path: Path, lie: Callable[[Any], None], why: str
) -> None:
    """Whatever would make the looser version look like the stricter one."""
    path = _write(tmp_path, BASE, _LOOSER)
    value = json.loads(path.read_bytes())
    lie(value)
    path.write_bytes(canonical_json(value))
    (checked,) = recheck(tmp_path).claims
    assert why in checked.why


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    load, known = bundle.load_sources, dict[str, RuleSet]()

    def _known(value: Any, folder: Path, *, relevance: bool = False) -> RuleSet:
        key = json.dumps(value)
        if key not in known:
            known[key] = load(value, folder, relevance=relevance)
        return known[key]

    monkeypatch.setattr(change, "load_sources", _known)
    monkeypatch.setattr(run, "require_fired", lambda _bundle: 0)


@pytest.mark.usefixtures("_quick")
def test_no_small_change_of_a_certificate_proves_more(tmp_path: Path) -> None:
    """One in 97 of all small changes: what is still proved was proved before.

    Two versions that change places are another change, and another certificate is theirs.
    """
    path = _write(tmp_path, BASE, _LOOSER)
    value = json.loads(path.read_bytes())
    true = _said(recheck(tmp_path))
    refused = count = 0
    for number, changed in enumerate(_changed(value)):
        if number % _PARTS == 0:
            count += 1
            path.write_bytes(canonical_json(changed))
            checked = recheck_file(path)
            refused += not checked.is_proved
            assert _said(checked) <= true
    assert refused > count * 0.7
