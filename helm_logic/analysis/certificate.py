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
    pairs                    [{"claim": CLAIM, "boxes": [BOX, ...], "impossible": [...],
                               "trees": [[BOX, [NODE, ...]], ...]}, ...]

A PROOF says that a box lies inside the union of others, of rules' guards or impossible:
`{"box": BOX, "covering": [[RULE, BOX], ...], "tree": [NODE, ...]}`, the tree in preorder, a NODE
being a cut `[FEATURE, MASK]` of the piece, before the part inside the mask and the part outside, or
a leaf: the number of a covering box, or -1 - the number of an impossible one. What each claim says
and must prove is `recheck/claims.py`, how tests and boxes are written `notation.py`.

Each of `pairs` proves what an author claims of two requests: over the features above, and a copy,
for the second request, of each that can differ (`recheck/second.py`), with boxes of its own. Its
trees are written as `grounding.py` says.

The same rules give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import attrs

from helm_logic import __version__
from helm_logic.analysis.boxes import meet
from helm_logic.analysis.copies import PairProof
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
        pairs = [each.pairs for each in self._inquiry.results if each.pairs is not None]
        return _value(self._inquiry.study, self._said(), pairs)

    def _said(self) -> list[Said]:
        return claims(self._inquiry, self._findings)

    def __getitem__(self, key: str) -> object:
        """Return a member."""
        return self._written[key]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the members."""
        return iter(self._written)

    def __len__(self) -> int:
        """Return how many members there are."""
        return len(self._written)


class ClaimsCertificate(Certificate):
    """The certificate of the author's claims alone."""

    def __init__(self, inquiry: Inquiry) -> None:
        super().__init__(inquiry, ())

    def _said(self) -> list[Said]:
        said = _Saying()
        said.add_stated(self._inquiry)
        for claimed in self._inquiry.claimed:
            said.add_proved(self._inquiry.study, claimed)
        return said.all


@attrs.define
class Said:
    """A claim on its way: what it says of what, and the proofs that it needs."""

    says: str
    of: list[object]
    proofs: list[Claimed] = attrs.field(factory=list)


def claims(inquiry: Inquiry, findings: Sequence[Finding]) -> list[Said]:
    """Return what *inquiry* proved, and what its *findings* say besides, each once, in order."""
    said = _Saying()
    for finding in findings:
        if finding.code == "HL101":
            said.add("dead", [finding.rules[0]])  # proved by nothing, if it has no boxes
        if finding.code == "HL110" and not inquiry.of_verdicts("allow"):
            said.add("never", [])
    said.add_stated(inquiry)
    for claimed in _proved(inquiry):
        said.add_proved(inquiry.study, claimed)
    for inner, outer in _inclusions(inquiry, findings):
        boxes = [(inquiry.ruled_by_id[outer], box) for box in inquiry.held[outer]]
        proofs = inquiry.prove_inside("", inquiry.held[inner], boxes)
        if isinstance(proofs, list):
            said.add("inside", [inner, outer]).proofs = proofs
    shared, proofs = _apart(inquiry)
    said.add("apart", shared).proofs = proofs
    return said.all


class _Saying:
    """Claims on their way, each once, in the order in which they are first made."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Said] = {}

    @property
    def all(self) -> list[Said]:
        return list(self._found.values())

    def add(self, says: str, of: list[object]) -> Said:
        return self._found.setdefault((says, repr(of)), Said(says, of))

    def add_stated(self, inquiry: Inquiry) -> None:
        """Add the author's claims about single requests that hold, and those about nothing."""
        for result in inquiry.results:
            if result.holds and result.pairs is None:
                self.add("stated", [result.claim.id])
            if result.finding is not None and result.finding.code == "HL402":
                self.add("empty", [result.claim.id])

    def add_proved(self, study: Study, claimed: Claimed) -> None:
        """Add what *claimed* proves."""
        self.add(*_said(study, claimed)).proofs.append(claimed)


def _proved(inquiry: Inquiry) -> list[Claimed]:
    """Return what *inquiry* proved; what it took from a cache is proved now."""
    if inquiry.kept is None or not inquiry.kept.believed:
        return inquiry.claimed
    again = Inquiry(inquiry.study)
    for _ in find_gaps(again):
        pass
    return [*(each for each in inquiry.claimed if not each.about.startswith("HL108 ")),
            *again.claimed]  # fmt: skip


def _said(study: Study, claimed: Claimed) -> tuple[str, list[object]]:
    code, _, rest = claimed.about.partition(" ")
    if code in _KINDS:
        return _KINDS[code], [rest]
    if code == "HL102":
        rule_id, _, number = rest.rpartition(" ")
        return "vacuous", [rule_id, int(number)]
    if code == "HL108":
        return "decided", [_action(study, rest)]
    if code == "HL110":
        return rest, []
    return "contained", [claimed.about]


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


def _apart(inquiry: Inquiry) -> tuple[list[object], list[Claimed]]:
    """Return which allow rules share requests with stronger ones, and proofs that no others do."""
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
    return [[stronger, *weaker] for stronger, weaker in shared.items()], proofs


def _value(study: Study, said: Sequence[Said], pairs: Iterable[PairProof]) -> dict[str, object]:
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
        "pairs": [_pair(study, each) for each in pairs],
        **ground.value(),
    }


def _pair(study: Study, proof: PairProof) -> dict[str, object]:
    ground = Grounding(study, proof.arena.impossible, proof.arena.features)
    trees = [[ground.box(each.start), list(ground.moves(each))] for each in proof.trees]
    return {"claim": proof.claim, "trees": trees, **ground.used()}


def _proof(ground: Grounding, claimed: Claimed) -> dict[str, object]:
    count = len(claimed.covering)
    used = [number for number in claimed.cover.used if number < count]
    named = [claimed.covering[number] for number in used]
    return {
        "box": ground.box(claimed.box),
        "covering": [[rule, ground.box(box)] for rule, box in named],
        "tree": list(ground.tree(claimed.cover, count, {n: at for at, n in enumerate(used)})),
    }
