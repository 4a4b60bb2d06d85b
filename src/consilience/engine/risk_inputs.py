"""What risk and sizing must know of each symbol beyond its prices: computed like features, read with the decision."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node, lift

# rows of ``Columns.inputs``
ATR_SHARE, VOLATILITY, AVERAGE_VOLUME, LOG_RETURN, MINUTE, VIX = range(6)
INPUTS = 6
ATR_BARS, VOLUME_BARS, VOLATILITY_BARS = 14, 20, 20


def risk_inputs(bar: Bar) -> tuple[Node, ...]:
    """The expressions, in the order of the rows.

    ATR of 14 bars as a share of the close; standard deviation of 20 log returns; mean volume of 20 bars in units; log
    return; minutes since the session's open; VIX in index points from the feed ``vix``, NaN where nobody feeds it.
    """
    log_return = ta.log_return(bar.close)
    return (
        lift(ta.atr(bar, ATR_BARS) / bar.close),
        lift(ta.rolling_std(log_return, VOLATILITY_BARS)),
        lift(ta.sma(bar.volume, VOLUME_BARS)),
        lift(log_return),
        lift(bar.minute_of_session),
        lift(bar.slot("vix.value")),
    )
