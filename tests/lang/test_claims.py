# SPDX-License-Identifier: Apache-2.0
"""Claims and assumptions: what they come out as, and that they change nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from helm_logic.kernel.terms import Row
from helm_logic.lang import RuleSet, Source, format_tree, load, parse, rule_text
from tests.kernel.naive import model_of
from tests.lang.texts import PRELUDE, codes, findings, rule_set, stock
from tests.strategies import GIVEN, draw_body, facts_for, rule_texts

_INPUTS = """\
#input env    : {"dev", "prod"}   from context.env.
#input amount : int               from context.amount.
#input limit  : int               from context.limit.
#input mode   : {live, rehearsal} from context.mode.
#input labels : string*           from context.labels  optional.
"""


def _claimed(text: str) -> RuleSet:
    return load(Source("main.dl", _INPUTS + text), stock, prelude=PRELUDE, claims=True)


def _condition(condition: str) -> tuple[str, tuple[int, ...]]:
    """Return the rule that *condition* lowers to, as text, and where its literals come from."""
    rules = _claimed(f"#claim never allow when {condition}.")
    (rule,) = [each for each in rules.program.rules if each.id == "claim/1"]
    text = rule_text(rule).removeprefix("claim/1 :- ").removesuffix(".")
    return text, rules.origins["claim/1"]


@pytest.mark.parametrize(
    ("text", "kind", "verdict", "about", "condition"),
    [
        ('never allow when env = "prod"', "never", "allow", "", "claim/1"),
        ("never escalate", "never", "escalate", "", ""),
        ("only allow when authorized", "only", "allow", "", "claim/1"),
        ("always deny when authorized", "always", "deny", "", "claim/1"),
        ("always decides", "decides", "", "", ""),
        ("always decides when amount > 1", "decides", "", "", "claim/1"),
        ("monotone in approvals", "monotone", "", "approvals", ""),
        ("monotone in approvals when authorized", "monotone", "", "approvals", "claim/1"),
        ("independent of env", "independent", "", "env", ""),
        ("independent of labels", "independent", "", "labels", ""),
        ("independent of now when authorized", "independent", "", "now", "claim/1"),
    ],
)
def test_a_claim_says_what_it_says(
    text: str, kind: str, verdict: str, about: str, condition: str
) -> None:
    """Every kind, with and without a condition; a condition is a rule of the program."""
    rules = _claimed(f'@reason("why")\n#claim {text}. % so\n')

    (claim,) = rules.claims

    assert (claim.kind, claim.verdict, claim.about, claim.condition) == (
        kind,
        verdict,
        about,
        condition,
    )
    assert (claim.id, claim.reason, claim.text) == ("claim/1", "why", f"#claim {text}.")
    assert claim.span.source.text[claim.span.start : claim.span.end].endswith(f"#claim {text}.")
    assert [each.id for each in rules.program.rules if each.id == "claim/1"] == [condition] * bool(
        condition
    )


@pytest.mark.parametrize(
    ("condition", "lowered", "origins"),
    [
        ('env = "prod", authorized', 'env("prod"), authorized', (0, 1)),
        ("authorized, mode = live", "authorized, mode(live)", (0, 1)),
        ('"prod" = env', 'env(Env), "prod" = Env', (0, 0)),
        ("mode != live", "mode(Mode), Mode != live", (0, 0)),
        ("amount > 1, amount < 9", "amount(Amount), Amount > 1, Amount < 9", (0, 0, 1)),
        ("amount < limit", "amount(Amount), limit(Limit), Amount < Limit", (0, 0, 0)),
        (
            "amount - 1 = limit * 2",
            "amount(Amount), _1 = Amount - 1, limit(Limit), _2 = Limit * 2, _1 = _2",
            (0, 0, 0, 0, 0),
        ),
        ("amount = Amount, Amount > 1", "amount(Amount_), Amount_ > 1", (0, 1)),
        (
            'matches("a/*", resource), not approved(_)',
            'not approved/exists/0, resource(Resource), matches("a/*", Resource)',
            (1, 0, 0),
        ),
        ("now >= 1970-01-01T00:01:00Z", "now(Now), Now >= 60", (0, 0)),
        (
            "count{X : approval(X, _, _)} >= amount",
            "amount(Amount), count{X : approval(X, _1, _2)} >= Amount",
            (0, 0),
        ),
        (
            'count{X : labels(X), env != "dev"} = 0, env = "prod"',
            'env("prod"), count{X : claim/1/count/1(X)} = 0',
            (1, 0),
        ),
    ],
)
def test_a_bare_name_is_the_value_of_an_attribute(
    condition: str, lowered: str, origins: tuple[int, ...]
) -> None:
    """Left of `=` and `!=`, and wherever no symbol can stand; each value is asked for once."""
    assert _condition(condition) == (lowered, origins)


def test_a_symbol_on_the_right_stays_a_symbol() -> None:
    """`mode = live` asks for the symbol, though there is an input of that name."""
    rules = _claimed("#input live : int from context.live.\n#claim never allow when mode = live.")

    assert [rule_text(each) for each in rules.program.rules][-1] == "claim/1 :- mode(live)."


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ('evn = "prod"', "HL025"),
        ('labels = "x"', "HL025"),
        ('approved = "x"', "HL025"),
        ('missing = "env"', "HL025"),
        ("authorized = true", "HL025"),
        ("0 < amuont", "HL025"),
        ('matches("a/*", resorce)', "HL025"),
        ("count{X : labels(X)} > amuont", "HL025"),
        ("count{X : labels(X), amuont > 1} > 1", "HL025"),
        ('env = "prd"', "HL011"),
        ('env != "prd"', "HL011"),
        ("env = prod", "HL005"),
        ('amount > "1"', "HL005"),
        ("now > 60, now = amount + 1", "HL005"),
        ('aproved("x")', "HL007"),
        ("approved(1, 2)", "HL004"),
        ("X < 3", "HL003"),
        ("verdict(allow)", "HL018"),
        ("denied", "HL018"),
        ('missing("labels")', "HL010"),
        ("approved(X)", "HL022"),
        ("count{amount : labels(X)} > 1", "HL001"),
    ],
)
@pytest.mark.parametrize("statement", ["#claim only allow when", "#assume never"])
def test_a_condition_is_checked_like_a_body(condition: str, code: str, statement: str) -> None:
    """Names, columns, types, domains, safety, the verdict's own predicates: once each."""
    known = codes(_INPUTS, prelude=PRELUDE)
    found = codes(f"{_INPUTS}{statement} {condition}.", prelude=PRELUDE)

    assert [each for each in found if each != "HL021"] == [code]
    assert len(found) <= len(known) + 1


