"""Planted cheats are caught and named; honest code raises no alarm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from consilience.core.errors import DataError, StrategyError
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.bar import bar as the_bar
from consilience.features.catalog import FEATURES
from consilience.features.feature import Feature, Kind
from consilience.market.slots import SlotMaker
from consilience.research.lookahead import lookahead_check
from consilience.research.lookahead_frames import FrameSignals
from consilience.strategies.base import CallbackStrategy, Param, Strategy
from consilience.strategies.catalog import STRATEGIES
from consilience.strategies.entry import Entry
from tests.features.support import FittedBar
from tests.market.feeds import listening
from tests.research.test_sweep import walk

CLOSE = pl.col("close")


def shifted(frame):
    return frame.select(long=CLOSE.shift(-1) > CLOSE)


def full_sample_zscore(frame):
    return frame.select(z=(CLOSE - CLOSE.mean()) / CLOSE.std())


def centred_window(frame):
    return frame.select(smooth=CLOSE.rolling_mean(5, center=True))


def backfilled(frame):
    return frame.select(average=CLOSE.rolling_mean(10).fill_null(strategy="backward"))


def left_labelled(frame):
    """The close of a day, put at the day's start and carried on from there."""
    day = frame.group_by_dynamic("ts", every="1d").agg(day_close=CLOSE.last())
    return frame.join_asof(day, on="ts").select("day_close")


def whole_file_fit(frame):
    """A trend line fitted to all bars."""
    prices = frame["close"].to_numpy()
    known = np.isfinite(prices)
    x = np.arange(len(prices))
    slope, start = np.polyfit(x[known], prices[known], 1)
    return {"trend": start + slope * x}


def future_extreme(frame):
    return frame.select(room=pl.col("high").reverse().rolling_max(12, min_samples=1).reverse() / CLOSE)


def ranked_over_all(frame):
    return frame.select(place=CLOSE.rank() / CLOSE.count())


def tomorrows_open(frame):
    return frame.select(limit=pl.col("open").shift(-1), long=CLOSE.shift(1) < CLOSE)


def across_a_gap(frame):
    return frame.select(price=CLOSE.interpolate())


def same_bar(frame):
    """Meant to be filled at the open of its own bar, but it knows that bar's close."""
    return frame.select(long=pl.col("open") < CLOSE)


def quantile_of_all(frame):
    return frame.select(long=pl.col("volume") > pl.col("volume").quantile(0.9))


CHEATS = {
    "z": full_sample_zscore,
    "smooth": centred_window,
    "average": backfilled,
    "day_close": left_labelled,
    "trend": whole_file_fit,
    "room": future_extreme,
    "place": ranked_over_all,
    "limit": tomorrows_open,
    "price": across_a_gap,
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("column", "cheat"),
    [*CHEATS.items(), ("long", shifted), ("long", quantile_of_all)],
    ids=lambda v: getattr(v, "__name__", v),
)
def test_planted_cheats_are_caught_and_named(column, cheat, masked):
    if cheat is across_a_gap and not masked:
        pytest.skip("without a gap there is nothing to cross")
    report = lookahead_check(cheat, walk(400, masked=masked))
    assert not report.ok
    peek = report.peeks[0]
    assert peek.column == column and peek.symbol == "S0"
    assert peek.row < peek.cut
    assert peek.before != peek.after
    assert cheat.__name__ in report.text() and column in report.text()


def test_the_same_bar_is_future_for_what_acts_at_its_open():
    assert lookahead_check(same_bar, walk(300)).ok
    report = lookahead_check(same_bar, walk(300), known="open")
    assert [p.column for p in report.peeks] == ["long"]
    honest = lambda frame: frame.select(long=CLOSE.shift(1) < pl.col("open"))  # noqa: E731
    assert lookahead_check(honest, walk(300), known="open").ok


def test_the_honest_columns_of_a_cheating_function_are_not_accused():
    report = lookahead_check(tomorrows_open, walk(300, 2))
    assert {p.column for p in report.peeks} == {"limit"}
    assert {p.symbol for p in report.peeks} == {"S0", "S1"}


