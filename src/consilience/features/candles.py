"""The parts of a candlestick, and what is long, short, near or far, as expressions.

The settings are TA-Lib's defaults: what a bar is measured against is an average over the bars *before* it.
Shapes are recognised by form alone; whether a decline or a rise went before is for the user to ask.
"""

from __future__ import annotations

from typing import Any

BODY_BARS = 10  # bars averaged for long and short bodies, small shadows and doji
NEAR_BARS = 5  # bars averaged for near and far
DOJI, SMALL_SHADOW = 0.1, 0.1  # of the average range
NEAR, FAR = 0.2, 0.6  # of the average range


class Candle:
    """The candle ``back`` bars ago.

    open, high, low, close: prices. body: |close - open|. top, bottom: ends of the body.
    upper, lower: the shadows, price units. white: 1 where close >= open, else 0; black: the other.
    """

    def __init__(self, ta: Any, bar: Any, back: int = 0) -> None:
        self._ta, self._bar, self._back = ta, bar, back
        self.open, self.high, self.low, self.close = (x.lag(back) for x in (bar.open, bar.high, bar.low, bar.close))
        self.body = abs(bar.close - bar.open).lag(back)
        self.top = ta.maximum(bar.open, bar.close).lag(back)
        self.bottom = ta.minimum(bar.open, bar.close).lag(back)
        self.upper = (bar.high - ta.maximum(bar.open, bar.close)).lag(back)
        self.lower = (ta.minimum(bar.open, bar.close) - bar.low).lag(back)
        self.white = (bar.close >= bar.open).lag(back)
        self.black = (bar.close < bar.open).lag(back)

    def _average(self, x: Any, bars: int) -> Any:
        return self._ta.sma(x, bars).lag(self._back + 1)

    @property
    def usual_body(self) -> Any:
        """Average body of the 10 bars before: a longer one is long, a shorter one short."""
        return self._average(abs(self._bar.close - self._bar.open), BODY_BARS)

    @property
    def doji_body(self) -> Any:
        """Largest body of a doji: a tenth of the average range of the 10 bars before."""
        return DOJI * self._average(self._bar.high - self._bar.low, BODY_BARS)

    @property
    def small_shadow(self) -> Any:
        """What a shadow must stay below to count as none: a tenth of the average range of the 10 bars before."""
        return SMALL_SHADOW * self._average(self._bar.high - self._bar.low, BODY_BARS)

    @property
    def near(self) -> Any:
        """What is near: a fifth of the average range of the 5 bars before."""
        return NEAR * self._average(self._bar.high - self._bar.low, NEAR_BARS)

    @property
    def far(self) -> Any:
        """What is far: six tenths of the average range of the 5 bars before."""
        return FAR * self._average(self._bar.high - self._bar.low, NEAR_BARS)
