# SPDX-License-Identifier: Apache-2.0
"""Certificates checked again: what is true passes; what is changed is refused or harmless."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from helm_logic.analysis.formula import FALSE
from helm_logic.analysis.recheck import Recheck, bundle, recheck, recheck_file, run
from helm_logic.analysis.recheck.requests import require_fired
from helm_logic.analysis.recheck.trees import Refused
from helm_logic.analysis.unfold import Unfolder
from helm_logic.kernel.encoding import canonical_json
from helm_logic.lang import RuleSet
from tests.analysis.certified import TEXT, write
from tests.analysis.programs import rule_texts

_PARTS = 97
_APART = "allow rules share requests with stronger rules in no more than"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the certificate of TEXT."""
    made = tmp_path_factory.mktemp("certificates")
    write(made)
    return made


def _value(folder: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((folder / "lint.json").read_bytes())
    return value


def test_what_lint_proves_is_proved_again(folder: Path) -> None:
    """Claims of every kind, resting on sums, texts, assumptions and facts."""
    checked = recheck(folder)
    assert checked.is_proved, checked
    kinds = {each["says"] for each in _value(folder)["claims"]}
    assert kinds == {
        "dead", "vacuous", "overridden", "redundant", "decided", "inside", "apart", "stated",
        "empty",
    }  # fmt: skip
    assert {each[1] for each in _value(folder)["impossible"]} == {
        "sums", "texts", "assumed", "facts",
    }  # fmt: skip


_STATED = {
    "never": ('never deny when action = "a"', 'never allow when env = "dev"'),
    "always": ('always allow when action = "b", env = "prod"',),
    "only": ('only deny when env = "prod"',),
    "decides": ('always decides when action = "b"',),
}


@pytest.mark.parametrize("statement", [each for some in _STATED.values() for each in some])
def test_a_false_statement_has_no_proof(tmp_path: Path, statement: str) -> None:
    """Claimed in a certificate all the same, with all proofs of other claims, it is refused."""
    path = write(tmp_path, f'{TEXT}@id("lie") #claim {statement}.\n')
    value = _value(tmp_path)
    assert ["lie"] not in [each["of"] for each in value["claims"]]
    proofs = [proof for each in value["claims"] for proof in each["proofs"]]
    value["claims"].append({"says": "stated", "of": ["lie"], "proofs": proofs})
    path.write_bytes(canonical_json(value))
    refused = [each for each in recheck(tmp_path).claims if each.why]
    assert [each.says for each in refused] == ["stated lie"]


def test_no_solver_and_nothing_of_the_search_is_loaded(folder: Path) -> None:
    """In a process of its own: neither z3 nor any module that finds classes, boxes or covers."""
    program = (
        "import sys; from pathlib import Path; from helm_logic.analysis.recheck import recheck;"
        f" assert recheck(Path({str(folder)!r})).is_proved; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {*done.stdout.split()}
    searching = {
        f"helm_logic.analysis.{name}"
        for name in (
            "boxes", "cover", "features", "segments", "relations", "residue", "linear", "study",
            "inquiry", "refutation", "certificate", "witness", "lint", "domain", "claims",
            "claims_of_pairs", "copies", "polarity", "guards", "change", "grounding",
        )
    }  # fmt: skip
    assert not loaded & ({"z3"} | searching)
    assert _value(folder)["pairs"]


@settings(max_examples=10)
@given(rule_texts())
def test_every_certificate_is_proved_again(text: str) -> None:
    """Of random rule sets."""
    import tempfile  # noqa: PLC0415  a fixture would be one folder for all examples

    with tempfile.TemporaryDirectory() as name:
        path = write(Path(name), text)
        checked = recheck_file(path)
    assert checked.is_proved, [each for each in checked.claims if each.why]


def _changed(value: Any) -> Iterator[Any]:
    """Yield every value that is one small change away from the JSON *value*."""
    match value:
        case bool():
            yield not value
        case int():
            yield from (value + 1, value - 1, -value - 1)
        case str():
            yield from (value + "1", value[1:], value[:-1] + ("0" if value[-1:] != "0" else "1"))
        case None:
            yield "s:x"
        case dict():
            for key, inner in value.items():
                yield {other: each for other, each in value.items() if other != key}
                yield from ({**value, key: each} for each in _changed(inner))
        case list():
            for place, inner in enumerate(value):
                before, after = value[:place], value[place + 1 :]
                yield [*before, *after]
                yield [*before, inner, inner, *after]
                if after:
                    yield [*before, after[0], inner, *after[1:]]
                yield from ([*before, each, *after] for each in _changed(inner))


def _proved(checked: Recheck) -> set[str]:
    return {each.says for each in checked.claims if each.is_proved}


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load each rule set once, and leave the engine out: what is changed here is neither."""
    load, known = bundle.load_sources, dict[str, RuleSet]()

    def _known(value: Any, folder: Path) -> RuleSet:
        key = json.dumps(value)
        if key not in known:
            known[key] = load(value, folder)
        return known[key]

    monkeypatch.setattr(bundle, "load_sources", _known)
    monkeypatch.setattr(run, "require_fired", lambda _bundle: 0)


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("part", [0, 7])
def test_no_small_change_proves_anything_else(folder: Path, tmp_path: Path, part: int) -> None:
    """Changes of numbers, texts and lists: what is still proved was proved before.

    Here two in 97 of the thousands that there are. A longer list of pairs that share requests is a
    weaker claim, and still true.
    """
    original = _value(folder)
    true = _proved(recheck(folder))
    path = tmp_path / "lint.json"
    shutil.copytree(folder / "sources", tmp_path / "sources")
    refused = count = 0
    for number, changed in enumerate(_changed(original)):
        if number % _PARTS != part:
            continue
        count += 1
        path.write_bytes(canonical_json(changed))
        checked = recheck_file(path)
        refused += not checked.is_proved
        weaker = {says for says in _proved(checked) - true if says.startswith(_APART)}
        assert _proved(checked) <= true | weaker, _proved(checked) - true
        assert all(int(says.split()[-2]) > len(_listed(original)) for says in weaker)
    assert refused > count * 0.8


def _listed(value: dict[str, Any]) -> list[str]:
    (apart,) = [each["of"] for each in value["claims"] if each["says"] == "apart"]
    return [weaker for each in apart for weaker in each[1:]]


def _empty_guard(value: dict[str, Any]) -> None:
    next(each for each in value["guards"] if each[0] == "one")[1] = []


def _forget_guard(value: dict[str, Any]) -> None:
    value["guards"] = [each for each in value["guards"] if each[0] != "eight"]


def _everything_is_impossible(value: dict[str, Any]) -> None:
    value["boxes"].append([])
    value["impossible"].append([len(value["boxes"]) - 1, "texts"])


def _forget_action(value: dict[str, Any]) -> None:
    feature = next(each for each in value["features"] if each["of"]["name"] == "action")
    feature["tests"].append([["is", "action", "s:c"], "0"])


def _optional_always_given(value: dict[str, Any]) -> None:
    feature = next(each for each in value["features"] if each["of"]["name"] == "limit")
    feature["of"]["optional"] = False


def _jump(value: dict[str, Any]) -> None:
    claim = next(each for each in value["claims"] if each["of"] == ["four"])
    claim["proofs"][0]["tree"] = [0]


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        (_empty_guard, "the guard of `one`: the boxes are not what the rule says"),
        (_forget_guard, "there is no guard of `eight`"),
        (_everything_is_impossible, "impossible box 5: the texts can be as they are said to be"),
        (_forget_action, "the classes of `action` are not all that its tests tell apart"),
        (_optional_always_given, "the attributes are not those that the rules declare"),
        (_jump, "a piece of the tree does not lie in its leaf 0"),
    ],
)
def test_a_lie_is_refused_for_what_it_is(
    folder: Path, tmp_path: Path, lie: Callable[[dict[str, Any]], None], why: str
) -> None:
    """The reason names the part that is wrong, and the first claim that rests on it."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    value = _value(folder)
    lie(value)
    (tmp_path / "lint.json").write_bytes(canonical_json(value))
    reasons = [each.why for each in recheck(tmp_path).claims if not each.is_proved]
    assert why in reasons


def test_other_rules_are_not_what_was_proved(folder: Path, tmp_path: Path) -> None:
    """A source with other bytes, a missing one, other bytes of the certificate: all refused."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    sources = sorted((tmp_path / "sources").iterdir())
    main = next(path for path in sources if "dead-sum" in path.read_text("utf-8"))
    main.write_text(TEXT.replace("N > 4", "N > 3"), "utf-8")
    (checked,) = recheck(tmp_path).claims
    assert "has another digest" in checked.why
    main.unlink()
    (checked,) = recheck(tmp_path).claims
    assert "cannot be read" in checked.why
    path = tmp_path / "lint.json"
    path.write_bytes(path.read_bytes() + b"\n")
    (checked,) = recheck(tmp_path).claims
    assert "not the canonical ones" in checked.why


def test_the_engine_has_a_word(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If unfolding were wrong, requests would show it: here a rule fires outside its boxes."""
    guard = Unfolder.guard
    monkeypatch.setattr(
        Unfolder, "guard", lambda self, rule: FALSE if rule.id == "small" else guard(self, rule)
    )
    monkeypatch.setattr(run, "require_equal", lambda *_: None)
    value = _value(folder)
    next(each for each in value["guards"] if each[0] == "small")[1] = []
    found = bundle.read_bundle(value, folder)
    with pytest.raises(Refused, match="evaluated by the engine, `small` fires outside its boxes"):
        require_fired(found)


def test_an_empty_directory_proves_nothing(tmp_path: Path) -> None:
    """There must be something to check."""
    assert not recheck(tmp_path).is_proved
