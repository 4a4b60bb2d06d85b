"""How numbers and times print, one way for page and terminal: thousands separators, signs, units, a dash for NaN."""

from __future__ import annotations

import math

from consilience.core.errors import ConfigError
from consilience.core.time import DAY, SECOND, Timeframe, to_datetime
from consilience.research.report.data import Metric

DASH = "-"


def number(value: float, decimals: int = 2, *, signed: bool = False, suffix: str = "") -> str:
    """``1,234.50``; a dash for NaN or infinity; a value that rounds to zero carries no sign."""
    if not math.isfinite(value):
        return DASH
    body = f"{abs(value):,.{decimals}f}"
    is_zero = not body.strip("0.,")
    sign = "" if is_zero else ("-" if value < 0 else ("+" if signed else ""))
    return f"{sign}{body}{suffix}"


def percent(fraction: float, decimals: int = 2, *, signed: bool = False) -> str:
    """A fraction of 1 in percent."""
    return number(fraction * 100.0, decimals, signed=signed, suffix="%")


def compact(value: float, decimals: int) -> str:
    """A price or quantity: up to ``decimals`` decimals, trailing zeros dropped past the second."""
    text = number(value, decimals)
    if decimals <= 2 or "." not in text:
        return text
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def quantity(value: float, decimals: int) -> str:
    """A quantity: trailing zeros dropped."""
    text = number(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def metric_text(metric: Metric, currency: str, money_decimals: int) -> str:
    """A metric's value in its unit; money names its currency."""
    value, unit = metric.value, metric.unit
    if not math.isfinite(value):
        return DASH
    if unit in ("return", "fraction"):
        return percent(value, signed=unit == "return")
    if unit in ("money", "profit"):
        return f"{number(value, money_decimals, signed=unit == 'profit')} {currency}"
    if unit == "time":
        return date_text(int(value), daily=True)
    if unit in ("bars", "days") and value == round(value):
        return number(value, 0, suffix=f" {unit}")
    decimals = {"count": 0, "bars": 1, "days": 1, "probability": 3}.get(unit, 2)
    suffix = {"bars": " bars", "days": " days"}.get(unit, "")
    return number(value, decimals, suffix=suffix)


def is_daily(timeframe: str) -> bool:
    """Whether times print as dates: bars of a day or longer."""
    try:
        return not Timeframe.parse(timeframe).is_intraday
    except ConfigError:  # 'mixed', 'ticks': show the clock
        return False


def date_text(ns: int, *, daily: bool) -> str:
    """UTC date, or date and minute. A daily bar that closes at midnight carries the date it covers."""
    if ns == 0:
        return DASH
    if daily:
        return to_datetime(ns - 1).strftime("%Y-%m-%d")
    moment = to_datetime(ns)
    return moment.strftime("%Y-%m-%d %H:%M" if ns % (60 * SECOND) == 0 else "%Y-%m-%d %H:%M:%S")


def iso(ns: int) -> str | None:
    """Full ISO time in UTC with a Z, nanoseconds kept; None for 0."""
    if ns == 0:
        return None
    fraction = f".{ns % SECOND:09d}".rstrip("0") if ns % SECOND else ""
    return f"{to_datetime(ns - ns % SECOND).strftime('%Y-%m-%dT%H:%M:%S')}{fraction}Z"


def years_between(start_ns: int, end_ns: int) -> float:
    """Length in years of 365.25 days."""
    return (end_ns - start_ns) / DAY / 365.25
