"""Why: scenarios a trader could read aloud, one for each kind of answer."""

from __future__ import annotations

import msgspec
import pytest

from consilience.core.codes import Reason
from consilience.core.errors import DataError, NotFound
from consilience.core.reason_text import REASON_TEXT
from consilience.core.time import DAY, parse_time
from consilience.engine.settings import Settings
from consilience.research.backtest import backtest
from consilience.research.decision_list import find_symbol
from consilience.research.runs import RunStore
from consilience.research.why import why
from consilience.risk.settings import RiskSettings
from consilience.strategies import CallbackStrategy
from tests.research.helpers import FREE, START, Above, Crossing, panel_of, walk

#         0     1      2      3      4     5      6     7
RISE = [100.0, 101.0, 102.0, 104.0, None, 99.0, 98.0, 97.0]


def told(run, row, symbol="AAA", **more):
    (found,) = why(run, symbol, START + row * DAY, **more)
    return found


def test_a_symbol_before_its_first_bar_and_by_another_case():
    closes: dict[str, list[float | None]] = {"AAA": [100.0, 101.0, 102.0, 104.0], "New": [None, None, 50.0, None]}
    run = backtest(panel_of(closes), Above, settings=FREE)
    for row, said in ((0, "New has no valid bar before 2024-01-04"), (3, "New has no valid bar after 2024-01-04")):
        assert said in "\n".join(told(run, row, "new").lines)


def test_symbols_that_differ_in_case_alone_are_told_apart():
    assert find_symbol("ab", ("AB", "CD")) == "AB"
    assert find_symbol("ab", ("AB", "ab")) == "ab"
    for name in ("Ab", "x"):
        with pytest.raises(NotFound, match=f"unknown symbol '{name}'"):
            find_symbol(name, ("AB", "ab"))


def run_of(strategy=Above, settings=FREE, closes=RISE):
    return backtest(panel_of({"AAA": closes}), strategy, settings=settings)


SCENARIOS = [
    (0, False, ["no condition was true", "position at this bar's close: flat", "no decision was made before"]),
    (
        1,
        False,
        [
            "position at this bar's close: flat",
            "long: value +1, confidence 0.8, weight 1, contribution +0.8, score +0.8",
            "because: close above the level",
            "passed every gate: wanted 99, approved 99",
            "entry order 0: buy 99 at the market; filled at 2024-01-04T21:00:00Z",
            "filled 99 at 102 on 2024-01-04T21:00:00Z, fee 0.00, slippage 0.00",
            "outcome: -396.00 (-3.92%) over 4 bars, closed by exit signal at 2024-01-08T21:00:00Z",
        ],
    ),
    (2, False, ["stopped at the signal gate: already in a position on that side",
                "had it gone: -4.90% in its direction over the next 5 bars, before costs"]),
    (3, True, ["not recorded at the time; derived by running again at record level full:",
               "stopped at the signal gate: already in a position on that side"]),
    (4, False, ["no valid bar in this slice: halt, holiday, or refused by the quality gate",
                "position at this bar's close: 99", "the last decision before was at 2024-01-05T21:00:00Z:"]),
    (5, False, ["exit of 99: exit signal", "exit order 1: sell 99 at the market; filled at 2024-01-08T21:00:00Z"]),
    (7, False, ["exit long was true, but there was nothing for it to change", "position at this bar's close: flat"]),
]  # fmt: skip


@pytest.mark.parametrize("row, rederived, lines", SCENARIOS)
def test_scenarios(row, rederived, lines):
    found = told(run_of(), row)
    if row in (4,):
        rederived = True  # the last decision before it had not been recorded either
    assert found.rederived == rederived
    for line in lines:
        assert line in found.lines, "\n".join(found.lines)
    assert str(found).startswith("above AAA at 2024-01-")


def test_refusals_by_risk_execution_and_venue():
    wrong = told(run_of(Above(stop=150.0)), 1)
    assert "stopped at the execution gate: the stop is on the wrong side of the price" in wrong.lines
    no_short = told(run_of(Above(allow_short=True), msgspec.structs.replace(FREE, allow_short=False)), 5)
    assert "stopped at the execution gate: short selling is not allowed here" in no_short.lines
    broke = told(run_of(settings=msgspec.structs.replace(FREE, cash=50.0)), 1)
    assert "stopped at the risk gate: the size comes to zero lots" in broke.lines
    stingy = msgspec.structs.replace(FREE, fraction=1.0, shrink_on_shortage=False)
    short_of_cash = told(run_of(settings=stingy), 1)
    assert any("rejected, not enough cash or buying power" in line for line in short_of_cash.lines)


