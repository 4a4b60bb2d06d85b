"""Whether a single signal may be heard (document 003 validates before it aggregates)."""

from __future__ import annotations

from collections.abc import Collection

from consilience.core.codes import Reason
from consilience.core.signal import Signal


def validate(
    signal: Signal,
    now_ns: int,
    price: float,
    symbols: Collection[str],
    maximum_age_ns: int = 0,
) -> Reason:
    """Reason why the signal must not be heard now, the first that holds; NONE where it may.

    Range of direction and confidence is the type's own business. price: raw, of now; NaN where there is none, which no
    stop or target can be checked against. maximum_age_ns: since it was known, 0 for no limit; its own horizon holds
    always.
    """
    if signal.symbol not in symbols:
        return Reason.SIGNAL_UNKNOWN_SYMBOL
    if signal.ts_known > now_ns or signal.ts_event > signal.ts_known:
        return Reason.SIGNAL_FROM_THE_FUTURE
    age = now_ns - signal.ts_known
    if (maximum_age_ns > 0 and age > maximum_age_ns) or (signal.horizon_ns > 0 and age > signal.horizon_ns):
        return Reason.SIGNAL_STALE
    if signal.direction == 0.0:
        return Reason.SIGNAL_WITHOUT_SIDE
    if not price > 0.0:
        return Reason.PRICE_IS_NAN
    side = 1.0 if signal.direction > 0.0 else -1.0
    if signal.stop * side >= price * side:
        return Reason.STOP_ON_WRONG_SIDE
    if signal.target * side <= price * side:
        return Reason.TARGET_ON_WRONG_SIDE
    return Reason.NONE
