# SPDX-License-Identifier: Apache-2.0
"""Chains that others issued: tokens verified and decided upon, beside what else verifies them.

First three tokens, cold (never seen before: each signature is verified) and warm, and in the same
rounds PyJWT, biscuit-python and tenuo, as far as they are installed and as far as each goes; and
the floor below which nothing that verifies and signs can be. Then the same as chains grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair

from benchmarks.growth import exponent
from benchmarks.scene import MAX_DEPTH, NOW, deploy_scene, make_chain, new_store
from benchmarks.table import Figure, Table, Target, figure_table, number
from benchmarks.timing import TINY, Effort, Timing, Work, interleave
from benchmarks.tokens import MOST, token_chain, token_request, token_scene
from helm_logic.authority.cache import MAX_ENTRIES
from helm_logic.guard.evaluator import Evaluator
from helm_logic.guard.journal import Journal
from helm_logic.receipts.verdict import Verdict

DEPTH = 3
EFFORT = Effort()
GROWTH_EFFORT = Effort(rounds=11, warm_up=2)
SIZES = (1, 2, 4, 8, 16, 32, 64)

COLD = "tokens never seen, all verified"
WARM = "tokens known, another request and proof every time"
SAME = "tokens known, one request again and again"
JWT = "PyJWT: verify + sign"
BISCUIT = "biscuit-python: verify + authorize + sign"
TENUO = "tenuo: verify + authorize + sign"
FLOOR = "floor: bare verifications, one signature"
WARM_RATIO = "warm over the fastest peer"
COLD_RATIO = "cold over the floor"

OURS, OURS_WARM, NATIVE = "tokens, cold", "tokens, warm", "native links, cold"
NEAR_LINEAR = Target(reach=1.15)
_TOP = 3


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield the table of three tokens and that of chains that grow."""
    with TemporaryDirectory() as place, new_store(Path(place)) as store:
        journal = Journal(store)
        effort = TINY if tiny else EFFORT
        sides = {**_ours(DEPTH, journal, tiny=tiny), **_peers(DEPTH), FLOOR: _floor(DEPTH + 1)}
        yield _table(interleave(sides, effort), effort)
        yield _growth_table(journal, tiny=tiny)


def decider(evaluator: Evaluator, data: bytes, journal: Journal) -> Callable[[bytes], bytes]:
    """Return the function from request to receipt, once *data* was seen to be allowed."""
    ruling = evaluator.rule(data, NOW, journal)
    assert ruling.statement.verdict is Verdict.ALLOW, ruling.statement.reasons
    return lambda data: evaluator.rule(data, NOW, journal).envelope.to_bytes()


