# SPDX-License-Identifier: Apache-2.0
"""The links of a chain as a reader asks about them: does this one count here, and if not, why.

A link counts if the stock rules find it `sound`. Why it does not is read from the facts by which
those rules judge it; in a program without these predicates every link counts, for nothing says
otherwise. What a link states is never believed because it stands here: facts are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from helm_logic.explain.derivation import ASSERTED, VERIFIED, LinkState
from helm_logic.explain.model_view import ModelView
from helm_logic.kernel.pattern import matches
from helm_logic.kernel.terms import Row, Term
from helm_logic.receipts.pack_story import moment

# What has to hold of a link that counts, and what may not; with what to say where it is not so.
_WANTED = (
    ("anchored", "root", "it is not signed by a key of a trusted anchor"),
    ("continues", "parent", "it is not issued by the delegate of the link before it, with its key"),
    ("shorter", "parent", "it holds earlier or longer than the link before it"),
    ("shallower", "parent", "it delegates further than the link before it allows"),
)
_UNWANTED = (
    ("misplaced", "it does not name the link before it as its parent"),
    ("widened", "it grants more than the link before it"),
)


def link_states(
    view: ModelView, order: Sequence[str] = (), verified: Collection[str] = ()
) -> tuple[LinkState, ...]:
    """Return the links that the facts of *view* are about, refused ones too, root first.

    *order* has their ids in order, if they are known; *verified* those whose signature was verified
    by whoever asks.
    """
    found = {str(row[0])[2:]: row for row in view.rows.get("link", ())}
    named = [each for each in order if each in found] or _ordered(view, found)
    states = [_state(view, found[name], verified) for name in named]
    for position, code in sorted(view.rows.get("rejected", ()), key=repr):
        words = str(code)[2:].replace("_", " ")
        place = int(position)
        states.insert(place, LinkState(f"#{place}", "", "", None, VERIFIED, False, words))  # noqa: FBT003
    return tuple(states)


def asked_now(view: ModelView) -> int | None:
    """Return the moment of the decision in seconds, if the facts have one."""
    return next((int(row[0]) for row in view.rows.get("now", ())), None)


def _ordered(view: ModelView, found: Mapping[str, Row]) -> list[str]:
    after = {str(row[1])[2:]: str(row[0])[2:] for row in view.rows.get("parent", ())}
    starts = [name for name in sorted(found) if name not in after.values()]
    ordered: dict[str, None] = {}
    for start in starts:
        name: str | None = start
        while name is not None and name not in ordered:
            ordered[name] = None
            name = after.get(name)
    return [*ordered, *(name for name in sorted(found) if name not in ordered)]


def _state(view: ModelView, row: Row, verified: Collection[str]) -> LinkState:
    link = row[0]
    name, issuer, subject = (str(term)[2:] for term in row)
    expires = next((int(end) for _, _, end in _about(view, "valid", link)), None)
    counts = "sound" not in view.rows or (link,) in view.rows["sound"]
    signature = VERIFIED if name in verified else ASSERTED
    why = "" if counts else "; ".join(_faults(view, link)) or _rests_on(view, link)
    return LinkState(name, issuer, subject, expires, signature, counts, why)


def _faults(view: ModelView, link: Term) -> Iterator[str]:
    now = asked_now(view)
    if _about(view, "revoked", link):
        since = min((int(row[2]) for row in _about(view, "revocation", link)), default=None)
        yield "it is revoked" + ("" if since is None else f" since {moment(since)}")
    for _, begin, end in _about(view, "valid", link):
        if now is not None and now >= int(end):
            yield f"it expired at {moment(int(end))}"
        if now is not None and now < int(begin):
            yield f"it is not valid before {moment(int(begin))}"
    if "covers" in view.rows and not _about(view, "covers", link):
        yield _uncovered(view, link)
    for wanted, place, words in _WANTED:
        if wanted in view.rows and _about(view, place, link) and not _about(view, wanted, link):
            yield words
    for unwanted, words in _UNWANTED:
        if _about(view, unwanted, link):
            yield words


def _uncovered(view: ModelView, link: Term) -> str:
    action = next((row[0] for row in view.rows.get("action", ())), "s:")
    resource = next((row[0] for row in view.rows.get("resource", ())), "s:")
    grants = sorted(_about(view, "grant", link), key=repr)
    asked = f"`{str(action)[2:]}` on `{str(resource)[2:]}`"
    for _, grant, actions, resources in grants:
        if matches(actions, action) and matches(resources, resource):
            unmet = [
                row for row in _about(view, "constraint", link)
                if row[1] == grant and (link, row[2]) not in view.rows.get("met", ())
            ]  # fmt: skip
            return f"its grant of {asked} has a constraint that is not met: " + "; ".join(
                text for row in sorted(unmet) for text in _constraint(view, link, row[2])
            )
    granted = ", ".join(f"`{str(row[2])[2:]}` on `{str(row[3])[2:]}`" for row in grants)
    return f"it grants {granted or 'nothing'}, which does not cover {asked}"


def _constraint(view: ModelView, link: Term, number: Term) -> Iterator[str]:
    words = {"at_least": "at least", "at_most": "at most", "fits": "of the pattern",
             "one_of": "one of"}  # fmt: skip
    for kind, text in words.items():
        rows = [row for row in _about(view, kind, link) if row[1] == number]
        bounds = ", ".join(str(row[3]).removeprefix("s:") for row in sorted(rows))
        for name in sorted({row[2] for row in rows}):
            got = [str(row[1]).removeprefix("s:") for row in _about(view, "property", name)]
            got += [str(row[1]) for row in _about(view, "quantity", name)]
            yield f"`{str(name)[2:]}` must be {text} {bounds}, and is {got[0] if got else 'absent'}"
    for _, own, limited, sort in _about(view, "limit", link):
        if own == number:
            yield f"`{str(limited)[2:]}` is not within its limit `{str(sort)[2:]}`"


def _rests_on(view: ModelView, link: Term) -> str:
    for _, before in _about(view, "parent", link):
        return f"it rests on `{str(before)[2:]}`, which does not count"
    return "the rules do not find it sound"


def _about(view: ModelView, predicate: str, first: Term) -> list[Row]:
    return [row for row in view.rows.get(predicate, ()) if row[0] == first]
