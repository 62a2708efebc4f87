# SPDX-License-Identifier: Apache-2.0
"""What is kept between runs: never anything that a change could have made untrue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis import kept
from helm_logic.analysis.cache import Cache
from helm_logic.analysis.certificate import save
from helm_logic.analysis.effects import find_dead, find_vacuous
from helm_logic.analysis.inquiry import Inquiry
from helm_logic.analysis.lint import lint
from helm_logic.analysis.recheck import recheck
from helm_logic.analysis.replay import Replayer
from helm_logic.analysis.scope import study_of
from helm_logic.errors import RuleError
from helm_logic.policy.case_file import Case
from tests.analysis.certified import TEXT
from tests.analysis.programs import HEADER, loaded, rule_texts

_HEADERS = (
    ('{"dev", "prod", "test"}', '{"dev", "prod"}'),
    ("optional", ""),
    ("#relation quota(n: int).", "#relation quota(n: int).\n#assume never quota(N), N > 3."),
    ("#relation quota(n: int).", '#relation quota(n: int).\n#assume never blocked("x").'),
    ('known_action("b").', ""),
    ('known_action("b").', 'known_action("b").\nknown_action("c").'),
    ("trusted(S).", 'trusted(S).\nauthorized :- subject(S), S = "user:ann".'),
)  # fmt: skip


@st.composite
def _edits(draw: st.DrawFn) -> list[str]:
    """Draw versions of a rule set, each one small change away from the one before."""
    text, other = draw(rule_texts()), draw(rule_texts())
    versions = [text]
    for _ in range(3):
        lines, others = versions[-1].splitlines(), other.splitlines()
        place = draw(st.integers(len(HEADER.splitlines()), len(lines) - 1))
        match draw(st.sampled_from(("put", "put", "drop", "swap", "header"))):
            case "put":
                new = draw(st.sampled_from(others[len(HEADER.splitlines()) :]))
                same = new.partition(":-")[0]
                lines = [line for line in lines if line.partition(":-")[0] != same]
                lines.append(new)
            case "drop":
                del lines[place]
            case "swap":
                lines[place], lines[-1] = lines[-1], lines[place]
            case _:
                lines = "\n".join(lines).replace(*draw(st.sampled_from(_HEADERS)), 1).splitlines()
        versions.append("\n".join(lines) + "\n")
    return versions


@settings(max_examples=10)
@given(_edits())
def test_a_run_that_knows_of_earlier_ones_says_the_same(versions: list[str]) -> None:
    """Whatever was edited: rules, helpers, declarations, assumptions, order."""
    cache = Cache()
    for text in versions:
        try:
            rule_set = loaded(text)
        except RuleError:
            continue
        assert lint(rule_set, cache=cache).findings == lint(rule_set).findings


def test_an_edit_asks_again_only_what_it_touches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the rules of one action, a helper's readers, and nothing else."""
    cache = Cache()
    lint(loaded(TEXT), cache=cache)
    asked: list[str] = []
    prove = Inquiry.prove_inside

    def noting(self: Inquiry, about: str, *rest: object) -> object:
        asked.append(about)
        return prove(self, about, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Inquiry, "prove_inside", noting)
    inquiry = Inquiry(study_of(loaded(TEXT.replace("N <= 5", "N <= 6"))), cache)
    found = [*find_dead(inquiry)]
    found += find_vacuous(inquiry, {each.rules[0] for each in found})
    again = {about.split()[1] for about in asked}
    assert {"small", "two"} <= again
    assert not again & {"one", "three", "five", "six", "seven", "eight", "nine"}


def test_a_witness_is_replayed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a rule changes that can hold for its action."""
    text = """
    #include "authority".
    #input env : {"dev", "prod"} from context.env.
    known_action("a").
    known_action("b").
    allow(x) :- action("a"), authorized.
    deny(y) :- action("a"), env("dev").
    """
    cache = Cache()
    first = lint(loaded(text), cache=cache)
    replayed, run = list[object](), Replayer._run

    def noting(self: Replayer, case: Case) -> object:
        replayed.append(case.request["action"])
        return run(self, case)

    monkeypatch.setattr(Replayer, "_run", noting)
    elsewhere = text + 'deny(z) :- action("b"), env("dev").'
    second = lint(loaded(elsewhere), cache=cache)
    shown = [each for each in first.findings if each.witness and each.code == "HL105"]
    assert shown
    assert all(each.witness in [one.witness for one in second.findings] for each in shown)
    assert {"name": "b"} in replayed
    assert {"name": "a"} not in replayed


def test_another_program_believes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys name the version, and when each file of the program was written."""
    cache = Cache()
    lint(loaded(TEXT), cache=cache)
    assert Inquiry(study_of(loaded(TEXT)), cache).settled
    monkeypatch.setattr(kept, "_this_program", lambda: "another")
    assert not Inquiry(study_of(loaded(TEXT)), cache).settled


def test_what_the_cache_answered_is_proved_in_the_certificate(tmp_path: Path) -> None:
    """A warm run claims what a cold one does, and a checker accepts it."""
    cache = Cache()
    rule_set = loaded(TEXT)
    cold: Any = lint(rule_set, cache=cache).certificate
    warm: Any = lint(rule_set, cache=cache).certificate
    told = [{(each["says"], json.dumps(each["of"])) for each in certificate["claims"]}
            for certificate in (cold, warm)]  # fmt: skip
    assert told[0] == told[1]
    save(tmp_path / "lint.json", warm, rule_set.sources)
    assert recheck(tmp_path).is_proved


@pytest.mark.parametrize("value", [None, 1, "x", [], {"verdict": 1}, {"verdict": "ALLOW"}])
def test_an_entry_of_another_shape_is_none(value: object) -> None:
    """Whoever wrote it: the run finds out again."""
    cache = Cache()
    lint(loaded(TEXT), cache=cache)
    for key in [*cache._used]:
        cache._used[key] = value  # type: ignore[assignment]
    assert lint(loaded(TEXT), cache=cache).findings == lint(loaded(TEXT)).findings