@pytest.mark.parametrize("about", ["approved", "evn", "missing", "authorized", "approval"])
def test_a_verdict_is_independent_of_what_a_request_has(about: str) -> None:
    """Anything but an input or a part of the request is refused."""
    assert "HL025" in codes(f"{_INPUTS}#claim independent of {about}.", prelude=PRELUDE)


def test_a_name_in_what_cannot_be_read_is_not_called_unknown() -> None:
    """One mistake is one report, in a file that could not be found as in a broken statement."""
    broken = '#input env = int.\n#claim never allow when env = "x".\n'
    missing = '#include "nowhere".\n#claim independent of env when env = "x".\n'

    assert codes(broken, prelude=PRELUDE) == ["HL001"]
    assert codes(missing, prelude=PRELUDE) == ["HL013"]


def test_claims_are_numbered_after_the_rules() -> None:
    """Ids are unique though a policy has rules about `claim`; an `@id` takes no number."""
    rules = _claimed(
        "#claim never deny when authorized.\nclaim(1).\n"
        '@id("mine") #claim never deny when authorized.\n#claim always decides.\n'
        '@id("yours") #assume never authorized.\n#assume never authorized.\nallow(x) :- claim(_).\n'
    )

    assert [each.id for each in rules.claims] == ["claim/2", "mine", "claim/3"]
    assert rules.assumptions == ("yours", "assume/1")
    heads = {each.id: each.head.predicate for each in rules.program.rules}
    assert heads["claim/1"] == "claim"
    assert heads["mine"] == "claim/mine"
    assert heads["yours"] == "assume/yours"
    assert heads["assume/1"] == "assume/1"


