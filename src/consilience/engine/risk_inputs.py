"""What risk and sizing must know of each symbol beyond its prices: computed like features, read with the decision."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from consilience.core.instruments import Instrument, InstrumentKind
from consilience.core.panel import NEVER, Floats, Panel
from consilience.core.time import DAY, MINUTE
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node, lift
from consilience.market.slots import feed_of
from consilience.risk.full_request import NO_EXPIRY, NOT_KNOWN
from consilience.risk.settings import RiskSettings

# rows of ``Columns.inputs``: those of ``risk_inputs``, then those of ``session_minutes``
ATR_SHARE, VOLATILITY, AVERAGE_VOLUME, LOG_RETURN, VIX, SINCE_OPEN, UNTIL_CLOSE = range(7)
INPUTS = 7
ATR_BARS, VOLUME_BARS, VOLATILITY_BARS = 14, 20, 20


def risk_inputs(bar: Bar) -> tuple[Node, ...]:
    """The expressions, in the order of the rows.

    ATR of 14 bars as a share of the close; standard deviation of 20 log returns; mean volume of 20 bars in units; log
    return; VIX in index points from the feed ``vix``, NaN where nobody feeds it.
    """
    log_return = ta.log_return(bar.close)
    return (
        lift(ta.atr(bar, ATR_BARS) / bar.close),
        lift(ta.rolling_std(log_return, VOLATILITY_BARS)),
        lift(ta.sma(bar.volume, VOLUME_BARS)),
        lift(log_return),
        lift(bar.slot("vix.value")),
    )


def session_minutes(panel: Panel, start: int, stop: int, out: Floats) -> None:
    """Fill ``out`` [2, B, S]: whole minutes since trading began and until it stops, at slices ``start`` to ``stop``.

    -1 while the venue is shut, NaN where nobody knows. Bars of a day and longer have no time of day: their orders go to
    the open of the next session, so they count as far from both ends.
    """
    hours = panel.hours
    if hours is None:
        out[:] = NEVER // MINUTE if panel.duration_ns >= DAY else math.nan
        return
    out[0] = (hours.since_open[start:stop] // MINUTE)[:, hours.calendar]
    out[1] = (hours.until_close[start:stop] // MINUTE)[:, hours.calendar]


def expiry_day(instrument: Instrument) -> int:
    """Day of the last trading time, days from 1970-01-01 (UTC), as session ids are.

    NO_EXPIRY for what never expires, NOT_KNOWN for an option or a future whose expiry nobody told.
    """
    expiry = instrument.expiry_ns if instrument.option is None else instrument.option.expiry_ns
    if expiry > 0:
        return (expiry - 1) // DAY
    expires = instrument.kind in (InstrumentKind.FUTURE, InstrumentKind.OPTION) and not instrument.rolls
    return NOT_KNOWN if expires else NO_EXPIRY


def unmeasured(risk: RiskSettings, panel: Panel) -> dict[str, str]:
    """Limits of ``risk`` that find nothing to measure in ``panel``, by setting, each with what is missing.

    What becomes of entries then is ``risk.when_unknown``; daily bars pass ``trading_hours`` in any case.
    """
    found: dict[str, str] = {}
    if risk.vix > 0.0 and feed_of("vix.value", panel.feeds) is None:
        found["vix"] = "no feed named vix"
    if risk.max_volume_share > 0.0 and bool(np.isnan(panel.volume).all()):
        found["max_volume_share"] = "no volume in the data"
    homeless = [symbol for symbol in panel.symbols if symbol not in risk.sectors]
    if risk.max_sector > 0.0 and homeless:
        found["max_sector"] = f"no sector of {_some(homeless)} in [risk.sectors]"
    if risk.trading_hours and panel.hours is None:
        daily = panel.duration_ns >= DAY
        found["trading_hours"] = (
            "bars of a day have no time of day, all entries pass" if daily else "no calendar with the data"
        )
    dateless = [one.symbol for one in panel.instruments if expiry_day(one) == NOT_KNOWN]
    for name in ("minimum_days", "max_zero_dte"):
        if getattr(risk, name) > 0 and dateless:
            found[name] = f"no expiry of {_some(dateless)}"
    return found


def _some(symbols: Sequence[str]) -> str:
    """The first three by name."""
    more = len(symbols) - 3
    return ", ".join(symbols[:3]) + (f" and {more} more" if more > 0 else "")
