# SPDX-License-Identifier: Apache-2.0
"""The baseline: it knows a finding as long as the rules behind it are the same texts."""

from __future__ import annotations

import json

import attrs
import pytest

from helm_logic.analysis.baseline import baseline_text, compare_with, read_baseline
from helm_logic.analysis.finding import Finding
from helm_logic.analysis.fingerprint import Marked, fingerprint, marked
from helm_logic.errors import PolicyError
from helm_logic.lang import Source
from tests.analysis.report.sample import DIGESTS, GAP, OVERLAP, OVERRIDDEN, SOURCE, mark, span


def known_by(before: Finding, after: Marked) -> bool:
    """Say whether the baseline of a run that found *before* knows *after*."""
    baseline = read_baseline(baseline_text([mark(before)]).encode("utf-8"))
    compared = compare_with(baseline, [after])
    assert len(compared.new) + len(compared.known) == 1
    assert bool(compared.gone) == (not compared.known)
    return bool(compared.known)


@pytest.mark.parametrize("finding", [OVERRIDDEN, GAP, OVERLAP], ids=lambda each: str(each.code))
def test_a_finding_is_known_again(finding: Finding) -> None:
    """Written and read back, a baseline knows what it was written from."""
    assert known_by(finding, mark(finding))


def test_other_lines_numbers_and_words_do_not_matter() -> None:
    """Rules above, ids by number and the message may change: it is the same finding."""
    moved = Source("other.dl", "% more\n\n" + SOURCE.text)
    again = attrs.evolve(
        OVERRIDDEN,
        span=span('allow(deploy) :- action("deploy"), authorized.', moved),
        rules=("allow/7", "deny/7"),
        message="said otherwise",
        fix="",
    )

    assert known_by(OVERRIDDEN, marked(again, {"allow/7": "sha256:a", "deny/7": "sha256:b"}))


@pytest.mark.parametrize(
    ("changed", "digests"),
    [
        (OVERRIDDEN, {**DIGESTS, "allow/1": "sha256:edited"}),
        (OVERRIDDEN, {**DIGESTS, "deny/1": "sha256:edited"}),
        (attrs.evolve(OVERRIDDEN, code="HL103"), DIGESTS),
        (attrs.evolve(OVERRIDDEN, region='action = "restart"'), DIGESTS),
        (attrs.evolve(OVERRIDDEN, rules=("allow/1",)), DIGESTS),
        (attrs.evolve(OVERRIDDEN, span=span("deny(frozen)")), DIGESTS),
    ],
)
def test_an_edited_rule_brings_its_finding_back(changed: Finding, digests: dict[str, str]) -> None:
    """Another text of a rule responsible, code, region or place: it is news."""
    assert not known_by(OVERRIDDEN, marked(changed, digests))


def test_a_rule_of_the_stock_goes_by_its_id() -> None:
    """Rules that are not linted have no digest here, and still tell findings apart."""
    stock = attrs.evolve(OVERRIDDEN, rules=("allow/1", "unknown-action"))

    assert fingerprint(stock, DIGESTS) != fingerprint(OVERRIDDEN, DIGESTS)


@pytest.mark.parametrize("code", ["HL902", "HL903", "HL911"])
def test_what_was_not_decided_is_never_known(code: str) -> None:
    """Not even by a file that names it: unknown is not something to get used to."""
    finding = attrs.evolve(GAP, code=code)

    assert json.loads(baseline_text([mark(finding)]))["findings"] == []
    forged = baseline_text([mark(GAP)]).replace(mark(GAP).fingerprint, mark(finding).fingerprint)
    compared = compare_with(read_baseline(forged.encode("utf-8")), [mark(finding)])
    assert compared.new == (mark(finding),)


def test_the_file_is_for_readers_and_in_one_order() -> None:
    """It says what each entry is about, and the order of findings does not matter."""
    text = baseline_text([mark(OVERRIDDEN), mark(GAP), mark(GAP)])
    entries = read_baseline(text.encode("utf-8"))

    assert text == baseline_text([mark(GAP), mark(OVERRIDDEN)])
    assert [(each.code, each.rules) for each in entries] == [
        ("HL104", ("allow/1", "deny/1")),
        ("HL108", ()),
    ]
    assert entries[0].message == OVERRIDDEN.message


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not json"),
        (b"[]", "got a list of 0, want an object"),
        (b'{"format": "x", "findings": []}', "got the format `x`"),
        (b'{"format": "helm-logic/baseline/v1"}', "the member `findings` is missing"),
        (b'{"format": "helm-logic/baseline/v1", "findings": [{}]}', "`code` is missing"),
    ],
)
def test_what_is_no_baseline_is_refused(data: bytes, said: str) -> None:
    """A file of another kind is an error and not an empty baseline."""
    with pytest.raises(PolicyError) as refusal:
        read_baseline(data)

    assert said in str(refusal.value)
    assert "--write-baseline" in str(refusal.value)