def honest_frame(frame):
    """What people write, done right."""
    return frame.select(
        "ts",
        average=CLOSE.rolling_mean(10),
        deviation=CLOSE.rolling_std(10),
        ema=CLOSE.ewm_mean(span=9, adjust=False),
        change=CLOSE.pct_change(),
        highest=pl.col("high").rolling_max(20),
        carried=CLOSE.forward_fill(),
        so_far=CLOSE.cum_max(),
    )


@pytest.mark.parametrize("masked", [False, True])
def test_honest_frames_raise_no_alarm(masked):
    report = lookahead_check(honest_frame, walk(500, masked=masked), cuts=12)
    assert report.ok, report.text()
    assert "no look-ahead in 7 columns" in report.text()


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_catalogue_strategies_raise_no_alarm(name, masked):
    report = lookahead_check(STRATEGIES[name], walk(400, 2, masked=masked), cuts=5)
    assert report.ok, report.text()
    made = STRATEGIES[name]()
    said = set(made.declare(the_bar)) if isinstance(made, CallbackStrategy) else {"long"}
    assert said | {"fills", "orders", "equity"} <= set(report.columns)


class EveryFeature(CallbackStrategy):
    """Declares the whole catalogue."""

    def declare(self, bar):
        """Each feature with its defaults but for timeframes; group features are left to the features room."""
        nodes = {}
        for feature in FEATURES.values():
            if feature.kind is Kind.GROUP:
                continue
            for output, node in zip(feature.outputs, _call(feature, bar), strict=True):
                nodes[f"{feature.name}.{output}"] = node
        nodes["four hours"] = ta.ema(bar.at("4h").close, 3)
        return nodes


def _call(feature: Feature, bar: Bar):
    columns = [bar.close, bar.open, bar.high, bar.low, bar.volume]
    # slots of regimes hold fitted models here
    given: list[Any] = [FittedBar() if feature.spec.family == "regime" else bar]
    if not feature.takes_bar:
        given = (4 * columns)[: len(feature.spec.inputs)]
    lengths = iter(("2h", "3h", "6h"))  # no shorter than the bars of the walk
    frames = {p.name: next(lengths) for p in feature.spec.params if p.unit == "timeframe"}
    made = getattr(ta, feature.name)(*given, **frames)
    return list(made) if len(feature.outputs) > 1 else [made]


def test_the_whole_catalogue_raises_no_alarm():
    report = lookahead_check(EveryFeature, walk(260, 2, masked=True), cuts=4)
    assert report.ok, report.text()
    assert len(report.columns) > len(FEATURES)


class Keeper(CallbackStrategy):
    """Holds a table made from a whole file: it trades on the closes that it was told."""

    told: np.ndarray

    def on_bar(self, context, symbol):
        """Buys before a rise."""
        row = context.now_ns // 3_600_000_000_000 - 1
        if row + 1 < len(self.told):
            context.order_target(symbol, 10 if self.told[row + 1] > self.told[row] else 0)


class Honest(CallbackStrategy):
    """Declares a feature and trades on it."""

    level = Param(50.0, low=1.0, high=99.0)

    def declare(self, bar):
        """One feature."""
        return {"rsi": ta.rsi(bar.close, 5)}

    def on_bar(self, context, symbol):
        """Long below the level."""
        context.order_target(symbol, 10 if context.value("rsi", symbol) < self.level else 0)


def test_callbacks_are_checked_by_what_they_order():
    report = lookahead_check(Honest(level=40.0), walk(300, 2, masked=True), cuts=5)
    assert report.ok, report.text()
    assert report.columns == ("rsi", "fills", "orders", "equity")


def test_a_table_from_outside_can_not_be_seen():
    """What a strategy carries in from elsewhere does not change with the data; the function that made it does."""
    panel = walk(300)
    Keeper.told = panel.bid.close[:, 0]
    assert lookahead_check(Keeper, panel, cuts=3).ok
    assert not lookahead_check(shifted, panel, cuts=3).ok


class Peeker(Strategy):
    """Can't be written: the expression refuses."""

    def define(self, bar):
        """A negative lag."""
        return Entry(long=bar.close[-1] > bar.close)


