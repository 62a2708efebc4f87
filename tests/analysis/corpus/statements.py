# SPDX-License-Identifier: Apache-2.0
"""Claims, true and false, and assumptions, which make defects of some rules and none of others.

See `effects.py` for how a defect is planted. A claim is about one leaf, or about what every table
is known to do; an assumption is about relations that nothing else asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.analysis.corpus.expected import expect
from tests.analysis.corpus.grid import Phrase, tight
from tests.analysis.corpus.sites import contradictory, plain_verdict, verdict_of
from tests.analysis.corpus.table import ALLOW, DENY, ESCALATE, Leaf, Pair, Table, Unit


def fine_assumption(table: Table) -> bool:
    """Decide a leaf by two facts of which exactly one is assumed to hold."""
    leaf = table.take_leaf() if {ALLOW, DENY} <= {*table.verdicts} else None
    if leaf is None:
        return False
    one, other = _relation(table), _relation(table)
    table.statements += [f"#assume never {one}, {other}.", f"#assume never not {one}, not {other}."]
    for verdict, fact in ((ALLOW, one), (DENY, other)):
        (rule,) = table.settle(Leaf(leaf.unit, leaf.phrases, leaf.points), verdict)
        rule.tail = (fact, *rule.tail)
    return True


def dead_by_assumption(table: Table) -> bool:
    """Add a rule for what is assumed never to be."""
    unit = table.rng.choice(table.leaves).unit
    one, other = _assumed_apart(table)
    rule = table.draft(unit, plain_verdict(table), ())
    rule.tail = (one, other)
    table.drafts.append(rule)
    table.expected.append(expect("HL101", "error", rule.id))
    return True


def vacuous_by_assumption(table: Table) -> bool:
    """Add a condition that an assumption makes say nothing."""
    leaf = table.take_leaf()
    if leaf is None:
        return False
    one, other = _assumed_apart(table)
    verdict = plain_verdict(table)
    (rule,), (rest,) = table.settle(leaf, verdict), table.settle(leaf, verdict)
    rule.tail = (one, f"not {other}", *rule.tail)
    rest.tail = (f"not {one}", *rest.tail)
    table.expected.append(expect("HL102", "warning", rule.id))
    return True


def fine_claim(table: Table) -> bool:
    """Claim what is so."""
    leaf = table.take_leaf()
    if leaf is None:
        return False
    rule, *_ = table.settle(leaf, "", ALLOW if ALLOW in table.verdicts else DENY)
    where = condition(table, leaf.unit, leaf.phrases)
    claims = ["only allow when authorized", f"always decides when {where}"]
    verdict = verdict_of(rule)
    if verdict == ALLOW:
        claims += [f"always allow when {where}, authorized", f"monotone in approvals when {where}"]
    elif verdict == DENY:
        claims += [f"always deny when {where}", f"never allow when {where}"]
    else:
        claims.append(f'never allow when {where}, not approved("{rule.approver}")')
    claim(table, table.rng.choice(claims))
    return True


def broken_claim(table: Table) -> bool:
    """Claim what is not so about a leaf."""
    leaf = table.take_leaf()
    if leaf is None:
        return False
    verdict = plain_verdict(table)
    table.settle(leaf, verdict)
    where = condition(table, leaf.unit, leaf.phrases)
    claims = {
        # Who is not authorized is not allowed.
        ALLOW: [f"never allow when {where}", f"always allow when {where}"],
        DENY: [f"never deny when {where}", f"always allow when {where}"],
    }[verdict]
    name = claim(table, table.rng.choice(claims))
    table.expected.append(expect("HL401", "error", name))
    return True


def broken_only(table: Table) -> bool:
    """Claim that only a part of what is allowed is allowed."""
    leaf = table.take_leaf() if {ALLOW, DENY} <= {*table.verdicts} else None
    if leaf is None:
        return False
    table.settle(leaf, DENY)
    name = claim(table, f"only allow when {condition(table, leaf.unit, leaf.phrases)}")
    table.expected.append(expect("HL401", "error", name))
    return True


def broken_monotony(table: Table) -> bool:
    """Claim that approvals help where one turns an ESCALATE into a DENY."""
    leaf = table.take_leaf() if {DENY, ESCALATE} <= {*table.verdicts} else None
    if leaf is None:
        return False
    table.settle(leaf, ESCALATE, DENY)
    where = condition(table, leaf.unit, leaf.phrases)
    name = claim(table, f"monotone in approvals when {where}")
    table.expected.append(expect("HL401", "error", name))
    return True


def broken_independence(table: Table) -> bool:
    """Claim that what separates an ALLOW from a DENY makes no difference."""
    if not {ALLOW, DENY} <= {*table.verdicts}:
        return False
    pair = table.take_pair(lambda pair: bool(_apart(pair)))
    if pair is None:
        return False
    attribute = _apart(pair)
    table.settle(pair.one, ALLOW)
    table.settle(pair.two, DENY)
    where = condition(table, pair.one.unit, [p for p in pair.phrases if p.attribute != attribute])
    name = claim(table, f"independent of {attribute} when {where}")
    table.expected.append(expect("HL401", "error", name))
    return True


def empty_claim(table: Table) -> bool:
    """Claim something of requests that there are none of."""
    unit = table.rng.choice(table.leaves).unit
    where = condition(table, unit, contradictory(table, unit))
    verdict = table.rng.choice((ALLOW, DENY, ESCALATE))
    name = claim(table, f"{table.rng.choice(('always', 'never'))} {verdict} when {where}")
    table.expected.append(expect("HL402", "warning", name))
    return True


def _relation(table: Table) -> str:
    name, thing = table.names.new(), table.names.new()
    table.statements.append(f"#relation {name}(thing: string).")
    return f'{name}("{thing}")'


def _assumed_apart(table: Table) -> tuple[str, str]:
    one, other = _relation(table), _relation(table)
    table.statements.append(f"#assume never {one}, {other}.")
    return one, other


def claim(table: Table, text: str) -> str:
    """Add the claim *text*; return its id."""
    name = table.names.new("k")
    table.statements.append(f'@id("{name}")\n#claim {text}.')
    return name


def condition(table: Table, unit: Unit, phrases: Iterable[Phrase]) -> str:
    """Return the condition of a claim, in the words of rules or with bare names."""
    literals: list[str] = [*unit.lead]
    for phrase in phrases:
        table.helpers += phrase.helpers
        literals += _bare(phrase) if table.rng.random() < 0.5 else phrase.literals
    table.helpers += unit.helpers
    return ", ".join(dict.fromkeys(literals))


def _bare(phrase: Phrase) -> tuple[str, ...]:
    if len(phrase.literals) == 2 and phrase.attribute:
        variable = re.fullmatch(r"\w+\((\w+)\)", phrase.literals[0])
        if variable and phrase.literals[1].startswith(f"{variable[1]} "):
            return (phrase.literals[1].replace(variable[1], phrase.attribute, 1),)
    return phrase.literals


def _apart(pair: Pair) -> str:
    """Return the attribute that alone separates the leaves of *pair*, empty if none does."""
    full = pair.one.unit.grid.full
    if not all(each.whole for each in tight(pair.phrases, full)):
        return ""
    apart = {*pair.one.phrases, *pair.two.phrases} - {*pair.phrases}
    names = {each.attribute for each in apart}
    return names.pop() if len(names) == 1 else ""


CLAIMS = (
    fine_claim, broken_claim, broken_only, broken_monotony, broken_independence, empty_claim,
)  # fmt: skip
PLANTS = (fine_assumption, dead_by_assumption, vacuous_by_assumption, *CLAIMS)
