"""Scenario tables of every sizer, of the multipliers and of the heat that is left."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.codes import FibonacciZone
from consilience.core.errors import ConfigError, NotFound
from consilience.core.units import OVERFLOW
from consilience.risk.catalog import FULL_SIZERS, choose_size_nb
from consilience.risk.sizers.base import SizeRequest, ppm_units_nb, share_units_nb
from consilience.risk.sizing import explain_size, size_full_nb
from consilience.risk.sizing_settings import METHODS, SizingSettings, sizing_record

NAN = math.nan
PLAIN = dict.fromkeys(FibonacciZone.__members__, 1.0)
SURE = {"zones": PLAIN, "low": 1.0, "medium": 1.0, "high": 1.0}  # no multiplier at all


def ask(**changes):
    """An account of 100,000; a lot is worth 100, loses 4 at its stop, moves 2 a bar; 20 % volatility; a good record."""
    base = SizeRequest(
        equity=100_000,
        budget=0,
        lot_units=100,
        stop_units=4,
        atr_units=2,
        heat=0,
        volatility=0.2,
        win_probability=0.6,
        payoff=1.5,
        trades=100,
        confidence=0.9,
        zone=int(FibonacciZone.FULL_EXPANSION),
        multiplier=1.0,
    )
    return base._replace(**changes)


# method, request, settings, lots
TABLE = [
    ("fixed_fraction", {}, {}, 100),
    ("fixed_fraction", {}, {"fraction": 0.25}, 250),
    ("fixed_fraction", {"lot_units": 300}, {}, 33),
    ("fixed_fraction", {"equity": 0}, {}, 0),
    ("fixed_fraction", {"equity": -5}, {}, 0),
    ("fixed_fraction", {"lot_units": 0}, {}, 0),
    # 0.6 - 0.4 / 1.5 = 1/3 of equity; a quarter of it is 8.33 %
    ("kelly", {}, {}, 83),
    ("kelly", {}, {"kelly_share": 0.5}, 100),  # 16.7 %, capped at 10 %
    ("kelly", {}, {"kelly_share": 0.5, "kelly_cap": 1.0}, 166),
    ("kelly", {"win_probability": 0.4, "payoff": 1.5}, {}, 0),  # nothing to win: no bet
    ("kelly", {"win_probability": 0.3, "payoff": 2.0}, {}, 0),  # a bet that loses
    ("kelly", {"win_probability": 1.0}, {}, 100),
    ("kelly", {"trades": 29}, {"fraction": 0.05}, 50),  # too short a record: fixed fraction
    ("kelly", {"trades": 29}, {"fraction": 0.5}, 100),  # and the cap holds there too
    ("kelly", {"trades": 30}, {"fraction": 0.05}, 83),
    ("kelly", {"win_probability": NAN}, {"fraction": 0.05}, 50),
    ("kelly", {"payoff": 0.0}, {"fraction": 0.05}, 50),
    ("kelly", {"payoff": NAN}, {"fraction": 0.05}, 50),
    ("kelly", {"lot_units": 0}, {}, 0),
    ("kelly", {"equity": -5}, {}, 0),
    ("volatility_target", {}, {}, 750),  # 15 % / 20 % of equity
    ("volatility_target", {"volatility": 0.6}, {}, 250),
    ("volatility_target", {"volatility": 0.05}, {}, 1000),  # three times equity, capped at once
    ("volatility_target", {"volatility": 0.05}, {"volatility_cap": 5.0}, 3000),
    ("volatility_target", {"volatility": NAN}, {}, 0),
    ("volatility_target", {"volatility": 0.0}, {}, 0),
    ("volatility_target", {"volatility": math.inf}, {}, 0),
    ("volatility_target", {"volatility": 1e-300}, {}, 0),  # what does not fit is no size
    ("volatility_target", {"lot_units": 0}, {}, 0),
    ("atr_risk", {}, {}, 250),  # 1,000 of risk, 4 a lot
    ("atr_risk", {}, {"risk": 0.02}, 500),
    ("atr_risk", {"stop_units": 7}, {}, 142),
    ("atr_risk", {"stop_units": 0}, {}, 250),  # two ATRs of 2
    ("atr_risk", {"stop_units": 0}, {"atr_multiple": 2.6}, 166),  # 5.2, rounded up to 6
    ("atr_risk", {"stop_units": 0, "atr_units": 0}, {}, 0),
    ("atr_risk", {"equity": -5}, {}, 0),
]


@pytest.mark.parametrize(("method", "changes", "settings", "lots"), TABLE)
def test_sizers(method, changes, settings, lots):
    sizing = sizing_record(SizingSettings(method=method, **SURE | settings))[0]
    assert size_full_nb(ask(**changes), sizing).lots == lots


def test_every_sizer_stands_in_the_table_under_its_code():
    assert tuple(sizer.name for sizer in FULL_SIZERS) == METHODS
    assert {row[0] for row in TABLE} == set(METHODS)
    for sizer in FULL_SIZERS:
        assert sizer.spec.family == "sizer"
        for param in sizer.spec.params:
            assert getattr(SizingSettings(), param.name) == param.default
    assert choose_size_nb(99, ask(), sizing_record(SizingSettings())[0]) == 0


# request, settings, multiplier in parts per million
MULTIPLIERS = [
    ({}, {}, 1_000_000),
    ({"zone": int(FibonacciZone.EXHAUSTION)}, {}, 300_000),
    ({"zone": int(FibonacciZone.MID_EXPANSION)}, {}, 1_200_000),
    ({"zone": int(FibonacciZone.UNKNOWN)}, {}, 800_000),
    ({"zone": 77}, {}, 800_000),
    ({"zone": -1}, {}, 800_000),
    ({"zone": int(FibonacciZone.EXHAUSTION)}, {"zones": {"exhaustion": 0.0}}, 0),
    ({"confidence": 0.8}, {}, 1_000_000),
    ({"confidence": 0.79}, {}, 750_000),
    ({"confidence": 0.62}, {}, 750_000),
    ({"confidence": 0.61}, {}, 500_000),
    ({"confidence": NAN}, {}, 500_000),
    ({"multiplier": 0.5}, {}, 500_000),
    ({"multiplier": 1.2}, {}, 1_200_000),
    ({"multiplier": NAN}, {}, 1_000_000),
    ({"multiplier": -3.0}, {}, 0),
    ({"multiplier": 9.0}, {}, 1_500_000),
    ({"multiplier": 9.0}, {"maximum_multiplier": 1.0}, 1_000_000),
    ({"multiplier": 0.7, "confidence": 0.7, "zone": int(FibonacciZone.OVER_EXTENSION)}, {}, 315_000),
]


@pytest.mark.parametrize(("changes", "settings", "multiplier"), MULTIPLIERS)
def test_multipliers(changes, settings, multiplier):
    sizing = sizing_record(SizingSettings(**settings))[0]
    size = size_full_nb(ask(**changes), sizing)
    assert size.multiplier_ppm == multiplier
    assert size.base_lots == 10_000 * multiplier // 1_000_000 // 100


def test_a_multiplier_above_one_does_not_pass_a_cap():
    """Kelly's 10 % is a share of equity, not of the enlarged budget."""
    sizing = sizing_record(SizingSettings(method="kelly", kelly_share=0.5))[0]
    assert size_full_nb(ask(multiplier=1.2), sizing).lots == 100