@pytest.mark.parametrize(
    ("annotations", "code"),
    [
        ('@id("a") p(1). @id("a")', "HL009"),
        ('@id("claim/1")', "HL015"),
        ('@approver("boss")', "HL015"),
        ("@severity(high)", "HL015"),
        ('@overrides("mine")', "HL015"),
        ('@because("x")', "HL015"),
        ('@reason("a") @reason("b")', "HL015"),
    ],
)
def test_a_claim_has_an_id_and_a_reason_only(annotations: str, code: str) -> None:
    """What annotations say of rules says nothing of claims; ids are shared with rules."""
    assert code in codes(f"{annotations} #claim always decides.", prelude=PRELUDE)


def test_a_rule_cannot_override_a_claim() -> None:
    """`@overrides` names rules."""
    found = findings('@id("mine") #claim always decides.\n@overrides("mine") p(1).')

    assert [each.code for each in found if each.severity == "error"] == ["HL015"]


def test_what_only_a_claim_reads_is_read() -> None:
    """A helper that is there for a claim is not called unused."""
    text = "risky :- action(_).\n"

    assert codes(text, prelude=PRELUDE) == ["HL021"]
    assert codes(f"{text}#claim never allow when risky.", prelude=PRELUDE) == []


def test_actions_that_must_be_decided_are_facts() -> None:
    """`must_decide` is open to every policy, and nobody need read it."""
    assert codes('must_decide("rollback").\n', prelude=PRELUDE) == []


def test_a_claim_cannot_change_a_type() -> None:
    """A column that the rules leave open is a string, whatever a claim would make of it."""
    text = 'p("a/*").\nq("a/b").\n'
    asked = "#claim never allow when p(X), q(Y), matches(X, Y).\n"

    assert [each.code for each in findings(text + asked) if each.severity == "error"] == ["HL005"]
    assert rule_set(text).program.by_name["p"].columns == ("string",)


def test_claims_are_there_when_they_are_asked_for() -> None:
    """By default neither they nor their rules are; nor are they relevant to anything."""
    text = '#claim never allow when env = "prod".\n#assume never env = "dev".\n'
    plain = rule_set(_INPUTS + text, prelude=PRELUDE)
    claimed = _claimed(text)

    assert (plain.claims, plain.assumptions) == ((), ())
    assert plain.program == rule_set(_INPUTS, prelude=PRELUDE).program
    assert [each.head.predicate for each in claimed.program.rules][-2:] == ["claim/1", "assume/1"]
    assert not [each for each in claimed.program.rules if each.id.startswith("relevant/")]


@st.composite
def _conditions(draw: st.DrawFn) -> str:
    """Draw a claim or an assumption over the relations that `HEADER` declares."""
    body = draw_body(draw, list(GIVEN.items()), list(GIVEN.items()))
    start = draw(st.sampled_from(["#claim only allow when", "#claim always decides when"]))
    if draw(st.booleans()):
        start = "#assume never"
    return f"{start} {', '.join(draw(st.permutations(body.literals)))}."


