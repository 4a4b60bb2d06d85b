"""Zones of Fibonacci expansion and half-lives, on numbers that can be checked by eye."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from consilience.core.codes import FibonacciZone
from consilience.core.panel import FloatBars
from consilience.features import Evaluator, FeatureBlock, bar, ta
from consilience.features.structure.fibonacci_expansion import BORDERS, UNKNOWN_ZONE, ZONES, zone_facts

NAN = np.nan


def at(node, **columns: float) -> float:
    """Value of an expression over one bar with these columns, 1 where not told."""
    one = [np.array([[float(columns.get(name, 1.0))]]) for name in FloatBars._fields]
    flat = np.zeros((1, 1), np.int64)
    (evaluator := Evaluator([node], 1)).push(FeatureBlock(np.array([1]), FloatBars(*one), flat == 0, flat))
    return float(evaluator.value(node)[0, 0])


# a leg between 100 and 110
LEG = [
    # close, level, direction, zone, support, resistance, target, target after
    (105.0, 0.5, 1, "COMPRESSION", 105.0, 106.18, 110.0, 112.72),
    (104.5, 0.55, -1, "COMPRESSION", 103.82, 105.0, 100.0, 97.28),
    (106.0, 0.6, 1, "COMPRESSION", 105.0, 106.18, 110.0, 112.72),
    (107.0, 0.7, 1, "MID_EXPANSION", 106.18, 107.86, 110.0, 112.72),
    (102.0, 0.8, -1, "MID_EXPANSION", 100.0, 102.14, 100.0, 97.28),
    (110.0, 1.0, 1, "FULL_EXPANSION", 110.0, 112.72, 112.72, 116.18),
    (113.0, 1.3, 1, "FULL_EXPANSION", 112.72, 116.18, 116.18, 120.0),
    (100.0, 1.0, -1, "FULL_EXPANSION", 97.28, 100.0, 97.28, 93.82),
    (118.0, 1.8, 1, "OVER_EXTENSION", 116.18, 120.0, 120.0, 126.18),
    (92.0, 1.8, -1, "OVER_EXTENSION", 90.0, 93.82, 90.0, 83.82),
    (130.0, 3.0, 1, "EXHAUSTION", 126.18, 142.36, 142.36, NAN),
    (150.0, 5.0, 1, "EXHAUSTION", 142.36, NAN, NAN, NAN),
]


@pytest.mark.parametrize("row", LEG, ids=[f"{row[0]}-{row[3]}" for row in LEG])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_leg_from_100_to_110(row, swapped):
    close, level, direction, zone, *prices = row
    leg = ta.leg_expansion(bar.close, *((bar.low, bar.high) if swapped else (bar.high, bar.low)))
    got = [at(node, close=close, high=110.0, low=100.0) for node in leg]
    assert got == pytest.approx([level, direction, FibonacciZone[zone], *prices], nan_ok=True)


@pytest.mark.parametrize("missing", [{"close": NAN}, {"high": NAN}, {"low": NAN}, {"high": 100.0}])
def test_no_leg_no_zone(missing):
    leg = ta.leg_expansion(bar.close, bar.high, bar.low)
    assert all(np.isnan(at(node, **({"close": 105.0, "high": 110.0, "low": 100.0} | missing))) for node in leg)


def test_the_zone_table_is_complete_and_in_order():
    assert [facts.zone for facts in ZONES] == [zone for zone in FibonacciZone if zone is not FibonacciZone.UNKNOWN]
    assert BORDERS == (0.618, 1.0, 1.618, 2.618) and ZONES[0].begins == 0.5
    for facts in (UNKNOWN_ZONE, *ZONES):
        assert zone_facts(facts.zone) is facts and facts.reason and facts.tier
        assert 0.0 < facts.multiplier <= 1.5 and 0.0 < facts.risk_adjustment <= 1.0 and abs(facts.conviction) <= 1.0
    # the further beyond the leg's end, the smaller; nowhere less than exhausted
    beyond = ZONES[2:]
    assert all(a.multiplier > b.multiplier and a.conviction > b.conviction for a, b in itertools.pairwise(beyond))
    assert min(facts.multiplier for facts in (UNKNOWN_ZONE, *ZONES)) == ZONES[-1].multiplier
    with pytest.raises(ValueError, match="6 is not a valid FibonacciZone"):
        zone_facts(6)


ROOT_OF_HALF = 0.7071067811865476  # published: 1 / sqrt(2)
AGES = [(0.0, 5.0, 1.0), (5.0, 5.0, 0.5), (10.0, 5.0, 0.25), (15.0, 5.0, 0.125), (2.5, 5.0, ROOT_OF_HALF)]
AGES += [(1e99, 1e-9, 0.0), (-1.0, 5.0, NAN), (1.0, 0.0, NAN), (1.0, -2.0, NAN), (NAN, 5.0, NAN), (1.0, NAN, NAN)]


@pytest.mark.parametrize(("age", "half_life", "left"), AGES)
def test_half_life(age, half_life, left):
    assert at(ta.half_life(bar.close, bar.open), close=age, open=half_life) == pytest.approx(
        left, rel=1e-14, nan_ok=True
    )
