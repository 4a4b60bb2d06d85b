"""Outcomes: what became of signals, against plain counting, and never by looking ahead."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.errors import ConfigError
from consilience.signals.fusion.profile import Performance
from consilience.signals.outcomes import OutcomeTracker
from consilience.signals.outcomes_nb import BINS, FACTOR, PAYOFF, PROBABILITY, SAMPLE

NAN = float("nan")
CLOSES = (100.0, 110.0, 99.0, 99.0, 198.0)


def one_source(values, confidences, closes, horizon=1, **terms):
    """A tracker of one source on one symbol that has seen these bars, and what it said."""
    tracker = OutcomeTracker([horizon], 1, Performance(**{"minimum_sample": 1, **terms}))
    voices = np.array([values, confidences], np.float64)[:, None, :, None]
    return tracker, tracker.push(voices, np.array(closes, np.float64)[:, None])


@pytest.mark.parametrize(
    ("values", "confidences", "horizon", "expected"),
    [
        ((1, 1, 1, 1, 1), (0.9,) * 5, 1, (NAN, 0.1, -0.1, 0.0, 1.0)),
        ((-1, -1, 1, 1, 1), (0.9,) * 5, 1, (NAN, -0.1, 0.1, 0.0, 1.0)),
        ((1, 1, 1, 1, 1), (0.9,) * 5, 3, (NAN, NAN, NAN, -0.01, 0.8)),
        ((0.01, NAN, 2.0, 0, 1), (0.9,) * 5, 1, (NAN,) * 5),  # too small, silent, nonsense, neutral
        ((1, 1, 1, 1, 1), (0.0, NAN, 1.5, 0.04, 1), 1, (NAN,) * 5),  # unsure, silent, nonsense, too small
    ],
)
def test_outcome_is_the_forward_return_in_the_signals_direction(values, confidences, horizon, expected):
    _, settled = one_source(values, confidences, CLOSES, horizon)
    assert settled.outcomes[0, :, 0] == pytest.approx(expected, nan_ok=True)


def test_cost_is_taken_off():
    tracker, settled = one_source((1,) * 5, (0.9,) * 5, CLOSES, cost=0.02)
    assert settled.outcomes[0, 1:, 0] == pytest.approx((0.08, -0.12, -0.02, 0.98))
    assert tracker.record(0).hit_rate == 0.5


def test_a_bar_that_is_missing_is_no_bar():
    closes = (100.0, NAN, 110.0, 0.0, -1.0, math.inf, 99.0)
    _, settled = one_source((1,) * 7, (0.9,) * 7, closes)
    assert settled.outcomes[0, :, 0] == pytest.approx((NAN, NAN, 0.1, NAN, NAN, NAN, -0.1), nan_ok=True)


def test_record_and_kelly_inputs():
    tracker, settled = one_source((1,) * 5, (0.9,) * 5, CLOSES)  # outcomes 0.1, -0.1, 0, 1
    record = tracker.record(0)
    assert (record.settled, record.sample, record.hit_rate, record.known) == (4, 4.0, 0.5, True)
    outcomes = np.array([0.1, -0.1, 0.0, 1.0])
    assert record.mean == pytest.approx(outcomes.mean()) and record.deviation == pytest.approx(outcomes.std())
    assert (record.mean_win, record.mean_loss) == (pytest.approx(0.55), pytest.approx(0.05))
    kelly = tracker.kelly_inputs(0)
    assert kelly == (0.5, pytest.approx(11.0), 4.0, True)
    assert settled.track[[PROBABILITY, PAYOFF, SAMPLE], 0, -1, 0].tolist() == pytest.approx([0.5, 11.0, 4.0])


@pytest.mark.parametrize(
    ("minimum", "closes", "known", "factor"),
    [
        (5, CLOSES, False, 1.0),  # four outcomes are too few
        (4, CLOSES, True, 1.0 + (1.1 - 0.1) / 1.2 * 4 / 8),
        (1, (100, 110, 121, 133.1, 146.41), False, 1.5),  # never lost: Kelly would bet all
        (1, (100, 90, 81, 72.9, 65.61), False, 0.5),
        (1, (100, 100, 100, 100, 100), False, 1.0),  # nothing moved
    ],
)
def test_below_the_minimum_nothing_is_concluded(minimum, closes, known, factor):
    tracker, settled = one_source((1,) * 5, (0.9,) * 5, closes, minimum_sample=minimum)
    kelly = tracker.kelly_inputs(0)
    assert kelly.known is known
    assert math.isnan(kelly.payoff) is not known and math.isnan(settled.track[PAYOFF, 0, -1, 0]) is not known
    assert settled.track[FACTOR, 0, -1, 0] == pytest.approx(factor)
    assert (settled.track[FACTOR, 0, 0] == 1.0).all()


def test_overlapping_signals_count_once():
    closes = 100.0 + np.arange(12)
    for horizon, count in ((1, 11), (2, 5), (3, 3), (4, 2), (11, 1)):
        tracker, settled = one_source((1,) * 12, (0.9,) * 12, closes, horizon)
        assert tracker.record(0).settled == count
        assert np.isfinite(settled.outcomes).sum() == 12 - horizon  # yet each has its outcome


def test_forgetting_halves_in_a_half_life():
    values = [1.0] * 21
    closes = np.cumprod(np.array([100.0, *[1.1] * 10, *[0.9] * 10]))  # ten wins, then ten losses
    plain, _ = one_source(values, [0.9] * 21, closes)
    forgets, _ = one_source(values, [0.9] * 21, closes, half_life=5.0)
    assert plain.record(0).hit_rate == 0.5
    weights = 0.5 ** (np.arange(20)[::-1] / 5.0)
    assert forgets.record(0).sample == pytest.approx(weights.sum())
    assert forgets.record(0).hit_rate == pytest.approx(weights[:10].sum() / weights.sum())
    told = forgets.calibration(0)[9]
    assert (told.sample, told.hit_rate) == (pytest.approx(weights.sum()), forgets.record(0).hit_rate)
    assert told.confidence == pytest.approx(0.9)


def test_calibration_by_tenths_of_confidence():
    confidences = [0.15] * 4 + [0.85] * 4 + [1.0]
    closes = (100, 110, 100, 110, 100, 110, 120, 130, 140)  # outcomes + - + - + + + +
    tracker, _ = one_source((1,) * 9, confidences, closes, minimum_sample=4)
    low, high, top = (tracker.calibration(0)[k] for k in (1, 8, 9))
    assert (low.sample, low.hit_rate, low.confidence) == (4.0, 0.5, pytest.approx(0.15))
    assert (high.sample, high.hit_rate, high.confidence) == (4.0, 1.0, pytest.approx(0.85))
    assert top.sample == 0.0 and math.isnan(top.hit_rate) and (top.low, top.high) == (0.9, 1.0)


@pytest.mark.parametrize(("per_symbol", "half_life"), [(False, 0.0), (True, 0.0), (False, 6.0)])
def test_calibrated_confidence_is_the_hit_rate_of_what_had_settled_by_then(per_symbol, half_life):
    voices, prices = market(5, 80, 4)
    voices[0, 1, 40] = NAN  # no signal: nothing to calibrate
    terms = Performance(minimum_sample=4, per_symbol=per_symbol, half_life=half_life)
    told = OutcomeTracker(HORIZONS, 4, terms, calibrate=True).push(voices, prices).calibrated
    _, counting = counted_plainly(voices, prices)
    moved = 0
    for g, row, s in itertools.product(range(3), range(80), range(4)):
        sure = voices[1, g, row, s]
        alike = (
            [
                o
                for o in counting[g]
                if o[0] <= row and (not per_symbol or o[1] == s) and int(o[2] * 10) == int(sure * 10)
            ]
            if sure == sure
            else []
        )
        weights = 0.5 ** (np.arange(len(alike))[::-1] / half_life) if half_life else np.ones(len(alike))
        behind = float(weights.sum())
        if voices[0, g, row, s] == voices[0, g, row, s] and behind >= 4:
            won = float((weights * np.array([o[3] > 0 for o in alike])).sum())
            assert told[:, g, row, s] == pytest.approx([won / behind, behind])
            moved += 1
        else:
            assert told[:, g, row, s] == pytest.approx([sure, 0.0], nan_ok=True)
    assert moved > 50


def test_nothing_is_calibrated_where_nobody_asks():
    voices, prices = market(5, 10, 4)
    assert OutcomeTracker(HORIZONS, 4).push(voices, prices).calibrated.shape == (2, 3, 0, 4)


def test_a_horizon_of_no_bars_is_refused():
    with pytest.raises(ConfigError, match="horizon is 0 bars; give 1 or more"):
        OutcomeTracker([5, 0], 3)


# ------------------------------------------------------------------------------------------ against plain counting
HORIZONS = (1, 4, 7)


def market(seed: int, rows: int, symbols: int):
    random = np.random.default_rng(seed)
    voices = np.stack([random.uniform(-1, 1, (3, rows, symbols)), random.uniform(0, 1, (3, rows, symbols))])
    voices[:, random.random((3, rows, symbols)) < 0.2] = NAN
    prices = 100.0 * np.exp(np.cumsum(random.normal(0, 0.02, (rows, symbols)), axis=0))
    prices[random.random((rows, symbols)) < 0.1] = NAN
    return voices, prices


def counted_plainly(voices, prices, floor=0.05):
    """Outcomes by (source, row, symbol), and those that count, in time order; by index arithmetic alone."""
    outcomes = np.full(voices.shape[1:], NAN)
    counting: list[list[tuple[int, int, float, float]]] = [[] for _ in HORIZONS]
    for s in range(prices.shape[1]):
        bars = np.flatnonzero(np.isfinite(prices[:, s]))
        for g, horizon in enumerate(HORIZONS):
            last = -(10**9)
            for made, due in zip(range(len(bars)), range(horizon, len(bars)), strict=False):
                value, sure = voices[:, g, bars[made], s]
                if not abs(value * sure) >= floor:
                    continue
                now, then = prices[bars[due], s], prices[bars[made], s]
                outcomes[g, bars[due], s] = np.sign(value) * (now / then - 1.0)
                if made - last >= horizon:
                    last = made
                    counting[g].append((int(bars[due]), s, sure, outcomes[g, bars[due], s]))
    return outcomes, [sorted(one) for one in counting]


@pytest.mark.parametrize("per_symbol", [False, True])
def test_against_plain_counting(per_symbol):
    voices, prices = market(3, 60, 4)
    tracker = OutcomeTracker(HORIZONS, 4, Performance(minimum_sample=5, per_symbol=per_symbol))
    settled = tracker.push(voices, prices)
    outcomes, counting = counted_plainly(voices, prices)
    assert settled.outcomes == pytest.approx(outcomes, nan_ok=True)
    for g in range(3):
        for s in range(4):
            mine = [o for o in counting[g] if not per_symbol or o[1] == s]
            record, results = tracker.record(g, s), np.array([o[3] for o in mine])
            assert record.settled == len(mine)
            assert record.mean == pytest.approx(results.mean())
            assert record.hit_rate == pytest.approx((results > 0).mean())
            assert record.mean_win == pytest.approx(results[results > 0].mean())
            assert record.mean_loss == pytest.approx(-results[results <= 0].mean())
            tenths = [min(int(o[2] * BINS), BINS - 1) for o in mine]
            assert [one.sample for one in tracker.calibration(g, s)] == [tenths.count(k) for k in range(BINS)]
            for row in (10, 30, 59):  # the track knows what had settled by then, and no more
                known = np.array([o[3] for o in mine if o[0] <= row])
                told = settled.track[:, g, row, s if per_symbol else 0]
                assert told[SAMPLE] == len(known)
                enough = len(known) >= 5
                assert told[PROBABILITY] == (
                    pytest.approx((known > 0).mean()) if enough else pytest.approx(NAN, nan_ok=True)
                )
                edge = known.sum() / np.abs(known).sum() if enough else 0.0
                expected = min(max(1.0 + edge * len(known) / (len(known) + 5), 0.5), 1.5)
                assert told[FACTOR] == pytest.approx(expected)


@given(st.lists(st.integers(1, 39), max_size=4), st.booleans(), st.sampled_from([0.0, 8.0]))
def test_blocks_and_the_future_change_nothing(cuts, per_symbol, half_life):
    voices, prices = market(9, 40, 3)
    terms = Performance(minimum_sample=3, per_symbol=per_symbol, half_life=half_life)
    whole = OutcomeTracker(HORIZONS, 3, terms, calibrate=True)
    all_at_once = whole.push(voices, prices)
    parts = OutcomeTracker(HORIZONS, 3, terms, calibrate=True)
    edges = [0, *sorted(set(cuts)), 40]
    for first, end in itertools.pairwise(edges):
        if first == edges[1]:  # a restart in between changes nothing either
            again = OutcomeTracker(HORIZONS, 3, terms, calibrate=True)
            again.restore(parts.snapshot())
            parts = again
        got = parts.push(voices[:, :, first:end], prices[first:end])  # nothing after ``end`` is known to it
        assert np.array_equal(got.calibrated, all_at_once.calibrated[:, :, first:end], equal_nan=True)
        assert np.array_equal(got.outcomes, all_at_once.outcomes[:, first:end], equal_nan=True)
        assert np.array_equal(got.track, all_at_once.track[:, :, first:end], equal_nan=True)
    for name, value in whole.snapshot().items():
        equal_nan = value.dtype.kind == "f"
        assert np.array_equal(value, parts.snapshot()[name], equal_nan=equal_nan)