def test_expressions_refuse_to_look_ahead():
    with pytest.raises(StrategyError, match="future"):
        lookahead_check(Peeker, walk(100))


class Hears(Strategy):
    """Follows an external opinion."""

    def define(self, bar):
        """The opinion, while it is fresh."""
        fresh = bar.slot("mood.age") < 20.0 * 86_400.0
        return Entry(long=(bar.slot("mood.value") > 0.0) & fresh, exit_long=bar.slot("mood.value") < 0.0)


@pytest.mark.parametrize("early", [0, 1])
def test_external_series_are_looked_at_too(monkeypatch, early):
    """Slots as they are pass; a maker that hears each event a bar early is caught."""
    real = SlotMaker.push

    def hearing(self, panel, start, stop):
        told = panel.signals.copy()
        told["row"] = np.maximum(told["row"] - early, 0)
        return real(self, replace(panel, signals=told), start, stop)

    monkeypatch.setattr(SlotMaker, "push", hearing)
    report = lookahead_check(Hears, listening(walk(200)), cuts=12)
    assert {peek.column for peek in report.peeks} >= ({"long"} if early else set())
    assert bool(report.peeks) == bool(early)


def test_a_declarative_column_is_named_with_its_expression(monkeypatch):
    """A feature whose kernel cheats: the column, its text and the bar are named."""
    from consilience.engine.columns import ColumnMaker

    real = ColumnMaker.value

    def cheating(self, node):
        values = real(self, node)
        return np.roll(values, -1, axis=0) if node.op == "greater" else values

    class Above(Strategy):
        """One column."""

        def define(self, bar):
            """Close above its average."""
            return Entry(long=bar.close > ta.sma(bar.close, 5))

    monkeypatch.setattr(ColumnMaker, "value", cheating)
    report = lookahead_check(Above, walk(200), cuts=4)
    assert report.peeks[0].column == "long"
    assert report.peeks[0].expression == repr(the_bar.close > ta.sma(the_bar.close, 5))


@pytest.mark.parametrize(
    ("what", "more", "error", "text"),
    [
        (3, {}, StrategyError, "neither a strategy nor a function"),
        (lambda f: 3, {}, StrategyError, "must return"),
        (lambda f: {}, {}, StrategyError, "no columns"),
        (lambda f: {"x": [1.0]}, {}, StrategyError, "shape"),
        (shifted, {"known": "high"}, StrategyError, "known"),
    ],
)
def test_errors(what, more, error, text):
    with pytest.raises(error, match=text):
        lookahead_check(what, walk(100), **more)


def test_too_little_data():
    with pytest.raises(DataError, match="at least 40"):
        lookahead_check(shifted, walk(39))


def crosses(frame):
    """A moving-average cross as columns."""
    fast, slow = CLOSE.ewm_mean(span=5, adjust=False), CLOSE.ewm_mean(span=13, adjust=False)
    return frame.select(long=fast > slow, exit_long=fast < slow, size=pl.lit(2.0), stop_loss=CLOSE * 0.98)


class Crosses(Strategy):
    """The same as expressions."""

    def define(self, bar):
        """State rule."""
        fast, slow = ta.ema(bar.close, 5, "first"), ta.ema(bar.close, 13, "first")
        return Entry(long=fast > slow, exit_long=fast < slow, size=2.0, stop_loss=bar.close * 0.98)


def test_frame_signals_trade_like_the_declarative_form():
    panel = walk(600)
    runs = []
    for strategy in (FrameSignals(crosses, panel), Crosses()):
        session = Session(panel, [strategy], Settings(), first_decision=20)
        session.run(panel)
        runs.append(session.output())
    first, second = runs
    assert len(second.fills) > 20
    assert (
        first.fills[["row", "side", "lots", "ticks"]].tolist()
        == second.fills[["row", "side", "lots", "ticks"]].tolist()
    )
    assert (first.curves == second.curves).all()
    with pytest.raises(StrategyError, match="neither long nor short"):
        FrameSignals(centred_window, panel)
