"""A strategy that was set aside stands in manifest, report and result; capital slices in report and figures."""

from __future__ import annotations

import json

import msgspec
import pytest

from consilience.engine.settings import Settings
from consilience.features.bar import Bar
from consilience.research import manifest as manifests
from consilience.research.backtest import backtest
from consilience.research.why import why
from consilience.strategies import CallbackStrategy, Context, Entry, Strategy
from consilience.strategies.donchian_breakout import DonchianBreakout
from consilience.strategies.moving_average_cross import MovingAverageCross
from tests.research.test_sweep import walk


class Crashes(CallbackStrategy):
    """Raises after some bars."""

    count = 0

    def on_bar(self, context: Context, symbol: str) -> None:
        self.count += 1
        if self.count == 50:
            raise KeyError("close")


class Misspelt(Strategy):
    """Raises at once."""

    def define(self, bar: Bar) -> Entry:
        return Entry(long=bar.clsoe > 0.0)


def test_manifest_and_report_name_what_failed() -> None:
    result = backtest(walk(300, 2), [MovingAverageCross(), Crashes(), Misspelt()])
    kept = manifests.from_json(manifests.to_json(result.manifest))
    assert [(n.label, n.where, n.error) for n in kept.failures] == [
        ("misspelt", "define", "bar has no column 'clsoe'; did you mean bar.close?"),
        ("crashes", "on_bar", "KeyError: 'close'"),
    ]
    assert 'raise KeyError("close")' in kept.failures[1].traceback
    assert kept.failures[1].ts_ns == result.panel.ts[result.first_row + 24]
    page = json.loads(result.to_json())
    assert [s["failure"][:6] for s in page["strategies"]] == ["", "on_bar", "define"]
    assert "crashes, misspelt failed and were set aside" in result.summary()
    assert "Failed and set aside" in result.to_html()


def test_a_whole_run_names_nothing() -> None:
    result = backtest(walk(300, 2), [MovingAverageCross()])
    assert result.failures == () and result.manifest.failures == ()
    assert "set aside" not in result.summary()


def test_the_manifest_of_an_earlier_version_reads_without_failures() -> None:
    made = msgspec.json.decode(manifests.to_json(backtest(walk(300, 2), [MovingAverageCross()]).manifest))
    del made["failures"]
    assert manifests.from_json(msgspec.json.encode(made)).failures == ()


def test_slices_in_the_report_and_in_each_strategys_figures() -> None:
    chosen = [MovingAverageCross(), DonchianBreakout(entry_period=5, exit_period=3)]
    result = backtest(walk(600, 2), chosen, settings=Settings(capital={"moving_average_cross": 0.25}, fraction=0.5))
    page = json.loads(result.to_json())
    assert [s["capital"] for s in page["strategies"]] == [0.25, 0.75]
    assert "capital slice 0.25 of equity" in result.to_html()
    assert "moving_average_cross 0.25, donchian_breakout 0.75" in result.to_html()
    for label, share, curve in zip(result.labels, (0.25, 0.75), result.strategy_curves, strict=True):
        end = 1.0 + curve.profit[-1] / (100_000.0 * share)
        assert result.by_strategy[label].values["total_return"] == pytest.approx(end - 1.0, rel=1e-9)
        assert curve.profit[-1] != 0.0
    total = result.settings.cash + sum(curve.profit[-1] for curve in result.strategy_curves)
    assert total == pytest.approx(result.equity_curve[-1], abs=1e-6)


def test_why_tells_that_a_strategy_was_set_aside() -> None:
    result = backtest(walk(300, 2), [MovingAverageCross(), Crashes(), Misspelt()])
    last = {one.strategy: one.lines[0] for one in why(result, "S0")}
    assert last["crashes"] == "the strategy failed in on_bar and was set aside: KeyError: 'close'"
    assert last["misspelt"].startswith("the strategy failed in define and was set aside: bar has no column")
    before = {one.strategy: one.lines[0] for one in why(result, "S0", int(result.panel.ts[result.first_row + 5]))}
    assert before["crashes"] == "a callback strategy that sent nothing at this bar"
