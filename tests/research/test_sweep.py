"""Every set of a sweep is a single run: the same fills, the same money, the same figures."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from consilience.core.errors import ConfigError, DataError, NotFound, StrategyError
from consilience.core.instruments import Instrument
from consilience.core.panel import Panel, PriceColumns, trade_panel
from consilience.core.schemas import ACTION_DIVIDEND, ACTION_DTYPE, ACTION_SPLIT
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.features import ta
from consilience.portfolio.metrics import Activity, performance
from consilience.portfolio.trades import round_trips
from consilience.research import sweep_worker
from consilience.research.sweep import parameter_sets, sweep
from consilience.strategies.base import CallbackStrategy, Param, Strategy
from consilience.strategies.catalog import STRATEGIES
from consilience.strategies.entry import Entry
from tests.market.feeds import listening

HOUR = timedelta(hours=1) // timedelta(microseconds=1) * 1000
YEAR = 8760.0


def walk(rows: int = 1500, symbols: int = 1, *, masked: bool = False, seed: int = 5) -> Panel:
    """A seeded walk as a trade panel."""
    random = np.random.default_rng(seed)
    close = 10_000 + np.cumsum(random.integers(-60, 61, (rows, symbols)), axis=0)
    spread = random.integers(1, 40, (rows, symbols))
    prices = PriceColumns(close - spread // 2, close + spread, close - spread, close)
    valid = random.random((rows, symbols)) > 0.15 if masked else np.ones((rows, symbols), np.bool_)
    volume = random.integers(100, 10_000, (rows, symbols))
    instruments = [Instrument(symbol=f"S{k}") for k in range(symbols)]
    ts = np.arange(1, rows + 1, dtype=np.int64) * HOUR
    return trade_panel(instruments, ts, prices, volume, valid=valid, duration_ns=HOUR)


class Resting(Strategy):
    """Limit entries with protection and pyramids: orders wait across blocks, in groups and with parents."""

    fast = Param(3, low=2, high=50)
    away = Param(0.3, low=0.0, high=5.0)

    def define(self, bar):
        """Both sides, so that positions reverse."""
        average, atr = ta.ema(bar.close, self.fast), ta.atr(bar, 7)
        long = ta.crosses_above(bar.close, average)
        short = ta.crosses_below(bar.close, average)
        side = ta.where(short, -1.0, 1.0)
        return Entry(
            long=long,
            short=short,
            exit_long=ta.rsi(bar.close, 5) > 85.0,
            order_type="limit",
            limit=bar.close - side * self.away * atr,
            stop_loss=bar.close - side * 3.0 * atr,
            take_profit=bar.close + side * 2.0 * atr,
            trail=2.5 * atr,
            valid_for=6,
            pyramid=1,
        )


class Slow(Strategy):
    """Higher timeframe and a plain input as a column."""

    fast = Param(3, low=2, high=50)

    def define(self, bar):
        """``limit`` is a bare input, so it is no computed column."""
        up = bar.at("4h").close > ta.sma(bar.at("4h").close, self.fast)
        return Entry(long=up, exit_long=~up, order_type="limit", limit=bar.close, valid_for=3)


class Hears(Strategy):
    """Opinions and a series of numbers from outside."""

    fast = Param(3, low=2, high=50)

    def define(self, bar):
        """Follows the mood of the last events."""
        mood = ta.ema(bar.slot("mood.value"), self.fast)
        return Entry(long=(mood > 0.0) & (bar.slot("vix") < 22.0), exit_long=mood < 0.0)


class Calls(CallbackStrategy):
    """A callback strategy."""


GRIDS = {
    "moving_average_cross": {"fast": [3, 5], "slow": [9, 21, 34], "allow_short": [False, True]},
    "rsi_mean_reversion": {"period": [5, 9], "stop_atr": [1.0, 3.0]},
    "macd_cross": {},
    "bollinger_mean_reversion": {},
    "trend_following": {"fast": [5, 10], "adx_least": [15.0]},
    "gap": {"least": [0.5], "kind": ["follow", "fade"]},
    "fibonacci_confluence_momentum": {"swing": [1, 2], "confluence": [0]},
    "multi_timeframe": {"timeframes": ["4h", "6h"], "members": ["moving_average_cross(fast=3, slow=7)"]},
    "opening_range_breakout": {"bars": [2, 3], "exit_before": [0]},
}
SWEPT = sorted(name for name, kind in STRATEGIES.items() if not issubclass(kind, CallbackStrategy))


def check(panel: Panel, strategy: type[Strategy], grid, settings: Settings, *, workers: int = 2) -> pl.DataFrame:
    """Sweep, then run each set alone and compare to the unit."""
    result = sweep(panel, strategy, grid, settings=settings, workers=workers, periods_per_year=YEAR)
    for row in result.frame.iter_rows(named=True):
        made = strategy(**{name: row[name] for name in result.parameters})
        session = Session(panel, [made], settings)
        first = session.maker.warm_up()
        session.book.config["first_decision"] = first
        session.run(panel)
        output = session.output()
        fills = output.fills[output.fills["side"] != 0]
        assert row["fills"] == len(fills)
        assert row["final_equity"] == output.account["equity"][0] / 10**output.exponent
        curve = output.curves / 10.0**output.exponent
        expected = performance(
            curve[:, 0],
            output.ts,
            periods_per_year=YEAR,
            trades=round_trips(output.fills, panel),
            activity=Activity(gross=curve[:, 2]),
            warm_up_rows=first,
        )
        for name, value in row.items():
            if name in expected.values:
                assert value == pytest.approx(expected[name], rel=1e-9, abs=1e-9, nan_ok=True), name
    return result.frame


@pytest.mark.parametrize("name", SWEPT)
@pytest.mark.parametrize(("symbols", "masked"), [(1, False), (3, True)])
def test_each_set_equals_its_single_run(name, symbols, masked):
    kind = STRATEGIES[name]
    first = kind.param_specs()[0]
    grid = GRIDS.get(name) or {first.name: [first.default]}
    frame = check(walk(symbols=symbols, masked=masked), kind, grid, Settings(record="none"))
    assert frame["fills"].sum() > 0


@pytest.mark.parametrize("masked", [False, True])
def test_orders_that_wait_across_blocks(monkeypatch, masked):
    monkeypatch.setattr(sweep_worker, "MOST_ROWS", 64)
    monkeypatch.setattr(sweep_worker, "SETS_A_STAGE", 2)
    frame = check(walk(900, 2, masked=masked), Resting, {"fast": [3, 4, 9], "away": [0.1, 0.6]}, Settings())
    assert min(frame["trades"].to_list()) > 5


def test_timeframes_and_bare_inputs():
    assert check(walk(600), Slow, {"fast": [2, 3, 5]}, Settings())["fills"].sum() > 0


def test_sets_hear_external_series_as_single_runs_do(monkeypatch):
    monkeypatch.setattr(sweep_worker, "MOST_ROWS", 100)
    panel = listening(walk(600, 2, masked=True))
    assert check(panel, Hears, {"fast": [2, 3, 5]}, Settings())["fills"].to_numpy().min() > 0
    with pytest.raises(StrategyError, match=r"no external series '(vix|mood.value)' is fed to this run"):
        sweep(walk(600, 2), Hears, {"fast": [2, 3]}, settings=Settings(), periods_per_year=YEAR)


def test_corporate_actions():
    panel = walk(800, 2)
    actions = np.zeros(3, ACTION_DTYPE)
    what = [(200, 0, ACTION_DIVIDEND), (301, 1, ACTION_SPLIT), (640, 0, ACTION_SPLIT)]
    for row, values in zip(actions, what, strict=True):
        row["row"], row["symbol"], row["kind"] = values
        row["ts"], row["numerator"], row["denominator"], row["dividend"] = panel.ts[values[0]], 3, 2, 150_000
    with_actions = Panel(**{**panel.__dict__, "actions": actions})
    check(with_actions, Resting, {"fast": [3, 5], "away": [0.2]}, Settings())


def test_memory_that_has_to_grow(monkeypatch):
    class Small(sweep_worker.SweepWorker):
        def _new_bench(self, *given):
            bench = super()._new_bench(*given)
            return bench._replace(orders=bench.orders[:40], fills=bench.fills[:50], kept=bench.kept[:, :1].copy())

    monkeypatch.setattr("consilience.research.sweep.SweepWorker", Small)
    check(walk(400), Resting, {"fast": [3, 5], "away": [0.2]}, Settings())


def test_workers_and_groups_do_not_change_the_result(monkeypatch):
    panel, grid = walk(700), {"fast": [2, 3, 4, 5, 6], "slow": [10, 20, 30]}
    kind = STRATEGIES["moving_average_cross"]
    one = sweep(panel, kind, grid, workers=1).frame
    monkeypatch.setattr("consilience.research.sweep.SETS_A_GROUP", 4)
    many = sweep(panel, kind, grid, workers=3).frame
    assert one.equals(many, null_equal=True)


def test_start_is_judged_as_in_a_backtest():
    panel = walk(700)
    kind = STRATEGIES["moving_average_cross"]
    start = int(panel.ts[499])
    result = sweep(panel, kind, {"fast": [4], "slow": [9]}, start_ns=start, periods_per_year=YEAR)
    session = Session(panel, [kind(fast=4, slow=9)], Settings(record="none"), first_decision=500)
    session.run(panel)
    output = session.output()
    assert result.frame["final_equity"][0] == output.account["equity"][0] / 10**output.exponent
    assert output.fills["row"].min() > 500
    with pytest.raises(DataError):
        sweep(panel, kind, {"fast": [4], "slow": [9]}, start_ns=int(panel.ts[-1]))


def test_ranking_heat_and_luck():
    panel, kind = walk(700), STRATEGIES["moving_average_cross"]
    grid = {"fast": [3, 5, 8], "slow": [5, 9, 15]}
    result = sweep(panel, kind, grid, constraint=lambda s: s["fast"] < s["slow"], metric="sharpe")
    assert (result.tried, result.refused) == (7, 2)
    best = result.best()[0]
    assert best["sharpe"] == result.frame["sharpe"].max()
    assert result.best_parameters() == {"fast": best["fast"], "slow": best["slow"]}
    assert result.best(3, "max_drawdown")[0]["max_drawdown"] == result.frame["max_drawdown"].max()
    assert result.best(1, "volatility")[0]["volatility"] == result.frame["volatility"].min()
    heat = result.heat_table("fast", "slow")
    assert heat.columns == ["slow", "3", "5", "8"] and heat.height == 3
    assert heat.filter(pl.col("slow") == 5)["5"][0] is None
    assert result.luck() > 0.0
    assert "7 sets" in result.summary()
    for bad in (lambda: result.heat_table("fast", "fats"), lambda: result.best(1, "sharp")):
        with pytest.raises(NotFound):
            bad()
    with pytest.raises(ConfigError):
        result.heat_table("fast", "fast")
    with pytest.raises(ConfigError):
        result.heat_table("fast", "slow", reduce="median")


def test_progress_reaches_one():
    seen: list[float] = []
    sweep(walk(700), STRATEGIES["moving_average_cross"], {"fast": [3, 5]}, workers=2, progress=seen.append)
    assert seen[-1] == 1.0 and seen == sorted(seen)


@pytest.mark.parametrize(
    ("grid", "constraint", "error", "text"),
    [
        ({"fats": [1]}, None, StrategyError, "did you mean 'fast'"),
        ([{"fast": 3}, {"slow": 9}], None, ConfigError, "same parameters"),
        ({}, None, ConfigError, "empty"),
        ([], None, ConfigError, "empty"),
        ({"fast": []}, None, ConfigError, "no values for 'fast'"),
        ({"kind": "ema"}, None, ConfigError, "no values for 'kind'"),
        ({"fast": [3, 4]}, lambda s: False, ConfigError, "refused all 2 sets"),
        ({"fast": range(4000), "slow": range(4000)}, None, ConfigError, "at most"),
        ({"fast": [0]}, None, StrategyError, "outside"),
    ],
)
def test_errors_are_one_line(grid, constraint, error, text):
    with pytest.raises(error, match=text) as caught:
        sweep(walk(100), STRATEGIES["moving_average_cross"], grid, constraint=constraint)
    assert "\n" not in str(caught.value)


def test_what_can_not_be_swept():
    with pytest.raises(StrategyError, match="callback"):
        sweep(walk(100), Calls, {"x": [1]})
    with pytest.raises(ConfigError, match="class"):
        sweep(walk(100), Resting(), {"fast": [3]})  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        sweep(walk(100), Resting, {"fast": [3]}, metric="sharp")


def test_numpy_values_become_plain():
    sets, _ = parameter_sets(Resting, {"fast": list(np.array([3, 4])), "away": list(np.array([0.5]))})
    assert [type(v) for v in sets[0].values()] == [int, float]
