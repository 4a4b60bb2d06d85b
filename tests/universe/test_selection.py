"""Scores, regime, decay, correlation and the choice: numbers by hand, and what must hold whatever comes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from consilience.core.codes import Reason, Regime
from consilience.core.jit import JIT_ENABLED
from consilience.universe.regime import median_nb, regime_nb
from consilience.universe.scores import WEIGHTS, ScoreInputs, cross_rank_nb, momentum_nb, score_nb
from consilience.universe.selection import NEVER, SelectionTerms, correlation_nb, decay_nb, select_nb

MINUTE = 60_000_000_000
NAN = math.nan


def test_weights_of_the_founding_matrix() -> None:
    table = {r.name: WEIGHTS[r].tolist() for r in Regime}
    assert table == {
        "TRENDING": [0.20, 0.40, 0.15, 0.25],
        "RANGING": [0.35, 0.20, 0.25, 0.20],
        "VOLATILE": [0.40, 0.25, 0.20, 0.15],
        "DEFAULT": [0.25, 0.30, 0.20, 0.25],
    }
    assert all(abs(sum(row) - 1.0) < 1e-12 for row in table.values())


REGIMES = [
    (0.8, 10.0, "VOLATILE"), (0.8, 40.0, "VOLATILE"), (0.79, 25.0, "TRENDING"), (0.5, 24.9, "DEFAULT"),
    (0.5, 20.0, "DEFAULT"), (0.5, 19.9, "RANGING"), (NAN, 30.0, "TRENDING"), (NAN, NAN, "DEFAULT"),
]  # fmt: skip


@pytest.mark.parametrize(("percentile", "adx", "name"), REGIMES)
def test_regime_rule(percentile: float, adx: float, name: str) -> None:
    assert Regime(regime_nb(percentile, adx)).name == name


def test_the_regime_goes_by_the_middle_candidate() -> None:
    scratch = np.empty(5)
    values = np.array([1.0, 9.0, NAN, 3.0, 100.0])
    assert median_nb(values, np.array([0, 0, 0, 0, 105], np.int16), scratch) == 3.0
    assert median_nb(values, np.array([0, 0, 0, 0, 0], np.int16), scratch) == 6.0
    assert math.isnan(median_nb(values, np.array([0, 0, 0, 105, 105], np.int16), scratch))


def test_ranks_share_ties() -> None:
    out = np.empty(6)
    cross_rank_nb(np.array([5.0, 1.0, 5.0, 9.0, NAN, 0.0]), np.array([0, 0, 0, 0, 0, 100], np.int16), out)
    np.testing.assert_array_equal(out, [0.5, 0.0, 0.5, 1.0, NAN, NAN])
    cross_rank_nb(np.array([5.0, 1.0]), np.array([0, 100], np.int16), out[:2])
    assert out[0] == 0.5


MOMENTUM = [
    (1.0, 0.0, 0, 35.0), (-1.0, 0.0, 0, 35.0), (-1.0, -1.0, 0, 50.0), (1.0, -1.0, 0, 35.0), (9.0, 9.0, 0, 100.0),
    (-1.0, 0.0, 1, 0.0), (1.0, 1.0, 1, 50.0), (1.0, 0.0, -1, 0.0), (-2.0, -2.0, -1, 100.0), (0.0, 0.0, 0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("velocity", "acceleration", "side", "score"), MOMENTUM)
def test_momentum_score(velocity: float, acceleration: float, side: int, score: float) -> None:
    assert momentum_nb(velocity, acceleration, side) == pytest.approx(score, abs=1e-12)
    assert math.isnan(momentum_nb(NAN, 1.0, side)) and math.isnan(momentum_nb(1.0, NAN, side))


def scored(switches: tuple[int, int, bool], **changes: list[float]) -> tuple[list[list[float]], list[float], int]:
    given_values = {
        "atr": [0.02, 0.04, 0.03], "percentile": [0.2, 0.6, 1.0], "velocity": [1.0, -2.0, 0.0],
        "acceleration": [0.0, 0.0, 0.0], "surge": [1.0, 3.0, 0.5], "adx": [30.0, 60.0, 25.0],
    } | changes  # fmt: skip
    inputs = ScoreInputs(**{name: np.array([values]) for name, values in given_values.items()})
    parts, score, regimes = np.empty((4, 1, 3)), np.empty((1, 3)), np.zeros(1, np.int64)
    ranks = np.empty((1, 3))
    score_nb(inputs, np.zeros((1, 3), np.int16), WEIGHTS, switches, (parts, score, ranks, regimes))
    assert ranks.tolist() == [[0.0, 1.0, 0.5]]
    return parts[:, 0].T.tolist(), score[0].tolist(), int(regimes[0])


def test_scores_by_hand() -> None:
    parts, score, regime = scored((0, -1, False))
    assert regime == Regime.TRENDING  # median percentile 0.6, median ADX 30
    assert parts[0] == pytest.approx([10.0, 35.0, 50.0, 60.0])
    assert parts[1] == pytest.approx([80.0, 70.0, 100.0, 100.0])
    assert parts[2] == pytest.approx([75.0, 0.0, 25.0, 50.0])
    assert score[0] == pytest.approx(0.2 * 10 + 0.4 * 35 + 0.15 * 50 + 0.25 * 60)
    assert scored((0, int(Regime.VOLATILE), False))[1][2] == pytest.approx(0.4 * 75 + 0.2 * 25 + 0.15 * 50)


def test_a_missing_score_excludes_or_gives_its_weight_to_the_others() -> None:
    unknown = [NAN, 3.0, 0.5]
    assert math.isnan(scored((0, 0, False), surge=unknown)[1][0])
    others = (0.25 * 10 + 0.30 * 35 + 0.25 * 60) / 0.80
    assert scored((0, 0, True), surge=unknown)[1][0] == pytest.approx(others)


DECAY = [(0, 0.5), (6, 0.6), (15, 0.75), (29, 0.5 + 0.5 * 29 / 30), (30, 1.0), (500, 1.0)]


@pytest.mark.parametrize(("minutes", "factor"), DECAY)
def test_decay_recovers_from_half_in_thirty_minutes(minutes: int, factor: float) -> None:
    assert decay_nb(minutes * MINUTE, 30 * MINUTE) == pytest.approx(factor)
    assert decay_nb(minutes * MINUTE, 0) == 1.0


def test_correlation_by_hand() -> None:
    x = np.array([(-1.0) ** k for k in range(20)])
    returns = np.column_stack([x, -2.0 * x, np.ones(20), x])
    returns[0, 3] = NAN
    assert correlation_nb(returns, 0, 1) == pytest.approx(-1.0)
    assert math.isnan(correlation_nb(returns, 0, 2))  # it did not move
    assert math.isnan(correlation_nb(returns, 0, 3))  # 19 common returns
    rng = np.random.default_rng(1)
    pair: Any = rng.normal(size=(60, 2))
    assert correlation_nb(pair, 0, 1) == pytest.approx(np.corrcoef(pair.T)[0, 1], abs=1e-12)


def chosen(score: list[float], terms: SelectionTerms, returns: Any, last: list[int] | None = None, now: int = 0) -> Any:
    """(reasons or '' by symbol, ranks, decayed scores)."""
    n = len(score)
    codes = np.zeros(n, np.int16)
    found = (np.empty(n), np.empty(n, np.int64), np.empty(n), np.empty(n, np.int64))
    traded = np.array([NEVER] * n if last is None else last, np.int64)
    select_nb(np.array(score), traded, now, returns, terms, codes, found)
    return ["" if c == 0 else Reason(int(c)).name for c in codes], found[1].tolist(), found[0].tolist(), found


FREE = np.zeros((60, 6))


def test_best_first_and_ties_in_symbol_order() -> None:
    terms = SelectionTerms(2, 1.0, 0, False)
    reasons, ranks, _, _ = chosen([5.0, 9.0, 5.0, NAN], terms, FREE)
    assert reasons == ["", "", "OUTRANKED", "SCORE_UNKNOWN"]
    assert ranks == [2, 1, 3, 0]


def test_a_symbol_just_traded_falls_behind_and_recovers() -> None:
    terms = SelectionTerms(1, 1.0, 30 * MINUTE, False)
    now = 100 * MINUTE
    assert chosen([60.0, 50.0], terms, FREE, [now, NEVER], now)[:3] == (["OUTRANKED", ""], [2, 1], [30.0, 50.0])
    assert chosen([60.0, 50.0], terms, FREE, [now - 15 * MINUTE, NEVER], now)[0] == ["OUTRANKED", ""]  # 45
    assert chosen([60.0, 50.0], terms, FREE, [now - 24 * MINUTE, NEVER], now)[0] == ["", "OUTRANKED"]  # 54


def test_a_twin_of_a_better_one_is_left_out() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=60), rng.normal(size=60)
    returns = np.column_stack([a, -a + 0.01 * b, b, np.full(60, NAN)])
    reasons, _, _, found = chosen([9.0, 8.0, 7.0, 6.0], SelectionTerms(3, 0.7, 0, False), returns)
    assert reasons == ["", "TOO_CORRELATED", "", "CORRELATION_UNKNOWN"]
    assert found[2][1] > 0.99 and found[3][1] == 0 and found[3][3] == 0
    assert chosen([9.0, 8.0, 7.0, 6.0], SelectionTerms(3, 0.7, 0, True), returns)[0][3] == ""


@settings(max_examples=150 if JIT_ENABLED else 30)
@given(
    score=arrays.arrays(np.float64, 6, elements=st.sampled_from([NAN, 0.0, 10.0, 20.0, 20.0, 50.0, 99.0])),
    returns=arrays.arrays(np.float64, (25, 6), elements=st.integers(-3, 3).map(float)),
    top=st.integers(1, 6),
    codes=arrays.arrays(np.int16, 6, elements=st.sampled_from([0, 0, 0, 100])),
)
def test_selection_invariants(score: Any, returns: Any, top: int, codes: Any) -> None:
    before = codes.copy()
    found = (np.empty(6), np.empty(6, np.int64), np.empty(6), np.empty(6, np.int64))
    select_nb(score, np.full(6, NEVER), 0, returns, SelectionTerms(top, 0.7, 0, False), codes, found)
    members = np.flatnonzero(codes == 0)
    assert len(members) <= top
    assert (before[members] == 0).all() and not np.isnan(score[members]).any()
    for i in members:
        for j in members:
            assert i == j or abs(correlation_nb(returns, int(i), int(j))) < 0.7
    candidates = [s for s in range(6) if before[s] == 0 and score[s] == score[s]]
    assert [s for _, s in sorted((-score[s], s) for s in candidates)] == sorted(candidates, key=lambda s: found[1][s])
    if candidates:
        assert codes[min(candidates, key=lambda s: found[1][s])] == 0  # the best is always taken
    for s in candidates:  # a better one is never left out but for a reason of its own
        if codes[s] == Reason.OUTRANKED:
            assert all(found[1][m] < found[1][s] for m in members) and len(members) == top
