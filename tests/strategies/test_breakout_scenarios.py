"""Breakouts, trends and reversions on short tapes: bars in, trades with their reasons out.

A tape starts with 20 quiet bars at 100 (ATR 1.0), so what happens is in bars 20 and later. Orders fill at the next
open, which is the last close; a tenth of 100,000 buys 10,000 / price shares.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from consilience.core.panel import Panel
from tests.engine.desk import X, panel
from tests.strategies.tape import QUIET, Row, story, tape

MINUTES = 60_000_000_000
NEW_SESSION = [0] * 20 + [1] * 10
EVERY_FIVE = [k // 5 for k in range(30)]
ZIGZAG = [100.0, 101.0] * 10

FALL = [100 - 0.5 * k for k in range(20)]
WAVE = [
    100, 99, 98, 97, 96, 95, 96, 97, 98, 99, 100, 102, 104, 106, 108, 110, 108, 106, 104, 103, 102,
    103, 105, 107, 109, 112, 116, 120, 122,
]  # fmt: skip

LEG = {"swing": 2, "fast": 2, "slow": 4, "rsi_period": 3, "tolerance": 1.0, "touch": 3}
BREAKS = {"period": 3, "exit_period": 2, "momentum_period": 1, "momentum": 1.0, "volume_period": 5}
TREND = {"fast": 2, "slow": 4, "adx_period": 3, "adx_least": 20.0, "trail_atr": 2.0}
CHANNEL = {"entry_period": 4, "exit_period": 2}
BURST = {"range_period": 1, "stretch": 0.5, "trend": 5, "stop_range": 1.0}
CHANDELIER = {"period": 5, "atr_period": 5, "multiplier": 2.0}
SCORE = {"period": 10, "entry": 2.0, "exit": 0.5, "stop": 3.0}

SCENARIOS: dict[str, tuple[str, dict[str, Any], Any, list[Row]]] = {
    # 102 in bar 20 is a new high on usual volume: nothing; 105 in bar 22 comes on three times the volume
    "volume confirms, the stop 2 ATR (1.34) under 105 ends it": (
        "momentum_breakout", BREAKS | {"volume_factor": 2.0},
        tape([*QUIET, 102, 102, 105, 108, 107, 101, 100], volumes={22: 3_000}),
        [(23, "buy", 95, 105.0, "ENTRY_SIGNAL"), (25, "sell", 95, 102.32, "STOP_LOSS_HIT")],
    ),
    # 101.8 in bar 24 is under the lows of bars 22 and 23, 102.5 both
    "a close under the lows of two bars is the exit": (
        "momentum_breakout", BREAKS | {"volume_factor": 0.0},
        tape([*QUIET, 102, 103, 104, 103, 101.8, 101]),
        [(21, "buy", 98, 102.0, "ENTRY_SIGNAL"), (25, "sell", 98, 101.8, "EXIT_SIGNAL")],
    ),
    # target 2 ATR (8/7) under 98; 95 in bar 22 is a new low again
    "the mirror, with a target": (
        "momentum_breakout",
        BREAKS | {"volume_factor": 0.0, "target_atr": 2.0, "stop_atr": 5.0, "allow_short": True},
        tape([*QUIET, 98, 97, 95, 94]),
        [(21, "sell", 102, 98.0, "ENTRY_SIGNAL"), (22, "buy", 102, 95.71, "TAKE_PROFIT_HIT"),
         (23, "sell", 105, 95.0, "ENTRY_SIGNAL")],
    ),
    "a new high without momentum is none": (
        "momentum_breakout", BREAKS | {"volume_factor": 0.0, "momentum": 3.0}, tape([*QUIET, 102, 104, 106]), [],
    ),
    # the trailing stop stays 2 ATR (15/14 at the signal) under the best high, 106.5
    "a trend that is trailed": (
        "trend_following", TREND, tape([*QUIET, 101, 102, 103, 104, 105, 106, 103, 100, 99]),
        [(21, "buy", 99, 101.0, "ENTRY_SIGNAL"), (26, "sell", 99, 104.36, "TRAILING_STOP_HIT")],
    ),
    "without a trailing stop the averages end it, and begin the other side": (
        "trend_following", TREND | {"trail_atr": 0.0, "allow_short": True},
        tape([*QUIET, 101, 102, 103, 102, 100, 98, 96, 95]),
        [(21, "buy", 99, 101.0, "ENTRY_SIGNAL"), (25, "sell", 99, 100.0, "REVERSED"),
         (25, "sell", 99, 100.0, "ENTRY_SIGNAL")],
    ),
    "an ADX under its hurdle is no trend": (
        "trend_following", TREND | {"adx_least": 99.9}, tape([*QUIET, 100.5, 100, 101, 100.4, 101, 100.5, 101]), [],
    ),
    # 103.2 in bar 24 is under the lows 103.5 and 104.5; 99 in bar 26 under the lows of four bars, 101.5
    "in on four bars, out on two, then the other side": (
        "donchian_breakout", CHANNEL, tape([*QUIET, 102, 104, 106, 105, 103.2, 102, 99, 97]),
        [(21, "buy", 98, 102.0, "ENTRY_SIGNAL"), (25, "sell", 98, 103.2, "EXIT_SIGNAL"),
         (27, "sell", 101, 99.0, "ENTRY_SIGNAL")],
    ),
    # 106 and 108 are new highs too, but two units are all; each has its own stop
    "two units": (
        "donchian_breakout", CHANNEL | {"units": 2, "stop_atr": 1.0, "allow_short": False},
        tape([*QUIET, 102, 104, 106, 108, 104, 103]),
        [(21, "buy", 98, 102.0, "ENTRY_SIGNAL"), (22, "buy", 96, 104.0, "ENTRY_SIGNAL"),
         (25, "sell", 96, 102.8, "STOP_LOSS_HIT")],
    ),
    # stop order half a range (2.0) over the close of 101; 102 in bar 24 is under the average of 102.8
    "the stop order beyond the close": (
        "volatility_breakout", BURST, tape([*QUIET, 101, 103, 104, 104, 102, 101, 99]),
        [(21, "buy", 98, 102.0, "ENTRY_SIGNAL"), (25, "sell", 98, 102.0, "EXIT_SIGNAL")],
    ),
    # range 3.0: in at 98 - 1.5, target 3.0 below that
    "the mirror below the trend": (
        "volatility_breakout", BURST | {"target_range": 1.0, "allow_short": True}, tape([*QUIET, 98, 95, 92, 93, 94]),
        [(21, "sell", 103, 96.5, "ENTRY_SIGNAL"), (22, "buy", 103, 93.5, "TAKE_PROFIT_HIT")],
    ),
    "a stop order that is not reached dies with its bar": (
        "volatility_breakout", BURST | {"stretch": 2.0}, tape([*QUIET, 101, 102, 103, 104]), [],
    ),
    # the line stands at 99.5 + 2 x 1.64 in bar 21; trail 3.28 under the high of 107.5
    "turned by the chandelier of the other side": (
        "atr_trailing", CHANDELIER, tape([*QUIET, 101.5, 103.5, 105, 106, 107, 103, 102]),
        [(22, "buy", 96, 103.5, "ENTRY_SIGNAL"), (25, "sell", 96, 104.22, "TRAILING_STOP_HIT")],
    ),
    "both sides": (
        "atr_trailing", CHANDELIER | {"allow_short": True}, tape([*QUIET, 98, 96, 95, 94, 99, 102]),
        [(22, "sell", 104, 96.0, "ENTRY_SIGNAL"), (24, "buy", 104, 96.94, "TRAILING_STOP_HIT"),
         (25, "buy", 100, 99.0, "ENTRY_SIGNAL")],
    ),
    # the parabolic of the fall, 92.66, is passed in bar 20; the stop is the fall's lowest low
    "the parabolic turns up, and down again": (
        "parabolic_sar", {}, tape([*FALL, 92, 94, 96, 95, 93, 90, 88]),
        [(21, "buy", 108, 92.0, "ENTRY_SIGNAL"), (25, "sell", 108, 90.0, "STOP_LOSS_HIT"),
         (26, "sell", 110, 90.0, "ENTRY_SIGNAL")],
    ),
    "only with the average of ten": (
        "parabolic_sar", {"trend": 10}, tape([*FALL, 92, 94, 96, 95, 93, 90, 88]),
        [(26, "sell", 111, 90.0, "ENTRY_SIGNAL")],
    ),
    # 94 in bar 21 passes the upper line of 93; the new line is the middle 93 less 1.5 x 1.96
    "supertrend turns up": (
        "supertrend", {"period": 5, "multiplier": 1.5}, tape([*FALL, 92, 94, 96, 95, 93, 90, 88]),
        [(22, "buy", 106, 94.0, "ENTRY_SIGNAL"), (25, "sell", 106, 90.06, "STOP_LOSS_HIT")],
    ),
    "supertrend both ways, target one ATR away": (
        "supertrend", {"period": 5, "multiplier": 1.5, "allow_short": True, "target_atr": 1.0},
        tape([*FALL, 92, 94, 96, 95, 93, 90, 88]),
        [(22, "buy", 106, 94.0, "ENTRY_SIGNAL"), (22, "sell", 106, 95.96, "TAKE_PROFIT_HIT"),
         (26, "sell", 111, 90.0, "ENTRY_SIGNAL")],
    ),
    # leg 94.5 .. 110.5, half of it back at 102.5; target 94.5 + 1.618 x 16
    "momentum returns at half a leg": (
        "fibonacci_confluence_momentum", LEG | {"confluence": 0}, tape([*[100.0] * 30, *WAVE]),
        [(53, "buy", 95, 105.0, "ENTRY_SIGNAL"), (57, "sell", 95, 120.39, "TAKE_PROFIT_HIT")],
    ),
    "without a swing near a level there is no confluence": (
        "fibonacci_confluence_momentum", LEG | {"confluence": 1}, tape([*[100.0] * 30, *WAVE]), [],
    ),
    # the swing high of 102.5 before the leg stands at its half
    "an old swing at half the leg confirms it": (
        "fibonacci_confluence_momentum", LEG | {"confluence": 1}, tape([*[100.0] * 26, 101, 102, 101, 100, *WAVE]),
        [(53, "buy", 95, 105.0, "ENTRY_SIGNAL"), (57, "sell", 95, 120.39, "TAKE_PROFIT_HIT")],
    ),
    "the mirror after a leg down": (
        "fibonacci_confluence_momentum", LEG | {"confluence": 0, "allow_short": True},
        tape([*[100.0] * 30, *(200 - price for price in WAVE)]),
        [(53, "sell", 105, 95.0, "ENTRY_SIGNAL"), (57, "buy", 105, 79.61, "TAKE_PROFIT_HIT")],
    ),
    # score -2.24 at 98.8, -0.23 at 100
    "back within half a deviation": (
        "zscore_reversion", SCORE, tape([*ZIGZAG, 98.8, 99, 100, 100.5, 101]),
        [(21, "buy", 101, 98.8, "ENTRY_SIGNAL"), (23, "sell", 101, 100.0, "EXIT_SIGNAL")],
    ),
    "the mirror above the mean": (
        "zscore_reversion", SCORE | {"allow_short": True}, tape([*ZIGZAG, 102, 101, 100.5, 101], reach=0.1),
        [(21, "sell", 98, 102.0, "ENTRY_SIGNAL"), (22, "buy", 98, 101.0, "EXIT_SIGNAL")],
    ),
    # mean 100.7, deviation 0.6403: stop at 102.63, reached in the bar of the entry
    "the stop at three deviations": (
        "zscore_reversion", SCORE | {"allow_short": True}, tape([*ZIGZAG, 102, 102.5, 102.4]),
        [(21, "sell", 98, 102.0, "ENTRY_SIGNAL"), (21, "buy", 98, 102.63, "STOP_LOSS_HIT")],
    ),
    "too far away is a new mean": (
        "zscore_reversion", SCORE | {"stop": 2.5}, tape([*ZIGZAG, 90, 95, 101]), [],
    ),
    "a gap that holds, until a close under its open": (
        "gap", {"least": 2.0},
        [*tape(QUIET), (103, 105, 102.5, 104), (104, 106, 103.5, 105), (105, 105, 102, 102.5), (102.5, 103, 102, 103)],
        [(21, "buy", 96, 104.0, "ENTRY_SIGNAL"), (23, "sell", 96, 102.5, "EXIT_SIGNAL")],
    ),
    "a gap that closes under its open does not hold": (
        "gap", {"least": 2.0}, [*tape(QUIET), (103, 104, 101.5, 102), (102, 106, 101.5, 105)], [],
    ),
    # target one ATR (18/14) under the close of 95.5
    "a gap down": (
        "gap", {"least": 2.0, "allow_short": True, "target_atr": 1.0},
        [*tape(QUIET), (97, 97.5, 95, 95.5), (95.5, 96, 93, 93.5)],
        [(21, "sell", 104, 95.5, "ENTRY_SIGNAL"), (21, "buy", 104, 94.21, "TAKE_PROFIT_HIT")],
    ),
    "a gap down faded to the earlier close": (
        "gap", {"least": 2.0, "kind": "fade"},
        [*tape(QUIET), (97, 98.5, 96.5, 98), (98, 99, 97.5, 99), (99, 101, 98.5, 100.5)],
        [(21, "buy", 102, 98.0, "ENTRY_SIGNAL"), (22, "sell", 102, 100.0, "TAKE_PROFIT_HIT")],
    ),
    "a gap up faded": (
        "gap", {"least": 2.0, "kind": "fade", "allow_short": True},
        [*tape(QUIET), (103, 104, 102.5, 103), (103, 103, 99, 99.5)],
        [(21, "sell", 97, 103.0, "ENTRY_SIGNAL"), (21, "buy", 97, 100.0, "TAKE_PROFIT_HIT")],
    ),
    # ten gaps of 1 % are usual; then 1.5 % is no gap, 2.5 % is
    "a gap is wide beside the usual ones": (
        "gap", {},
        [*tape(QUIET), *[(101, 101.5, 99.5, 100)] * 10, (101.5, 103, 101, 102.5), (102.5, 103, 99.5, 100),
         (102.5, 104, 102, 103), (103, 103, 99.4, 99.5), (99.5, 100, 99, 99.5)],
        [(33, "buy", 97, 103.0, "ENTRY_SIGNAL"), (34, "sell", 97, 99.5, "EXIT_SIGNAL")],
    ),
    "a gap that is closed by its own bar is left alone": (
        "gap", {"least": 2.0, "kind": "fade"}, [*tape(QUIET), (97, 101.5, 96.5, 101), (101, 102, 100.5, 101)], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("title", SCENARIOS)
def test_scenarios(title):
    name, parameters, bars, trades = SCENARIOS[title]
    assert story(name, parameters, bars) == trades


def session_tape(closes, sessions, step=None):
    """The quiet bars as one session and the rest as told; ``step``: minutes from bar to bar from midnight on."""
    made = panel({X: tape([*QUIET, *closes])}, sessions=sessions)
    if step is None:
        return made
    ts = np.arange(1, len(made.ts) + 1) * step * MINUTES
    return replace(made, ts=ts, ts_known=ts, duration_ns=step * MINUTES)


RISING = (101, 100, 100.5, 102, 103, 105, 104, 104, 104, 104)
# bars 20 and 21 make the range 99.5 .. 101.5; bar 23 closes above it
OPENINGS: dict[str, tuple[dict[str, Any], Panel, list[Row]]] = {
    "target one range away": (
        {"target_ranges": 1.0, "exit_before": 0}, session_tape(RISING, NEW_SESSION),
        [(24, "buy", 98, 102.0, "ENTRY_SIGNAL"), (25, "sell", 98, 104.0, "TAKE_PROFIT_HIT")],
    ),
    "stop at the other end, and the other side from there": (
        {"target_ranges": 0.0, "exit_before": 0},
        session_tape((101, 100, 100.5, 102, 103, 101.5, 99, 98.4, 98, 98), NEW_SESSION),
        [(24, "buy", 98, 102.0, "ENTRY_SIGNAL"), (26, "sell", 98, 99.5, "STOP_LOSS_HIT"),
         (27, "sell", 100, 99.0, "ENTRY_SIGNAL")],
    ),
    "closed by the clock: bar 25 ends 20 minutes before the close": (
        {"target_ranges": 0.0, "exit_before": 20}, session_tape(RISING, [k // 10 for k in range(30)], step=5),
        [(24, "buy", 98, 102.0, "ENTRY_SIGNAL"), (26, "sell", 98, 105.0, "EXIT_SIGNAL")],
    ),
    "what slept over is closed on the next session's first bar": (
        {"target_ranges": 0.0, "exit_before": 0}, session_tape(RISING, [0] * 20 + [1] * 5 + [2] * 5),
        [(24, "buy", 98, 102.0, "ENTRY_SIGNAL"), (26, "sell", 98, 105.0, "EXIT_SIGNAL")],
    ),
    # three sessions of five hours: the fourth bar's close leaves one bar, at whose open all is closed
    "at the latest on the last bar's open": (
        {"bars": 1, "target_ranges": 0.0},
        session_tape((100, 101.5, 102, 103, 104, 104, 104, 104, 104, 104), EVERY_FIVE, step=60),
        [(22, "buy", 99, 101.5, "ENTRY_SIGNAL"), (24, "sell", 99, 103.0, "EXIT_SIGNAL")],
    ),
    # the longer of the two sessions before counts, five bars and not three: the second of five is early enough
    "after a half day the clock knows whole days": (
        {"bars": 1, "target_ranges": 0.0},
        session_tape(
            (100, 100, 100, 100, 101.5, 102, 103, 104, 104, 104),
            [*EVERY_FIVE[:20], 4, 4, 4, 5, 5, 5, 5, 5, 6, 6], step=60,
        ),
        [(25, "buy", 99, 101.5, "ENTRY_SIGNAL"), (27, "sell", 99, 103.0, "EXIT_SIGNAL")],
    ),
    # five bars are fewer than twice three: bar 20 alone is the range, and bar 21 closes above it
    "sessions shorter than twice the range have their first bar's": (
        {"bars": 3, "target_ranges": 0.0},
        session_tape((100, 101.5, 102, 103, 104, 104, 104, 104, 104, 104), EVERY_FIVE, step=60),
        [(22, "buy", 99, 101.5, "ENTRY_SIGNAL"), (24, "sell", 99, 103.0, "EXIT_SIGNAL")],
    ),
    # bar 21 is above the first bar's range, and only bar 23 is above that of two
    "four bars are twice two": (
        {"bars": 2, "target_ranges": 0.0, "exit_before": 0},
        session_tape((100, 101.5, 102, 103, 104, 104, 104, 104, 104, 104), [k // 4 for k in range(30)], step=60),
        [(24, "buy", 98, 103.0, "ENTRY_SIGNAL"), (25, "sell", 98, 104.0, "EXIT_SIGNAL")],
    ),
}  # fmt: skip

DAYS = list(range(30))
# bars of whole sessions; the quiet ones go 0.5 either way, so the stretch is 0.5
WHOLE: dict[str, tuple[dict[str, Any], list[Any], list[Row]]] = {
    "a stretch above the close, out at the next open": (
        {}, [*tape([*QUIET, 101]), (101, 103, 100.8, 102.5), (102, 102, 101, 101)],
        [(21, "buy", 98, 101.5, "ENTRY_SIGNAL"), (22, "sell", 98, 102.0, "EXIT_SIGNAL")],
    ),
    "an open beyond the stop is the price": (
        {}, [*tape([*QUIET, 101]), (102, 103, 101.8, 102.5), (102, 102, 101, 101)],
        [(21, "buy", 98, 102.0, "ENTRY_SIGNAL"), (22, "sell", 98, 102.0, "EXIT_SIGNAL")],
    ),
    "a bar that goes through both ends is stopped": (
        {}, [*tape([*QUIET, 101]), (101, 103, 99, 102.5), (102, 102, 101, 101)],
        [(21, "buy", 98, 101.5, "ENTRY_SIGNAL"), (21, "sell", 98, 100.5, "STOP_LOSS_HIT")],
    ),
    "what is not reached dies with its session": (
        {}, [*tape([*QUIET, 101]), (101, 101.4, 100.8, 101), (101, 102, 100.8, 101.5), (101.5, 102, 101, 101)],
        [(22, "buy", 98, 101.43, "ENTRY_SIGNAL"), (23, "sell", 98, 101.5, "EXIT_SIGNAL")],
    ),
    "the mirror below the mean": (
        {}, [*tape([*QUIET, 99]), (99, 99.2, 97, 97.5), (98, 98, 97, 97.5)],
        [(21, "sell", 101, 98.5, "ENTRY_SIGNAL"), (22, "buy", 101, 98.0, "EXIT_SIGNAL")],
    ),
    "no short where it is not allowed": (
        {"allow_short": False}, [*tape([*QUIET, 99]), (99, 99.2, 97, 97.5), (98, 98, 97, 97.5)], [],
    ),
    # bar 20 is wider than the quiet ones: nothing to break out of
    "only after the narrowest of seven": ({"narrow": 7}, [*tape([*QUIET, 101]), (101, 103, 100.8, 102.5)], []),
}  # fmt: skip


@pytest.mark.parametrize("title", WHOLE)
def test_opening_ranges_of_bars_that_are_whole_sessions(title):
    parameters, bars, trades = WHOLE[title]
    quick = {"stretch": 4, "narrow": 1, "target_ranges": 0.0}
    made = panel({X: bars}, sessions=DAYS[: len(bars)])
    assert story("opening_range_breakout", quick | parameters, made) == trades


@pytest.mark.parametrize("title", OPENINGS)
def test_opening_ranges(title):
    parameters, bars, trades = OPENINGS[title]
    assert story("opening_range_breakout", {"bars": 2, **parameters}, bars) == trades
