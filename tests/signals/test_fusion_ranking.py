"""Around a decision: the conditions of the market; ranking over symbols; history and validation of signals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.codes import MarketRegime, Reason, SignalClass
from consilience.core.signal import Signal
from consilience.signals.fusion import conditions as c
from consilience.signals.fusion.fields import CONFIDENCE, CONVICTION, FIELDS, SCORE, STATUS
from consilience.signals.fusion.metadata import correlation_regime, metadata_of, sector_rotation, volatility_environment
from consilience.signals.fusion.profile import PROFILES, Ranking, SourceUse
from consilience.signals.fusion.ranking import (
    CONDITION,
    LEVELS,
    RANKED,
    RISK,
    STATISTICAL,
    STRENGTH,
    TIMEFRAME,
    rank_block_nb,
    rank_rules,
    ranks_of,
)
from consilience.signals.history import SignalHistory, outcomes_of
from consilience.signals.validation import validate
from tests.signals.fusing import NAN, profile_with

SECTORS = ("technology", "energy", "banks")


def fused_block(scores, confidences=0.7):
    fused = np.zeros((FIELDS, *np.shape(scores)))
    fused[SCORE], fused[CONFIDENCE], fused[CONVICTION] = scores, confidences, 0.3
    fused[STATUS] = np.isnan(fused[SCORE])
    return fused


def around(scores, prices=None, volumes=None, sectors=None, cuts=()) -> c.Around:
    """Conditions of [T, S] scores and closes, block by block."""
    scores = np.array(scores, np.float64)
    rows, symbols = scores.shape
    prices = np.full(scores.shape, 100.0) if prices is None else np.array(prices, np.float64)
    volumes = np.full(scores.shape, 1000.0) if volumes is None else np.array(volumes, np.float64)
    groups = np.full(symbols, -1) if sectors is None else np.array(sectors)
    state, parts = c.new_state(symbols, len(SECTORS)), []
    for first, end in zip((0, *cuts), (*cuts, rows), strict=True):
        out = c.new_around(end - first, symbols, len(SECTORS))
        part = slice(first, end)
        c.conditions_block_nb(fused_block(scores[part]), prices[part], volumes[part], groups, 0.62, state, out)
        parts.append(out)
    joined = [np.concatenate(part, axis=1 if k == 0 else 0) for k, part in enumerate(zip(*parts, strict=True))]
    return c.Around(*joined)


def test_breadth_and_sectors():
    out = around([[0.4, 0.2, -0.3, 0.0, NAN, 0.5], [NAN] * 6], sectors=[0, 0, 1, 1, 1, -1])
    assert out.slices[c.BREADTH].tolist() == pytest.approx([3 / 5, NAN], nan_ok=True)
    assert out.slices[c.SPOKE].tolist() == out.slices[c.CONFIDENT].tolist() == [5.0, 0.0]
    assert out.slices[c.HIGHEST].tolist() == pytest.approx([0.7, NAN], nan_ok=True)
    assert out.sectors[0].tolist() == pytest.approx([0.3, -0.15, NAN], nan_ok=True)
    said = metadata_of(out.slices, out.sectors, SECTORS, 0, float(MarketRegime.SQUEEZE))
    assert (said.regime, said.volatility_environment, said.market_breadth) == ("squeeze", "unknown", 0.6)
    assert said.sector_rotation == "technology leads (+0.30), energy lags (-0.15)"
    nothing = metadata_of(out.slices, out.sectors, SECTORS, 1)
    assert (nothing.regime, nothing.correlation_regime, nothing.sector_rotation) == ("unknown", "unknown", "")


def walks(loading: float, rows: int = 900, symbols: int = 6, seed: int = 1):
    """Closes whose returns share a factor: each pair correlates with loading^2."""
    random = np.random.default_rng(seed)
    own = random.normal(0, math.sqrt(1 - loading**2), (rows, symbols))
    returns = 0.01 * (loading * random.normal(0, 1, (rows, 1)) + own)
    return 100.0 * np.cumprod(1.0 + returns, axis=0)


@pytest.mark.parametrize(("loading", "expected"), [(0.0, 0.0), (0.7, 0.49), (1.0, 1.0)])
def test_correlation_is_that_of_the_pairs(loading, expected):
    prices = walks(loading)
    told = around(np.zeros(prices.shape), prices).slices[c.CORRELATION]
    first = int(np.isfinite(told).argmax())
    assert first == c.SHORT + c.LONG and np.isfinite(told[first:]).all()
    assert told[200:].mean() == pytest.approx(expected, abs=0.06)


def test_one_symbol_has_no_correlation():
    prices = walks(0.5, symbols=1)
    assert np.isnan(around(np.zeros(prices.shape), prices).slices[c.CORRELATION]).all()


def test_volatility_and_its_place_in_history():
    random = np.random.default_rng(4)
    size = np.where(np.arange(600) < 500, 0.01, 0.04)[:, None]
    prices = 100.0 * np.cumprod(1.0 + size * random.choice([-1.0, 1.0], (600, 3)), axis=0)
    prices[300, 1] = NAN
    out = around(np.zeros(prices.shape), prices)
    assert np.isnan(out.volatility[: c.SHORT]).all() and np.isnan(out.volatility[300, 1])
    assert out.volatility[450] == pytest.approx([0.01] * 3, rel=1e-6)
    assert out.volatility[599] == pytest.approx([0.04] * 3, rel=1e-3)
    percentile = out.slices[c.VOLATILITY]
    assert np.isnan(percentile[: c.SHORT + c.LONG]).all() and np.isfinite(percentile[c.SHORT + c.LONG :]).all()
    assert percentile[510] == 1.0


def test_volume_that_dries_up():
    volumes = np.full((200, 2), 1000.0)
    volumes[150:, 1] = 100.0
    out = around(np.zeros((200, 2)), volumes=volumes)
    assert np.isnan(out.liquidity[: c.LONG - 1]).all() and out.liquidity[149].tolist() == pytest.approx([1.0, 1.0])
    assert out.slices[c.STRESSED, 149] == 0.0 and out.slices[c.STRESSED, 165] == 0.5


def test_conditions_do_not_depend_on_blocks_or_on_what_comes():
    prices = walks(0.5, rows=200)
    scores = np.random.default_rng(3).uniform(-1, 1, prices.shape)
    whole = around(scores, prices, prices * 7.0, [0, 1, 2, 0, 1, -1])
    pieces = around(scores, prices, prices * 7.0, [0, 1, 2, 0, 1, -1], cuts=(1, 70, 71, 150))
    short = around(scores[:120], prices[:120], prices[:120] * 7.0, [0, 1, 2, 0, 1, -1])
    for one, other, cut in zip(whole, pieces, short, strict=True):
        assert np.array_equal(one, other, equal_nan=True)
        kept = one[:, :120] if one is whole.slices else one[:120]
        assert np.array_equal(kept, cut, equal_nan=True)


@pytest.mark.parametrize(
    ("means", "text"),
    [
        ((0.1, 0.3, -0.2), "energy leads (+0.30), banks lags (-0.20)"),
        ((0.1, 0.1, 0.1), "no sector leads"),
        ((NAN, 0.1, NAN), ""),
    ],
)
def test_sector_rotation_in_words(means, text):
    assert sector_rotation(SECTORS, means) == text


@pytest.mark.parametrize(
    ("percentile", "name"),
    [(0.0, "LOW"), (0.33, "LOW"), (0.5, "MEDIUM"), (0.67, "HIGH"), (1.0, "HIGH"), (NAN, "UNKNOWN")],
)
def test_volatility_environment(percentile, name):
    assert volatility_environment(percentile).name == name


def test_correlation_regime():
    assert [correlation_regime(x).name for x in (-0.5, 0.5, 0.9, NAN)] == ["LOW", "MEDIUM", "HIGH", "UNKNOWN"]


# ------------------------------------------------------------------------------------------ ranking
NAMES = ("volume_profile", "multi_timeframe_agreement")
PROFILE = profile_with((1.0,), sources={name: SourceUse(0.5) for name in NAMES})


def ranked_by(profile=PROFILE, market=(), **columns):
    """float64 [RANKED, S] of one slice. market: conditions by row of ``Around.slices``, and LIQUIDITY by symbol."""
    size = len(columns["scores"])
    rest = dict.fromkeys(("hit_rates", "volume", "timeframe", "regime"), [NAN] * size)
    rest |= {"confidences": [0.5] * size, "volatility": [0.01] * size, "liquidity": [NAN] * size}
    told = {name: np.array(column, np.float64)[None] for name, column in {**rest, **columns}.items()}
    slices = np.full((c.SLICE_FIELDS, 1), NAN)
    for field, value in market:
        slices[field] = value
    conditions = c.Around(slices, np.empty((1, 0)), told["volatility"], told["liquidity"])
    voices = np.ones((2, 2, 1, size))
    voices[0, 0], voices[0, 1] = told["volume"], told["timeframe"]
    out = np.empty((RANKED, 1, size))
    fused = fused_block(told["scores"], told["confidences"])
    rank_block_nb(fused, voices, told["hit_rates"], told["regime"], conditions, rank_rules(profile, NAMES), out)
    return out[:, 0]


def best(ranked):
    ranks = ranks_of(ranked[STRENGTH])
    return [int(s) for s in np.argsort(ranks, kind="stable") if ranks[s] > 0]


@pytest.mark.parametrize(
    ("columns", "order"),
    [  # rows: what differs between symbols, best first
        ({"scores": [0.2, 0.6, 0.4]}, [1, 2, 0]),
        ({"scores": [0.4, -0.4, 0.4]}, [0, 2, 1]),  # the lone short is not confirmed by the others
        ({"scores": [0.4, 0.4, 0.4]}, [0, 1, 2]),  # equal ones in their order
        ({"scores": [0.4, NAN, 0.0]}, [0]),  # silent and neutral ones are not ranked
        ({"scores": [0.4] * 3, "confidences": [0.3, 0.9, 0.6]}, [1, 2, 0]),
        ({"scores": [0.4] * 3, "hit_rates": [0.4, NAN, 0.7]}, [1, 2, 0]),  # others alone say 1 of the second
        ({"scores": [0.4] * 3, "volume": [-0.5, 0.5, 0.1]}, [1, 2, 0]),
        ({"scores": [-0.4] * 3, "timeframe": [-0.5, 0.5, 0.1]}, [0, 2, 1]),
        ({"scores": [0.4] * 3, "volatility": [0.04, 0.01, NAN]}, [1, 0, 2]),
        ({"scores": [0.4] * 3, "volatility": [0.03, 0.02, 0.0]}, [1, 2, 0]),  # below the target all count alike
        ({"scores": [0.4, -0.4, 0.4, -0.4], "regime": [2, 2, 1, 1]}, [1, 2, 0, 3]),  # with the regime, then against
        ({"scores": [0.4] * 3, "liquidity": [0.4, 1.2, NAN]}, [1, 2, 0]),
    ],
)
def test_ranking(columns, order):
    ranked = ranked_by(**columns)
    ranks = ranks_of(ranked[STRENGTH])
    assert best(ranked) == order
    assert sorted(ranks[ranks > 0]) == list(range(1, len(order) + 1))
    assert ((ranked[STRENGTH] > 0.0) == (ranks > 0)).all()


def test_levels_by_hand():
    ranked = ranked_by(
        scores=[0.5, -0.5, 0.2], hit_rates=[0.6, NAN, NAN], volume=[0.4, 0.4, NAN], timeframe=[1, -1, NAN]
    )
    levels = dict(zip(LEVELS, ranked[STATISTICAL : TIMEFRAME + 1].tolist(), strict=True))
    assert levels["statistical"] == pytest.approx([0.6, NAN, NAN], nan_ok=True)
    assert levels["correlation"] == [0.5, 0.0, 0.5]
    assert levels["volume"] == pytest.approx([0.7, 0.3, NAN], nan_ok=True)
    assert levels["timeframe"] == pytest.approx([1.0, 1.0, NAN], nan_ok=True)
    assert ranked[STRENGTH, 0] == pytest.approx(0.5 * 0.5 * (0.5 + (0.6 + 0.5 + 0.7 + 1.0) / 4))
    assert ranked[STRENGTH, 2] == pytest.approx(0.2 * 0.5 * (0.5 + 0.5))
    alone = ranked_by(scores=[0.5])
    assert alone[STRENGTH, 0] == pytest.approx(0.25) and math.isnan(alone[STATISTICAL + 1, 0])  # nobody else leans


ADAPTS = Ranking(
    against_regime=0.9, sideways=0.8, volatility_low=0.7, volatility_high=0.6, correlation_low=0.5,
    correlation_high=0.4, liquidity_stressed=0.3,
)  # fmt: skip
CONDITIONS = [
    # regime, market, volume / usual, factor of a long
    (NAN, (), NAN, 1.0),
    (MarketRegime.BULLISH_CALM, (), NAN, 1.0),
    (MarketRegime.BEARISH_VOLATILE, (), NAN, 0.9),
    (MarketRegime.SQUEEZE, (), NAN, 0.8),
    (9.0, (), NAN, 1.0),  # no such regime
    (NAN, ((c.VOLATILITY, 0.2),), NAN, 0.7),
    (NAN, ((c.VOLATILITY, 0.5),), NAN, 1.0),
    (NAN, ((c.VOLATILITY, 0.8),), NAN, 0.6),
    (NAN, ((c.CORRELATION, 0.1),), NAN, 0.5),
    (NAN, ((c.CORRELATION, 0.4),), NAN, 1.0),
    (NAN, ((c.CORRELATION, 0.7),), NAN, 0.4),
    (NAN, (), 0.4, 0.3),
    (NAN, (), 0.6, 1.0),
    (MarketRegime.BEARISH_VOLATILE, ((c.VOLATILITY, 0.8), (c.CORRELATION, 0.7)), 0.1, 0.9 * 0.6 * 0.4 * 0.3),
]


@pytest.mark.parametrize(("regime", "market", "liquidity", "factor"), CONDITIONS)
def test_conditions_of_the_market_are_factors_on_strength(regime, market, liquidity, factor):
    profile = profile_with((1.0,), sources=PROFILE.sources, ranking=ADAPTS)
    told = ranked_by(profile, market, scores=[0.4], regime=[float(regime)], liquidity=[liquidity], volatility=[0.04])
    plain = ranked_by(profile, scores=[0.4], volatility=[0.01])
    assert told[CONDITION, 0] == pytest.approx(factor) and told[RISK, 0] == 0.5
    assert told[STRENGTH, 0] == pytest.approx(plain[STRENGTH, 0] * 0.5 * factor)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 0.2)), min_size=1, max_size=8))
def test_strength_stays_in_range(rows):
    scores, confidences, volatility = zip(*rows, strict=True)
    ranked = ranked_by(scores=scores, confidences=confidences, volatility=volatility)
    assert ((ranked[STRENGTH] >= 0.0) & (ranked[STRENGTH] <= 1.0)).all()
    strengths = ranked[STRENGTH, best(ranked)]
    assert (strengths[:-1] >= strengths[1:]).all()


# ------------------------------------------------------------------------------------------ history
def test_history_keeps_changes_and_their_outcome():
    scores = np.array([[0.0, NAN], [0.3, -0.6], [0.25, -0.7], [0.6, 0.9], [NAN, 0.0]])
    prices = np.array([[100.0, 50.0], [100.0, 50.0], [110.0, NAN], [120.0, 45.0], [90.0, 40.0]])
    for cuts in ((), (2,), (1, 2, 3, 4)):
        history = SignalHistory(2, PROFILES["alpha_fusion"])
        for first, end in zip((0, *cuts), (*cuts, 5), strict=True):
            history.push(fused_block(scores[first:end]), prices[first:end])
        changes = history.changes()
        outcomes = outcomes_of(changes, prices, 2)
        told: list[list[Any]] = [[], []]
        for one, outcome in zip(changes, outcomes, strict=True):
            told[one["symbol"]].append((int(one["row"]), SignalClass(int(one["signal"])).name, outcome))
        nothing: Any = pytest.approx(NAN, nan_ok=True)
        assert told[0] == [
            (1, "BUY", pytest.approx(0.2)),
            (3, "STRONG_BUY", nothing),  # not yet
            (4, "NEUTRAL", nothing),  # silent
        ]
        assert told[1] == [  # slice 2 was no bar of the second
            (1, "STRONG_SELL", pytest.approx(0.2)),
            (3, "STRONG_BUY", nothing),
            (4, "NEUTRAL", nothing),
        ]
    assert len(SignalHistory(2, PROFILES["alpha_fusion"]).changes()) == 0


# ------------------------------------------------------------------------------------------ validation
GOOD: dict[str, Any] = {
    "source": "s",
    "symbol": "A",
    "ts_event": 100,
    "ts_known": 110,
    "direction": 0.5,
    "confidence": 0.5,
}


@pytest.mark.parametrize(
    ("changed", "price", "reason"),
    [
        ({}, 10.0, Reason.NONE),
        ({"stop": 9.0, "target": 12.0}, 10.0, Reason.NONE),
        ({"direction": -0.5, "stop": 11.0, "target": 8.0}, 10.0, Reason.NONE),
        ({"symbol": "Z"}, 10.0, Reason.SIGNAL_UNKNOWN_SYMBOL),
        ({"ts_known": 201}, 10.0, Reason.SIGNAL_FROM_THE_FUTURE),
        ({"ts_event": 161}, 10.0, Reason.SIGNAL_FROM_THE_FUTURE),
        ({"ts_known": 149, "ts_event": 149}, 10.0, Reason.SIGNAL_STALE),  # 51 old
        ({"ts_known": 160, "horizon_ns": 39}, 10.0, Reason.SIGNAL_STALE),
        ({"direction": 0.0}, 10.0, Reason.SIGNAL_WITHOUT_SIDE),
        ({}, NAN, Reason.PRICE_IS_NAN),
        ({"stop": 10.0}, 10.0, Reason.STOP_ON_WRONG_SIDE),
        ({"target": 9.0}, 10.0, Reason.TARGET_ON_WRONG_SIDE),
        ({"direction": -0.5, "stop": 9.0}, 10.0, Reason.STOP_ON_WRONG_SIDE),
        ({"direction": -0.5, "target": 11.0}, 10.0, Reason.TARGET_ON_WRONG_SIDE),
    ],
)
def test_validation(changed, price, reason):
    signal = Signal(**{**GOOD, "ts_known": 160, **changed})
    assert validate(signal, 200, price, {"A", "B"}, maximum_age_ns=50) is reason


def test_without_a_limit_only_the_horizon_ends_a_signal():
    assert validate(Signal(**GOOD), 10**15, 10.0, {"A"}) is Reason.NONE
    assert validate(Signal(**GOOD, horizon_ns=60), 10**15, 10.0, {"A"}) is Reason.SIGNAL_STALE
