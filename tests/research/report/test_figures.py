"""Aggregates, cautions, number texts and the JSON document."""

from __future__ import annotations

import json
import math
from pathlib import Path

import msgspec
import pytest

from consilience.core.time import DAY
from consilience.research.report.aggregate import group_trades, total_of
from consilience.research.report.analysis import analyse
from consilience.research.report.as_json import document, to_json
from consilience.research.report.cautions import expected_best_sharpe
from consilience.research.report.data import Assumption, HaltNote, QualityCount
from consilience.research.report.halt_table import halt_table
from consilience.research.report.text import compact, date_text, iso, metric_text, number, percent, quantity
from tests.research.report.sample import START, curve, empty, metric, tiny, trade

GOLDEN = Path(__file__).parent / "golden" / "tiny.json"


def keys(run):
    return [c.key for c in analyse(run).cautions]


def test_groups_by_hand():
    aaa, bbb = group_trades(tiny().trades, "symbol")
    assert (aaa.key, aaa.trades, aaa.open_trades, aaa.pnl, aaa.open_pnl) == ("AAA", 1, 1, 150.0, 100.0)
    assert (aaa.win_rate, aaa.mean_return, aaa.best, aaa.worst) == (1.0, 0.15, 150.0, 150.0)
    assert math.isnan(aaa.profit_factor)
    assert (bbb.key, bbb.pnl, bbb.profit_factor, bbb.mean_loss) == ("BBB", -40.0, 0.0, -40.0)
    assert [aaa.pnl_share, bbb.pnl_share] == pytest.approx([150 / 110, -40 / 110])
    total = total_of(tiny().trades)
    assert (total.pnl, total.profit_factor, total.win_rate) == (110.0, 3.75, 0.5)
    assert (total.fees, total.slippage) == (6.0, 1.5)


def test_every_grouping_adds_up_to_the_total():
    run = tiny()
    total = total_of(run.trades)
    for groups in analyse(run).groups.values():
        assert sum(g.trades for g in groups) == total.trades
        assert sum(g.open_trades for g in groups) == total.open_trades
        assert sum(g.pnl for g in groups) == pytest.approx(total.pnl)
    assert [g.key for g in group_trades(run.trades, "exit_reason")] == ["still open", "stop loss", "take profit"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({}, "few_trades"),
        ({}, "short_period"),
        ({}, "behind_benchmark"),
        ({}, "open_at_end"),
        ({}, "data_quality"),
        ({}, "concentrated"),
        ({"quality": (QualityCount(symbol="AAA", flag="outside session", count=9, action="dropped"),)}, "data_dropped"),
        ({"quality": (QualityCount(symbol="AAA", flag="outside session", count=9, action="kept"),)}, "data_quality"),
        ({"trades": ()}, "no_trades"),
        ({"trades": (trade(fees=0.0),)}, "zero_costs"),
        ({"trades": (trade(slippage=0.0),)}, "zero_costs"),
        ({"sets_tried": 500}, "many_sets"),
        ({"metrics": (metric("probabilistic_sharpe", 0.8, "probability"),)}, "low_psr"),
        ({"assumptions": (Assumption(name="Fills", value="same close", optimistic=True),)}, "optimistic"),
    ],
)
def test_cautions_that_apply(change, key):
    assert key in keys(msgspec.structs.replace(tiny(), **change))


def halt(since, until, **fields):
    base = {
        "raised": False,
        "cause": "5 losses in a row (limit 5)",
        "effect": "no new entries",
        "bars": 1,
        "refused": 3,
    }
    return HaltNote(since_ns=START + since * DAY, until_ns=until and START + until * DAY, **{**base, **fields})


@pytest.mark.parametrize(
    ("halts", "level", "title", "text"),
    [
        ((halt(1, 0),), "stop", "HALTED since 2024-01-31", "3 entries were refused since then; halted for"),
        ((halt(1, 0, refused=0),), "stop", "(limit 5)", "No entry was refused since then"),
        ((halt(1, 0, refused=1),), "stop", "HALTED", "1 entry was refused"),
        ((halt(1, 2), halt(3, 0)), "stop", "HALTED since 2024-02-02", "It had been halted once before."),
        ((halt(1, 2, raised=True), halt(2, 0, cause="a fall")), "stop", "(limit 5), then a fall", "6 entries were"),
        ((halt(1, 2),), "warn", "Halted once", "First on 2024-01-31: 5 losses in a row (limit 5). 3 entries were"),
        ((halt(1, 2, raised=True), halt(2, 3), halt(4, 5)), "warn", "Halted twice", "9 entries were refused; each"),
    ],
)
def test_a_halt_is_said_first(halts, level, title, text):
    run = msgspec.structs.replace(tiny(), halts=halts)
    first = analyse(run).cautions[0]
    assert (first.key, first.level) == ("halted", level)
    assert title in first.title and text in first.text
    assert ("--resume-after" in first.text) == (level == "stop")
    rows = halt_table(run).rows  # type: ignore[union-attr]
    assert len(rows) == len(halts) == len(document(run)["halts"])
    assert rows[-1][1].text.endswith("resumed") and rows[-1][1].text.startswith("the end") == (level == "stop")