class Greedy(CallbackStrategy):
    """Wants forty every day."""

    def on_bar(self, context, symbol):
        context.buy(symbol, 40)


def test_orders_of_callbacks_tell_the_rule_the_number_and_the_limit():
    limits = RiskSettings(max_gross=0.6, max_net=0.5, max_positions=1)
    run = run_of(Greedy(), msgspec.structs.replace(FREE, cash=10_000.0, risk=limits), closes=[100.0] * 25)
    for found, lines in (
        (told(run, 20), ["passed every gate: wanted 40, approved 40"]),
        (told(run, 21), ["passed every gate: wanted 40, approved 10 "
                        "(the net exposure limit is reached: max_net is 0.5)"]),
        (told(run, 22), ["stopped at the risk gate: the net exposure limit is reached: "
                        "50.00% of equity before it, against max_net 50.00%; wanted 40, approved 0"]),
    ):  # fmt: skip
        for line in lines:
            assert line in found.lines, "\n".join(found.lines)
    assert run.decisions["reason"][2:].unique().to_list() == [REASON_TEXT[Reason.MAX_NET_EXPOSURE]]
    assert run.decisions["gate"].to_list()[:3] == ["passed", "passed", "risk"]


def test_a_stop_tells_its_own_life():
    lines = told(run_of(Above(stop=98.5)), 1).lines
    assert "stop loss order 1: sell 99 stop 98.5; cancelled, the position it protected is closed" in "\n".join(lines)


def test_warm_up_and_the_end_of_the_run():
    run = backtest(walk(60), Crossing(period=20))
    (early,) = why(run, "S0", START + 3 * DAY)
    assert early.lines[0] == f"warming up: bar 4 of {run.first_row} that come before the first decision"
    (last,) = why(run, "S0")
    assert last.bar_ns == run.panel.ts[-1]


def test_a_midnight_means_the_day_that_starts_there():
    run = run_of()
    assert why(run, "AAA", parse_time("2024-01-03"))[0].bar_ns == START + DAY
    with pytest.raises(DataError, match="before the run's first bar"):
        why(run, "AAA", parse_time("2024-01-01"))
    with pytest.raises(NotFound, match="did you mean 'AAA'"):
        why(run, "AAB")


def test_a_kept_run_answers_from_its_files_and_derives_with_its_data(tmp_path):
    run = run_of()
    kept = RunStore(tmp_path).load(run.save(tmp_path).name)
    assert told(kept, 1).lines == told(run, 1).lines
    blind = told(kept, 3)
    assert blind.lines[0] == "nothing was recorded at this bar (give the run's data to derive it again)"
    sees = told(kept, 3, load_data=lambda manifest: run.panel, find=lambda name: Above)
    assert sees == told(run, 3) and sees.rederived


def test_record_levels_answer_alike():
    by_level = {level: run_of(settings=msgspec.structs.replace(FREE, record=level)) for level in ("none", "full")}
    for row in range(len(RISE)):
        none, full, events = (told(r, row) for r in (by_level["none"], by_level["full"], run_of()))
        kept = [line for line in full.lines if "derived by" not in line]
        assert [line for line in none.lines if "derived by" not in line] == kept
        assert [line for line in events.lines if "derived by" not in line] == kept


class Silent(CallbackStrategy):
    """Sends nothing."""


def test_a_callback_strategy_has_no_conditions_to_tell():
    run = backtest(walk(20), Silent, settings=Settings())
    assert why(run, "S0")[0].lines[0] == "a callback strategy that sent nothing at this bar"


def test_every_strategy_and_every_symbol_of_the_demo_answers(demo_run):
    for symbol in demo_run.panel.symbols:
        for day in ("2000-03-10", "2004-08-20", "2008-10-10", "2013-03-01"):
            found = why(demo_run, symbol, parse_time(day))
            assert [e.strategy for e in found] == list(demo_run.labels)
            assert all(len(e.lines) >= 2 for e in found)
