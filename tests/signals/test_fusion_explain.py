"""Words for fused decisions: reasons, silence, classes, and the answer in the shape of document 004."""

from __future__ import annotations

import json

import numpy as np
import pytest

from consilience.core.codes import QualityFlag, Reason, SignalClass
from consilience.signals.fusion.classes import ConvictionTier, confidence_level, conviction_tier, signal_class
from consilience.signals.fusion.explain import Heard, answer, silences, top_reasons
from consilience.signals.fusion.fields import FIELDS
from consilience.signals.fusion.fuse import fuse_nb
from consilience.signals.fusion.profile import PROFILES, REGIMES, rules_of, weights_of
from consilience.signals.fusion.temper import quality_factors, temper_block_nb
from tests.signals.fusing import NAN, from_left, profile_with, stand_in


def heard_of(profile, values, confidences, regime=0):
    """What the kernel makes of a row, with stand-ins for its sources."""
    names = list(profile.sources)
    contributions, fields = np.empty(len(names)), np.empty(FIELDS)
    weights = weights_of(profile, names)[regime]
    row = np.array(values, np.float64), np.array(confidences, np.float64)
    fuse_nb(*row, weights, rules_of(profile, names), contributions, fields)
    numbers = [{"level": 10.0 * k} for k in range(len(names))]
    return Heard([stand_in(name) for name in names], *row, weights, contributions, numbers), fields


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ((0.1, 0.9, -0.5, 0.3), ["s1", "s2", "s3"]),
        ((0.5, -0.5, 0.5, 0.5), ["s0", "s1", "s2"]),  # equal ones in the order of summation
        ((0.0, NAN, -0.5, 0.0), ["s2"]),  # neutral and silent ones are no reasons
        ((0.0, 0.0, 0.0, 0.0), []),
    ],
)
def test_top_reasons(values, names):
    heard, _ = heard_of(profile_with((0.25,) * 4), values, (0.8,) * 4)
    reasons = top_reasons(heard)
    assert [one.source for one in reasons] == names
    assert [one.rank for one in reasons] == list(range(1, len(names) + 1))
    for one in reasons:
        k = int(one.source[1])
        assert one.words == f"{one.source} says {values[k]:+.2f} at {10 * k}"
        assert one.contribution == heard.contributions[k] and one.numbers == {"level": 10.0 * k}
        assert one.line().endswith(f"({one.contribution:+.2f})")


def test_a_source_that_lost_the_conflict_is_no_reason():
    profile = profile_with((0.4, 0.3, 0.3), conflict="expert_override", experts=("s2",))
    heard, fields = heard_of(profile, (1, -1, -0.9), (1, 1, 1))
    assert [one.source for one in top_reasons(heard)] == ["s2"]
    said = answer("X", fields, heard, profile)["reasoning"]
    assert said == ["s2 says -0.90 at 20 (-0.90)", "the sources conflict: agreement 0.18, resolved by expert override"]


def test_silence_is_explained():
    profile = profile_with((0.4, 0.3, 0.2, 0.1), regime="s0", regime_multipliers={"squeeze": {"s3": 0.0}})
    heard, _ = heard_of(profile, (0.5, NAN, 7.0, 0.5), (1, NAN, 1, 1), REGIMES.index("squeeze"))
    assert silences(heard) == {
        "s1": "s1 knows nothing yet",
        "s2": "the value is outside -1..1 or the confidence outside 0..1",
        "s3": "it has no weight in this regime",
    }


def test_answer_of_document_004():
    """Its keys; its example's components and confidence, in the regime bullish_calm."""
    profile = PROFILES["alpha_fusion"]
    heard, fields = heard_of(profile, (0.7, 0.65, 0.6, 0.45, 0.3), [0.82] * 5)
    fields[6:9] = rules_of(profile, list(profile.sources)).levels[REGIMES.index("bullish_calm")]
    said = answer("BTC/USDT", fields, heard, profile)
    assert (said["symbol"], said["signal"]) == ("BTC/USDT", "buy")
    assert said["score"] == pytest.approx(0.46, abs=0.001) and said["confidence"] == pytest.approx(0.82)
    assert (said["position_size_multiplier"], said["stop_loss_pct"], said["take_profit_pct"]) == (1.2, 2.0, 5.0)
    assert said["component_scores"] == {"regime": 0.7, "ofi": 0.65, "whale": 0.6, "sentiment": 0.45, "macro": 0.3}
    assert [line.split()[0] for line in said["reasoning"]] == ["market_regime", "order_flow", "whale_flow"]
    assert from_left(said["contributions"].values()) == said["score"]
    assert said["conviction_tier"] == "very_high" and said["silent"] == {}
    assert "nan" not in json.dumps(said).lower()


