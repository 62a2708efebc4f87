# SPDX-License-Identifier: Apache-2.0
"""Findings for a person: what is shown, in which order, and that nothing can steer a terminal."""

from __future__ import annotations

import attrs
from hypothesis import given, settings

from helm_logic.analysis.baseline import Entry
from helm_logic.analysis.finding import INFO, Finding
from helm_logic.analysis.report.as_concise import as_concise
from helm_logic.analysis.report.as_text import as_text
from tests.analysis.report.sample import FINDINGS, GAP, OVERLAP, OVERRIDDEN, mark, outcome

WHOLE = """\
rules/main.dl:5:1: error HL104: `allow/1` never takes effect: 100 % of it is denied by `deny/1`
    allow(deploy) :- action("deploy"), authorized.
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
rules/main.dl:4:1: note: `deny/1` is stronger
    deny(frozen) :- freeze(true).
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
rules/team/shared rules.dl:1:1: note: and this, over two lines
    freeze(true) :-
    ^^^^^^^^^^^^^^^
  where: action = "deploy", freeze = true
  rules: allow/1, deny/1
  witness: DENY frozen (by deny/1)
      tool:deploy asks to deploy service/api, at 2026-03-02T12:00:00Z
      resource.env = "prod", context.freeze = true, context.labels = ["a", "b"]
      chain user:founder -> agent:ops -> tool:deploy, revoked: l-2
      approved as owner by user:owner
      on_call("user:ann", 3)
  fix: narrow the stronger rule: `deny/1`, or remove this one

rules/main.dl:1:1: warning HL108: no rule decides action = "deploy"
    known_action("deploy").
    ^^^^^^^^^^^^^^^^^^^^^^^
  possible only: no request was found that shows it

1 error, 1 warning, 1 info (--all shows the infos)
more on a code: helm-logic lint --explain HL104
witnesses as tests that run: helm-logic lint --witnesses DIR
"""


def test_a_finding_is_shown_with_all_its_places_and_what_to_do() -> None:
    """Both rules of a conflict with carets, region, rules, witness and fix; infos are counted."""
    assert as_text(outcome()) == WHOLE


def test_infos_are_shown_on_demand_or_when_they_fail_the_run() -> None:
    """--all shows them, and so does --fail-on info: what fails a run is never hidden."""
    for shown in (outcome(all_shown=True), outcome(fail_on=INFO)):
        assert "info HL106: `deny/1` denies some" in as_text(shown)
        assert "1 error, 1 warning, 1 info\n" in as_text(shown)


def test_a_clean_run_says_so_in_one_line() -> None:
    """Nothing found is one line and no advice."""
    assert as_text(attrs.evolve(outcome(), findings=())) == "no findings\n"


def test_what_is_no_news_is_counted() -> None:
    """Known and suppressed findings are told by number, those that went away by name."""
    gone = tuple(Entry("HL103", f"sha256:{n}", f"finding {n}", ()) for n in range(7))
    whole = outcome(
        GAP, known=(mark(OVERRIDDEN),), suppressed=(mark(OVERLAP, "meant"),) * 2, gone=gone
    )

    said = as_text(whole).split("\n\n")[-1]

    assert "1 more known from the baseline\n2 more suppressed by comments\n" in said
    assert "7 of the baseline went away; --write-baseline forgets them:\n  HL103 finding 0" in said
    assert "  HL103 finding 4\n  and 2 more\n" in said


def test_further_questions_are_told_whatever_was_found() -> None:
    """A hint stands at the end of a clean run too."""
    assert as_text(attrs.evolve(outcome(hints=("ask more",)), findings=())) == (
        "no findings\nask more\n"
    )


def test_a_written_witness_is_named_with_the_command_that_runs_it() -> None:
    """With --witnesses, each finding names its case and the end names the command."""
    written = attrs.evolve(mark(OVERRIDDEN), witness_file="out dir/main_test.toml")

    said = as_text(attrs.evolve(outcome(), findings=(written,)))

    assert '      test case "HL104: a deploy in a freeze" of out dir/main_test.toml\n' in said
    assert "run the witnesses: helm-logic test 'out dir/main_test.toml'\n" in said


def test_colour_adds_nothing_but_colour() -> None:
    """Without its escape sequences a coloured text is the plain one."""
    coloured = as_text(outcome(colour=True))

    for sequence in ("\x1b[1;31m", "\x1b[1;33m", "\x1b[1m", "\x1b[0m"):
        assert sequence in coloured
        coloured = coloured.replace(sequence, "")
    assert coloured == WHOLE


@settings(max_examples=60)
@given(FINDINGS)
def test_no_text_can_steer_a_terminal_or_add_a_line(finding: Finding) -> None:
    """Whatever stands in a message, every character is printable and concise output is a line."""
    text = as_text(outcome(finding, all_shown=True))
    line = as_concise(outcome(finding, all_shown=True))

    assert all(each.isprintable() for each in text if each not in "\n\t")
    assert line.count("\n") == 1
    assert line[:-1].isprintable()


def test_concise_is_one_line_a_finding() -> None:
    """File, line, column, code, severity, message."""
    assert as_concise(outcome()) == (
        "rules/main.dl:5:1: HL104 error: `allow/1` never takes effect: 100 % of it is denied"
        ' by `deny/1`\nrules/main.dl:1:1: HL108 warning: no rule decides action = "deploy"\n'
    )