@given(rule_texts(), st.lists(_conditions(), min_size=1, max_size=3))
@settings(max_examples=40)
def test_with_its_claims_a_program_begins_with_the_one_without(text: str, said: list[str]) -> None:
    """Rules, predicates and strata come first as they were; by default there are no others."""
    both = Source("main.dl", text + "\n".join(said) + "\n")
    note(both.text)
    bare = rule_set(text)

    plain, claimed = load(both, stock), load(both, stock, claims=True)

    assert plain.program == bare.program
    whole = claimed.program
    assert whole.rules[: len(bare.program.rules)] == bare.program.rules
    assert whole.predicates[: len(bare.program.predicates)] == bare.program.predicates
    assert whole.strata[: len(bare.program.strata)] == bare.program.strata
    assert len(claimed.claims) + len(claimed.assumptions) == len(said)


@given(rule_texts(), _conditions(), facts_for(GIVEN))
@settings(max_examples=40)
def test_a_condition_holds_iff_a_rule_with_its_body_does(
    text: str, said: str, facts: dict[str, list[Row]]
) -> None:
    """The head of a condition is in the model iff that of a rule with the same body is."""
    body = said.split(" when " if " when " in said else " never ", 1)[1]
    note(said)
    claimed = load(Source("main.dl", f"{text}{said}\nsays :- {body}\n"), stock, claims=True)

    model = model_of(claimed.program, facts)

    (name,) = claimed.assumptions or [each.condition for each in claimed.claims]
    assert set(model.get(name, {})) == set(model.get("says", {}))


@given(rule_texts(), _conditions())
@settings(max_examples=40)
def test_every_literal_says_where_it_comes_from(text: str, said: str) -> None:
    """Its text is what stands at its place, and every literal of a lowered rule has one."""
    rules = load(Source("main.dl", text + said), stock, claims=True)
    written = {*rules.literals}
    made = {each.id for each in rules.program.rules if re.search("/(count|exists)/", each.id)}

    for rule in rules.program.rules:
        origins = rules.origins[rule.id]
        assert len(origins) == len(rule.body)
        if rule.id not in written:
            assert set(origins) <= {-1}
            continue
        literals = rules.literals[rule.id]
        assert set(origins) <= {*range(len(literals))}
        for shown, span in literals:
            once = f"p :- {span.source.text[span.start : span.end]}."
            assert format_tree(parse(Source("once.dl", once))[0]) in (
                f"p :- {shown}.\n",
                f"p :-\n    {shown}.\n",
            )
    assert written == {each.id for each in rules.program.rules} - made


def test_the_literals_of_a_rule_stand_in_the_order_of_the_text() -> None:
    """Sums, repeated variables and counts come from the literal that they were written in."""
    rules = rule_set(
        "#relation e(a: int, b: int).\n"
        "p(Z) :- Z = X + Y * 2, count{A : e(A, B), B > X} > 1, not e(Y, _), e(X, X), e(X, Y).\n"
    )

    assert [text for text, _ in rules.literals["p/1"]] == [
        "Z = X + Y * 2",
        "count{A : e(A, B), B > X} > 1",
        "not e(Y, _)",
        "e(X, X)",
        "e(X, Y)",
    ]
    assert [span.column for _, span in rules.literals["p/1"]] == [9, 24, 55, 68, 77]
    assert sorted(rules.origins["p/1"]) == [0, 0, 1, 2, 3, 3, 4]


@pytest.mark.parametrize("name", ["p", "q"])
def test_without_relevance_the_rest_of_the_program_is_the_same(name: str) -> None:
    """The rules about missing inputs are left out, and nothing else; refusals stay."""
    text = f'{_INPUTS}{name} :- env("prod"), amount(A), A > 1.\nallow(x) :- {name}, mode(live).\n'
    whole = rule_set(text, prelude=PRELUDE)
    bare = load(Source("main.dl", text), stock, prelude=PRELUDE, relevance=False)

    made = {each.id for each in whole.program.rules} - {each.id for each in bare.program.rules}

    assert made
    assert all(each.startswith("relevant/") or "/possible/" in each for each in made)
    assert bare.program.rules == tuple(e for e in whole.program.rules if e.id not in made)
    assert bare.warnings == whole.warnings
