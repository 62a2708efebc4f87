# SPDX-License-Identifier: Apache-2.0
"""Packs: what they hold, that they are sealed and closed, and what each forgery breaks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic import receipts
from helm_logic.errors import ReceiptRefused
from helm_logic.kernel.certificate import Facts, certificate_value
from helm_logic.kernel.encoding import digest
from helm_logic.kernel.program import Program
from helm_logic.receipts.pack import Pack, is_pack
from helm_logic.receipts.pack_results import State
from helm_logic.receipts.pack_verify import NAMES, pack_report, verify_pack
from helm_logic.receipts.statement import request_digest
from helm_logic.receipts.verdict import Verdict
from helm_logic.receipts.verify import Trust
from tests.receipts import sample, second_verifier
from tests.receipts.damage import (
    STRANGERS_TRUST,
    cuts,
    flips,
    inner_flips,
    missed_by,
    shifts,
)
from tests.receipts.pack_sample import GRANTED, PROGRAM, Story, members, repacked
from tests.receipts.sample import LOG, ORIGIN, STRANGER, TRUST
from tests.receipts.second_verifier import Refused

PACK = Story().pack()
DATA = PACK.to_bytes()
FORMAT = Path(receipts.__file__).with_name("FORMAT.md").read_text("utf-8")


def states(data: bytes, trust: Trust = TRUST) -> dict[str, str]:
    """Return the result of each name."""
    return {each.name: each.state.value for each in pack_report(data, trust).results}


def failing(data: bytes, trust: Trust = TRUST) -> str:
    """Return the first result that fails; both verifiers must refuse *data*."""
    with pytest.raises(ReceiptRefused) as caught:
        verify_pack(data, trust)
    if trust is TRUST:
        assert missed_by(data) == []
    return caught.value.name


def test_a_good_pack_holds_in_every_respect() -> None:
    """A pack made by the rules is verified by both verifiers, and reading it gives it back."""
    assert states(DATA) == dict.fromkeys(NAMES[:-1], "ok") | {"replay": "not asked"}
    assert verify_pack(DATA, TRUST).receipt.id == PACK.receipt.id
    assert second_verifier.verify(DATA, STRANGERS_TRUST) == "ALLOW"
    assert Pack.parse(DATA).to_bytes() == DATA
    assert is_pack(DATA)
    assert not is_pack(PACK.receipt.to_bytes())


def test_format_md_numbers_the_same_results() -> None:
    """The numbered results of FORMAT.md are those of the code, in order."""
    section = FORMAT.partition("## Verification of a pack\n")[2].partition("\n# ")[0]
    assert tuple(re.findall(r"^\d\. \*\*(\w+)\*\*", section, re.MULTILINE)) == NAMES


def test_the_bytes_are_the_same_everywhere() -> None:
    """The pack of the sample has this digest on every machine, version and hash seed."""
    wanted = "sha256:a7f97326fdd57c24ef6baa8e9cedb48b295b5c072e9bf989863fee393c0ed75e"
    assert digest(DATA) == wanted
    program = (
        "from tests.receipts.pack_sample import Story\n"
        "from helm_logic.kernel.encoding import digest\n"
        "print(digest(Story().pack().to_bytes()))\n"
    )
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        assert done.stdout.decode().strip() == wanted


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)


@settings(max_examples=25)
@given(
    text=TEXT,
    name=TEXT,
    context=st.dictionaries(TEXT, TEXT | st.integers(-(2**53) + 1, 2**53 - 1), max_size=3),
    rules=st.lists(st.binary(max_size=600), max_size=3, unique=True),
)
def test_whatever_the_texts_a_pack_is_read_as_written(
    text: str, name: str, context: dict[str, Any], rules: list[bytes]
) -> None:
    """Any text, number or rule file: parsing is the inverse of printing, and both verify it."""
    request = {**sample.REQUEST, "context": context, "action": {"name": name, "properties": {}}}
    pack = Story(request=request, text=text, rules=tuple(rules)).pack()
    data = pack.to_bytes()

    assert Pack.parse(data).to_bytes() == data
    assert sorted(missed_by(data)) == ["first", "second"]
    story = members(data)["story.txt"].decode("ascii")
    assert all(each == "\n" or each.isprintable() for each in story)


def some_damage() -> Iterator[bytes]:
    """Yield a bit of every byte flipped, with and without a manifest that fits, and the like."""
    yield from flips(DATA, 1)
    yield from inner_flips(DATA, PACK.receipt.id, 1, 97)
    yield from cuts(DATA, 13)
    yield from shifts(DATA, 311)


def test_no_damage_is_missed_by_either_verifier() -> None:
    """No byte can change, go or come unseen; and what is raised is always a refusal."""
    missed = [number for number, data in enumerate(some_damage()) if missed_by(data)]
    assert missed == []


def without(prefix: str) -> dict[str, bytes]:
    """Return the members of the sample but those that begin with *prefix*."""
    return {name: each for name, each in members(DATA).items() if not name.startswith(prefix)}


STRAY = digest(b"stray").removeprefix("sha256:")
OTHER = Story(text="another").pack()
OTHER_PARTS = members(OTHER.to_bytes())


def renamed(old: str, new: str) -> dict[str, bytes]:
    """Return the members with the one that begins with *old* under the name *new*."""
    parts = members(DATA)
    (name,) = (each for each in parts if each.startswith(old))
    return {new if each == name else each: content for each, content in parts.items()}


def swapped(prefix: str) -> dict[str, bytes]:
    """Return the members with one that begins with *prefix* taken from another pack."""
    (name,) = (each for each in OTHER_PARTS if each.startswith(prefix))
    return {**without(prefix), name: OTHER_PARTS[name]}


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(without("story"), id="no story"),
        pytest.param(without("receipt"), id="no receipt"),
        pytest.param(without("parents"), id="no parent"),
        pytest.param(without("approvals"), id="no proof of the approval"),
        pytest.param(without("policies"), id="rules without their policy"),
        pytest.param(without("rules"), id="a policy without its rules"),
        pytest.param(members(DATA) | {"story.txt": b"All is well.\n"}, id="another story"),
        pytest.param(members(DATA) | {"notes.txt": b""}, id="a member of no kind"),
        pytest.param(members(DATA) | {"rules/x.dl": b""}, id="a name that is no digest"),
        pytest.param(
            members(DATA) | {f"rules/{STRAY}.dl": b"stray"}, id="a rule text nobody names"
        ),
        pytest.param(members(DATA) | {f"policies/{STRAY}.json": b"stray"}, id="no policy"),
        pytest.param(
            members(DATA) | {f"approvals/{STRAY}.tlog-proof": b""}, id="a proof of nothing"
        ),
        pytest.param(
            {**OTHER_PARTS, **members(DATA)} | {"story.txt": OTHER_PARTS["story.txt"]},
            id="another pack's members as well",
        ),
        pytest.param(renamed("parents", f"parents/{STRAY}.json"), id="a parent by another name"),
        pytest.param(renamed("rules", f"rules/{STRAY}.dl"), id="a rule text by another name"),
        pytest.param(swapped("parents"), id="another parent"),
        pytest.param(swapped("receipt"), id="another receipt"),
        pytest.param(swapped("approvals"), id="another proof"),
    ],
)
def test_the_set_is_closed(parts: dict[str, bytes]) -> None:
    """With a manifest that fits: what is missing, added, renamed or exchanged is noticed."""
    assert failing(repacked(parts, PACK.receipt.id)) == "bytes"


def test_a_manifest_of_its_own_is_refused() -> None:
    """The manifest says what the members are, under its one name and format, and nothing more."""
    assert failing(repacked(members(DATA), PACK.receipt.envelopes[0].digest)) == "bytes"
    for old, new in ((b"pack/v1", b"pack/v2"), (b'"size":', b'"size" :')):
        assert failing(DATA.replace(old, new)) == "bytes"


def test_policies_may_be_missing_with_their_rules() -> None:
    """A log that kept no policies gives packs without them, which hold all the same."""
    bare = attrs.evolve(PACK, policies={}, rules={}).to_bytes()
    assert sorted(missed_by(bare)) == ["first", "second"]


@pytest.mark.parametrize(
    ("story", "name"),
    [
        (Story(approval={"request": digest(b"")}), "bytes"),
        (Story(approval={"policy": digest(b"")}), "bytes"),
        (Story(approval={"receipt": digest(b"")}), "bytes"),
        (Story(asked={"verdict": Verdict.ALLOW}), "bytes"),
        (Story(asked={"policy": digest(b"other")}), "bytes"),
        (Story(policy={"program": digest(b"")}), "bytes"),
        (Story(policy={"format": "other"}), "bytes"),
        (Story(granted={"request": {}}), "bytes"),
        (Story(granted={"request": {}, "request_digest": request_digest({})}), "bytes"),
        (Story(granted={"parents": []}), "bytes"),
        (Story(asked={"chain": []}), "bytes"),
        (Story(engine=STRANGER), "signature"),
        (Story(approver=LOG), "signature"),
        (Story(approval={"key": "rsa:AAAA"}), "signature"),
        (Story(approval={"key": None}), "signature"),
        (Story(link_type="application/json"), "signature"),
        (Story(log=STRANGER), "trust"),
        (Story(order=(2, 1, 0)), "inclusion"),
        (Story(order=(1, 0, 2)), "inclusion"),
        (Story(order=(0, 2, 1)), "inclusion"),
        (Story(granted={"program": digest(b"")}), "bytes"),
        (Story(granted={"verdict": Verdict.DENY}), "derivation"),
        (Story(granted={"reasons": ()}), "derivation"),
        (Story(granted={"facts": {}}), "derivation"),
        (Story(asked={"facts": {}}), "derivation"),
        (
            Story(granted={"certificate": {**certificate_value(GRANTED), "steps": []}}),
            "derivation",
        ),
    ],
)
def test_what_is_signed_and_wrong_is_found_out(story: Story, name: str) -> None:
    """An engine that signs what does not fit, or signs out of turn, fails in the right place."""
    assert failing(story.pack().to_bytes()) == name


def test_several_tree_heads_are_refused() -> None:
    """All proofs of a pack are for one tree, so that none can be for a fork of it."""
    parts = members(DATA)
    (name,) = (each for each in parts if each.startswith("approvals"))
    note = parts[name].partition(b"\n\n")
    witness = note[2] + "\u2014 witness AAAAAAAA\n".encode()
    changed = {**parts, name: note[0] + note[1] + witness}
    assert failing(repacked(changed, PACK.receipt.id)) == "inclusion"


def test_results_are_told_apart() -> None:
    """What fails leaves the rest as it is; a signature by an unknown key stays open."""
    stranger = Trust((STRANGER.public_key,), ORIGIN, LOG.public_key)
    found = states(DATA, stranger)
    assert (found["signature"], found["trust"]) == ("not checked", "failed")
    assert (found["inclusion"], found["derivation"]) == ("ok", "ok")
    assert failing(DATA, stranger) == "signature"

    other = states(DATA, Trust(TRUST.engine_keys, ORIGIN, STRANGER.public_key))
    assert (other["signature"], other["trust"]) == ("ok", "failed")
    assert (other["inclusion"], other["derivation"]) == ("failed", "ok")
    elsewhere = states(DATA, Trust(TRUST.engine_keys, "other/log", LOG.public_key))
    assert (elsewhere["trust"], elsewhere["inclusion"]) == ("failed", "failed")

    wrong = Story(granted={"reasons": ()}).pack().to_bytes()
    assert states(wrong) == states(DATA) | {"derivation": "failed"}
    broken = pack_report(DATA[:-1], TRUST, {"any": no_engine}).results
    assert [each.state for each in broken] == [State.FAILED] + [State.UNKNOWN] * 5


def no_engine(_program: Program, _facts: Facts) -> dict[str, set[Any]]:
    """Find nothing."""
    return {}


def test_an_engine_has_to_find_the_same_model() -> None:
    """Replay compares rows, predicate by predicate; what does not derive is not replayed."""
    from helm_logic.engine import Engine  # noqa: PLC0415 - the verifier works without it

    def engine(program: Program, facts: Facts) -> Any:
        assert program == PROGRAM
        return Engine(program).evaluate(facts).model

    assert pack_report(DATA, TRUST, {"native": engine}).holds
    report = pack_report(DATA, TRUST, {"none": no_engine, "native": engine})
    assert [each.state.value for each in report.results[-2:]] == ["failed", "ok"]
    with pytest.raises(ReceiptRefused, match="another model"):
        verify_pack(DATA, TRUST, {"none": no_engine})
    wrong = Story(granted={"reasons": ()}).pack().to_bytes()
    assert pack_report(wrong, TRUST, {"native": engine}).results[-1].state is State.UNKNOWN


def test_refusals_without_a_certificate_are_packed_too() -> None:
    """A request that could not be read, or the rules that could not be asked: a DENY and no more.

    The page says so, and a replay has nothing to find.
    """
    error = {"code": "malformed_json", "message": "not json"}
    said = attrs.evolve(
        sample.statement(),
        certificate=None, verdict=Verdict.DENY, error=error, request=None, chain=[], now=-1,
    )  # fmt: skip
    data = Pack(sample.receipt(said)).to_bytes()
    assert sorted(missed_by(data)) == ["first", "second"]
    page = members(data)["story.txt"].decode()
    assert "-1: somebody asked what could not be read.\n  The verdict was DENY." in page
    assert pack_report(data, TRUST, {"none": no_engine}).holds


def test_receipts_alone_are_verified_by_both() -> None:
    """The second verifier reads receipt files too, and refuses each flipped byte of one."""
    good = PACK.receipt.to_bytes()
    assert second_verifier.verify(good, STRANGERS_TRUST) == "ALLOW"
    for data in flips(good, 1, 5):
        with pytest.raises(Refused):
            second_verifier.verify(data, STRANGERS_TRUST)


Damage = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda p: p["rules"][0].__setitem__(2, []), id="unsafe"),
        pytest.param(lambda p: p["strata"].reverse(), id="not stratified"),
        pytest.param(lambda p: p["strata"].pop(), id="a predicate without a stratum"),
        pytest.param(lambda p: p["rules"][1].__setitem__(0, "allow/1"), id="one id twice"),
        pytest.param(lambda p: p["predicates"].append(p["predicates"][0]), id="declared twice"),
        pytest.param(lambda p: p["rules"][0][1].__setitem__(1, ["?"]), id="no term"),
    ],
)
def test_programs_that_may_not_exist_are_refused_by_both(damage: Damage) -> None:
    """A signed receipt with a program that has no one meaning is refused, whatever it proves."""
    program = json.loads(PACK.receipt.to_bytes())["program"]
    damage(program)
    named = digest(json.dumps(program, separators=(",", ":"), sort_keys=True).encode())
    pack = Story(granted={"program": named}, asked={"program": named}, policy={"program": named})
    made = pack.pack()
    parent = {name: attrs.evolve(each, program=program) for name, each in made.parents.items()}
    forged = attrs.evolve(made, receipt=attrs.evolve(made.receipt, program=program), parents=parent)
    assert failing(forged.to_bytes()) == "derivation"