# heat limit, heat, stop of a lot, lots of a wanted hundred
HEAT = [
    (0.0, 10**9, 4, 100),
    (0.01, 0, 4, 100),
    (0.01, 800, 4, 50),
    (0.01, 1000, 4, 0),
    (0.01, 5000, 4, 0),
    (0.1, 5000, 0, 50),
]


@pytest.mark.parametrize(("limit", "heat", "stop", "lots"), HEAT)
def test_what_heat_is_left_cuts_the_size(limit, heat, stop, lots):
    size = size_full_nb(ask(heat=heat, stop_units=stop), sizing_record(SizingSettings(), limit)[0])
    assert (size.base_lots, size.lots) == (100, lots)


def test_a_size_is_told_in_words():
    settings = SizingSettings(method="kelly", fraction=0.05)
    sizing = sizing_record(settings, 0.01)[0]
    assert explain_size(size_full_nb(ask(), sizing), settings) == "size: kelly x 1.00 = 83 lots"
    short = size_full_nb(ask(trades=3, heat=900), sizing)
    assert explain_size(short, settings) == (
        "size: fixed_fraction (kelly needs 30 trades) x 1.00 = 50 lots, cut to 25 by the heat that is left"
    )
    assert size_full_nb(ask(trades=3), sizing_record(SizingSettings())[0]).fell_back == 0


