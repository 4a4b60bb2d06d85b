"""Contract of every catalogued strategy, in both forms; and the classes that strategies are made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from consilience.core.errors import NotFound, StrategyError
from consilience.core.jit import JIT_ENABLED
from consilience.core.panel import PriceColumns
from consilience.engine.session import Session
from consilience.features.bar import bar
from consilience.strategies import CallbackStrategy, Entry, Param, Strategy, ta
from consilience.strategies.catalog import STRATEGIES, find_strategy
from consilience.strategies.entry import COLUMNS
from tests.engine.markets import SETTINGS, market, markets_of, play, strategy
from tests.examples import cases

FORMS = (False, True)
CASES = [(s, m, c) for s in STRATEGIES for m in markets_of(s)[: None if JIT_ENABLED else 1] for c in FORMS]


def past(output, rows):
    """Everything that was decided and filled before slice ``rows``."""
    fills, orders, records = output.fills, output.orders, output.records
    born = orders[orders["created_row"] < rows]
    names = ("lane", "side", "type", "role", "priority", "created_row", "decided_ticks", "trail")
    return (
        fills[fills["row"] < rows].tolist(),
        [tuple(o[n] for n in names) for o in born],
        records[records["row"] < rows].tolist(),
        output.curves[:rows].tolist(),
    )


@pytest.mark.parametrize(("name", "where", "callbacks"), cases(CASES, 3))
def test_the_future_never_changes_the_past(name, where, callbacks):
    panel = market(where)
    rows = panel.shape[0]
    cut = rows * 7 // 10  # after the splits: they rescale what an order that still waits was decided at
    whole = past(play(panel, name, callbacks=callbacks), cut)
    assert whole[0]
    assert past(play(panel.rows(0, cut), name, callbacks=callbacks), cut) == whole

    def other(side):
        moved = PriceColumns(*(c.copy() for c in side))
        for column in moved:
            column[cut:] = column[cut:] * 3 // 2
        return moved

    bid = other(panel.bid)
    disturbed = replace(panel, bid=bid, ask=other(panel.ask) if panel.is_bid_ask else bid)
    assert past(play(disturbed, name, callbacks=callbacks), cut) == whole


def test_a_strategy_that_peeks_is_caught():
    """The check above finds a planted cheat: a size that depends on the length of the history."""
    panel = market("daily")

    class Peeks(Strategy):
        rows = 0

        def define(self, bar):
            return Entry(long=bar.close > bar.open, exit_long=bar.close < bar.open, size=float(self.rows))

    def run(part):
        Peeks.rows = part.shape[0] // 50
        session = Session(part, [Peeks()], SETTINGS)
        session.run(part)
        return past(session.output(), 100)

    assert run(panel) != run(panel.rows(0, 110))


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_declares_itself(name):
    made = find_strategy(name)
    spec = made.spec()
    assert spec.name == name and spec.summary
    assert made.strategy_name() == name
    assert {p.name for p in spec.params} == set(made().parameters)
    if issubclass(made, CallbackStrategy):
        assert made().declare(bar)
    else:
        assert isinstance(made().define(bar), Entry) and made().define(bar).reason
    for param in spec.params:
        assert param.problem_with(param.default) is None or param.problem_with(param.default) == ""


# what each strategy's options do to its entry: parameters, columns that must be there, columns that must not
OPTIONS = [
    ("moving_average_cross", {}, {"long", "exit_long", "stop_loss"}, {"short", "take_profit"}),
    ("moving_average_cross", {"kind": "sma", "stop_atr": 0.0, "target_atr": 2.0}, {"take_profit"}, {"stop_loss"}),
    ("moving_average_cross", {"allow_short": True}, {"short", "exit_short"}, set()),
    ("macd_cross", {}, {"stop_loss"}, {"short"}),
    ("macd_cross", {"stop_atr": 0.0}, {"long"}, {"stop_loss"}),
    ("rsi_mean_reversion", {}, {"stop_loss", "take_profit"}, {"short"}),
    ("rsi_mean_reversion", {"allow_short": True}, {"short"}, set()),
    ("bollinger_mean_reversion", {}, {"limit", "stop_loss", "take_profit"}, {"short"}),
    ("bollinger_mean_reversion", {"allow_short": True}, {"short"}, set()),
    ("momentum_breakout", {}, {"exit_long", "stop_loss"}, {"short", "take_profit"}),
    ("momentum_breakout", {"allow_short": True, "target_atr": 3.0}, {"short", "exit_short", "take_profit"}, set()),
    ("trend_following", {}, {"exit_long", "trail"}, {"short", "stop_loss"}),
    ("trend_following", {"allow_short": True, "trail_atr": 0.0}, {"short", "exit_short"}, {"trail"}),
    ("donchian_breakout", {}, {"short", "stop_loss"}, {"take_profit"}),
    ("donchian_breakout", {"allow_short": False, "stop_atr": 0.0}, {"exit_long"}, {"short", "stop_loss"}),
    ("volatility_breakout", {}, {"stop", "stop_loss"}, {"short", "take_profit"}),
    ("volatility_breakout", {"allow_short": True, "target_range": 2.0}, {"short", "take_profit"}, set()),
    ("atr_trailing", {}, {"trail"}, {"short", "exit_long"}),
    ("atr_trailing", {"allow_short": True}, {"short", "trail"}, set()),
    ("gap", {}, {"stop_loss", "take_profit", "exit_long"}, {"short"}),
    ("gap", {"target_atr": 0.0, "allow_short": True}, {"short", "exit_short"}, {"take_profit"}),
    ("gap", {"kind": "fade"}, {"take_profit"}, {"short"}),
    ("opening_range_breakout", {}, {"short", "stop_loss", "take_profit", "exit_short"}, set()),
    ("opening_range_breakout", {"allow_short": False, "target_ranges": 0.0}, {"exit_long"}, {"short", "take_profit"}),
    ("parabolic_sar", {}, {"short", "stop_loss"}, {"take_profit"}),
    ("parabolic_sar", {"allow_short": False, "trend": 20}, {"exit_long", "stop_loss"}, {"short"}),
    ("supertrend", {}, {"stop_loss", "exit_long"}, {"short", "take_profit"}),
    ("supertrend", {"allow_short": True, "target_atr": 2.0}, {"short", "take_profit"}, set()),
    ("fibonacci_confluence_momentum", {}, {"stop_loss", "take_profit", "exit_long"}, {"short"}),
    ("fibonacci_confluence_momentum", {"allow_short": True}, {"short", "exit_short"}, set()),
    ("voting", {}, {"exit_long", "stop_loss"}, {"short"}),
    ("voting", {"allow_short": True, "stop_atr": 0.0}, {"short", "exit_short"}, {"stop_loss"}),
    ("weighted", {}, {"exit_long", "stop_loss"}, {"short"}),
    ("weighted", {"allow_short": True, "stop_atr": 0.0}, {"short", "exit_short"}, {"stop_loss"}),
    ("multi_timeframe", {}, {"stop_loss", "exit_long"}, {"short"}),
    ("multi_timeframe", {"members": "bollinger_mean_reversion(allow_short=true)"}, {"short", "limit"}, set()),
    ("zscore_reversion", {}, {"stop_loss", "exit_long"}, {"short"}),
    ("zscore_reversion", {"allow_short": True}, {"short", "exit_short"}, set()),
]


@pytest.mark.parametrize(("name", "given", "there", "absent"), OPTIONS)
def test_options(name, given, there, absent):
    columns = set(find_strategy(name)(**given).define(bar).columns())
    assert there <= columns
    assert not absent & columns


def test_every_declarative_strategy_stands_in_the_options_table():
    declarative = {name for name, kind in STRATEGIES.items() if not issubclass(kind, CallbackStrategy)}
    assert declarative == {row[0] for row in OPTIONS}


def test_thresholds_out_of_order():
    with pytest.raises(StrategyError, match="needs exit < entry < stop"):
        find_strategy("zscore_reversion")(entry=2.0, stop=1.0).define(bar)


def test_an_unknown_strategy_names_the_nearest():
    with pytest.raises(NotFound, match="macd_cross"):
        find_strategy("macd_cros")


class Simple(Strategy):
    """A line."""

    count = Param(5, low=1, high=9)
    kind = Param("a", choices=("a", "b"))


def test_parameters():
    assert Simple(count=7.0).count == 7
    assert repr(Simple()) == "simple(count=5, kind=a)"
    assert Simple.count.spec.name == "count"
    for wrong, text in (
        ({"cuont": 1}, "did you mean 'count'"),
        ({"zzz": 1}, "it takes count, kind"),
        ({"count": 99}, "count"),
    ):
        with pytest.raises(StrategyError, match=text):
            Simple(**wrong)
    with pytest.raises(StrategyError, match="must implement define"):
        Simple().define(bar)
    with pytest.raises((StrategyError, RuntimeError)):
        type("Bad", (Strategy,), {"x": Param(50, high=9)})
    assert CallbackStrategy.spec().family == "callback"


# what does not fit together in an Entry
WRONG = [
    ({"order_type": "limt"}, "did you mean 'limit'"),
    ({"order_type": "zzzz"}, "is unknown"),
    ({"order_type": "limit"}, "needs limit="),
    ({"limit": 5.0}, "takes no limit="),
    ({"order_type": "stop"}, "needs stop="),
    ({"order_type": "stop_limit", "stop": 5.0}, "needs limit="),
    ({"trail": 1.0, "trail_percent": 0.1}, "not both"),
    ({"post_only": True}, "post_only needs"),
    ({"valid_for": -1}, "negative"),
    ({"pyramid": -1}, "negative"),
    ({"stop_loss": "95"}, "must be an expression"),
    ({"time_in_force": "dya"}, "did you mean 'day'"),
]


@pytest.mark.parametrize(("given", "text"), WRONG)
def test_entries_that_do_not_fit(given, text):
    with pytest.raises(StrategyError, match=text):
        Entry(**{"long": True, **given})


def test_entry_columns():
    entry = Entry(long=bar.close > 1.0, trail_percent=0.1)
    assert set(entry.columns()) == {"long", "trail"}
    assert set(entry.columns()) <= set(COLUMNS)


def test_a_define_that_returns_no_entry():
    class Wrong(Strategy):
        def define(self, bar):
            return ta.ema(bar.close, 3)

    with pytest.raises(StrategyError, match="must return an Entry"):
        Session(market("daily"), [Wrong()], SETTINGS)


def test_default_callbacks_do_nothing():
    silent = CallbackStrategy()
    assert silent.declare(bar) == {}
    assert silent.save() == {}
    silent.load({})
    for name in ("on_start", "on_stop"):
        getattr(silent, name)(None)
    for name in (
        "on_bar",
        "on_quote",
        "on_trade",
        "on_book",
        "on_option_chain",
        "on_timer",
        "on_order",
        "on_fill",
        "on_position",
    ):
        getattr(silent, name)(None, "X")
    getattr(silent, "on_signal")(None, "source", "X")  # noqa: B009  (no context is needed)
    assert np.isfinite(strategy("macd_cross").stop_atr)
