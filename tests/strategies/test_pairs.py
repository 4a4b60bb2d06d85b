"""Cointegrated pairs: the test against statsmodels, and pairs on tapes: when they are entered, left, and refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consilience.core.codes import Gate
from consilience.core.errors import StrategyError
from consilience.core.instruments import Instrument
from consilience.strategies._cointegration import critical_value, dickey_fuller, engle_granger, half_life
from consilience.strategies.catalog import find_strategy
from consilience.strategies.cointegrated_pairs import CointegratedPairs
from tests.engine.desk import X, Y, masked, panel, run, short

ANSWERS = json.loads((Path(__file__).parent / "answers" / "cointegration.json").read_text("utf-8"))
Z = Instrument(symbol="Z")


@pytest.mark.parametrize("answer", ANSWERS)
def test_engle_granger_against_statsmodels(answer: dict[str, Any]) -> None:
    fit = engle_granger(answer["first"], answer["second"])
    assert fit is not None
    assert fit.statistic == pytest.approx(answer["statistic"], rel=1e-7)
    assert (fit.constant, fit.hedge) == pytest.approx((answer["constant"], answer["hedge"]), rel=1e-7)
    count = len(answer["first"])
    assert [critical_value(level, count) for level in (1, 5, 10)] == pytest.approx(answer["critical"], rel=1e-9)


def test_half_life_and_what_cannot_be_told() -> None:
    assert half_life([8.0, 4.0, 2.0, 1.0, 0.5]) == pytest.approx(1.0)
    assert half_life([0.5 ** (k / 7) for k in range(40)]) == pytest.approx(7.0)
    assert half_life([1.0, 2.0, 4.0]) == math.inf
    assert half_life([0.0, 0.0]) == math.inf
    assert half_life([1.0, -3.0, 9.0]) == 0.0
    assert math.isnan(dickey_fuller([0.0] * 30))
    assert engle_granger([1.0] * 5, [2.0] * 5) is None
    assert engle_granger([1.0] * 50, [2.0] * 50) is None


RULES = {"window": 60, "every": 20, "entry": 2.0, "exit": 0.5, "stop": 4.0, "longest": 50.0}


def pair_closes(count: int = 60, seed: int = 4) -> tuple[list[float], list[float]]:
    """Two series whose logs differ by a small spread that comes back within a bar or two."""
    random = np.random.default_rng(seed)
    second = np.exp(np.cumsum(random.normal(0, 0.01, count)) + 4.0)
    first = second * np.exp(random.normal(0, 0.005, count))
    return [round(float(v), 2) for v in first], [round(float(v), 2) for v in second]


def played(first: list[float], second: list[float], *cells: tuple[int, int], **parameters: Any) -> Any:
    bars = {X: [(c, c, c, c) for c in first], Y: [(c, c, c, c) for c in second]}
    made = CointegratedPairs(**{**RULES, **parameters})
    session, output = run(masked(panel(bars), *cells), made)
    return made, session, output


def legs(output: Any) -> list[tuple[int, int, float]]:
    """Slice, signed lots and price of every fill, in each slice X before Y (sales come first in the output)."""
    traded = output.fills[np.lexsort((output.fills["symbol"], output.fills["row"]))]
    return [(int(f["row"]), int(f["side"] * f["lots"]), int(f["ticks"]) / 100) for f in traded]


def after(*spreads: float) -> tuple[list[float], list[float]]:
    """The pair, and then the first symbol so many percent off while the second stands still."""
    first, second = pair_closes()
    level = second[-1]
    return first + [round(level * (1 + s / 100), 2) for s in spreads], second + [level] * len(spreads)


def test_the_spread_is_sold_high_and_closed_when_it_is_back() -> None:
    made, session, output = played(*after(1.5, 1.5, 0.0, 0.0, 0.0))
    trades = legs(output)
    # the estimate comes after slice 59, the spread strays in slice 60, is back in 62
    assert [(row, lots > 0) for row, lots, _ in trades] == [(61, False), (61, True), (63, True), (63, False)]
    assert trades[0][1] + trades[2][1] == 0 and trades[1][1] + trades[3][1] == 0
    fit = made.chosen["X", "Y"]
    values = [abs(lots) * price for _, lots, price in trades[:2]]
    assert values[1] / values[0] == pytest.approx(fit.hedge, rel=0.02)
    assert sum(values) == pytest.approx(100_000.0, rel=0.02)
    entries = output.records[(output.records["gate"] == Gate.PASSED) & (output.records["row"] == 60)]
    score = (math.log(after(1.5)[0][60]) - fit.constant - fit.hedge * math.log(after(1.5)[1][60])) / fit.deviation
    assert 2.0 < score < 4.0
    assert entries["confidence"].tolist() == pytest.approx([score / 4.0] * 2)
    assert session.failures == []


def test_the_spread_is_bought_low() -> None:
    trades = legs(played(*after(-1.5, -1.5, 0.0, 0.0))[2])
    assert [(row, lots > 0) for row, lots, _ in trades] == [(61, True), (61, False), (63, False), (63, True)]


def test_the_stop_bars_the_pair_until_the_next_estimate() -> None:
    made, _, output = played(*after(1.5, 1.5, 4.0, 1.5, 1.5, 1.5))
    assert [row for row, _, _ in short(output)] == [61, 61, 63, 63]
    assert made.stopped == {("X", "Y")}


def test_a_spread_beyond_the_stop_is_not_entered() -> None:
    assert short(played(*after(4.0, 4.0, 0.0))[2]) == []


def test_a_position_ends_after_three_half_lives() -> None:
    made, _, output = played(*after(*[1.5] * 8))
    rows = [row for row, _, _ in short(output)]
    longest = max(2, math.ceil(3.0 * made.chosen["X", "Y"].half_life))
    assert rows[:4] == [61, 61, 61 + longest, 61 + longest]


def test_a_leg_that_does_not_come_closes_the_other() -> None:
    """Y does not trade in slices 61 and 62: its order waits; X alone is closed, and then what came of Y."""
    _, _, output = played(*after(1.5, 1.5, 1.5, 1.5, 1.5, 0.0, 0.0, 0.0), (61, 1), (62, 1))
    held = output.lanes["lots"].tolist()
    assert held == [0, 0]
    assert short(output)[0][0] == 61


def test_walks_apart_and_long_half_lives_are_refused() -> None:
    random = np.random.default_rng(3)
    walks = [np.exp(np.cumsum(random.normal(0, 0.01, 160)) + 4.0).round(2).tolist() for _ in range(2)]
    assert short(played(*walks, level="1")[2]) == []
    made = played(*after(1.5, 1.5, 0.0, 0.0), longest=1.0)[0]
    fit = engle_granger(*(np.log(np.array(c[:60])).tolist() for c in after()))
    assert fit is not None and (fit.half_life <= 1.0) == (("X", "Y") in made.chosen)


def test_an_estimate_sees_only_the_past() -> None:
    """What is chosen after slice 59 is the fit of slices 0 to 59, whatever comes later."""
    first, second = after(1.5, 1.5, 0.0, 9.0, -9.0, 9.0)
    made = played(first, second)[0]
    assert made.chosen["X", "Y"] == engle_granger([math.log(c) for c in first[:60]], [math.log(c) for c in second[:60]])


def test_the_best_pair_of_three_symbols_is_found() -> None:
    first, second = after(1.5, 1.5, 0.0, 0.0)
    random = np.random.default_rng(9)
    third = np.exp(np.cumsum(random.normal(0, 0.02, len(first))) + 4.0).round(2).tolist()
    bars = {Z: [(c, c, c, c) for c in third], X: [(c, c, c, c) for c in first], Y: [(c, c, c, c) for c in second]}
    made = CointegratedPairs(**RULES)
    output = run(panel(bars), made)[1]
    assert set(made.chosen) == {("X", "Y")}
    assert len(short(output)) == 4
    named = CointegratedPairs(**RULES, pairs="X/Y")
    assert short(run(panel(bars), named)[1]) == short(output)


def test_what_is_saved_goes_on() -> None:
    first, second = after(1.5, 1.5, 1.5, 0.0)
    made = played(first[:62], second[:62])[0]
    again = CointegratedPairs(**RULES)
    again.load(json.loads(json.dumps(made.save())))
    assert again.save() == made.save()
    assert again.open and again.chosen == made.chosen


WRONG = [
    ({"pairs": "X"}, "'X' is no pair"),
    ({"pairs": "X/X"}, "is no pair"),
    ({"pairs": "X/Q"}, "Q is not among the run's symbols, X, Y"),
]


@pytest.mark.parametrize(("given", "text"), WRONG)
def test_pairs_that_cannot_be(given: dict[str, Any], text: str) -> None:
    with pytest.raises(StrategyError, match=text):
        played(*pair_closes(5), **given)


def test_thresholds_out_of_order() -> None:
    with pytest.raises(StrategyError, match="exit < entry < stop"):
        find_strategy("cointegrated_pairs")(entry=5.0)


def test_legs_are_of_the_capital_slice() -> None:
    first, second = after(1.5, 1.5, 1.5)
    bars = {X: [(c, c, c, c) for c in first], Y: [(c, c, c, c) for c in second]}
    other = find_strategy("macd_cross")()
    output = run(panel(bars), CointegratedPairs(**RULES), other, capital={"cointegrated_pairs": 0.2}, fraction=1e-6)[1]
    assert sum(abs(lots) * price for _, lots, price in short(output)[:2]) == pytest.approx(20_000.0, rel=0.02)
