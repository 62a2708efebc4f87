# SPDX-License-Identifier: Apache-2.0
"""A certificate and the rules that it is about, read strictly from a directory.

The bytes are canonical, every member is known, the sources are the ones whose digests are named,
and the rules that they make are loaded here and have the digest that is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import attrs

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.context import Context, context_of
from helm_logic.analysis.feature import FALSE_MASK, TRUE_MASK, Feature
from helm_logic.analysis.formula import Fact, Formula, GroundLiteral, Test
from helm_logic.analysis.notation import read_box, read_feature
from helm_logic.analysis.recheck.guards import Ground
from helm_logic.analysis.recheck.trees import Box, Refused
from helm_logic.analysis.unfold import AUTHORIZED, Unfolder
from helm_logic.errors import RuleError
from helm_logic.kernel.certificate import program_digest
from helm_logic.kernel.encoding import JsonValue, canonical_json, digest, parse_json
from helm_logic.kernel.program import Rule
from helm_logic.lang import Claim, RuleSet, Source, load
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text
from helm_logic.policy.folder import PRELUDE

FORMAT, VERSION, SOURCES = "helm-logic/analysis-certificate", 1, "sources"
VERDICTS = ("deny", "escalate", "allow")
_MEMBERS = (
    "format", "version", "helm_logic", "program", "sources", "features", "boxes", "guards",
    "impossible", "claims", "pairs",
)  # fmt: skip
_MOST_BYTES = 256 << 20
_INCOMPLETE = frozenset({"missing", "invalid_input"})


@attrs.frozen
class Bundle:
    """What a certificate says of a rule set; nothing of it is checked yet but its shape.

    *formulas* are what the rules ask, unfolded here; *guards* what the certificate says they do.
    """

    rule_set: RuleSet
    context: Context
    unfolder: Unfolder
    formulas: Mapping[str, Formula]
    features: tuple[Feature, ...]
    ground: Ground
    boxes: tuple[Box, ...]
    guards: Mapping[str, tuple[Box, ...]]
    impossible: tuple[tuple[Box, list[JsonValue]], ...]
    claims: tuple[JsonValue, ...]
    pairs: tuple[JsonValue, ...]
    rules: Mapping[str, Rule]

    def box(self, value: JsonValue, where: str) -> Box:
        """Return the box that the number *value* names."""
        number = require_integer(value, where)
        if not 0 <= number < len(self.boxes):
            raise Refused(f"{where}: there is no box {number}")
        return self.boxes[number]

    @property
    def authorized(self) -> Box:
        """The box of authorized requests: everything if nothing asks."""
        place = self.ground.places.get(Fact((GroundLiteral("atom", AUTHORIZED, ()),)))
        return {} if place is None else {place[0]: TRUE_MASK}

    @property
    def may_be_authorized(self) -> bool:
        """Whether a rule says who is authorized: else nobody is."""
        return any(rule.head.predicate == AUTHORIZED for rule in self.rules.values())

    @property
    def is_clear(self) -> bool:
        """Whether faults of a chain, if there are any, and who has none, are for stock rules alone.

        Then whoever is not authorized has one.
        """
        stock, spans = self.context.stock, self.rule_set.spans
        files = {spans[rule_id].source.name for rule_id in self.context.faults}
        settled = {rule.head.predicate for rule in self.rules.values()
                   if rule.id in stock and spans[rule.id].source.name in files}  # fmt: skip
        return self.context.faults <= stock and not any(
            rule.head.predicate in settled - {"deny"}
            for rule in self.rules.values()
            if rule.id not in stock and rule.id in spans
        )

    def claim(self, name: str) -> Claim:
        """Return the author's claim *name*; raise Refused if there is none."""
        for each in self.rule_set.claims:
            if each.id == name:
                return each
        raise Refused(f"there is no claim `{name:.80}`")

    @property
    def complete(self) -> Box:
        """The box of complete requests, for which nothing is missing or invalid."""
        return {
            number: FALSE_MASK
            for number, each in enumerate(self.features)
            if isinstance(each.source, Fact)
            and any(
                one.kind == "atom" and one.predicate in _INCOMPLETE for one in each.source.literals
            )
        }


def read_value(path: Path) -> JsonValue:
    """Return the JSON value in the file *path*; raise InputError, or Refused for other bytes."""
    data = path.read_bytes()
    value = parse_json(data, max_bytes=_MOST_BYTES)
    if canonical_json(value) != data:
        raise Refused("the bytes are not the canonical ones of what they mean")
    return value


def read_bundle(value: JsonValue, folder: Path) -> Bundle:
    """Return the bundle of the certificate of a lint run; *folder* has its sources.

    Raises InputError or Refused.
    """
    parts = require_object(value, "certificate", _MEMBERS)
    require_format(parts, FORMAT, VERSION)
    rule_set = load_sources(parts["sources"], folder)
    if program_digest(rule_set.program) != parts["program"]:
        raise Refused("the sources do not make the program that is named")
    bundle = read_ground(parts, rule_set, context_of(rule_set))
    return attrs.evolve(
        bundle,
        claims=tuple(require_list(parts["claims"], "claims")),
        pairs=tuple(require_list(parts["pairs"], "pairs")),
    )


