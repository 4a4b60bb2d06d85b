"""Building expressions: one object for equal texts, and errors that say what to do."""

import inspect
from typing import cast

import numpy as np
import pytest

from consilience.core.errors import ReportBug, StrategyError
from consilience.features import Evaluator, Node, bar, constant, ta
from consilience.features.catalog import FEATURES, feature


def test_equal_expressions_are_one_object():
    assert ta.ema(bar.close, 10) is ta.ema(bar.close, period=10, seed="sma")
    assert (bar.close - 1) is (bar.close - 1.0)
    assert bar.close[0] is bar.close
    assert bar.close[2] is bar.close.lag(2)
    assert bar.at("15m").close is bar.at("15m").close
    assert bar.at("15m").close is not bar.close
    assert ta.ema(bar.close, 10) is not ta.ema(bar.close, 11)
    assert len({bar.close, bar.open, bar.close}) == 2


def test_operators_build_the_catalogued_nodes():
    a, b = bar.close, bar.open
    built = [a + b, a - b, a * b, a / b, -a, abs(a), a < b, a <= b, a > b, a >= b, a == b, a != b, a & b, a | b, ~a]
    names = "add subtract multiply divide negative absolute less less_equal greater greater_equal equal not_equal both"
    assert [n.op for n in built] == [*names.split(), "either", "invert"]
    swapped = [1 + a, 1 - a, 2 * a, 1 / a, 1 & a, 1 | a]
    assert all(n.inputs[0].op == "constant" and n.inputs[1] is a for n in swapped)


def test_an_expression_reads_like_its_text():
    assert repr(ta.macd(bar.close).signal) == "macd(close, 12, 26, 9).signal"
    assert repr(ta.ema(bar.at("1h").close, 3) > 5) == "greater(ema(close@1h, 3, sma), 5.0)"
    assert repr(bar.close + bar.at("1h").close) == "add(close, close@1h)"
    assert repr(bar) == "bar" and repr(bar.at("15m")) == "bar.at('15m')"
    assert "upper, middle, lower" in repr(ta.bollinger(bar.close))


def test_outputs_have_names_and_unpack():
    upper, middle, lower = ta.bollinger(bar.close, 10)
    bands = ta.bollinger(bar.close, 10)
    assert bands.upper is upper and bands.middle is middle and bands.lower is lower


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: ta.emma(bar.close), "ta has no feature 'emma'; did you mean ta.ema?"),
        (lambda: feature("smaa"), "did you mean 'sma'"),
        (lambda: feature("zzzzz"), "there is no feature 'zzzzz'"),
        (lambda: ta.ema(bar.close, perod=3), "did you mean 'period'"),
        (lambda: ta.ema(bar.close, qqq=3), "it takes x, period, seed"),
        (ta.ema, "missing a required argument"),
        (lambda: ta.ema(bar.close, 0), "period=0 is outside 1..10000"),
        (lambda: ta.ema(bar.close, 2.5), "must be a whole number"),
        (lambda: ta.ema(bar.close, 5, "smaa"), "is not one of sma, first"),
        (lambda: ta.macd(bar.close, 26, 12), "fast=26 must be below slow=12"),
        (lambda: ta.macd(bar.close) + 1, "choose one of .macd, .signal, .histogram"),
        (lambda: ta.macd(bar.close).signl, "did you mean .signal"),
        (lambda: ta.macd(bar.close).zzzz, "it has .macd, .signal, .histogram"),
        (lambda: ta.atr(bar.close), "takes the bar itself"),
        (lambda: ta.ema("close"), "must be an expression or a number, not str"),
        (lambda: bar.close + None, "must be an expression or a number, not NoneType"),
        (lambda: bar.clse, "did you mean bar.close"),
        (lambda: bar.at("15 minutes"), "is not a timeframe"),
        (lambda: bar.at(cast(str, 15)), "bar.at"),
        (lambda: bar.at("1h").hour, "belongs to the slices"),
        (lambda: bar.slot(""), "takes a name"),
        (lambda: Evaluator([ta.ema(bar.close)], 1, block=0), "at least one symbol and one slice"),
        (lambda: bar.close[-1], "would look into the future; use x[1] for the past"),
        (lambda: bar.close[1.5], "whole number"),
        (lambda: constant(float("nan")), "not a number that an expression can hold"),
        (lambda: bool(bar.close > 1), "use & | ~"),
        (lambda: Evaluator([bar.slot("vix")], 1, slots=("vx",)), "did you mean 'vx'"),
        (
            lambda: Evaluator([ta.group_mean(bar.close, "sectr")], 1, groups={"sector": np.array([0])}),
            "did you mean 'sector'",
        ),
        (lambda: Evaluator([bar.close], 0), "at least one symbol"),
        (lambda: Evaluator([ta.group_rank(bar.close)], 2, groups={"sector": np.zeros(3, np.int64)}), "3 entries for 2"),
    ],
)
def test_mistakes_are_explained_in_one_line(build, text):
    with pytest.raises(StrategyError) as caught:
        build()
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_reading_what_is_not_an_output_is_our_bug():
    with pytest.raises(ReportBug, match="is not an output"):
        Evaluator([bar.close], 1).value(bar.open)


def test_nodes_do_not_iterate_and_missing_dunders_stay_missing():
    with pytest.raises(TypeError):
        list(bar.close)
    for thing in (bar, ta, ta.macd(bar.close)):
        assert not hasattr(thing, "__wrapped__")


def test_the_namespace_is_the_catalog_with_signatures_and_texts():
    assert set(ta.__all__) == set(FEATURES)
    defaults = {n: p.default for n, p in inspect.signature(ta.ema).parameters.items() if n != "x"}
    assert defaults == {"period": 20, "seed": "sma"}
    for name in FEATURES:
        text = getattr(ta, name).__doc__
        assert FEATURES[name].spec.summary in text
    assert list(inspect.signature(ta.atr).parameters) == ["bar", "period"]


def test_warm_up_adds_along_the_expression():
    evaluator = Evaluator([bar.close], 1)
    assert evaluator.warm_up(bar.close) == 0
    assert evaluator.warm_up(ta.ema(bar.close, 10)) == 9
    assert evaluator.warm_up(ta.crosses_above(ta.ema(bar.close, 10), ta.sma(bar.close, 30))) == 30
    assert evaluator.warm_up(ta.sma(bar.close, 5)[3]) == 7
    assert evaluator.warm_up(ta.adx(bar, 14).adx) == 27
    assert evaluator.warm_up(ta.adx(bar, 14).plus_di) == 14
    mixed = bar.close - ta.sma(bar.at("5m").close, 3)
    assert evaluator.warm_up(mixed) == 2
    assert evaluator.warm_up(mixed, bar_ns=60_000_000_000) == 14
    assert isinstance(mixed, Node)
