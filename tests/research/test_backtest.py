"""What a backtest counts, from when, against what, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from consilience.core.errors import ConfigError, DataError, NotFound
from consilience.core.time import DAY, HOUR
from consilience.engine.settings import Physics, Settings
from consilience.research.annual import count_year
from consilience.research.backtest import backtest
from consilience.research.report.html import to_html
from tests.research.helpers import FREE, START, Above, Crossing, panel_of, walk

RISE = [90.0, 101.0, 102.0, 104.0, 103.0, 99.0, 98.0, 98.0]


def test_a_run_by_hand():
    run = backtest(panel_of({"AAA": RISE}), Above, settings=FREE)
    # 10 % of 100,000 at the decision's close of 101 is 99 shares, bought at 102 and sold at 98
    (trade,) = run.trades.to_dicts()
    assert (trade["quantity"], trade["entry_price"], trade["exit_price"]) == (99.0, 102.0, 98.0)
    assert (trade["pnl"], trade["entry_reason"], trade["exit_reason"]) == (
        -396.0,
        "close above the level",
        "exit signal",
    )
    assert run.equity["equity"].to_list() == [
        100000.0,
        100000.0,
        100000.0,
        100198.0,
        100099.0,
        99703.0,
        99604.0,
        99604.0,
    ]
    assert run.performance["net_profit"] == -396.0
    assert run.benchmark_name == "AAA, buy and hold"
    assert run.performance["benchmark_return"] == pytest.approx(98.0 / 90.0 - 1.0)


def test_warm_up_counts_for_nothing():
    run = backtest(walk(300), Crossing(period=20), start_ns=START + 100 * DAY)
    assert run.first_row == 101
    assert run.decisions["time"].min() > run.equity["time"][100]
    assert run.equity["warm_up"].sum() == 101
    assert (run.equity_curve[:102] == 100_000.0).all()
    judged = run.equity_curve[101:]
    assert run.performance["total_return"] == pytest.approx(judged[-1] / judged[0] - 1.0)
    assert run.report_data().equity.ts[0] == run.panel.ts[101] == run.manifest.first_ns


def test_the_features_need_decides_without_a_start():
    assert backtest(walk(300), Crossing(period=20)).first_row >= 19
    assert backtest(walk(300), Crossing(period=20), warm_up=60).first_row == 60


def test_a_later_start_sees_the_same_signals():
    # features warm up on all bars before the start, so only when to begin differs
    late = backtest(walk(300), Crossing, start_ns=START + 150 * DAY, settings=FREE).decisions
    early = backtest(walk(300), Crossing, settings=FREE).decisions
    since = early.filter(early["time"] > late["time"][0])
    assert late["time"].to_list()[1:] == since["time"].to_list()


def test_strategies_share_the_account_exactly(demo_run):
    start = demo_run.settings.cash
    total = start + sum(curve.profit for curve in demo_run.strategy_curves)
    assert np.abs(total - demo_run.equity_curve).max() < 1e-6
    gross = sum(curve.gross for curve in demo_run.strategy_curves)
    assert np.abs(gross - demo_run.gross_curve).max() < 1e-6
    profits = [one["net_profit"] for one in demo_run.by_strategy.values()]
    assert sum(profits) == pytest.approx(demo_run.performance["net_profit"])
    assert sum(one["trades"] for one in demo_run.by_strategy.values()) == demo_run.performance["trades"]


def test_shorts_and_masked_slices_are_attributed_exactly():
    panel = panel_of({"AAA": [90.0, 101.0, None, 104.0, 99.0, 97.0, None, 95.0], "BBB": [None, None, *RISE[:6]]})
    run = backtest(panel, [Above(allow_short=True), Above(level=97.5)], settings=FREE)
    assert (run.fills["position"] < 0).any()
    total = run.settings.cash + sum(curve.profit for curve in run.strategy_curves)
    assert np.abs(total - run.equity_curve).max() < 1e-9
    assert run.labels == ("above", "above #2")


def test_equal_weight_benchmark_waits_in_cash_for_a_late_symbol():
    panel = panel_of({"AAA": [10.0, 10.0, 20.0, 20.0], "BBB": [None, None, 5.0, 10.0]})
    run = backtest(panel, Above)
    assert run.benchmark_name == "equal-weight buy and hold of 2 symbols"
    assert run.benchmark_levels.tolist() == [1.0, 1.0, 1.5, 2.0]
    assert backtest(panel, Above, benchmark="BBB").benchmark_levels[2:].tolist() == [5.0, 10.0]
    given = backtest(panel, Above, benchmark=np.array([1.0, 2.0, 3.0, 4.0]))
    assert given.benchmark_performance["total_return"] == 3.0


def test_bars_a_year_are_counted(demo):
    daily = count_year(demo.panel)
    assert daily.periods == daily.sessions == pytest.approx(251.5, abs=0.5)
    crypto = count_year(walk(24 * 100, step=HOUR))
    assert crypto.periods == pytest.approx(24 * 365.2425, rel=0.01)
    assert "assumed" in count_year(walk(20)).how
    assert count_year(walk(20)).sessions == 365.2425  # a daily bar on a Saturday
    run = backtest(walk(300), Crossing, periods_per_year=252.0)
    assert (run.periods_per_year, run.prepared.year.how) == (252.0, "given")


def test_refusals_say_what_to_do():
    panel, same = panel_of({"AAA": RISE}), Above()
    for expected, words, call in (
        (DataError, "no bars; widen", lambda: backtest(panel.rows(0, 0), Above)),
        (DataError, "start earlier", lambda: backtest(panel, Above, start_ns=START + 900 * DAY)),
        (DataError, "warm up and the data has 8", lambda: backtest(panel, Crossing(period=30))),
        (ConfigError, "did you mean 'AAA'", lambda: backtest(panel, Above, benchmark="AAB")),
        (ConfigError, "at least one strategy", lambda: backtest(panel, [])),
        (ConfigError, "is no strategy", lambda: backtest(panel, int)),  # type: ignore[arg-type]
        (ConfigError, "one object for each", lambda: backtest(panel, [same, same])),
        (ConfigError, "negative", lambda: backtest(panel, Above, warm_up=-1)),
        (ConfigError, "periods_per_year", lambda: backtest(panel, Above, periods_per_year=0.0)),
        (ConfigError, "risk_free", lambda: backtest(panel, Above, risk_free=-2.0)),
        (DataError, "align it", lambda: backtest(panel, Above, benchmark=np.ones(3))),
        (ConfigError, "cash=-1", lambda: backtest(panel, Above, settings=Settings(cash=-1.0))),
        (NotFound, "did you mean 'percent'", lambda: backtest(panel, Above, settings=_fee("precent"))),
    ):
        with pytest.raises(expected, match=words):
            call()


def _fee(name):
    return Settings(physics=Physics(fee=name))


def test_a_cut_panel_runs_like_any_other():
    whole = walk(300)
    cut = backtest(whole.rows(50, 300), Crossing)
    assert cut.panel.first_row == 0 and len(cut.trades) > 3


def test_progress_and_the_books():
    seen: list[tuple[int, int]] = []
    run = backtest(walk(300), Crossing, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (300, 300)
    assert run.manifest.books.cash == run.proof.cash == run.output.curves[-1, 1]
    assert run.manifest.books.fills == len(run.output.fills) > 0


def test_the_report_tells_costs_reasons_and_counts():
    run = backtest(panel_of({"AAA": RISE}), [Above(allow_short=True), Above(stop=101.5)], settings=FREE)
    data = run.report_data()
    optimistic = {a.name for a in data.assumptions if a.optimistic}
    assert {"Fees", "Slippage", "Participation", "Short selling"} <= optimistic
    assert "Limit orders" not in optimistic
    steps = {step.name: step.count for step in data.funnel}
    assert steps["Signals"] >= steps["Ordered"] >= steps["Filled"] >= 1
    reasons = {r.reason for r in data.rejections}
    assert "already in a position on that side" in reasons
    assert "the stop is on the wrong side of the price" in reasons
    closed = data.metric("trades")
    assert closed is not None and closed.value == run.performance["trades"]
    assert "Not investment advice" in run.summary()
    assert run.to_json().startswith(b"{")
    assert "<html" in to_html(data) and "close above the level" in to_html(data)


def test_defaults_are_not_called_optimistic():
    data = backtest(walk(300), Crossing).report_data()
    assert [a.name for a in data.assumptions if a.optimistic] == []
    assert {"Fees", "Slippage", "Warm-up", "Benchmark", "Bars a year", "Market orders"} <= {
        a.name for a in data.assumptions
    }