def require_format(parts: Mapping[str, JsonValue], form: str, version: int) -> None:
    """Raise Refused unless a certificate has this format and version."""
    if (parts["format"], parts["version"]) != (form, version):
        raise Refused(f"got the format {parts['format']!r:.40} {parts['version']!r:.10}, want"
                      f" `{form}` {version}")  # fmt: skip
    require_text(parts["helm_logic"], "helm_logic")


def read_ground(parts: Mapping[str, JsonValue], rule_set: RuleSet, context: Context) -> Bundle:
    """Return the bundle, without claims, of what a certificate says of *rule_set*."""
    unfolder = Unfolder(rule_set, context.stock, context.undefined)
    rules = {rule.id: rule for rule in rule_set.program.rules}
    formulas = {
        name: unfolder.guard(rule) for name, rule in rules.items() if _is_asked(context, rule)
    }
    features = tuple(
        read_feature(each, f"feature {n}")
        for n, each in enumerate(require_list(parts["features"], "features"))
    )
    sizes = [len(each.classes) for each in features]
    boxes = [read_box(each, sizes, f"box {n}")
             for n, each in enumerate(require_list(parts["boxes"], "boxes"))]  # fmt: skip
    bundle = Bundle(
        rule_set, context, unfolder, formulas, features, Ground(sizes, places(features)),
        tuple(boxes), {}, (), (), (), rules,
    )  # fmt: skip
    return attrs.evolve(
        bundle,
        guards=_guards(parts["guards"], bundle),
        impossible=tuple(_lemma(each, bundle)
                         for each in require_list(parts["impossible"], "impossible")),
    )  # fmt: skip


def load_sources(value: JsonValue, folder: Path, *, relevance: bool = False) -> RuleSet:
    """Return the rule set of the sources that *value* names; raise Refused if they are others.

    With *relevance*, it has the rules about missing inputs.
    """
    named = [[require_text(each, "source") for each in require_list(pair, "source", 2)]
             for pair in require_list(value, "sources")]  # fmt: skip
    sources = {name: Source(name, _text(folder / SOURCES, wanted)) for name, wanted in named}
    if not sources:
        raise Refused("no source is named")
    main = sources[named[-1][0]]
    beside = PurePosixPath(main.name).parent

    def resolve(name: str) -> Source | None:
        return sources.get(str(beside / f"{name}.dl"), sources.get(f"{name}.dl"))

    first = [sources[f"{name}.dl"] for name in PRELUDE if f"{name}.dl" in sources]
    try:
        rule_set = load(main, resolve, prelude=first, relevance=relevance, claims=True)
    except RuleError as error:
        raise Refused(f"the sources do not load: {error}") from None
    if [each.name for each in rule_set.sources] != [name for name, _ in named]:
        raise Refused("the sources are not those that the main file includes")
    return rule_set


def _text(folder: Path, wanted: str) -> str:
    name = wanted.removeprefix("sha256:")
    try:
        data = (folder / f"{PurePosixPath(name).name}.dl").read_bytes()
        text = data.decode("utf-8")
    except (OSError, ValueError):
        raise Refused(f"the source {wanted:.80} cannot be read") from None
    if digest(data) != wanted:
        raise Refused(f"the source {wanted:.80} has another digest")
    return text


def _is_asked(context: Context, rule: Rule) -> bool:
    head = rule.head.predicate
    concludes = head in VERDICTS and rule.id not in context.faults
    return concludes or rule.id in context.linted or head.startswith(("claim/", "assume/"))


def places(features: Sequence[Feature]) -> dict[Test, tuple[int, int]]:
    """Return the feature of each test, and the mask of the classes in which it holds."""
    found: dict[Test, tuple[int, int]] = {}
    for number, feature in enumerate(features):
        for test, mask in feature.masks.items():
            if test in found:
                raise Refused(f"two features have the test {test}")
            found[test] = number, mask
    return found


def _guards(value: JsonValue, bundle: Bundle) -> dict[str, tuple[Box, ...]]:
    found: dict[str, tuple[Box, ...]] = {}
    for pair in require_list(value, "guards"):
        rule, boxes = require_list(pair, "guard", 2)
        name = require_text(rule, "guard")
        if name in found or name not in bundle.formulas:
            raise Refused(f"there is no rule `{name:.80}` to have a guard, or it has two")
        numbers = require_list(boxes, f"the guard of `{name}`")
        found[name] = tuple(bundle.box(each, f"the guard of `{name}`") for each in numbers)
    return found


def _lemma(value: JsonValue, bundle: Bundle) -> tuple[Box, list[JsonValue]]:
    parts = require_list(value, "impossible")
    if len(parts) < 2:  # noqa: PLR2004  a box and why
        raise Refused("an impossible box has no reason")
    return bundle.box(parts[0], "impossible"), parts[1:]


def require_attributes(bundle: Bundle) -> None:
    """Raise Refused unless the attributes of *bundle* are those that its rules declare."""
    found = [each.source for each in bundle.features if isinstance(each.source, Attribute)]
    if found != list(bundle.unfolder.attributes.values()):
        raise Refused("the attributes are not those that the rules declare")
