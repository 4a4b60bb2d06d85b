"""Around a decision: breadth, sectors, volatility; ranking over symbols; history and validation of signals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.codes import MarketRegime, Reason, SignalClass
from consilience.core.panel import FloatBars
from consilience.core.signal import Signal
from consilience.features import Evaluator, FeatureBlock, bar
from consilience.signals.fusion.fields import CONFIDENCE, CONVICTION, FIELDS, SCORE
from consilience.signals.fusion.metadata import (
    Surroundings,
    metadata_of,
    sector_rotation,
    surroundings_block_nb,
    volatility_environment,
    volatility_percentile,
)
from consilience.signals.fusion.profile import PROFILES
from consilience.signals.fusion.ranking import LEVELS, Candidates, rank_signals
from consilience.signals.history import SignalHistory
from consilience.signals.validation import validate
from tests.signals.fusing import NAN

SECTORS = ("technology", "energy", "banks")


def around(scores, percentiles, sectors) -> Surroundings:
    rows = len(scores)
    out = Surroundings(np.empty(rows), np.empty(rows), np.empty((rows, len(SECTORS))))
    told = np.array(scores, np.float64), np.array(percentiles, np.float64), np.array(sectors, np.int64)
    surroundings_block_nb(*told, out)
    return out


def test_breadth_sectors_and_volatility():
    out = around(
        [[0.4, 0.2, -0.3, 0.0, NAN, 0.5], [NAN] * 6],
        [[0.9, 0.8, 0.7, NAN, 1.0, 0.6], [NAN] * 6],
        [0, 0, 1, 1, 1, -1],
    )
    assert out.breadth.tolist() == pytest.approx([3 / 5, NAN], nan_ok=True)
    assert out.volatility.tolist() == pytest.approx([0.8, NAN], nan_ok=True)
    assert out.sectors[0].tolist() == pytest.approx([0.3, -0.15, NAN], nan_ok=True)
    said = metadata_of(out, 0, SECTORS, float(MarketRegime.SQUEEZE))
    assert (said.regime, said.volatility_environment, said.market_breadth) == ("squeeze", "high", 0.6)
    assert said.sector_rotation == "technology leads (+0.30), energy lags (-0.15)"
    nothing = metadata_of(out, 1, SECTORS)
    assert (nothing.regime, nothing.volatility_environment, nothing.sector_rotation) == ("unknown", "unknown", "")


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


def test_volatility_percentile_rises_with_the_range():
    rows = 80
    reach = np.where(np.arange(rows) < 60, 1.0, 5.0)[:, None]
    close = np.full((rows, 1), 100.0)
    bars = FloatBars(close, close + reach, close - reach, close, close)
    block = FeatureBlock(
        np.arange(1, rows + 1, dtype=np.int64) * 60_000_000_000,
        bars,
        np.ones((rows, 1), bool),
        np.zeros((rows, 1), np.int64),
    )
    node = volatility_percentile(bar, 5, 30)
    evaluator = Evaluator([node], 1, block=rows)
    evaluator.push(block)
    percentile = evaluator.value(node)[:, 0]
    assert percentile[59] == 0.5 and percentile[66] > 0.9


# ------------------------------------------------------------------------------------------ ranking
def candidates(**columns) -> Candidates:
    size = len(columns["scores"])
    rest = dict.fromkeys(("hit_rates", "volume", "timeframe", "regime"), [NAN] * size)
    rest |= {"confidences": [0.5] * size, "volatility": [0.01] * size}
    return Candidates(**{name: np.array(column, np.float64) for name, column in {**rest, **columns}.items()})


@pytest.mark.parametrize(
    ("columns", "best"),
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
    ],
)
def test_ranking(columns, best):
    ranked = rank_signals(candidates(**columns))
    assert ranked.best(10) == best
    assert sorted(ranked.ranks[ranked.ranks > 0]) == list(range(1, len(best) + 1))
    assert ((ranked.strengths > 0.0) == (ranked.ranks > 0)).all()


def test_levels_by_hand():
    ranked = rank_signals(
        candidates(scores=[0.5, -0.5, 0.2], hit_rates=[0.6, NAN, NAN], volume=[0.4, 0.4, NAN], timeframe=[1, -1, NAN])
    )
    levels = dict(zip(LEVELS, ranked.levels.tolist(), strict=True))
    assert levels["statistical"] == pytest.approx([0.6, NAN, NAN], nan_ok=True)
    assert levels["correlation"] == [0.5, 0.0, 0.5]
    assert levels["volume"] == pytest.approx([0.7, 0.3, NAN], nan_ok=True)
    assert levels["timeframe"] == pytest.approx([1.0, 1.0, NAN], nan_ok=True)
    assert ranked.strengths[0] == pytest.approx(0.5 * 0.5 * (0.5 + (0.6 + 0.5 + 0.7 + 1.0) / 4))
    assert ranked.strengths[2] == pytest.approx(0.2 * 0.5 * (0.5 + 0.5))
    alone = rank_signals(candidates(scores=[0.5]))
    assert alone.strengths[0] == pytest.approx(0.25) and math.isnan(alone.levels[1, 0])  # nobody else leans


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 0.2)), min_size=1, max_size=8))
def test_strength_stays_in_range(rows):
    scores, confidences, volatility = zip(*rows, strict=True)
    ranked = rank_signals(candidates(scores=scores, confidences=confidences, volatility=volatility))
    assert ((ranked.strengths >= 0.0) & (ranked.strengths <= 1.0)).all()
    strengths = ranked.strengths[ranked.best(8)]
    assert (strengths[:-1] >= strengths[1:]).all()


# ------------------------------------------------------------------------------------------ history
def fused_block(scores):
    fused = np.zeros((FIELDS, *np.shape(scores)))
    fused[SCORE], fused[CONFIDENCE], fused[CONVICTION] = scores, 0.7, 0.3
    return fused


def test_history_keeps_changes_with_their_outcome():
    scores = np.array([[0.0, NAN], [0.3, -0.6], [0.25, -0.7], [0.6, 0.9], [NAN, 0.0]])
    prices = np.array([[100.0, 50.0], [100.0, 50.0], [110.0, NAN], [120.0, 45.0], [90.0, 40.0]])
    history = SignalHistory(("A", "B"), PROFILES["alpha_fusion"], horizon=2)
    for rows in (slice(0, 2), slice(2, 5)):
        history.push(np.arange(5)[rows], fused_block(scores)[:, rows], prices[rows])
    mine: list[Any] = [(one.ts, one.signal.name, one.price, one.outcome) for one in history.of("A")]
    assert mine == [
        (1, "BUY", 100.0, pytest.approx(0.2)),
        (3, "STRONG_BUY", 120.0, pytest.approx(NAN, nan_ok=True)),  # not yet
        (4, "NEUTRAL", 90.0, pytest.approx(NAN, nan_ok=True)),  # silent
    ]
    other: list[Any] = [(one.ts, one.signal.name, one.outcome) for one in history.of("B")]
    assert other == [  # slice 2 was no bar of B
        (1, "STRONG_SELL", pytest.approx(0.2)),
        (3, "STRONG_BUY", pytest.approx(NAN, nan_ok=True)),
        (4, "NEUTRAL", pytest.approx(NAN, nan_ok=True)),
    ]
    assert [one.ts for one in history.of("A", 1)] == [4]


def test_history_is_bounded():
    history = SignalHistory(("A",), PROFILES["alpha_fusion"], horizon=1, capacity=3)
    scores = np.where(np.arange(20) % 2 == 0, 0.3, -0.3)[:, None]
    history.push(np.arange(20), fused_block(scores), np.full((20, 1), 10.0))
    assert [one.ts for one in history.of("A", 50)] == [17, 18, 19]
    assert history.of("A")[-1].signal is SignalClass.SELL


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
