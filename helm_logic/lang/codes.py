# SPDX-License-Identifier: Apache-2.0
"""Every code that a diagnostic can carry: its title, how grave it is, and what to know about it.

A code, once released, keeps its number and its meaning. An *error* means that there is no program;
a *warning* and an *info* leave the program as it is. `EXPLANATIONS` are for a reader who has met
the code and asks what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

ERROR, WARNING, INFO = "error", "warning", "info"


@attrs.frozen
class Code:
    """One kind of finding."""

    code: str
    title: str
    severity: str
    explanation: str


_ALL = (
    Code(
        "HL001",
        "syntax error",
        ERROR,
        "The text is not a statement of the rule language. Reading goes on after the next full "
        "stop, or at the next line that begins in the first column, so that one run shows every "
        "such place.",
    ),
    Code(
        "HL002",
        "unreadable text",
        ERROR,
        "A piece of text is no token: a character that the language does not use, a string "
        "without its closing quote, an unknown escape, an integer beyond 2^53-1, a time that "
        "does not exist. Characters that change the direction of writing are refused "
        "everywhere, because they can make a rule look like another one.",
    ),
    Code(
        "HL003",
        "unsafe variable",
        ERROR,
        "Every variable of a head, of a negated atom, of a comparison, of `matches` and "
        "`subsumes`, and every variable that a count shares with its rule must get its values "
        "from a positive atom of the body, or from `X = expression` over variables that do. "
        "Otherwise the rule would range over everything there is.",
    ),
    Code(
        "HL004",
        "wrong number of columns",
        ERROR,
        "A predicate has one number of columns, the same wherever it stands.",
    ),
    Code(
        "HL005",
        "type conflict",
        ERROR,
        "Every column has one type: symbol, string, int, bool, time, principal or pattern. "
        "Types that are not declared are found by looking at all rules together, so the two "
        'places that disagree can lie far apart; both are shown. `1`, `"1"`, `one` and `true` '
        "are four different constants and never equal. The difference of two times is an int, a "
        "time plus an int is a time, and times compare with times only.",
    ),
    Code(
        "HL006",
        "negation or count in a cycle",
        ERROR,
        "A predicate may not depend on its own negation or on a count of itself: such rules "
        "have no single meaning. The cycle is printed; break it where one of its arrows is not "
        "meant.",
    ),
    Code(
        "HL007",
        "undefined predicate",
        ERROR,
        "A body asks for a predicate that no rule concludes and nothing declares. If it is "
        "meant to be empty, or is concluded in another file, declare it with `#predicate`; if "
        "its facts come from elsewhere, with `#relation`.",
    ),
    Code(
        "HL008",
        "redefinition",
        ERROR,
        "A predicate is either given (`#input`, `#relation`) or concluded by rules, never both, "
        "and it is declared once. The same `#predicate` line may stand in several files if the "
        "columns agree.",
    ),
    Code(
        "HL009",
        "duplicate rule id",
        ERROR,
        "Receipts name rules by id, so every `@id` is unique in its program. Rules without one "
        "are called after their head, `deny/1`, `deny/2` and so on; an `@id` of that form is "
        "refused.",
    ),
    Code(
        "HL010",
        "unknown input in missing",
        ERROR,
        '`missing("name")` asks whether the request lacks a required input, so the name must be '
        "that of an `#input` which is neither optional nor has a default.",
    ),
    Code(
        "HL011",
        "value outside the domain",
        ERROR,
        "An input that lists its values never has another one, so a rule that asks for one can "
        "never apply.",
    ),
    Code(
        "HL012",
        "malformed pattern or principal",
        ERROR,
        "A pattern is text cut at `/`, without empty segments, in which `*` is one segment and "
        "`**`, only at the end, any number of trailing ones. A principal is written `type:id`.",
    ),
    Code(
        "HL013",
        "unknown include",
        ERROR,
        "`#include` names a rule file relative to where rules are looked up: letters, digits, "
        "`-`, `_` and `/`, nothing absolute and no `..`.",
    ),
    Code(
        "HL014",
        "include cycle",
        ERROR,
        "A file includes itself, directly or through others. Move what both need into a third "
        "file.",
    ),
    Code(
        "HL015",
        "bad annotation",
        ERROR,
        "Before a rule may stand @id, @reason and @approver with a string each, @severity with "
        "info, low, medium, high or critical, and @overrides with the id of a rule; only "
        "@overrides may stand more than once.",
    ),
    Code(
        "HL016",
        "limit",
        ERROR,
        "The text is larger, deeper or longer than what is accepted. The limits are counts; "
        "they keep the time that reading rules takes in proportion to their size.",
    ),
    Code(
        "HL017",
        "bad input declaration",
        ERROR,
        "`#input name : type from path` takes its value from subject, action, resource or "
        "context of the request. Types are bool, int, int LOW..HIGH, string, time, principal, a "
        "set of listed values, and, for several values at once, string*. A default must be one "
        "of the values, and an input with a default needs no `optional`.",
    ),
    Code(
        "HL018",
        "reserved name",
        ERROR,
        "Some names have a fixed meaning: `verdict`, `denied`, `escalated`, `granted` and "
        "`relevant` belong to the join that makes the verdict, `not`, `matches`, `subsumes`, "
        "`true` and `false` to the language.",
    ),
    Code(
        "HL019",
        "ill-formed count",
        ERROR,
        "`count{ X : body } >= n` counts the distinct values of X for which body holds. What is "
        "counted is bound inside the braces only; whatever else the braces share with the rule "
        "is bound outside them.",
    ),
    Code(
        "HL020",
        "too many inputs in one rule",
        ERROR,
        "For every set of inputs that a request may lack, the compiler makes a rule that says "
        "when it matters. One rule may therefore take the values of at most six required "
        "inputs; split it, or give inputs defaults.",
    ),
    Code(
        "HL021",
        "unused predicate",
        WARNING,
        "Nothing reads this predicate, so it can influence no verdict. Often a misspelt name "
        "stands on the other side.",
    ),
    Code(
        "HL022",
        "variable used once",
        WARNING,
        "A variable that stands once joins nothing and is often a misspelling. Write `_`, or "
        "begin its name with `_`.",
    ),
    Code(
        "HL023",
        "duplicate rule",
        WARNING,
        "Two rules are the same up to the names of variables and the order of the body.",
    ),
    Code(
        "HL024",
        "escalation without approver",
        INFO,
        "An escalation that names no `@approver` leaves the one who reads it to guess whom to ask.",
    ),
    Code(
        "HL025",
        "unknown attribute in a claim",
        ERROR,
        'In the condition of a `#claim` or `#assume`, `env = "prod"` asks for the value of an '
        "attribute: an input that has one value, or action, subject, resource, resource_type or "
        "now. Anything else is asked for by its atom. A verdict can be independent of an "
        "attribute, or of an input that has several values.",
    ),
)

CODES: Mapping[str, Code] = MappingProxyType({each.code: each for each in _ALL})
