"""Fusion: the founding documents' numbers, exact sums, and what becomes of silence, conflict and nonsense."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.codes import Reason
from consilience.signals.catalog import SOURCES
from consilience.signals.fusion.fields import FIELDS, MULTIPLIER, NAMES, SCORE, STATUS, STOP, TARGET
from consilience.signals.fusion.fuse import CONFIDENCE_RULES, CONFLICT_RULES, fuse_block_nb
from consilience.signals.fusion.profile import PROFILES, REGIMES, Levels, Thresholds, rules_of, weights_of
from tests.signals.fusing import NAN, from_left, fuse, profile_with

INF = math.inf
HALVES = profile_with((0.5, 0.5))


def test_ready_profiles_name_catalogued_sources():
    for profile in PROFILES.values():
        assert profile.problems((*SOURCES, "strategies")) == [] and profile.summary
    bars_alone = {name for name, source in SOURCES.items() if not source.feed}
    assert set(PROFILES["balanced"].sources) <= bars_alone  # the default needs no external feed


def test_document_000_gives_0_605():
    """Its own test: factors 0.8, 0.7, 0.6, 0.5, 0.4, 0.3."""
    fused = fuse(PROFILES["signal_weighting"], (0.8, 0.7, 0.6, 0.5, 0.4, 0.3))
    assert fused.score == pytest.approx(0.605, abs=1e-12)
    assert fused.fields["confidence"] == pytest.approx(0.605, abs=1e-12)
    assert fused.contributions == pytest.approx([0.2, 0.14, 0.12, 0.075, 0.04, 0.03])


def test_document_004_gives_a_buy_at_confidence_0_82():
    """Its response: components 0.7, 0.65, 0.6, 0.45, 0.3; its formula gives 0.459, its example prints 0.45."""
    fused = fuse(PROFILES["alpha_fusion"], (0.7, 0.65, 0.6, 0.45, 0.3), [0.82] * 5)
    assert fused.score == pytest.approx(0.4592, abs=1e-12)
    assert fused.fields["confidence"] == pytest.approx(0.82, abs=1e-12)
    assert fused.fields["aligned"] == 5


@pytest.mark.parametrize(
    ("votes", "confidences", "side", "confidence"),
    [  # document 003: votes weigh by confidence, the winner's share is the confidence
        ((1, 1, -1, 0), (0.9, 0.6, 0.5, 0.5), 1, 1.5 / 2.5),
        ((-1, 1, -1, 0), (0.9, 0.6, 0.5, 0.5), -1, 1.4 / 2.5),
        ((1, -1, 0, 0), (0.4, 0.5, 0.5, 0.5), 0, 1.0 / 1.9),  # most votes are to hold
        ((1, -1, 1, -1), (0.5, 0.5, 0.5, 0.5), 0, 0.5),  # a tie
        ((0.05, 0.09, -0.05, 0.8), (0.5, 0.5, 0.5, 0.9), 0, 1.5 / 2.4),  # near 0 is to hold
    ],
)
def test_document_003_votes(votes, confidences, side, confidence):
    profile = profile_with((0.25,) * 4, vote=True, vote_floor=0.1, confidence="votes", conflict="majority")
    fused = fuse(profile, votes, confidences)
    assert np.sign(fused.score) == side
    assert fused.fields["confidence"] == pytest.approx(confidence)


# ------------------------------------------------------------------------------------------ who spoke
@pytest.mark.parametrize(
    ("values", "confidences", "score", "coverage"),
    [
        ((0.6, 0.2), (1.0, 1.0), 0.4, 1.0),
        ((0.6, NAN), (1.0, NAN), 0.6, 0.5),  # weights renormalise over the sources that spoke
        ((0.6, NAN), (1.0, 1.0), 0.6, 0.5),
        ((0.6, 0.2), (1.0, NAN), 0.6, 0.5),
        ((0.6, 0.0), (1.0, 1.0), 0.3, 1.0),  # neutral is not silent
        ((0.6, 0.9), (1.0, 0.0), 0.3, 1.0),  # unsure is not silent
    ],
)
def test_sources_that_abstain_give_their_weight_to_the_others(values, confidences, score, coverage):
    fused = fuse(HALVES, values, confidences)
    assert fused.score == pytest.approx(score)
    assert fused.fields["coverage"] == pytest.approx(coverage)
    assert fused.refused == 0


@pytest.mark.parametrize(
    ("values", "confidences", "refused"),
    [
        ((0.6, 1.0000001), (1.0, 1.0), 1),
        ((0.6, -2.0), (1.0, 1.0), 1),
        ((0.6, INF), (1.0, 1.0), 1),
        ((0.6, -INF), (1.0, NAN), 1),
        ((0.6, 0.2), (1.0, 1.5), 1),
        ((0.6, 0.2), (1.0, -0.1), 1),
        ((0.6, 0.2), (1.0, INF), 1),
        ((0.6, NAN), (1.0, NAN), 0),  # an abstention is no fault
    ],
)
def test_nonsense_is_counted_and_not_heard(values, confidences, refused):
    fused = fuse(HALVES, values, confidences)
    assert (fused.score, fused.refused) == (0.6, refused)
    assert fused.contributions == [0.6, 0.0]
    assert fused.fields["aligned"] == 1


@pytest.mark.parametrize(
    ("spoke", "minimum", "reason"),
    [
        ((1, 1, 1, 1), 0.4, 0),
        ((1, 0, 0, 0), 0.4, 0),  # weight 0.4 of 1
        ((0, 1, 0, 0), 0.4, Reason.COVERAGE_TOO_LOW),
        ((0, 1, 1, 0), 0.4, 0),
        ((0, 0, 0, 0), 0.4, Reason.NO_SOURCE_SPOKE),
        ((0, 0, 0, 0), 0.0, Reason.NO_SOURCE_SPOKE),
    ],
)
def test_fusion_is_silent_below_its_least_coverage(spoke, minimum, reason):
    profile = profile_with((0.4, 0.3, 0.1, 0.2), coverage_minimum=minimum)
    fused = fuse(profile, [0.5 if one else NAN for one in spoke])
    assert fused.fields["status"] == reason
    for name in set(NAMES) - {"status", "coverage"}:
        assert math.isnan(fused.fields[name]) == (reason != 0)
    assert all(math.isnan(one) == (reason != 0) for one in fused.contributions)


def test_a_coverage_on_the_limit_is_enough_whatever_its_last_digit():
    assert 0.36 + 0.04 < 0.4
    profile = profile_with((0.36, 0.04, 0.37, 0.23), coverage_minimum=0.4)
    assert fuse(profile, (0.5, 0.5, NAN, NAN)).fields["status"] == 0.0
    assert fuse(profile, (0.5, NAN, NAN, NAN)).fields["status"] == Reason.COVERAGE_TOO_LOW


@pytest.mark.parametrize(
    ("rule", "expected"),
    [  # values 0.8, 0.4, -0.2 at confidence 0.9, 0.6, 0.3, weights 0.5, 0.25, 0.25
        ("agreement", (0.45 + 0.15 + 0.075) * (0.36 + 0.06 - 0.015) / (0.36 + 0.06 + 0.015)),
        ("score", 0.36 + 0.06 - 0.015),
        ("votes", (0.45 + 0.15) / 0.675),
        ("mean", 0.675),
    ],
)
@pytest.mark.parametrize("power", [0.0, 0.25, 1.0])
def test_confidence_rules(rule, expected, power):
    profile = profile_with((0.5, 0.25, 0.25), confidence=rule, coverage_power=power)
    assert fuse(profile, (0.8, 0.4, -0.2), (0.9, 0.6, 0.3)).fields["confidence"] == pytest.approx(expected)
    alone = fuse(profile, (0.8, NAN, NAN), (0.9, NAN, NAN)).fields
    whole = {"agreement": 0.9, "score": 0.72, "votes": 1.0, "mean": 0.9}[rule]
    assert alone["confidence"] == pytest.approx(whole * 0.5**power)


@pytest.mark.parametrize("rule", CONFIDENCE_RULES)
def test_who_is_not_sure_at_all_gives_no_confidence(rule):
    fused = fuse(profile_with((0.5, 0.5), confidence=rule), (0.8, -0.4), (0.0, 0.0))
    assert (fused.score, fused.fields["confidence"], fused.fields["agreement"]) == (0.0, 0.0, 1.0)


def test_conviction_needs_confidence_and_a_score():
    profile = profile_with((1.0,), thresholds=Thresholds(0.2, 0.5))
    rows = [(0.8, 1.0, 1.0), (0.5, 0.8, 0.64), (0.25, 1.0, 0.5), (0.0, 1.0, 0.0), (-0.9, 0.9, 0.9)]
    for value, confidence, conviction in rows:
        assert fuse(profile, (value,), (confidence,)).fields["conviction"] == pytest.approx(conviction)


# ------------------------------------------------------------------------------------------ conflict
@pytest.mark.parametrize(
    ("rule", "values", "confidences", "contributions"),
    [  # weights 0.4, 0.3, 0.3; s2 is the expert; conflict below an agreement of 0.5
        ("weighted_average", (1, -1, -1), (1, 1, 1), (0.4, -0.3, -0.3)),
        ("expert_override", (1, -1, -1), (1, 1, 1), (0, 0, -1)),
        ("expert_override", (1, 1, -1), (1, 1, 0.5), (0.4, 0.3, -0.15)),  # 0.55 / 0.85: no conflict
        ("expert_override", (1, -1, NAN), (1, 1, 1), (0.4 / 0.7, -0.3 / 0.7, 0)),  # the expert is silent
        ("expert_override", (1, -1, 0), (1, 1, 1), (0, 0, 0)),  # the expert says neither
        ("confidence_based", (1, -1, -1), (1, 1, 1), (0, -0.3, -0.3)),  # 0.6 against 0.4
        ("confidence_based", (1, -1, -1), (1, 0.5, 0.5), (0.4, 0, 0)),  # 0.4 against 0.3
        ("confidence_based", (0.5, -1, 0), (0.9, 0.8, 1), (0.18, 0, 0)),  # surer, though it says less
        ("confidence_based", (1, 0.5, -0.1), (1, 1, 1), (0.4, 0.15, -0.03)),  # no conflict
        ("majority", (1, -1, -1), (1, 1, 1), (0, -0.3, -0.3)),
        ("majority", (1, 0.5, -0.1), (1, 1, 1), (0.4, 0.15, 0)),  # always, not only in conflict
        ("majority", (1, 0, 0), (1, 1, 1), (0, 0, 0)),  # hold wins
    ],
)
def test_conflicts(rule, values, confidences, contributions):
    profile = profile_with((0.4, 0.3, 0.3), conflict=rule, experts=("s2",))
    fused = fuse(profile, values, confidences)
    assert fused.contributions == pytest.approx(list(contributions))
    assert fused.score == from_left(fused.contributions)


def test_equal_sides_stay_when_confidence_decides():
    fused = fuse(profile_with((0.5, 0.5), conflict="confidence_based"), (1.0, -0.5), (0.5, 0.5))
    assert fused.contributions == pytest.approx([0.25, -0.125])


def test_a_resolved_conflict_still_costs_confidence():
    row = ((1, -1, -1), (1, 1, 1))
    for rule in ("weighted_average", "expert_override", "confidence_based"):
        fused = fuse(profile_with((0.4, 0.3, 0.3), conflict=rule, experts=("s2",)), *row)
        assert fused.fields["agreement"] == pytest.approx(0.2)
        assert fused.fields["confidence"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("values", "confidences", "floor", "aligned"),
    [
        ((0.5, 0.5, -0.1), (1, 1, 1), 0.0, 2),
        ((0.5, 0.04, -0.1), (1, 1, 1), 0.05, 1),
        ((0.5, 0.5, 0.5), (1, 0.1, 0.09), 0.05, 2),
        ((-0.5, 0.5, -0.5), (1, 1, 1), 0.05, 2),
        ((0.0, 0.0, 0.0), (1, 1, 1), 0.0, 0),
        ((0.5, NAN, 9.0), (1, 1, 1), 0.0, 1),
    ],
)
def test_aligned_sources_speak_for_the_scores_side(values, confidences, floor, aligned):
    profile = profile_with((0.4, 0.3, 0.3), alignment_floor=floor)
    assert fuse(profile, values, confidences).fields["aligned"] == aligned


# ------------------------------------------------------------------------------------------ regimes
REGIME_PROFILE = profile_with(
    (0.5, 0.3, 0.2),
    regime="s0",
    regime_multipliers={"bearish_volatile": {"s0": 0.5, "s1": 2.0}, "squeeze": {"s2": 0.0}},
    levels=Levels(1.0, 0.02, 0.04),
    regime_levels={"bullish_calm": Levels(1.2, 0.02, 0.05), "bearish_volatile": Levels(0.5, 0.03, 0.03)},
)


def test_regimes_move_weights_and_levels():
    names = list(REGIME_PROFILE.sources)
    assert weights_of(REGIME_PROFILE, names).tolist() == [
        [0.5, 0.3, 0.2],
        [0.5, 0.3, 0.2],
        [0.25, 0.6, 0.2],
        [0.5, 0.3, 0.0],
    ]
    assert rules_of(REGIME_PROFILE, names).levels.tolist() == [
        [1.0, 0.02, 0.04],
        [1.2, 0.02, 0.05],
        [0.5, 0.03, 0.03],
        [1.0, 0.02, 0.04],
    ]
    squeeze = fuse(REGIME_PROFILE, (0.5, 0.5, -1.0), regime=REGIMES.index("squeeze"))
    assert (squeeze.score, squeeze.fields["coverage"], squeeze.contributions[2]) == (0.5, 1.0, 0.0)


def block(profile, voices, regime):
    names = list(profile.sources)
    out = np.full((FIELDS, *voices.shape[2:]), -9.0)
    refused = fuse_block_nb(voices, weights_of(profile, names), regime, rules_of(profile, names), out)
    return out, refused


def wild_voices(seed: int, sources: int, rows: int, symbols: int):
    random = np.random.default_rng(seed)
    voices = np.stack([random.uniform(-1, 1, (sources, rows, symbols)), random.uniform(0, 1, (sources, rows, symbols))])
    voices[:, random.random((sources, rows, symbols)) < 0.3] = NAN
    voices[0][random.random((sources, rows, symbols)) < 0.02] = INF
    voices[1][random.random((sources, rows, symbols)) < 0.02] = 1.2
    return voices


@pytest.mark.parametrize("codes", list(itertools.permutations([0.0, 1.0, 2.0, 3.0]))[::5])
def test_each_symbol_is_fused_by_its_own_regime(codes):
    voices = wild_voices(7, 3, 1, 4)
    voices[:, :, :, :] = voices[:, :, :, :1]  # the same in all symbols
    voices[0, :, 0], voices[1, :, 0] = np.array([[0.5], [-0.4], [0.9]]), 0.8
    out, _ = block(REGIME_PROFILE, voices, np.array([codes]))
    for s, code in enumerate(codes):
        alone = fuse(REGIME_PROFILE, (0.5, -0.4, 0.9), [0.8] * 3, regime=int(code))
        assert out[SCORE, 0, s] == alone.score
        expected = rules_of(REGIME_PROFILE, ["s0", "s1", "s2"]).levels[int(code)].tolist()
        assert out[[MULTIPLIER, STOP, TARGET], 0, s].tolist() == expected


@pytest.mark.parametrize("code", [NAN, -1.0, 4.0, INF])
def test_a_regime_that_is_not_known_changes_nothing(code):
    voices = wild_voices(3, 3, 2, 5)
    known, _ = block(REGIME_PROFILE, voices, np.zeros((2, 5)))
    out, _ = block(REGIME_PROFILE, voices, np.full((2, 5), code))
    assert np.array_equal(out, known, equal_nan=True)
    none, _ = block(REGIME_PROFILE, voices, np.empty((0, 5)))
    assert np.array_equal(none, known, equal_nan=True)


def test_a_row_depends_on_itself_alone():
    voices, regime = wild_voices(11, 3, 12, 7), np.random.default_rng(5).integers(0, 4, (12, 7)).astype(float)
    whole, refused = block(REGIME_PROFILE, voices, regime)
    assert set(whole[STATUS].ravel()) == {0.0, float(Reason.NO_SOURCE_SPOKE)}
    parts, count = [], 0
    for rows in (slice(0, 1), slice(1, 5), slice(5, 12)):
        out, some = block(REGIME_PROFILE, voices[:, :, rows], regime[rows])
        parts.append(out)
        count += some
    assert np.array_equal(np.concatenate(parts, axis=1), whole, equal_nan=True) and count == refused > 0
    order = np.random.default_rng(1).permutation(7)
    shuffled, _ = block(REGIME_PROFILE, voices[:, :, :, order], regime[:, order])
    assert np.array_equal(shuffled, whole[:, :, order], equal_nan=True)


# ------------------------------------------------------------------------------------------ properties
@pytest.mark.parametrize("weights", [(0.45, 0.47, 0.21, 0.31, 0.19), (0.37, 0.47, 0.1, 0.38)])
def test_a_score_that_rounds_beyond_1_stays_inside(weights):
    assert from_left(w / from_left(weights) for w in weights) > 1.0  # so it would be
    for side in (1.0, -1.0):
        fused = fuse(profile_with(weights), [side] * len(weights))
        assert 1.0 - 1e-15 <= fused.score * side <= 1.0
        assert fused.score == from_left(fused.contributions)


unit = st.floats(0.0, 1.0)
value = st.one_of(st.floats(-1.0, 1.0), st.just(NAN), st.sampled_from([-1.0, 1.0, 0.0, 2.0, INF]))
rows = st.lists(st.tuples(value, unit, st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=12)


@given(rows, st.sampled_from(CONFLICT_RULES), st.sampled_from(CONFIDENCE_RULES), st.booleans(), unit)
def test_contributions_sum_to_the_score_exactly(row, conflict, confidence, vote, below):
    values, confidences, weights, experts = zip(*row, strict=True)
    profile = profile_with(
        weights,
        conflict=conflict,
        confidence=confidence,
        vote=vote,
        conflict_below=below,
        coverage_power=0.25,
        experts=tuple(f"s{k}" for k, one in enumerate(experts) if one),
    )
    fused = fuse(profile, values, confidences)
    if fused.fields["status"] != 0.0:
        assert math.isnan(fused.score)
        return
    assert fused.score == from_left(fused.contributions)
    assert -1.0 <= fused.score <= 1.0
    for name in ("confidence", "conviction", "coverage", "agreement"):
        assert 0.0 <= fused.fields[name] <= 1.0
    assert 0 <= fused.fields["aligned"] <= len(values)
    for v, c, one in zip(values, confidences, fused.contributions, strict=True):
        if not abs(v) <= 1.0 or c == 0.0 or v == 0.0:
            assert one == 0.0
        assert one == 0.0 or vote or np.sign(one) == np.sign(v)


@given(rows, st.data())
def test_a_higher_value_never_lowers_the_score(row, data):
    values, confidences, weights, _ = zip(*row, strict=True)
    profile = profile_with(weights)
    before = fuse(profile, values, confidences)
    k = data.draw(st.integers(0, len(values) - 1))
    if before.fields["status"] != 0.0 or not abs(values[k]) <= 1.0:
        return
    raised = list(values)
    raised[k] = data.draw(st.floats(values[k], 1.0))
    assert fuse(profile, raised, confidences).score >= before.score


@given(rows)
def test_the_mirror_image_has_the_mirrored_score(row):
    values, confidences, weights, _ = zip(*row, strict=True)
    for conflict in CONFLICT_RULES[:3]:
        profile = profile_with(weights, conflict=conflict)
        one, other = fuse(profile, values, confidences), fuse(profile, [-v for v in values], confidences)
        assert one.score == -other.score or math.isnan(one.score)
        assert one.fields["confidence"] == other.fields["confidence"] or math.isnan(one.score)
