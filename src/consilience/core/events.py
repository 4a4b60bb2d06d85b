"""Everything that may enter the core, as frozen tagged structs. Two stamps each: when it happened, when we knew.

Arrays of these (see ``schemas``) carry market data in bulk; the structs carry one event at a time, over a
wire, in a journal or from a feed. Prices are ticks, quantities lots, unless a field says otherwise.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """ts_event: when it happened; ts_known: when we knew. UTC nanoseconds."""

    ts_event: int
    ts_known: int


class Bar(Event, frozen=True):
    """Trade bar, stamped at its close."""

    symbol: str
    open: int
    high: int
    low: int
    close: int
    volume: int
    duration_ns: int
    flags: int = 0


class BidAskBar(Event, frozen=True):
    """Bar of best bid and best ask, stamped at its close; sizes are those at the close, 0 when unknown."""

    symbol: str
    bid_open: int
    bid_high: int
    bid_low: int
    bid_close: int
    ask_open: int
    ask_high: int
    ask_low: int
    ask_close: int
    duration_ns: int
    bid_size: int = 0
    ask_size: int = 0
    flags: int = 0


class Quote(Event, frozen=True):
    """Best bid and ask."""

    symbol: str
    bid: int
    ask: int
    bid_size: int
    ask_size: int
    flags: int = 0


class Trade(Event, frozen=True):
    """One trade; aggressor is 1 (buyer), -1 (seller) or 0 (unknown)."""

    symbol: str
    price: int
    size: int
    aggressor: int = 0
    trade_id: str = ""
    flags: int = 0


class BookLevels(Event, frozen=True):
    """Whole visible book, best first: (ticks, lots) pairs."""

    symbol: str
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]
    flags: int = 0


class CorporateAction(Event, frozen=True):
    """A split (new = old * numerator / denominator shares) or a cash dividend (units of currency per share).

    ``ts_event`` is the open of the ex-date's session. ``kind`` is 'split', 'dividend', 'delisting', 'rename' or
    'roll'. A roll's ``numerator`` and ``denominator`` are the closes, in ticks, of the old contract and of
    ``new_symbol`` when both were last seen; its ``ts_event`` is the last close before the new one leads.
    """

    symbol: str
    kind: str
    numerator: int = 1
    denominator: int = 1
    dividend_units: int = 0
    new_symbol: str = ""


class Funding(Event, frozen=True):
    """Perpetual funding: rate in parts per billion of notional, paid by longs when positive."""

    symbol: str
    rate_ppb: int


class FxRate(Event, frozen=True):
    """Units of quote currency for one unit of base, as an exact ratio."""

    base: str
    quote: str
    numerator: int
    denominator: int


class OptionQuote(msgspec.Struct, frozen=True):
    """One row of a chain; NaN where the source gives none."""

    symbol: str
    bid: int
    ask: int
    open_interest: int
    volume: int
    implied_volatility: float


class OptionChain(Event, frozen=True):
    """All quotes of one underlying at one time."""

    underlying: str
    underlying_ticks: int
    quotes: tuple[OptionQuote, ...]


class Timer(Event, frozen=True):
    """A timer that fired; journaled, so a replay fires it at the same place."""

    name: str


class OrderReport(Event, frozen=True):
    """What the venue says of an order. ``execution_id`` makes a fill unique; lots and ticks are of this fill alone.

    slippage_units: base units against the price before slippage, where the venue tells it. maker, at_open: 1 or 0.
    """

    client_order_id: str
    venue_order_id: str
    status: int
    execution_id: str = ""
    fill_lots: int = 0
    fill_ticks: int = 0
    fee_units: int = 0
    fee_currency: str = ""
    reason: int = 0
    text: str = ""
    slippage_units: int = 0
    maker: int = 0
    at_open: int = 0


class ExternalSignal(Event, frozen=True):
    """Opinion from outside (sentiment, macro, whale flow, ...): value -1..1, confidence 0..1."""

    source: str
    symbol: str
    value: float
    confidence: float
    horizon_ns: int = 0
    detail: str = ""


class Parameters(Event, frozen=True):
    """A fitted parameter set: version, end of its training data, content hash, values."""

    model: str
    version: str
    training_end_ns: int
    content_hash: str
    values: dict[str, Any]


class Command(Event, frozen=True):
    """A person's act: halt, resume, flatten, add or remove a symbol, ..."""

    name: str
    actor: str
    arguments: dict[str, Any]


class ModelAnswer(Event, frozen=True):
    """Answer of a slow or random model (an LLM), keyed by the hash of what it was asked."""

    model: str
    prompt_hash: str
    answer: str


AnyEvent = (
    Bar
    | BidAskBar
    | Quote
    | Trade
    | BookLevels
    | CorporateAction
    | Funding
    | FxRate
    | OptionChain
    | Timer
    | OrderReport
    | ExternalSignal
    | Parameters
    | Command
    | ModelAnswer
)
