"""Fusion with memory: sources that were wrong are heard less, and nothing depends on blocks or on the future."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.codes import QualityFlag
from consilience.signals.fusion.fields import CONFIDENCE, CONVICTION, FIELDS, SCORE
from consilience.signals.fusion.fuse import fuse_block_nb
from consilience.signals.fusion.profile import Performance
from consilience.signals.fusion.stage import FusionStage, Outlook, Slices
from consilience.signals.outcomes_nb import PROBABILITY, SAMPLE
from tests.examples import examples
from tests.signals.fusing import NAN, from_left, fuse, profile_with

ROWS, SYMBOLS = 60, 3
WEIGHTS = (0.5, 0.3, 0.2)
HORIZONS = (1, 3, 5)
OUTLOOK = Outlook(0.3, np.array([0, 1, 0]), ("technology", "energy"))
NO_FLAGS, NO_REGIME = np.empty((0, SYMBOLS), np.uint16), np.empty((0, SYMBOLS))
LEARNS = profile_with(WEIGHTS, performance=Performance(on=True, minimum_sample=5), quality={"LATE": 0.5}, horizon=4)


def market(seed: int = 1):
    random = np.random.default_rng(seed)
    voices = np.stack([random.uniform(-1, 1, (3, ROWS, SYMBOLS)), random.uniform(0.1, 0.6, (3, ROWS, SYMBOLS))])
    voices[:, random.random((3, ROWS, SYMBOLS)) < 0.2] = NAN
    prices = 100.0 * np.exp(np.cumsum(random.normal(0, 0.02, (ROWS, SYMBOLS)), axis=0))
    flags = np.where(random.random((ROWS, SYMBOLS)) < 0.2, int(QualityFlag.LATE), 0).astype(np.uint16)
    return voices, flags, prices


def run(stage: FusionStage, voices, flags, prices):
    out = np.empty((FIELDS, len(prices), SYMBOLS))
    heard = voices.copy()
    stage.push(Slices(heard, NO_REGIME, flags, prices, np.full_like(prices, 100.0)), out)
    return out, heard


def stage_of(profile) -> FusionStage:
    return FusionStage(profile, list(profile.sources), HORIZONS, OUTLOOK)


def test_without_memory_and_flags_it_is_plain_fusion():
    voices, _, prices = market()
    stage = stage_of(profile_with(WEIGHTS))
    out, heard = run(stage, voices, NO_FLAGS, prices)
    plain = np.empty_like(out)
    fuse_block_nb(voices, stage.weights, NO_REGIME, stage.rules, plain)
    assert np.array_equal(out, plain, equal_nan=True) and np.array_equal(heard, voices, equal_nan=True)
    assert not len(stage.stated)


def test_late_data_lowers_score_confidence_and_conviction():
    voices, _, prices = market()
    voices[np.isnan(voices)] = 0.4
    late = np.full((ROWS, SYMBOLS), int(QualityFlag.LATE), np.uint16)
    profile = profile_with(WEIGHTS, quality={"LATE": 0.5})
    clean, _ = run(stage_of(profile), voices, np.zeros_like(late), prices)
    doubtful, _ = run(stage_of(profile), voices, late, prices)
    for field in (SCORE, CONFIDENCE):
        assert doubtful[field] == pytest.approx(clean[field] / 2)
    assert (doubtful[CONVICTION] <= clean[CONVICTION] / 2 + 1e-12).all()


def test_a_source_that_was_right_outweighs_one_that_was_wrong():
    rising = np.repeat(100.0 * 1.01 ** np.arange(ROWS)[:, None], SYMBOLS, axis=1)
    rising[1::2] *= 0.999
    voices = np.full((2, 3, ROWS, SYMBOLS), 0.6)
    voices[0, 0] = -0.6  # always wrong
    stage = stage_of(LEARNS)
    out, heard = run(stage, voices, NO_FLAGS, rising)
    assert (heard[1, :, 0] == 0.6).all()  # nothing is known yet
    assert heard[1, :, -1, 0].tolist() == pytest.approx([0.3, 0.9, 0.9], abs=0.05)
    assert out[SCORE, 0].tolist() == [0.0] * SYMBOLS
    assert out[SCORE, -1].tolist() == pytest.approx([0.5 * 0.6 * (0.9 - 0.3)] * SYMBOLS, abs=0.02)
    assert stage.sources.record(0).hit_rate == 0.0


def test_kelly_sees_signals_beyond_the_threshold_only():
    voices, _, prices = market()
    stage = stage_of(profile_with(WEIGHTS, horizon=2, performance=Performance(minimum_sample=3)))
    out, _ = run(stage, voices, NO_FLAGS, prices)
    won, count = 0, 0
    last: dict[int, int] = {}
    for row, s in itertools.product(range(ROWS - 2), range(SYMBOLS)):
        score = out[SCORE, row, s]
        if abs(score) >= 0.2 and row - last.get(s, -9) >= 2:
            last[s] = row
            count += 1
            won += (prices[row + 2, s] / prices[row, s] - 1.0) * score > 0.0
    known = stage.settled.track
    assert count > 10
    assert known[SAMPLE, 0, -1, 0] == count
    assert known[PROBABILITY, 0, -1, 0] == pytest.approx(won / count)


def test_a_calibrated_confidence_is_what_such_signals_came_to():
    voices, _, prices = market(7)
    plain_profile = profile_with(WEIGHTS, horizon=2)
    plain, _ = run(stage_of(plain_profile), voices, NO_FLAGS, prices)
    stage = stage_of(profile_with(WEIGHTS, horizon=2, performance=Performance(minimum_sample=3, calibrate=True)))
    out, _ = run(stage, voices, NO_FLAGS, prices)
    assert np.array_equal(stage.stated, plain[CONFIDENCE], equal_nan=True)
    assert np.array_equal(out[SCORE], plain[SCORE], equal_nan=True)
    moved = stage.behind > 0.0
    signals = np.abs(out[SCORE]) >= 0.2
    assert moved.sum() > 15 and (stage.behind[moved] >= 3.0).all() and not moved[~signals].any()
    assert np.array_equal(out[CONFIDENCE][~moved], plain[CONFIDENCE][~moved], equal_nan=True)
    for row, s in np.argwhere(moved)[::7].tolist():
        tenth = int(plain[CONFIDENCE, row, s] * 10)
        made: dict[int, int] = {}
        outcomes = []  # of signals that had settled, without overlap, symbols pooled
        for at, k in itertools.product(range(row - 1), range(SYMBOLS)):
            if signals[at, k] and at - made.get(k, -9) >= 2:
                made[k] = at
                if int(plain[CONFIDENCE, at, k] * 10) == tenth:
                    outcomes.append((prices[at + 2, k] / prices[at, k] - 1.0) * plain[SCORE, at, k] > 0.0)
        assert stage.behind[row, s] == len(outcomes)
        assert out[CONFIDENCE, row, s] == pytest.approx(sum(outcomes) / len(outcomes))
    expected = out[CONFIDENCE] * np.minimum(1.0, np.abs(out[SCORE]) / 0.5)
    assert np.array_equal(out[CONVICTION], expected, equal_nan=True)


def test_a_symbol_of_its_own_record_does_not_hear_the_others():
    voices, _, prices = market(7)
    terms = Performance(minimum_sample=3, calibrate=True, per_symbol=True)
    out, _ = run(stage_of(profile_with(WEIGHTS, horizon=2, performance=terms)), voices, NO_FLAGS, prices)
    others = prices.copy()
    others[:, 1:] = others[::-1, 1:]
    again, _ = run(stage_of(profile_with(WEIGHTS, horizon=2, performance=terms)), voices, NO_FLAGS, others)
    assert np.array_equal(out[CONFIDENCE, :, 0], again[CONFIDENCE, :, 0], equal_nan=True)
    assert not np.array_equal(out[CONFIDENCE, :, 1], again[CONFIDENCE, :, 1], equal_nan=True)


@settings(max_examples=examples(30))
@given(st.lists(st.integers(1, ROWS - 1), max_size=4), st.booleans())
def test_blocks_restarts_and_the_future_change_nothing(cuts, per_symbol):
    terms = {"on": True, "calibrate": True, "minimum_sample": 3, "half_life": 10.0, "per_symbol": per_symbol}
    profile = profile_with(WEIGHTS, performance=Performance(**terms), quality={"LATE": 0.5})
    voices, flags, prices = market(4)
    every = stage_of(profile)
    whole, _ = run(every, voices, flags, prices)
    stage = stage_of(profile)
    edges = [0, *sorted(set(cuts)), ROWS]
    for first, end in itertools.pairwise(edges):
        again = stage_of(profile)
        again.restore(stage.snapshot())
        stage = again
        out, _ = run(stage, voices[:, :, first:end], flags[first:end], prices[first:end])
        assert np.array_equal(out, whole[:, first:end], equal_nan=True)
        assert np.array_equal(stage.ranked, every.ranked[:, first:end], equal_nan=True)
        assert np.array_equal(stage.around.slices, every.around.slices[:, first:end], equal_nan=True)
        assert np.array_equal(stage.around.sectors, every.around.sectors[first:end], equal_nan=True)


def test_hearings_give_the_score_again():
    """What is left in the voices, fused once more row by row, sums to the score: the decision can be explained."""
    voices, flags, prices = market(2)
    out, heard = run(stage_of(LEARNS), voices, flags, prices)
    for row, s in ((0, 0), (30, 1), (59, 2)):
        fused = fuse(LEARNS, heard[0, :, row, s], heard[1, :, row, s])
        assert from_left(fused.contributions) == out[SCORE, row, s]
