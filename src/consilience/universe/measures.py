"""What is measured of each symbol in each slice: by expressions of the features room, and by kernels with a memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from consilience.core.codes import Fact
from consilience.core.errors import ReportBug
from consilience.core.instruments import Instrument
from consilience.core.panel import Floats, Ints, Panel
from consilience.core.time import DAY, HOUR
from consilience.core.units import ledger_exponent, step_fraction
from consilience.features import ta
from consilience.features.bar import bar
from consilience.features.block import FeatureBlock
from consilience.features.evaluator import Evaluator
from consilience.features.expression import Node
from consilience.market.float_bars import FloatBarMaker
from consilience.universe.measures_nb import (
    amounts_nb,
    carry_nb,
    first_seen_nb,
    nearest_level_nb,
    own_percentile_nb,
    prices_nb,
    since_nb,
    window_sum_nb,
)

ATR_BARS, VELOCITY_BARS, SURGE_BARS, LEVEL_BARS, HISTORY_DAYS = 14, 10, 20, 20, 30
MEASURES: dict[str, str] = {
    "price": "raw close, middle of bid and ask",
    "spread": "(ask - bid) / middle, or the fact",
    "turnover": "money traded in 24 hours, base currency",
    "market_cap": "base currency, by facts",
    "status": "1 trading, 0 suspended or expired",
    "member": "1 on the list, 0 off it",
    "age": "days since the listing, or since the first bar",
    "atr": "average true range / close",
    "percentile": "share of the symbol's own samples of atr of 30 days that are below the present one",
    "atr_rank": "rank of atr among the candidates of the slice, 0 lowest to 1 highest",
    "velocity": "move of 10 bars in random-walk steps of the average true range",
    "acceleration": "change of velocity over 10 bars",
    "surge": "volume over the mean of the 20 bars before",
    "adx": "trend strength, 0 to 100",
    "support": "distance of the close above the lowest low of the 20 bars before, fraction of the close",
    "resistance": "distance of the close below the highest high of the 20 bars before, fraction of the close",
    "breakout": "the nearer of the two, 0 beyond one",
    "range_days": "days that the close has stayed between the two",
    "returns": "log return",
}
_FACTS = (Fact.MARKET_CAP, Fact.SHARES, Fact.SPREAD, Fact.STATUS, Fact.MEMBER, Fact.LISTED)
_NEEDS = {
    "percentile": ("atr",),
    "breakout": ("_close", "_support", "_resistance"),
    "range_days": ("_close", "_support", "_resistance"),
    "support": ("_close", "_support"),
    "resistance": ("_close", "_resistance"),
}


def _nodes() -> dict[str, Node]:
    """Expressions by measure; names with ``_`` are read by others only."""
    close, volume = bar.close, bar.volume
    true_range = ta.atr(bar, ATR_BARS)
    velocity = (close - close.lag(VELOCITY_BARS)) / (true_range * 3.1622776601683795)  # sqrt(10)
    return {
        "_close": close,
        "_support": ta.lowest(bar.low, LEVEL_BARS).lag(1),
        "_resistance": ta.highest(bar.high, LEVEL_BARS).lag(1),
        "atr": true_range / close,
        "velocity": velocity,
        "acceleration": velocity - velocity.lag(VELOCITY_BARS),
        "surge": volume / ta.sma(volume, SURGE_BARS).lag(1),
        "adx": ta.adx(bar, ATR_BARS).adx,
        "returns": ta.log_return(close, 1),
    }


class Measures:
    """Measures of ``wanted`` names over slices that follow each other; any partition of them gives the same bits."""

    def __init__(
        self, instruments: Sequence[Instrument], currencies: Sequence[str], duration_ns: int, wanted: Iterable[str]
    ) -> None:
        self._wanted = set(wanted)
        for name in list(self._wanted):
            self._wanted.update(_NEEDS.get(name, ()))
        self._symbols = len(instruments)
        self._currencies = tuple(currencies)
        self._columns = np.array([self._currencies.index(i.currency) for i in instruments], np.int64)
        fractions = [step_fraction(i.price_increment) for i in instruments]
        self._scale = np.array([[f[0] for f in fractions], [f[1] for f in fractions]], float)
        base = ledger_exponent(self._currencies[0])
        self._unit = np.array([10.0 ** (ledger_exponent(c) - base) for c in self._currencies])
        self._multiplier = np.array([float(i.multiplier) for i in instruments])
        self._expiry = np.array([i.expiry_ns for i in instruments], np.int64)
        nodes = _nodes()
        self._nodes = {name: nodes[name] for name in nodes if name in self._wanted}
        outputs = list(self._nodes.values())
        self._evaluator = Evaluator(outputs, self._symbols, block=1) if outputs else None
        self._bars = FloatBarMaker(self._symbols, self._evaluator.price_fields() if self._evaluator else ())
        # the window of the turnover grows to the slices that 24 hours hold; a bar of a day stands alone
        self._span = DAY if 0 < duration_ns < DAY or duration_ns == 0 else 1
        self._ring = (np.zeros((1, self._symbols), np.int64), np.zeros(1, np.int64))
        self._sums = (np.zeros(self._symbols, np.int64), np.zeros(self._symbols, np.int64))
        self._cursor = np.zeros(2, np.int64)
        # whole cents, or millionths of a coin: whole numbers make the running sum exact
        self._steps = 1e6 if base > ledger_exponent("USD") else 100.0
        self._step = DAY if duration_ns >= DAY else HOUR
        width = HISTORY_DAYS * DAY // self._step + 1 if "percentile" in self._wanted else 1
        self._samples = (np.full((width, self._symbols), np.nan), np.zeros(width, np.int64), np.zeros(2, np.int64))
        self._since = np.full(self._symbols, -1, np.int64)
        self._seen = np.full(self._symbols, -1, np.int64)
        self._known = np.full((len(_FACTS), self._symbols), np.nan)

    def push(self, panel: Panel, start: int, stop: int, session_open: Ints | None) -> dict[str, Floats]:
        """Measures of slices ``start`` to ``stop``, float64 [B, S] each; NaN where unknown or masked."""
        found = self._featured(panel, start, stop, session_open)
        shape = (stop - start, self._symbols)
        price, quoted = np.empty(shape), np.empty(shape)
        valid, ts = panel.valid[start:stop], panel.ts[start:stop]
        prices_nb(panel.bid.close[start:stop], panel.ask.close[start:stop], self._scale, valid, price, quoted)
        found["price"] = price
        if "spread" in self._wanted:
            told = self._fact(panel, start, stop, Fact.SPREAD)
            found["spread"] = quoted if panel.is_bid_ask else np.where(valid, told, np.nan)
        worth = self._worth(panel, start, stop)
        if "turnover" in self._wanted:
            found["turnover"] = self._turnover(panel, (start, stop), price, worth)
        if "market_cap" in self._wanted:
            caps = self._fact(panel, start, stop, Fact.MARKET_CAP)
            shares = self._fact(panel, start, stop, Fact.SHARES)
            found["market_cap"] = np.where(np.isnan(caps), shares * price * worth, caps)
        if "status" in self._wanted:
            status = self._fact(panel, start, stop, Fact.STATUS)
            status[np.isnan(status)] = 1.0
            status[(self._expiry > 0) & (ts[:, None] > self._expiry)] = 0.0
            found["status"] = status
        if "member" in self._wanted:
            found["member"] = self._fact(panel, start, stop, Fact.MEMBER)
        if "age" in self._wanted:
            found["age"] = np.empty(shape)
            first_seen_nb(valid, ts, self._seen, self._fact(panel, start, stop, Fact.LISTED), found["age"])
        if "percentile" in self._wanted:
            found["percentile"] = np.empty(shape)
            own_percentile_nb(found["atr"], ts, self._step, *self._samples, found["percentile"])
        self._levels(found, panel, start, stop)
        return found

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything that later measures depend on, as arrays of its own."""
        found = {} if self._evaluator is None else {f"features/{k}": v for k, v in self._evaluator.state().items()}
        return found | {name: array.copy() for name, array in self._own().items()}

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Go on from ``state``. Raises ReportBug when it belongs to other expressions or symbols."""
        if self._evaluator is not None:
            features = {k.removeprefix("features/"): v for k, v in state.items() if k.startswith("features/")}
            self._evaluator.restore(features)
        amounts, times = (np.array(state[name], np.int64) for name in ("amounts", "times"))
        self._ring = (amounts, times)
        for name, array in self._own().items():
            if array.shape != state[name].shape:
                raise ReportBug(f"this snapshot belongs to another universe: {name} is of another size")
            array[...] = state[name]

    def _own(self) -> dict[str, npt.NDArray[Any]]:
        (amounts, times), (total, known) = self._ring, self._sums
        samples, slots, place = self._samples
        return {
            "amounts": amounts, "times": times, "total": total, "counted": known, "cursor": self._cursor,
            "samples": samples, "slots": slots, "place": place, "since": self._since, "seen": self._seen,
            "facts": self._known,
        }  # fmt: skip

    def _featured(self, panel: Panel, start: int, stop: int, session_open: Ints | None) -> dict[str, Floats]:
        if self._evaluator is None:
            return {}
        self._evaluator.push(
            FeatureBlock(
                ts=panel.ts[start:stop],
                bars=self._bars.make(panel, start, stop),
                valid=panel.valid[start:stop],
                session=panel.session[start:stop],
                session_open=None if session_open is None else session_open[start:stop],
                duration_ns=panel.duration_ns,
                dense=panel.dense,
            )
        )
        return {name: self._evaluator.value(node).copy() for name, node in self._nodes.items()}

    def _fact(self, panel: Panel, start: int, stop: int, field: Fact) -> Floats:
        """[B, S] of a fact as it was known; each field is to be asked for once a block."""
        facts = panel.facts
        if len(facts):
            facts = facts[(facts["field"] == int(field)) & (facts["row"] >= start) & (facts["row"] < stop)]
        out = np.empty((stop - start, self._symbols))
        rows, symbols, values = (np.ascontiguousarray(facts[name]) for name in ("row", "symbol", "value"))
        carry_nb(rows - start, symbols, values, self._known[_FACTS.index(field)], out)
        return out

    def _worth(self, panel: Panel, start: int, stop: int) -> Floats:
        """Base currency for one unit of the instrument's currency, [B, S]."""
        rates = panel.fx_num[start:stop] / panel.fx_den * self._unit
        return np.ascontiguousarray(rates[:, self._columns])

    def _turnover(self, panel: Panel, rows: tuple[int, int], price: Floats, worth: Floats) -> Floats:
        ts = panel.ts[rows[0] : rows[1]]
        self._make_room(ts)
        amounts = np.empty(price.shape, np.int64)
        steps = worth * self._multiplier * self._steps
        amounts_nb(price, np.ascontiguousarray(panel.volume[rows[0] : rows[1]]), steps, amounts)
        out = np.empty(price.shape)
        window_sum_nb(amounts, ts, self._span, self._ring, self._sums, self._cursor, out)
        return out / self._steps

    def _make_room(self, ts: Ints) -> None:
        """Let the ring hold the fullest window that the slices to come will make."""
        kept, times = self._ring
        head, count = int(self._cursor[0]), int(self._cursor[1])
        order = (head + np.arange(count)) % len(times)
        moments = np.concatenate([times[order], ts])
        first = np.searchsorted(moments, moments - self._span, side="right")
        need = int((np.arange(1, len(moments) + 1) - first).max()) + 1
        if need <= len(times):
            return
        width = max(need, 2 * len(times))
        bigger = (np.zeros((width, self._symbols), np.int64), np.zeros(width, np.int64))
        bigger[0][:count], bigger[1][:count] = kept[order], times[order]
        self._ring = bigger
        self._cursor[0] = 0

    def _levels(self, found: dict[str, Floats], panel: Panel, start: int, stop: int) -> None:
        """Distances to support and resistance, and how long the close has stayed between them."""
        if "_close" not in found:
            return
        close = found.pop("_close")
        support, resistance = found.pop("_support", None), found.pop("_resistance", None)
        if "support" in self._wanted and support is not None:
            found["support"] = (close - support) / close
        if "resistance" in self._wanted and resistance is not None:
            found["resistance"] = (resistance - close) / close
        if support is None or resistance is None:
            return
        if "breakout" in self._wanted:
            found["breakout"] = np.empty(close.shape)
            nearest_level_nb(close, (support, resistance), found["breakout"])
        if "range_days" in self._wanted:
            found["range_days"] = np.empty(close.shape)
            levels, rows = (support, resistance), slice(start, stop)
            since_nb(close, levels, panel.ts[rows], panel.valid[rows], self._since, found["range_days"])