def test_a_sound_run_has_no_caution():
    wins = tuple(trade(pnl=10.0 if k % 3 else -5.0) for k in range(60))
    sound = msgspec.structs.replace(
        tiny(),
        trades=wins,
        end_ns=START + 900 * DAY,
        benchmark=None,
        quality=(),
        metrics=(metric("probabilistic_sharpe", 0.99),),
    )
    assert keys(sound) == []


def test_luck_of_the_best_grows_with_the_number_of_sets_and_shrinks_with_time():
    # 1,000 trials: the expected maximum of standard normal draws is 3.24 (tables of extreme values)
    assert expected_best_sharpe(1000, 1.0) == pytest.approx(3.25, abs=0.02)
    assert expected_best_sharpe(1000, 4.0) == pytest.approx(expected_best_sharpe(1000, 1.0) / 2)
    assert math.isnan(expected_best_sharpe(1, 4.0))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (number(1234567.891), "1,234,567.89"),
        (number(-0.001), "0.00"),
        (number(0.004, signed=True), "0.00"),
        (number(12.0, signed=True), "+12.00"),
        (number(math.nan), "-"),
        (number(math.inf), "-"),
        (percent(-0.12345), "-12.35%"),
        (percent(0.5, 0, signed=True), "+50%"),
        (compact(1.23450000, 8), "1.2345"),
        (compact(5.0, 4), "5.00"),
        (compact(7.5, 2), "7.50"),
        (quantity(1000.0, 3), "1,000"),
        (quantity(0.125, 3), "0.125"),
        (date_text(START, daily=True), "2024-01-30"),
        (date_text(START, daily=False), "2024-01-30 21:00"),
        (date_text(0, daily=True), "-"),
        (date_text(20 * DAY, daily=True), "1970-01-20"),
        (iso(START + 5), "2024-01-30T21:00:00.000000005Z"),
        (metric_text(metric("x", 1234.5, "profit"), "USD", 2), "+1,234.50 USD"),
        (metric_text(metric("x", 0.25, "fraction"), "USD", 2), "25.00%"),
        (metric_text(metric("x", 3.0, "bars"), "USD", 2), "3 bars"),
        (metric_text(metric("x", 3.14, "bars"), "USD", 2), "3.1 bars"),
        (metric_text(metric("x", 2.0, "days"), "USD", 2), "2 days"),
        (metric_text(metric("x", 0.9876, "probability"), "USD", 2), "0.988"),
        (metric_text(metric("x", math.nan, "profit"), "USD", 2), "-"),
        (metric_text(metric("x", float(START), "time"), "USD", 2), "2024-01-30"),
    ],
)
def test_how_numbers_print(text, wanted):
    assert text == wanted


def test_json_is_stable():
    assert to_json(tiny()).decode() == GOLDEN.read_text("utf-8")


def test_json_holds_no_nan_and_says_why():
    text = to_json(tiny()).decode()
    assert "NaN" not in text and "Infinity" not in text
    sharpe = next(m for m in json.loads(text)["metrics"] if m["key"] == "sharpe")
    assert (sharpe["value"], sharpe["nan_reason"]) == (None, "fewer than 30 returns")


@pytest.mark.parametrize("run", [empty(), empty(equity=curve([1000.0])), empty(equity=curve([1000.0, 0.0, -5.0]))])
def test_json_of_runs_with_next_to_nothing(run):
    back = json.loads(to_json(run))
    assert back["trades"] == [] and back["trade_totals"]["win_rate"] is None
    assert back["curves"]["rows"] == len(run.equity.ts)


def test_long_curves_are_thinned_and_say_so():
    run = empty(equity=curve([1000.0 + k % 7 for k in range(30_000)], step=60_000_000_000))
    curves = document(run)["curves"]
    assert curves["rows"] == 30_000 > curves["kept"]
    assert curves["sampling"].startswith("first, last, lowest")
