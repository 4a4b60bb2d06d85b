"""Order flow beside bars of any length: what the quotes of each bar said, as series that expressions read as slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from consilience.core.codes import MarketEventKind
from consilience.core.errors import DataError
from consilience.core.instruments import Instrument
from consilience.core.jit import njit_bare
from consilience.core.panel import Floats, Ints, Records
from consilience.core.schemas import TICK_DTYPE
from consilience.core.time import HOUR
from consilience.core.units import step_fraction
from consilience.market.event_flow import event_flow_nb

FLOW_FIELDS = ("ofi", "depth", "micro_price", "spread", "buy_pressure", "updates", "mid")
FLOW_SLOTS = tuple(f"flow.{name}" for name in FLOW_FIELDS)
GAP_NS = HOUR  # quotes further apart belong to two sessions: no flow is read from one to the other

_TRADE = int(MarketEventKind.TRADE)
_STATE_DTYPE = np.dtype(
    [
        ("ts", "i8"),  # of the last quote, ts_known; 0 before the first
        ("bid", "i8"),
        ("bid_size", "i8"),
        ("ask", "i8"),
        ("ask_size", "i8"),
        ("flow", "f8"),  # of the bar under construction, in lots
        ("bought", "f8"),  # its positive part
        ("gross", "f8"),  # all of it without sign
        ("standing", "f8"),  # sum of half the sizes at both sides over the bar's quotes
        ("quotes", "i8"),
        ("updates", "i8"),  # quotes that changed something
    ],
    align=True,
)


@njit_bare
def take_quote_nb(state: Records, ticks: Records, row: int, gap: int) -> None:
    """One quote into the bar under construction; a side that is missing, or a crossed quote, is passed over."""
    bid, ask = ticks["bid"][row], ticks["ask"][row]
    if ticks["kind"][row] == _TRADE or bid <= 0 or ask < bid:
        return
    bid_size, ask_size, ts = ticks["bid_size"][row], ticks["ask_size"][row], ticks["ts_known"][row]
    if state["ts"][0] > 0 and ts - state["ts"][0] <= gap:
        before = (state["bid"][0], state["bid_size"][0], state["ask"][0], state["ask_size"][0])
        flow = event_flow_nb(before, (bid, bid_size, ask, ask_size))
        state["flow"][0] += flow
        state["gross"][0] += abs(flow)
        if flow > 0.0:
            state["bought"][0] += flow
        if flow != 0.0:
            state["updates"][0] += 1
    state["ts"][0] = ts
    state["bid"][0] = bid
    state["bid_size"][0] = bid_size
    state["ask"][0] = ask
    state["ask_size"][0] = ask_size
    state["standing"][0] += 0.5 * (bid_size + ask_size)
    state["quotes"][0] += 1


@njit_bare
def give_out_nb(state: Records, out: Floats, row: int) -> None:
    """The bar's values in ticks and lots to ``out[:, row]``; the quote stays, the sums begin again."""
    for k in range(out.shape[0]):
        out[k, row] = np.nan
    if state["ts"][0] > 0:
        bid_size, ask_size = float(state["bid_size"][0]), float(state["ask_size"][0])
        both = bid_size + ask_size
        out[0, row] = state["flow"][0]
        quotes = state["quotes"][0]
        depth = state["standing"][0] / quotes if quotes > 0 else 0.5 * both
        if depth > 0.0:
            out[1, row] = depth
        if both > 0.0:
            out[2, row] = (state["bid"][0] * ask_size + state["ask"][0] * bid_size) / both
        out[3, row] = float(state["ask"][0] - state["bid"][0])
        if state["gross"][0] > 0.0:
            out[4, row] = state["bought"][0] / state["gross"][0]
        out[5, row] = float(state["updates"][0])
        out[6, row] = 0.5 * (state["bid"][0] + state["ask"][0])
    state["flow"][0] = 0.0
    state["bought"][0] = 0.0
    state["gross"][0] = 0.0
    state["standing"][0] = 0.0
    state["quotes"][0] = 0
    state["updates"][0] = 0


@njit_bare
def flow_bars_nb(state: Records, ticks: Records, closes: Ints, gap: int, out: Floats) -> int:
    """Values of the bars that end at ``closes`` to ``out`` [7, T]; how many of ``ticks`` they took."""
    row = 0
    for k in range(len(closes)):
        while row < len(ticks) and ticks["ts_known"][row] <= closes[k]:
            take_quote_nb(state, ticks, row, gap)
            row += 1
        give_out_nb(state, out, k)
    return row


class FlowBars:
    """Order flow of one instrument's bars, made as they close; quotes may come in any pieces.

    A quote belongs to the bar in whose time it became known: (close before, close], by ``ts_known``.
    """

    def __init__(self, instrument: Instrument, *, gap_ns: int = GAP_NS) -> None:
        price, lot = (f[0] / f[1] for f in map(step_fraction, (instrument.price_increment, instrument.lot)))
        self._scale = np.array([[lot], [lot], [price], [price], [1.0], [1.0], [price]])
        self._gap = gap_ns
        self._state = np.zeros(1, _STATE_DTYPE)
        self._waiting = np.zeros(0, TICK_DTYPE)

    def close(self, ticks: Records, closes: Ints) -> Floats:
        """Values of the next bars, float64 [7, T] in the order of FLOW_SLOTS, given the quotes since the last call.

        ticks: TICK_DTYPE rows in order of ``ts_known``, quotes with both sides (see ``complete_quotes``); what is later
        than the last close waits for the bar after. closes: int64 [T], ascending, after those of earlier calls.
        ofi and depth are units, micro_price, spread and mid prices, buy_pressure 0..1 (NaN where nothing flowed),
        updates a count. A bar without a quote has flow 0 and the quote that stands; all is NaN before the first quote.
        """
        pending = np.concatenate((self._waiting, ticks)) if len(self._waiting) else ticks
        if len(pending) and bool((pending["ts_known"][1:] < pending["ts_known"][:-1]).any()):
            raise DataError("quotes must come in the order in which they were known")
        out = np.full((len(FLOW_SLOTS), len(closes)), np.nan)
        taken = int(flow_bars_nb(self._state, pending, closes, self._gap, out))
        self._waiting = pending[taken:].copy()
        result: Floats = out * self._scale
        return result


def flow_columns(ticks: Records, closes: Ints, instrument: Instrument, *, gap_ns: int = GAP_NS) -> dict[str, Floats]:
    """``FlowBars.close`` of a whole history by name: float64 [T] each, one value for every close."""
    values = FlowBars(instrument, gap_ns=gap_ns).close(ticks, closes)
    return dict(zip(FLOW_SLOTS, values, strict=True))


def flow_slots(columns: Sequence[Mapping[str, Floats]]) -> Floats:
    """Columns of the symbols, in their order, as FeatureBlock.slots wants them: float64 [7, T, S]."""
    return np.ascontiguousarray([np.stack([one[name] for one in columns], axis=1) for name in FLOW_SLOTS])
