"""Small hand-made schedules and bars for the tests of the market room."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from consilience.core.columns import PriceFloats, RawBars, SessionSchedule
from consilience.core.instruments import Instrument
from consilience.core.time import DAY, HOUR, MINUTE, parse_time

MONDAY = parse_time("2024-01-01") // DAY  # a Monday
OPEN, CLOSE, EARLY = 14 * HOUR + 30 * MINUTE, 21 * HOUR, 18 * HOUR


def schedule(
    weeks: int = 8, early_days: tuple[int, ...] = (), lunch: bool = False, first: int = MONDAY
) -> SessionSchedule:
    """Weekdays 14:30 to 21:00 UTC; ``early_days`` (session numbers) close at 18:00."""
    ids = np.array([first + 7 * w + d for w in range(weeks) for d in range(5)], np.int64)
    early = np.isin(np.arange(len(ids)), early_days)
    none = np.zeros(len(ids), np.int64)
    breaks = (ids * DAY + 17 * HOUR, ids * DAY + 18 * HOUR) if lunch else (none, none)
    return SessionSchedule("TEST", ids, ids * DAY + OPEN, ids * DAY + np.where(early, EARLY, CLOSE), early, *breaks)


def always(days: int = 60, first: int = MONDAY) -> SessionSchedule:
    """UTC days, one after the other."""
    ids = np.arange(first, first + days, dtype=np.int64)
    none = np.zeros(days, np.int64)
    return SessionSchedule("24/7", ids, ids * DAY, (ids + 1) * DAY, none.astype(np.bool_), none, none)


def source(code: str, start_ns: int, end_ns: int) -> SessionSchedule:
    """A schedule source for ``build_panel``."""
    return always() if code == "24/7" else schedule()


def stock(symbol: str = "AAA", increment: str = "0.01", **more: object) -> Instrument:
    """An instrument on the test calendar."""
    return Instrument(symbol=symbol, price_increment=Decimal(increment), **{"session": "TEST", **more})  # type: ignore[arg-type]


def daily_closes(count: int, first_session: int = 0) -> np.ndarray:
    """Closes of ``count`` sessions."""
    return schedule().close_ns[first_session : first_session + count].copy()


def bars(
    close: list[float],
    *,
    ts: np.ndarray | None = None,
    instrument: Instrument | None = None,
    duration_ns: int = DAY,
    **columns: object,
) -> RawBars:
    """Daily bars with open = close, a range of 1 % and volume 1,000 unless told otherwise."""
    price = np.array(close, np.float64)
    values = {
        "open": price, "high": np.round(price * 1.01, 2), "low": np.round(price * 0.99, 2), "close": price,
    }  # fmt: skip
    for name in ("open", "high", "low"):
        if name in columns:
            values[name] = np.array(columns.pop(name), np.float64)
    volume = np.array(columns.pop("volume", np.full(len(price), 1000.0)), np.float64)
    return RawBars(
        instrument=instrument or stock(),
        ts=daily_closes(len(price)) if ts is None else ts,
        trade=PriceFloats(**values),
        volume=volume,
        duration_ns=duration_ns,
        **columns,  # type: ignore[arg-type]
    )


def drift(count: int, start: float = 100.0) -> list[float]:
    """A price that moves by a cent or two every bar."""
    return [round(start + 0.01 * ((k * 7) % 5), 2) for k in range(count)]