def test_answer_where_fusion_was_silent():
    profile = PROFILES["alpha_fusion"]
    heard, fields = heard_of(profile, (0.7, NAN, NAN, NAN, NAN), (0.8, NAN, NAN, NAN, NAN))
    said = answer("BTC/USDT", fields, heard, profile)
    assert said["reasoning"] == ["too few of the signal sources spoke, by weight (coverage 25%, at least 40%)"]
    assert (said["signal"], said["score"], said["confidence"]) == ("neutral", None, None)
    assert said["component_scores"] == {"regime": 0.7} and len(said["silent"]) == 4
    assert "nan" not in json.dumps(said).lower()


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (1.0, SignalClass.STRONG_BUY),
        (0.5, SignalClass.STRONG_BUY),
        (0.4999, SignalClass.BUY),
        (0.2, SignalClass.BUY),
        (0.1999, SignalClass.NEUTRAL),
        (0.0, SignalClass.NEUTRAL),
        (NAN, SignalClass.NEUTRAL),
        (-0.1999, SignalClass.NEUTRAL),
        (-0.2, SignalClass.SELL),
        (-0.5, SignalClass.STRONG_SELL),
    ],
)
def test_signal_classes(score, expected):
    assert signal_class(score, PROFILES["alpha_fusion"]) is expected


@pytest.mark.parametrize(
    ("number", "tier", "level"),
    [
        (0.0, ConvictionTier.LOW, "low"),
        (0.25, ConvictionTier.MODERATE, "low"),
        (0.31, ConvictionTier.MODERATE, "medium"),
        (0.62, ConvictionTier.HIGH, "high"),
        (0.75, ConvictionTier.VERY_HIGH, "high"),
        (0.81, ConvictionTier.VERY_HIGH, "very high"),
        (NAN, ConvictionTier.LOW, "low"),
    ],
)
def test_tiers_and_levels(number, tier, level):
    assert (conviction_tier(number), confidence_level(number)) == (tier, level)


# ------------------------------------------------------------------------------------------ before fusion
LATE, GAP, OUTLIER = int(QualityFlag.LATE), int(QualityFlag.GAP), int(QualityFlag.OUTLIER)


@pytest.mark.parametrize(
    ("flags", "factor"),
    [(0, 1.0), (LATE, 0.8), (OUTLIER, 0.5), (LATE | OUTLIER, 0.4), (GAP, 1.0), (int(QualityFlag.OUTSIDE_SESSION), 1.0)],
)
def test_doubtful_data_lowers_confidence(flags, factor):
    profile = profile_with((0.5, 0.5), quality={"late": 0.8, "OUTLIER": 0.5})
    voices = np.full((2, 2, 1, 2), 0.6)
    temper_block_nb(voices, np.array([[flags, 0]], np.uint16), quality_factors(profile), np.empty((0, 0, 1)))
    assert voices[1, :, 0].tolist() == [[pytest.approx(0.6 * factor), 0.6]] * 2
    assert (voices[0] == 0.6).all()


def test_performance_moves_confidence_within_its_bounds():
    voices = np.full((2, 3, 2, 2), 0.8)
    voices[1, 2] = (NAN, 3.0)  # what is no confidence stays
    track = np.array([[[0.5], [1.0]], [[1.5], [1.1]], [[0.5], [0.5]]])
    temper_block_nb(voices, np.empty((0, 2), np.uint16), quality_factors(profile_with((1.0,))), track)
    assert voices[1, 0].tolist() == [[0.4, 0.4], [0.8, 0.8]]
    assert voices[1, 1].tolist() == [[1.0, 1.0], [pytest.approx(0.88)] * 2]
    assert np.array_equal(voices[1, 2], [[NAN, 3.0]] * 2, equal_nan=True)
    each = np.full((2, 1, 1, 2), 0.8)
    nothing = np.empty((0, 2), np.uint16)
    temper_block_nb(each, nothing, quality_factors(profile_with((1.0,))), np.array([[[0.5, 1.25]]]))
    assert each[1, 0, 0].tolist() == [0.4, 1.0]


def test_every_reason_of_fusion_is_in_its_range():
    for name in ("NO_SOURCE_SPOKE", "COVERAGE_TOO_LOW", "BELOW_THRESHOLD", "VOICE_OUT_OF_RANGE"):
        assert 200 <= Reason[name] <= 239
