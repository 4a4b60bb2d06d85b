"""The short way of one plain lane gives the integers of the general step, and hands over what is not plain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from consilience.core.instruments import Instrument
from consilience.core.jit import JIT_ENABLED
from consilience.core.panel import Panel, PriceColumns, base_fx
from consilience.engine.output import RunOutput
from consilience.engine.session import Session
from consilience.engine.settings import Physics, Settings
from consilience.features.bar import Bar
from consilience.strategies import Entry, Param, Strategy, ta
from tests.engine.markets import digests

ROWS = 900 if JIT_ENABLED else 120
FREE = Settings(cash=50_000.0, fraction=0.5)


class Noise(Strategy):
    """Conditions from the last digits of prices: every combination of entries and exits comes up."""

    shorts = Param(1, low=0, high=1)
    sized = Param(0, low=0, high=2)

    def define(self, bar: Bar) -> Entry:
        """Volume picks the conditions; a stretch of calm lets positions last."""
        v = bar.volume
        more: dict[str, Any] = {}
        if self.shorts:
            more = {"short": (v > 300) & (v < 380), "exit_short": (v > 360) & (v < 480)}
        if self.sized:
            more["size"] = ta.where(v > 60, 7.0 if self.sized == 1 else 1e7, 0.5)
        more["confidence"] = ta.where(v < 30, 0.0, 0.8)
        return Entry(long=v < 110, exit_long=(v > 90) & (v < 190), **more)


def one_symbol(seed: int, *, masked: float = 0.0, spread: int = 0) -> Panel:
    """A walk of one stock with few lots traded now and then."""
    rng = np.random.default_rng(seed)
    shape = (ROWS, 1)
    close = 9_000 + np.cumsum(rng.integers(-80, 81, shape), axis=0)
    close = np.abs(close - 500) + 500
    first = np.maximum(close + rng.integers(-30, 31, shape), 1)
    high, low = np.maximum(first, close) + 5, np.minimum(first, close) - 5
    bid = PriceColumns(first, high, low, close)
    sizes = rng.integers(1, 600, shape)
    ts = np.arange(1, ROWS + 1, dtype=np.int64) * 60_000_000_000
    fx_num, fx_den = base_fx(ROWS)
    return Panel(
        instruments=(Instrument(symbol="S0"),), ts=ts, ts_known=ts, bid=bid,
        ask=bid if spread == 0 else PriceColumns(*(side + spread for side in bid)), bid_size=sizes, ask_size=sizes,
        volume=sizes.astype(float), valid=rng.random(shape) >= masked, session=np.zeros(shape, np.int64),
        currencies=("USD",), fx_num=fx_num, fx_den=fx_den, duration_ns=60_000_000_000,
    )  # fmt: skip


def ran(panel: Panel, strategy: Strategy, settings: Settings, blocks: list[int] | None) -> RunOutput:
    session = Session(panel, [strategy], settings)
    session.run(panel, blocks=blocks)
    return session.output()


CASES: dict[str, tuple[Noise, dict[str, Any]]] = {
    "long and short": (Noise(), {}),
    "long only": (Noise(shorts=0), {}),
    "masked bars": (Noise(), {"masked": 0.1}),
    "bid and ask, a size of its own": (Noise(sized=1), {"spread": 4}),
    "orders too large": (Noise(sized=2), {}),
}


def variants() -> list[Settings]:
    """Physics and limits that the short way knows, and some that it must leave alone."""
    physics = [
        Physics(slippage="none", participation=0.0, fee="none"),
        Physics(slippage="ticks", participation=0.0),
        Physics(slippage="volatility", participation=0.2),
        Physics(slippage="spread", participation=0.02),
        Physics(latency_slices=2),
    ]
    found = [Settings(cash=50_000.0, fraction=0.5, physics=p, record=r) for p in physics for r in ("none", "events")]
    return [
        *found,
        Settings(cash=50_000.0, fraction=0.9, record="full"),
        Settings(cash=50_000.0, fraction=0.9, max_position=0.3, leverage=2.0),
        Settings(cash=50_000.0, fraction=0.9, allow_short=False),
        Settings(cash=300.0, fraction=0.9, shrink_on_shortage=False),
        Settings(cash=50_000.0, fraction=0.9, capital={"noise": 0.37}),
        Settings(cash=50_000.0, fraction=2.5, capital={"noise": 0.2}, max_gross=0.6),
    ]


@pytest.mark.parametrize("name", list(CASES))
def test_the_short_way_equals_the_general_step(name: str) -> None:
    strategy, market = CASES[name]
    for number, settings in enumerate(variants()):
        panel = one_symbol(number, **market)
        whole = ran(panel, strategy, settings, None)
        single = ran(panel, strategy, settings, [1])  # a fill needs the next row of the same block: never the short way
        mixed = ran(panel, strategy, settings, [7, 2, 31, 1])
        assert digests(whole) == digests(single), (name, number)
        assert digests(mixed) == digests(single), (name, number)


def test_the_cases_trade() -> None:
    output = ran(one_symbol(0), Noise(), variants()[0], None)
    assert len(output.fills) > ROWS // 20
    assert {1, -1} <= set(output.fills["side"].tolist())


def test_cash_and_gross_of_one_lane_follow_from_its_equity_and_fills() -> None:
    """A second strategy that never speaks makes the run keep all three."""

    class Silent(Noise):
        def define(self, bar: Bar) -> Entry:
            return Entry(long=bar.volume < 0.0)

    panel = one_symbol(3, masked=0.05)
    alone = ran(panel, Noise(), FREE, None)
    session = Session(panel, [Noise(), Silent()], FREE)
    session.run(panel)
    both = session.output()
    assert (len(alone.marks), len(both.marks)) == (1, 3)
    assert (alone.curves == both.curves).all()
