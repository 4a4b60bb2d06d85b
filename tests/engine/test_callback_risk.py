"""Callback strategies under the full rules: every order they send meets the verdict that declarative entries meet."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import pytest

from consilience.core.codes import Gate, OrderFlag, OrderRole, Reason
from consilience.engine.output import RunOutput
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.risk.exit_settings import ExitSettings
from consilience.risk.presets import PRESETS
from consilience.risk.settings import RiskSettings
from consilience.risk.sizing_settings import SizingSettings
from consilience.strategies import CallbackStrategy, Context, Entry, Strategy
from tests.engine.desk import FREE, Columns, Plan, Script, X, Y, panel, run, short, states
from tests.engine.markets import market, same, stepped, strategy

FLAT = (100, 100, 100, 100)
LOW = (80, 80, 80, 80)
FLATS = panel({X: [FLAT] * 8, Y: [FLAT] * 8})
FALLS = panel({X: [FLAT] * 3 + [LOW] * 6, Y: [FLAT] * 9})
LOSES = panel({X: [FLAT, FLAT, LOW, FLAT, FLAT, LOW, FLAT, FLAT], Y: [FLAT] * 8})
BOTH = {"sectors": {"X": "metals", "Y": "metals"}}


def both(c: Any) -> None:
    """Ten thousand of each symbol, a tenth of the account."""
    c.buy("X", 100)
    c.buy("Y", 100)


def twice(c: Any) -> None:
    """The same order again."""
    c.buy("X", 10)
    c.buy("X", 10)


def told(output: RunOutput) -> list[tuple[int, str, str, int, int]]:
    """(slice, gate, reason, wanted, approved) of every decision that opens."""
    named = [(int(r["row"]), Gate(int(r["gate"])).name, Reason(int(r["reason"])).name, r) for r in output.records]
    return [(*n[:3], int(n[3]["lots_wanted"]), int(n[3]["lots_approved"])) for n in named if n[3]["direction"] != 0]


# what is limited, what is sent after which slice, what fills (slice, symbol, lots), what the last opening is told
Filled = list[tuple[int, str, int]]
Last = tuple[int, str, str, int, int]
TABLE: list[tuple[dict[str, Any], Plan, Any, Filled, Last]] = [
    ({"max_position": 0.05}, {0: lambda c: c.buy("X", 100)}, FLATS, [(1, "X", 50)],
     (0, "PASSED", "MAX_POSITION", 100, 50)),
    ({"max_position": 0.05}, {0: lambda c: c.sell("X", 100)}, FLATS, [(1, "X", -50)],
     (0, "PASSED", "MAX_POSITION", 100, 50)),
    ({"max_position": 0.05}, {0: lambda c: c.order_target_percent("X", 0.1)}, FLATS, [(1, "X", 50)],
     (0, "PASSED", "MAX_POSITION", 100, 50)),
    ({"risk_per_trade": 0.02}, {0: lambda c: c.buy("X", 100)}, FLATS, [(1, "X", 20)],
     (0, "PASSED", "RISK_PER_TRADE", 100, 20)),
    ({"max_symbol": 0.15}, {0: lambda c: c.buy("X", 100), 2: lambda c: c.buy("X", 100)}, FLATS,
     [(1, "X", 100), (3, "X", 50)], (2, "PASSED", "MAX_SYMBOL_EXPOSURE", 100, 50)),
    ({"max_gross": 0.15}, {0: both}, FLATS, [(1, "X", 100), (1, "Y", 50)],
     (0, "PASSED", "MAX_GROSS_EXPOSURE", 100, 50)),
    ({"max_gross": 0.15}, {0: lambda c: c.buy("X", 100, limit=99), 2: lambda c: c.buy("Y", 100)}, FLATS, [(3, "Y", 51)],
     (2, "PASSED", "MAX_GROSS_EXPOSURE", 100, 51)),
    ({"max_net": 0.12}, {0: both}, FLATS, [(1, "X", 100), (1, "Y", 20)], (0, "PASSED", "MAX_NET_EXPOSURE", 100, 20)),
    ({"max_sector": 0.1, **BOTH}, {0: both}, FLATS, [(1, "X", 100)], (0, "RISK", "MAX_SECTOR_EXPOSURE", 100, 0)),
    ({"max_heat": 0.11}, {0: both}, FLATS, [(1, "X", 100), (1, "Y", 10)], (0, "PASSED", "MAX_HEAT", 100, 10)),
    ({"max_positions": 1}, {0: both}, FLATS, [(1, "X", 100)], (0, "RISK", "MAX_POSITIONS", 100, 0)),
    ({"leverage": 0.5}, {0: lambda c: c.buy("X", 800)}, FLATS, [(1, "X", 500)],
     (0, "PASSED", "LEVERAGE_LIMIT", 800, 500)),
    ({"restricted": ("X",)}, {0: both}, FLATS, [(1, "Y", 100)], (0, "PASSED", "NONE", 100, 100)),
    ({"max_slippage": 0.005}, {0: lambda c: c.buy("X", 10, limit=110)}, FLATS, [],
     (0, "RISK", "PRICE_COLLAR", 10, 0)),
    ({"duplicate_seconds": 1.0}, {0: twice}, FLATS, [(1, "X", 10)], (0, "RISK", "DUPLICATE_ORDER", 10, 0)),
    ({"order_rate": 1}, {0: both}, FLATS, [(1, "X", 100)], (0, "RISK", "ORDER_RATE", 100, 0)),
    ({"max_volume_share": 0.1, "when_unknown": "refuse"}, {0: lambda c: c.buy("X", 10)}, FLATS, [],
     (0, "RISK", "RISK_INPUT_UNKNOWN", 10, 0)),
    ({"max_var": 0.1, "when_unknown": "refuse"}, {0: lambda c: c.buy("X", 10)}, FLATS, [],
     (0, "RISK", "RISK_INPUT_UNKNOWN", 10, 0)),
    ({"max_drawdown": 0.15}, {0: lambda c: c.buy("X", 900), 4: both}, FALLS, [(1, "X", 900)],
     (4, "RISK", "DRAWDOWN_LIMIT", 100, 0)),
    ({"max_daily_loss": 0.1}, {0: lambda c: c.buy("X", 900), 3: both}, FALLS, [(1, "X", 900)],
     (3, "RISK", "DAILY_LOSS_LIMIT", 100, 0)),
    ({"max_losses": 1}, {0: lambda c: c.buy("X", 10), 1: lambda c: c.sell("X", 10), 2: both}, LOSES,
     [(1, "X", 10), (2, "X", -10)], (2, "RISK", "CONSECUTIVE_LOSSES", 100, 0)),
    ({"halt_drawdown": 0.15, "halt_drawdown_level": 1}, {0: lambda c: c.buy("X", 900), 4: both}, FALLS, [(1, "X", 900)],
     (4, "RISK", "HALTED", 100, 0)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "plan", "market", "filled", "last"),
    TABLE,
    ids=lambda v: next(iter(v), "") if isinstance(v, dict) else "",
)
def test_what_a_rule_makes_of_an_order(
    limits: dict[str, Any],
    plan: Plan,
    market: Any,
    filled: list[tuple[int, str, int]],
    last: tuple[int, str, str, int, int],
) -> None:
    """In blocks and slice by slice; without the rules the orders fill whole."""
    risk = RiskSettings(**limits)
    script = Script(plan)
    session, output = run(market, script, risk=risk)
    assert [
        (int(f["row"]), session.symbols[int(f["symbol"])], int(f["side"] * f["lots"])) for f in output.fills
    ] == filled
    assert told(output)[-1] == last
    refused = [r for r in told(output) if r[4] == 0]
    assert output.account["refused"][0] == len(refused) == len([s for s in states(output) if s.startswith("DENIED")])
    assert len([t for t in script.told if t[0] == "order"]) == len(refused)
    assert output.account["shrunk"][0] == len([r for r in told(output) if 0 < r[4] < r[3]])
    live = stepped(market, [Script(plan)], Settings(cash=100_000.0, record="full", physics=FREE, risk=risk))
    assert live.fills.tobytes() == output.fills.tobytes() and live.records.tobytes() == output.records.tobytes()
    plain = run(market, Script(plan))[1]
    assert sum(abs(int(f["lots"])) for f in plain.fills) > sum(abs(lots) for _, _, lots in filled)


HALTS: dict[str, Any] = {"halt_drawdown": 0.15}


def halted(level: int, plan: Plan, **more: Any) -> RunOutput:
    """900 X from slice 1 on; the fall in slice 3 halts at ``level``."""
    risk = RiskSettings(**HALTS, halt_drawdown_level=level)
    return run(FALLS, Script({0: lambda c: c.buy("X", 900), **plan}), risk=risk, **more)[1]


HALTED: list[tuple[int, Plan, list[tuple[int, int, float]]]] = [
    (1, {4: lambda c: c.sell("X", 300)}, [(5, -300, 80)]),
    (1, {4: lambda c: c.sell("X", 1_500)}, [(5, -900, 80)]),
    (1, {4: lambda c: c.order_target("X", -5)}, [(5, -900, 80)]),
    (1, {4: lambda c: c.exit("X")}, [(5, -900, 80)]),
    (1, {4: lambda c: c.sell("X", 900, stop=79.5, reduce_only=True)}, []),
    (1, {4: lambda c: c.enter("Y", 1, quantity=5)}, []),
    (1, {4: lambda c: c.enter("X", -1, quantity=5)}, []),
    (1, {4: lambda c: [c.sell("X", 900), c.sell("X", 900)]}, [(5, -900, 80)]),
    (1, {2: lambda c: c.buy("Y", 10, stop=100), 4: lambda c: c.trailing_stop("X", 900, distance=1.0)}, [(3, 10, 100)]),
    (2, {2: lambda c: c.buy("Y", 10, limit=101), 4: lambda c: c.buy("Y", 10)}, [(3, 10, 100)]),
    (3, {}, [(4, -900, 80)]),
]


@pytest.mark.parametrize(("level", "plan", "after"), HALTED)
def test_a_halted_account_only_reduces(level: int, plan: Plan, after: list[tuple[int, int, float]]) -> None:
    output = halted(level, plan)
    assert short(output) == [(1, 900, 100.0), *after]
    lots = {0: 0, 1: 0}
    for fill in output.fills[1:]:
        if int(fill["row"]) > 3:  # what waited is of before
            assert int(fill["side"]) * (900 if fill["symbol"] == 0 else lots[1]) <= 0


def test_a_halt_of_level_two_ends_what_waits_to_open() -> None:
    """The order against the position stays, and may only reduce from then on."""
    plan = {1: lambda c: [c.buy("Y", 10, limit=90), c.sell("X", 100, limit=150)], 2: lambda c: c.buy("X", 1, limit=50)}
    output = halted(2, plan)
    assert states(output) == ["FILLED", "CANCELLED HALT_DRAWDOWN", "ACCEPTED", "CANCELLED HALT_DRAWDOWN"]
    early = {0: lambda c: [c.buy("X", 900), c.sell("X", 950, limit=150)]}  # sent while flat: it would open
    risk = RiskSettings(**HALTS, halt_drawdown_level=2)
    output = run(FALLS, Script(early), risk=risk, leverage=5.0)[1]
    assert states(output) == ["FILLED", "ACCEPTED"]
    assert output.orders[1]["flags"] & OrderFlag.REDUCE_ONLY


def test_an_order_that_turns_a_position_round_goes_out_as_two() -> None:
    """One that closes and one that opens, which rules may cut; cancelling it takes back both."""
    risk = RiskSettings(max_position=0.05)
    plan = {0: lambda c: c.buy("X", 50), 2: lambda c: c.sell("X", 150), 4: lambda c: c.sell("X", 1)}
    output = run(FLATS, Script(plan), risk=risk)[1]
    assert [(o["role"], o["lots"], o["flags"]) for o in output.orders[1:3]] == [
        (OrderRole.REVERSAL, 50, OrderFlag.REDUCE_ONLY), (OrderRole.FREE, 50, 0),
    ]  # fmt: skip
    assert short(output) == [(1, 50, 100.0), (3, -50, 100.0), (3, -50, 100.0)]
    assert told(output)[1:] == [(2, "PASSED", "MAX_POSITION", 100, 50), (4, "RISK", "MAX_POSITION", 1, 0)]
    numbers: list[int] = []
    rests = {0: lambda c: c.buy("X", 50), 2: lambda c: numbers.append(c.sell("X", 80, limit=120)),
             4: lambda c: c.cancel(numbers[0])}  # fmt: skip
    script = Script(rests)
    assert states(run(FLATS, script, risk=risk)[1])[1:] == ["CANCELLED CANCELLED_BY_STRATEGY"] * 2
    assert script.told == [("fill", 0), ("order", 1), ("order", 2)]


@pytest.mark.parametrize("limited", [False, True])
def test_what_passed_as_a_reduction_never_opens(limited: bool) -> None:
    """The stop closes the position; the order above it would then sell short."""
    market = panel({X: [FLAT, FLAT, (100, 100, 89, 89), (89, 131, 89, 130), (130, 130, 130, 130)]})
    plan = {0: lambda c: c.buy("X", 50), 1: lambda c: [c.sell("X", 50, stop=90), c.sell("X", 50, limit=120)]}
    risk = RiskSettings(max_position=0.05) if limited else RiskSettings()
    traded = [(1, 50, 100.0), (2, -50, 90.0)] + ([] if limited else [(3, -50, 120.0)])
    assert short(run(market, Script(plan), risk=risk)[1]) == traded


def test_own_stops_lower_the_heat() -> None:
    """Fully invested at a stop one per cent away: that much is at risk, and so much more may be."""
    risk = RiskSettings(max_heat=0.6)
    for stop, lots in ((99.0, 9), (0.0, 4)):
        plan: Plan = {0: lambda c: c.buy("X", 550), 2: partial(protected, stop=stop), 3: lambda c: c.buy("Y", 90)}
        output = run(FLATS, Script(plan), risk=risk)[1]
        assert told(output)[-1] == (3, "PASSED", "NONE" if lots == 9 else "MAX_HEAT", 90, 90 if lots == 9 else 50)


def entered(context: Context, **terms: Any) -> None:
    """Long X."""
    context.enter("X", 1, **terms)


def protected(context: Context, stop: float) -> None:
    """A stop under all of X."""
    if stop:
        context.sell("X", 550, stop=stop)


SIZES = SizingSettings(method="fixed_fraction", fraction=0.05)


def test_the_sizer_gives_a_quantity_only_where_the_strategy_names_none() -> None:
    declared = run(FLATS, Columns(lambda bar: Entry(long=bar.close > 0.0)), sizing=SIZES)[1]
    sized = int(declared.fills[0]["lots"])
    for quantity, lots in ((None, sized), (3.0, 3), (400.0, 400)):
        plan: Plan = {0: partial(entered, quantity=quantity)}
        assert short(run(FLATS, Script(plan), sizing=SIZES)[1]) == [(1, lots, 100.0)]
    assert short(run(FLATS, Script({0: lambda c: c.buy("X", 7)}), sizing=SIZES)[1]) == [(1, 7, 100.0)]


DIPS = panel({X: [FLAT, FLAT, FLAT, (100, 100, 98, 99), (100, 100, 94, 95), (95, 95, 94, 95), (95, 95, 95, 95)]})
EXITS: list[tuple[ExitSettings, Plan, list[tuple[int, int, float]]]] = [
    (ExitSettings(stop="fixed", stop_share=0.03), {0: lambda c: c.buy("X", 10)}, [(4, -10, 97.0)]),
    (ExitSettings(time_bars=2), {0: lambda c: c.buy("X", 10)}, [(4, -10, 100.0)]),
    # what was added later is stopped too
    (ExitSettings(stop="fixed", stop_share=0.03), {0: lambda c: c.buy("X", 10), 2: lambda c: c.buy("X", 5)},
     [(3, 5, 100.0), (4, -15, 97.0)]),
    # a stop of the strategy's own rests beside it, and the first that is hit closes
    (ExitSettings(stop="fixed", stop_share=0.03), {0: lambda c: c.buy("X", 10), 1: lambda c: c.sell("X", 10, stop=99)},
     [(3, -10, 99.0)]),
    (ExitSettings(stop="fixed", stop_share=0.03), {0: lambda c: c.buy("X", 10), 1: lambda c: c.sell("X", 10, stop=95)},
     [(4, -10, 97.0)]),
    # the settings' stop is the one that counts, as for a declarative entry
    (ExitSettings(stop="fixed", stop_share=0.03), {0: lambda c: c.enter("X", 1, quantity=10, stop_loss=95.0)},
     [(4, -10, 97.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("exits", "plan", "after"), EXITS)
def test_stop_management_holds_for_callbacks(
    exits: ExitSettings, plan: Plan, after: list[tuple[int, int, float]]
) -> None:
    session, output = run(DIPS, Script(plan), exits=exits)
    assert short(output) == [(1, 10, 100.0), *after]
    assert (session.book.lanes["active"] == 0).all()  # nothing of it waits on


LIMITED = msgspec.structs.replace(PRESETS["standard"], halt_losses=0, max_gross=0.3, max_net=0.3)
WITHIN = Settings(
    cash=1e6, fraction=0.4, record="full", risk=LIMITED, resume_after=10, sizing=SizingSettings(method="atr_risk"),
    exits=ExitSettings(break_even_r=0.8, partial=((0.6, 0.5),), time_bars=30),
)  # fmt: skip
DECLARED = ("moving_average_cross", "bollinger_mean_reversion", "donchian_breakout", "trend_following")


@pytest.mark.parametrize("forms", [(True, True, True, True), (False, True, False, True)])
def test_either_form_is_the_same_run(forms: tuple[bool, ...]) -> None:
    """To the integer, records included; in blocks and slice by slice."""
    bars = market("daily", 90)
    outputs = []
    for declared, blocks in ((True, None), (False, None), (False, (1, 17, 50))):
        chosen = [strategy(name, callbacks=f and not declared) for name, f in zip(DECLARED, forms, strict=True)]
        session = Session(bars, chosen, WITHIN)
        session.run(bars, blocks=blocks)
        outputs.append(session.output())
    reasons = {Reason(int(r)) for r in outputs[0].records["reason"]}
    assert Reason.MAX_GROSS_EXPOSURE in reasons and len(outputs[0].fills) > 30
    for other in outputs[1:]:
        same(outputs[0], other)
    same(outputs[0], stepped(bars, [strategy(n, callbacks=f) for n, f in zip(DECLARED, forms, strict=True)], WITHIN))


class Enters(CallbackStrategy):
    """Holds five of each symbol; in slice ``fatal`` it raises."""

    def __init__(self, fatal: int) -> None:
        super().__init__()
        self.left = fatal

    def on_bar(self, context: Any, symbol: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("tripped")
        context.order_target(symbol, 5)
        context.buy(symbol, 1, limit=1.0)


@pytest.mark.parametrize("place", [0, 1])
def test_a_strategy_that_fails_leaves_and_the_risk_state_goes_on(place: int) -> None:
    """In first place too: the slice's returns are read once, whoever decides first."""
    bars = market("daily", 90)
    chosen: list[Strategy] = [strategy("moving_average_cross"), strategy("donchian_breakout", callbacks=True)]
    chosen.insert(place, Enters(80))
    session = Session(bars, chosen, msgspec.structs.replace(WITHIN, sizing=None))
    session.run(bars)
    assert [(f.strategy, f.where) for f in session.failures] == [(place, "on_bar")]
    lanes = session.book.lanes[place * len(bars.symbols) : (place + 1) * len(bars.symbols)]
    assert (lanes["lots"] == 0).all() and (lanes["active"] == 0).all() and (lanes["last_trade_row"] > 0).any()
    assert session.desk is not None and session.desk.holdings.history.cursor[1] == 90
    others = session.book.fills["lane"][: session.book.account[0]["fills"]] // len(bars.symbols)
    assert set(range(3)) == set(others.tolist())