PROBLEMS = [
    ({"method": "kely"}, "method='kely' is unknown"),
    ({"kelly_share": 1.5}, "kelly_share=1.5 is outside"),
    ({"high": 99.0}, "high=99 is outside"),
    ({"zones": {"EXHAUSTION": -1.0}}, "zone EXHAUSTION=-1 is outside"),
    ({"medium_confidence": 0.9}, "medium_confidence is above high_confidence"),
    ({"low": 0.9}, "must ascend"),
]


@pytest.mark.parametrize(("settings", "words"), PROBLEMS)
def test_numbers_that_contradict_themselves_are_one_line(settings, words):
    with pytest.raises(ConfigError) as caught:
        SizingSettings(**settings)
    assert words in str(caught.value)
    assert str(caught.value).startswith("sizing: ")


def test_an_unknown_zone_has_a_nearest_name():
    with pytest.raises(NotFound, match="did you mean 'EXHAUSTION'"):
        SizingSettings(zones={"exhausted": 0.5})


def test_rounding_and_overflow():
    assert ppm_units_nb(999, 1_000) == 0
    assert ppm_units_nb(1_999, 1_000) == 1
    assert ppm_units_nb(-5, 1_000) == ppm_units_nb(5, -1) == 0
    assert ppm_units_nb(2**62, 100_000_000) == OVERFLOW
    assert share_units_nb(100, 0.99) == 99  # floats: to the nearest
    assert share_units_nb(100, 0.15 / 0.2) == 75
    assert share_units_nb(2**62, 1e9) == share_units_nb(100, -1.0) == 0
    # a budget that does not fit falls back to equity
    huge = size_full_nb(ask(equity=2**61, multiplier=9.0), sizing_record(SizingSettings(maximum_multiplier=10.0))[0])
    assert huge.lots == 2**61 // 10 // 100


@given(
    st.sampled_from(METHODS),
    st.integers(0, 10**15),
    st.integers(1, 10**9),
    st.integers(0, 10**9),
    st.floats(0, 1),
    st.sampled_from(list(FibonacciZone)),
    st.floats(0, 3),
)
def test_no_size_passes_its_own_bound(method, equity, lot, stop, confidence, zone, regime):
    """Value or risk of the lots is within what the settings give a whole multiplier of."""
    settings = SizingSettings(method=method)
    request = ask(
        equity=equity, lot_units=lot, stop_units=stop, confidence=confidence, zone=int(zone), multiplier=regime
    )
    size = size_full_nb(request, sizing_record(settings, 0.06)[0])
    risk = stop if stop > 0 else lot
    assert 0 <= size.lots <= size.base_lots
    assert size.lots * risk <= equity * 6 // 100 + 1
    bound = {
        "fixed_fraction": equity * 0.1 * 1.5,
        "kelly": equity * 0.1,
        "volatility_target": equity * 1.0,
    }
    if method in bound:
        assert size.base_lots * lot <= bound[method] * (1 + 1e-12) + 1
    elif stop > 0:
        assert size.base_lots * stop <= equity * 0.01 * 1.5 + 1