def _ours(depth: int, journal: Journal, *, tiny: bool) -> dict[str, Work]:
    scene, tokens = token_scene(), token_chain(depth)
    same = token_request(0, tokens)
    cold, warm, known = (decider(scene.evaluator(), same, journal) for _ in range(3))
    # More of them than are remembered, so that none is still known when its turn comes again.
    count = 5 if tiny else MAX_ENTRIES + 1
    proofs = [token_request(number, tokens) for number in range(count)]
    unseen = [
        token_request(number, token_chain(depth, f"-{number}"), f"-{number}")
        for number in range(-(-count // (depth + 1)))
    ]
    return {
        COLD: lambda call: cold(unseen[call % len(unseen)]),
        WARM: lambda call: warm(proofs[call % len(proofs)]),
        SAME: lambda _: known(same),
    }


def _peers(depth: int) -> dict[str, Work]:
    """Return what each peer that is installed does with a chain of *depth*."""
    sides: dict[str, Work] = {}
    tokens = token_chain(depth)
    request = token_request(0, tokens)
    if find_spec("jwt") is not None:
        from benchmarks.peers import JwtSide  # noqa: PLC0415

        jwt = JwtSide(tokens)
        sides[JWT] = lambda _: jwt.record(request, tokens)
    if find_spec("biscuit_auth") is not None:
        from benchmarks.biscuit import BiscuitSide  # noqa: PLC0415

        biscuit = BiscuitSide(depth)
        asked = biscuit.request(0)
        assert biscuit.allows(asked)
        sides[BISCUIT] = lambda _: biscuit.decide(asked)
    if find_spec("tenuo") is not None:
        from benchmarks.peers import TenuoSide  # noqa: PLC0415

        tenuo = TenuoSide(depth)
        sides[TENUO] = lambda _: tenuo.record(request)
    return sides


def _floor(verifications: int) -> Work:
    """Return as many bare Ed25519 verifications of 600 bytes, and one signature of 4,000."""
    public, secret = crypto_sign_seed_keypair(bytes(32))
    signed = crypto_sign(bytes(600), secret)
    receipt = bytes(4000)

    def work(_: int) -> bytes:
        for _turn in range(verifications):
            crypto_sign_open(signed, public)
        return crypto_sign(receipt, secret)

    return work


def _table(timings: Mapping[str, Timing], effort: Effort) -> Table:
    figures = [Figure(name, each.cpu, "µs", best=each.best) for name, each in timings.items()]
    peers = [timings[name] for name in (JWT, BISCUIT, TENUO) if name in timings]
    if peers:
        fastest = min(peers, key=lambda timing: timing.cpu)
        ratio = timings[WARM].times(fastest)
        figures.append(Figure(WARM_RATIO, ratio, "x", Target(0.5)))
    figures.append(Figure(COLD_RATIO, timings[COLD].times(timings[FLOOR]), "x", Target(1.3)))
    missing = [name.partition(":")[0] for name in (JWT, BISCUIT, TENUO) if name not in timings]
    how = (
        f"CPU time, {effort.text}, all sides taking turns in every round. {DEPTH} EdDSA tokens and"
        " a proof of possession; the shipped rules; request bytes to signed receipt bytes. PyJWT"
        f" only verifies the {DEPTH}. Every peer signs a JSON record. The floor is {DEPTH + 1} bare"
        " verifications by PyNaCl and one signature."
    )
    if missing:
        how += f" Not installed here: {', '.join(missing)} (`pip install helm-logic[bench]`)."
    return figure_table("Tokens: verify and decide, three tokens", how, figures)


def _growth_table(journal: Journal, *, tiny: bool) -> Table:
    effort, sizes = (TINY, SIZES[:2]) if tiny else (GROWTH_EFFORT, SIZES)
    curves: dict[str, list[tuple[float, float]]] = {}
    for size in sizes:
        for name, timing in interleave(_sides(size, journal, tiny=tiny), effort).items():
            curves.setdefault(name, []).append((size, timing.cpu))
    figures = tuple(
        Figure(f"{name}: exponent", exponent(curves[name][-_TOP:]), "", NEAR_LINEAR)
        for name in (OURS, OURS_WARM, NATIVE)
    )
    told = "; ".join(f"{one.what} {one.value:.2f} ({one.verdict})" for one in figures)
    costs = {name: dict(points) for name, points in curves.items()}
    rows = tuple(
        (str(size), *(number(each[size]) if size in each else "" for each in costs.values()))
        for size in sizes
    )
    return Table(
        f"Tokens: chains of {sizes[0]} to {sizes[-1]}",
        f"CPU µs, {effort.text}. The format allows {MOST} tokens. At the top: {told}.",
        ("links", *curves),
        rows,
        figures,
        "tokens.svg",
        {name: tuple(points) for name, points in curves.items()},
    )


def _sides(size: int, journal: Journal, *, tiny: bool) -> dict[str, Work]:
    """Return ours and the peers with a chain of *size*; tokens as far as their format goes."""
    sides: dict[str, Work] = {}
    if size <= MOST:
        ours = _ours(size, journal, tiny=tiny)
        sides = {OURS: ours[COLD], OURS_WARM: ours[WARM]}
    scene = deploy_scene(min(size, MAX_DEPTH))
    cold = decider(scene.evaluator(), scene.request(0), journal)
    unseen = [
        scene.request(number, chain=make_chain(size, f"-{number}"))
        for number in range(5 if tiny else MAX_ENTRIES // size + 1)
    ]
    return {**sides, NATIVE: lambda call: cold(unseen[call % len(unseen)]), **_peers(size)}
