"""``bar``: the columns that expressions start from."""

from __future__ import annotations

from typing import NoReturn

from consilience.core.errors import ConfigError, StrategyError, nearest
from consilience.core.panel import FloatBars
from consilience.core.time import Timeframe
from consilience.features.expression import BASE_TIMEFRAME, Node, call, source

PRICE_FIELDS = FloatBars._fields
QUOTE_FIELDS = PRICE_FIELDS[5:]  # of the slices alone
TIME_FIELDS = ("session", "hour", "minute_of_day", "minute_of_session", "time")


class Bar:
    """Columns of the bar that closes in a slice.

    open, high, low, close: forward-adjusted prices. volume: units. session: id of the trading session.
    hour, minute_of_day: of the close time, UTC (0..23, 0..1439). minute_of_session: minutes from the session's open
    (from UTC midnight where it never closes) to the close of the bar. time: of the close, microseconds since 1970, UTC.
    bid, ask, bid_size, ask_size: the best quote as of the slice, prices forward-adjusted as the close is, sizes in
    units; of a bid/ask bar its close. trade_size, aggressor: of a slice that is one trade. NaN where the data has none.
    """

    __slots__ = ("_timeframe",)

    def __init__(self, timeframe: int = BASE_TIMEFRAME) -> None:
        self._timeframe = timeframe

    @property
    def open(self) -> Node:
        """First price of the bar."""
        return source("open", self._timeframe)

    @property
    def high(self) -> Node:
        """Highest price of the bar."""
        return source("high", self._timeframe)

    @property
    def low(self) -> Node:
        """Lowest price of the bar."""
        return source("low", self._timeframe)

    @property
    def close(self) -> Node:
        """Last price of the bar."""
        return source("close", self._timeframe)

    @property
    def volume(self) -> Node:
        """Units traded in the bar, NaN where unknown."""
        return source("volume", self._timeframe)

    @property
    def typical(self) -> Node:
        """(high + low + close) / 3."""
        return call("typical", (self.high, self.low, self.close))

    @property
    def bid(self) -> Node:
        """Best bid, forward-adjusted."""
        return self._base_only("bid")

    @property
    def ask(self) -> Node:
        """Best ask, forward-adjusted."""
        return self._base_only("ask")

    @property
    def bid_size(self) -> Node:
        """Units at the best bid."""
        return self._base_only("bid_size")

    @property
    def ask_size(self) -> Node:
        """Units at the best ask."""
        return self._base_only("ask_size")

    @property
    def trade_size(self) -> Node:
        """Units of the slice's trade, 0 where it is a quote, NaN in bars."""
        return self._base_only("trade_size")

    @property
    def aggressor(self) -> Node:
        """1 where the buyer took, -1 the seller, 0 where that is not known or nothing traded, NaN in bars."""
        return self._base_only("aggressor")

    @property
    def session(self) -> Node:
        """Session id as a number; it changes when a new session begins."""
        return source("session", self._timeframe)

    @property
    def hour(self) -> Node:
        """Hour of the close time, UTC."""
        return self._base_only("hour")

    @property
    def minute_of_day(self) -> Node:
        """Minute of the day of the close time, UTC."""
        return self._base_only("minute_of_day")

    @property
    def minute_of_session(self) -> Node:
        """Minutes from the session's open to the close of the bar."""
        return self._base_only("minute_of_session")

    @property
    def time(self) -> Node:
        """Close time in microseconds since 1970, UTC: a whole number."""
        return self._base_only("time")

    def at(self, timeframe: str) -> Bar:
        """The same columns of the last closed bar of a higher timeframe, written like '15m', '1h', '1d', '1w'.

        Buckets anchor to the session's open, or to UTC midnight where trading never stops (bars longer than a day:
        to Monday, UTC). A bar closes at the first slice at or after its bucket's end and is seen until the next one
        closes. Features on it count its own bars. Raises StrategyError for a text that is not a timeframe.
        """
        try:
            return Bar(Timeframe.parse(timeframe).duration_ns)
        except (ConfigError, AttributeError) as error:
            raise StrategyError(f"bar.at: {error}") from None

    def slot(self, name: object) -> Node:
        """An external series that the engine fills in by name, NaN until known."""
        if not isinstance(name, str) or not name:
            raise StrategyError(f"bar.slot takes a name, not {name!r}")
        return self._base_only(f"slot:{name}")

    def _base_only(self, name: str) -> Node:
        if self._timeframe > 0:
            raise StrategyError(f"{name} belongs to the slices, not to a higher timeframe; use it without .at(...)")
        return source(name)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        near = nearest(name, [*PRICE_FIELDS, *TIME_FIELDS, "typical", "at", "slot"])
        raise StrategyError(f"bar has no column '{name}'" + (f"; did you mean bar.{near}?" if near else ""))

    def __repr__(self) -> str:
        return "bar" if self._timeframe == BASE_TIMEFRAME else f"bar.at('{Timeframe(self._timeframe)}')"


bar = Bar()
