# SPDX-License-Identifier: Apache-2.0
"""The certificate of a lint run: all that a stranger needs to check what was said not to exist.

    format, version          below; a reader refuses others
    helm_logic               the version that wrote it
    program                  the digest of the program that the rules make
    sources                  [[NAME, DIGEST], ...] in the order of reading, the main file last
    features                 [FEATURE, ...]; a box names them by number
    boxes                    [BOX, ...]; everything below names them by number
    guards                   [[RULE, [BOX, ...]], ...]: the requests that a rule's body holds for
    impossible               [[BOX, WHY, ...], ...]: boxes in which no request lies
    claims                   [{"says": WORD, "of": [...], "proofs": [PROOF, ...]}, ...]

A PROOF says that a box lies inside the union of others, of rules' guards or impossible:
`{"box": BOX, "covering": [[RULE, BOX], ...], "tree": [NODE, ...]}`, the tree in preorder, a NODE
being a cut `[FEATURE, MASK]` of the piece, before the part inside the mask and the part outside, or
a leaf: the number of a covering box, or -1 - the number of an impossible one. What each claim says
and must prove is `recheck/claims.py`, how tests and boxes are written `notation.py`.

The same rules give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import attrs

from helm_logic import __version__
from helm_logic.analysis.boxes import meet
from helm_logic.analysis.cover import Cover
from helm_logic.analysis.finding import Finding
from helm_logic.analysis.formula import Is
from helm_logic.analysis.gaps import find_gaps
from helm_logic.analysis.grounding import Grounding, sources_value
from helm_logic.analysis.inquiry import Claimed, Inquiry
from helm_logic.analysis.study import Study
from helm_logic.kernel.certificate import program_digest
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.kernel.terms import Term
from helm_logic.lang import Source, term_text

FORMAT, VERSION = "helm-logic/analysis-certificate", 1
SOURCES = "sources"  # the folder beside a certificate, with each source in a file named by digest
_KINDS = {
    "HL101": "dead", "HL103": "redundant", "HL104": "overridden", "HL401": "stated",
    "HL402": "empty",
}  # fmt: skip


def save(path: Path, certificate: Mapping[str, object], sources: Iterable[Source]) -> None:
    """Write the *certificate* to *path*, and its *sources* beside it, as `recheck` reads them."""
    folder = path.parent / SOURCES
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        data = source.text.encode("utf-8")
        source_file(folder, digest(data)).write_bytes(data)
    path.write_bytes(canonical_json(dict(certificate)))


def source_file(folder: Path, named: str) -> Path:
    """Return the file in *folder* of the source whose digest is *named*."""
    return folder / f"{named.removeprefix('sha256:')}.dl"


class Certificate(Mapping[str, object]):
    """The certificate of one run as a JSON object, made when it is first read."""

    def __init__(self, inquiry: Inquiry, findings: Iterable[Finding]) -> None:
        self._inquiry, self._findings = inquiry, tuple(findings)

    @cached_property
    def _written(self) -> dict[str, object]:
        return _value(self._inquiry.study, claims(self._inquiry, self._findings))

    def __getitem__(self, key: str) -> object:
        """Return a member."""
        return self._written[key]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the members."""
        return iter(self._written)

    def __len__(self) -> int:
        """Return how many members there are."""
        return len(self._written)


@attrs.define
class Said:
    """A claim on its way: what it says of what, and the proofs that it needs."""

    says: str
    of: list[object]
    proofs: list[Claimed] = attrs.field(factory=list)


def claims(inquiry: Inquiry, findings: Sequence[Finding]) -> list[Said]:
    """Return what *inquiry* proved, and what its *findings* say besides, each once, in order."""
    found: dict[tuple[str, str], Said] = {}

    def add(said: Said) -> Said:
        return found.setdefault((said.says, repr(said.of)), said)

    for finding in findings:
        if finding.code == "HL101":
            add(Said("dead", [finding.rules[0]]))  # proved by nothing, if it has no boxes
        if finding.code == "HL110" and not inquiry.of_verdicts("allow"):
            add(Said("never", []))
    for says, name in _stated(inquiry, findings):
        add(Said(says, [name]))
    for claimed in _proved(inquiry):
        add(_said(inquiry.study, claimed)).proofs.append(claimed)
    for inner, outer in _inclusions(inquiry, findings):
        boxes = [(inquiry.ruled_by_id[outer], box) for box in inquiry.held[outer]]
        proofs = inquiry.prove_inside("", inquiry.held[inner], boxes)
        if isinstance(proofs, list):
            add(Said("inside", [inner, outer])).proofs = proofs
    add(_apart(inquiry))
    return list(found.values())


