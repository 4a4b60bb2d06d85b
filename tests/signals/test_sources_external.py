"""Sources of external events: the last word, trusted less as it grows old, until it is not trusted at all."""

from __future__ import annotations

import pytest

from consilience.signals.catalog import SOURCES
from tests.signals.voices import last_words, tape

HOUR, DAY = 3600.0, 86400.0
NAN = float("nan")
EXTERNAL = [name for name, source in SOURCES.items() if source.spec.family == "external"]

# source, value, confidence and age of its feed; value, confidence and words that come out with the default parameters
HEARD = [
    ("gamma_exposure", 0.4, 0.8, 0.0, 0.4, 0.8, "dealers' gamma lifts (+0.40), heard 0 s ago"),
    ("gamma_exposure", -0.4, 0.8, 12 * HOUR, -0.4, 0.4, "dealers' gamma weighs down (-0.40), heard 12.0 h ago"),
    ("gamma_exposure", 0.4, 0.8, 97 * HOUR, NAN, NAN, "its last word is 4.0 days old, more than 4.0 days"),
    ("whale_flow", 1.0, 1.0, 6 * HOUR, 1.0, 0.5, "large holders take coins off exchanges (+1.00), heard 6.0 h ago"),
    (
        "whale_flow",
        -1.0,
        1.0,
        600.0,
        -1.0,
        0.980930,
        "large holders bring coins to exchanges (-1.00), heard 10 min ago",
    ),
    ("whale_flow", 1.0, 1.0, 25 * HOUR, NAN, NAN, "its last word is 25.0 h old, more than 24.0 h"),
    ("sentiment", 0.02, 0.9, 12 * HOUR, 0.02, 0.225, "sentiment is neutral (+0.02), heard 12.0 h ago"),
    ("sentiment", -0.6, 0.9, 90.0, -0.6, 0.897404, "sentiment is bearish (-0.60), heard 90 s ago"),
    ("macro", 0.5, 1.0, 14 * DAY, 0.5, 0.25, "the macro picture favours risk (+0.50), heard 14.0 days ago"),
    ("macro", 0.5, 1.0, 46 * DAY, NAN, NAN, "its last word is 46.0 days old, more than 45.0 days"),
    ("alternative_data", -0.5, 0.6, 14 * DAY, -0.5, 0.3, "alternative data point down (-0.50), heard 14.0 days ago"),
    ("agent_advice", 0.7, 0.6, 8 * HOUR, 0.7, 0.15, "the agents advise to buy (+0.70), heard 8.0 h ago"),
    ("agent_advice", 0.0, 0.6, 4 * HOUR, 0.0, 0.3, "the agents advise to wait (+0.00), heard 4.0 h ago"),
    # what a feed says too loudly is held to the range
    ("sentiment", 7.0, 3.0, 0.0, 1.0, 1.0, "sentiment is bullish (+1.00), heard 0 s ago"),
    ("sentiment", -7.0, -1.0, 0.0, -1.0, 0.0, "sentiment is bearish (-1.00), heard 0 s ago"),
    # what it leaves out is not made up
    ("sentiment", NAN, 0.9, HOUR, NAN, NAN, "its last word, 60 min ago, gave no value"),
    ("sentiment", 0.5, NAN, HOUR, NAN, NAN, "its last word, 60 min ago, gave no value"),
    ("sentiment", NAN, NAN, NAN, NAN, NAN, "nothing was heard yet"),
]


def heard(name, value, confidence, age, **parameters):
    """Value, confidence and words after one event of its feed."""
    slots = {f"{name}.value": value, f"{name}.confidence": confidence, f"{name}.age": age}
    return last_words(name, parameters, tape([100.0, 101.0]), slots)


@pytest.mark.parametrize("row", HEARD, ids=[f"{row[0]}-{n}" for n, row in enumerate(HEARD)])
def test_what_was_heard(row):
    name, value, confidence, age, says, trust, words = row
    got = heard(name, value, confidence, age)
    assert got[2] == words
    assert got[:2] == pytest.approx((says, trust), abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("name", EXTERNAL)
def test_trust_halves_with_each_half_life_and_ends_at_the_maximum_age(name):
    trust = [heard(name, 1.0, 1.0, n * HOUR, half_life=1.0, maximum_age=3.0)[1] for n in range(5)]
    assert trust == pytest.approx([1.0, 0.5, 0.25, 0.125, NAN], nan_ok=True)


@pytest.mark.parametrize("name", EXTERNAL)
def test_it_listens_to_the_feed_of_its_name_and_is_heard_past_its_half_life(name):
    source = SOURCES[name]
    half_life, maximum_age = (float(param.default) for param in source.spec.params)
    assert source.feed == name and maximum_age >= 2.0 * half_life


def test_all_six_are_there():
    six = ["gamma_exposure", "whale_flow", "sentiment", "macro", "alternative_data", "agent_advice"]
    assert set(six) <= set(EXTERNAL)