def _stated(inquiry: Inquiry, findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """Yield the claims about single requests that hold: no finding says otherwise of them."""
    told = {finding.span: finding.code for finding in findings}
    for claim in inquiry.study.rule_set.claims:
        code = told.get(claim.span, "")
        if claim.kind in ("never", "always", "only", "decides") and code in ("", "HL402"):
            yield "stated", claim.id
        if code == "HL402":
            yield "empty", claim.id


def _proved(inquiry: Inquiry) -> list[Claimed]:
    """Return what *inquiry* proved; what it took from a cache is proved now."""
    if inquiry.kept is None or not inquiry.kept.believed:
        return inquiry.claimed
    again = Inquiry(inquiry.study)
    for _ in find_gaps(again):
        pass
    return [*(each for each in inquiry.claimed if not each.about.startswith("HL108 ")),
            *again.claimed]  # fmt: skip


def _said(study: Study, claimed: Claimed) -> Said:
    code, _, rest = claimed.about.partition(" ")
    if code in _KINDS:
        return Said(_KINDS[code], [rest])
    if code == "HL102":
        rule_id, _, number = rest.rpartition(" ")
        return Said("vacuous", [rule_id, int(number)])
    if code == "HL108":
        action = _action(study, rest)
        return Said("decided", [action])
    if code == "HL110":
        return Said(rest, [])
    return Said("contained", [claimed.about])


def _action(study: Study, text: str) -> Term:
    number = study.number_of("action")
    tests = study.features[number].masks if number is not None else {}
    return next(t.constant for t in tests if isinstance(t, Is) and term_text(t.constant) == text)


def _inclusions(inquiry: Inquiry, findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of rules of which findings say that the first lies inside the second."""
    for finding in findings:
        first, *others = finding.rules or ("",)
        if finding.code not in ("HL103", "HL105", "HL107") or first not in inquiry.held:
            continue
        for other in others:
            yield first, other
            if finding.code != "HL105":
                yield other, first


def _apart(inquiry: Inquiry) -> Said:
    """Return the claim about which allow rules share requests with stronger ones, and no others."""
    shared: dict[str, dict[str, None]] = {}
    proofs = []
    for weaker in inquiry.of_verdicts("allow"):
        for box in inquiry.held[weaker.id]:
            for verdict in ("deny", "escalate"):
                for stronger, other in inquiry.by_verdict[verdict].near(box):
                    both = meet(box, other)
                    if both is None or weaker.id in shared.get(stronger.id, ()):
                        continue
                    found = inquiry.study.inside(both, ()) if inquiry.unfeasible else both
                    if isinstance(found, Cover):
                        proofs.append(Claimed("", both, (), found))
                    else:
                        shared.setdefault(stronger.id, {})[weaker.id] = None
    said = Said("apart", [[stronger, *weaker] for stronger, weaker in shared.items()])
    said.proofs = proofs
    return said


def _value(study: Study, said: Sequence[Said]) -> dict[str, object]:
    ground = Grounding(study, study.impossible)
    claimed = [
        {
            "says": each.says,
            "of": each.of,
            "proofs": [_proof(ground, proof) for proof in each.proofs],
        }
        for each in said
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "helm_logic": __version__,
        "program": program_digest(study.rule_set.program),
        "sources": sources_value(study.rule_set.sources),
        "claims": claimed,
        **ground.value(),
    }


def _proof(ground: Grounding, claimed: Claimed) -> dict[str, object]:
    count = len(claimed.covering)
    used = [number for number in claimed.cover.used if number < count]
    named = [claimed.covering[number] for number in used]
    return {
        "box": ground.box(claimed.box),
        "covering": [[rule, ground.box(box)] for rule, box in named],
        "tree": list(ground.tree(claimed.cover, count, {n: at for at, n in enumerate(used)})),
    }
