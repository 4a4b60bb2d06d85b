"""Trading hours: exchange_calendars' sessions, and our own 24/7 and FX week, as arrays.

Sessions are cached per process. exchange_calendars ends about a year ahead unless asked for more; we
always ask for the range that is wanted, plus a margin, so a schedule never ends before the data does.
"""

from __future__ import annotations

import threading
import warnings
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from consilience.core.columns import SessionSchedule
from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import Ints
from consilience.core.time import DAY, from_datetime, to_datetime

FIRST_DATE = date(1970, 1, 5)
MARGIN_DAYS = 45  # longer than any closure, so that previous and next session exist at both ends
CONTINUOUS = "24/7"
FX_WEEK = "24/5"
_NEW_YORK = ZoneInfo("America/New_York")
_FX_CLOSE = time(17)

_cache: dict[tuple[str, date, date], SessionSchedule] = {}
_lock = threading.Lock()


def schedule(code: str, start_ns: int, end_ns: int) -> SessionSchedule:
    """Sessions of ``code`` that cover ``start_ns`` to ``end_ns`` (UTC), with some on either side.

    ``code``: an exchange_calendars name or alias (``XNYS``, ``NYSE``, ``CMES``), ``24/7`` (UTC days) or ``24/5``
    (the FX week, Sunday 17:00 to Friday 17:00 New York, five sessions).
    Raises NotFound for an unknown code, ConfigError for a range that starts before 1970-02-20 or is reversed.
    """
    if end_ns < start_ns:
        raise ConfigError("the schedule's end lies before its start; swap the two dates")
    # whole years, so that runs over slightly different ranges share one entry
    first = date((to_datetime(start_ns) - timedelta(days=MARGIN_DAYS)).year, 1, 1)
    last = date((to_datetime(end_ns) + timedelta(days=MARGIN_DAYS)).year, 12, 31)
    if first < date(1970, 1, 1):
        raise ConfigError("trading calendars start in 1970; use a later start date")
    key = (code, max(first, FIRST_DATE), last)
    with _lock:
        found = _cache.get(key)
        if found is None:
            found = _build(*key)
            _cache[key] = found
    return found


def known_codes() -> tuple[str, ...]:
    """Every calendar code that ``schedule`` accepts, aliases left out."""
    import exchange_calendars

    names = set(exchange_calendars.get_calendar_names(include_aliases=False)) | {CONTINUOUS, FX_WEEK}
    return tuple(sorted(names))


def timezone_of(code: str) -> str:
    """IANA zone in which the calendar's dates are meant (``UTC`` for 24/7, New York for the FX week)."""
    if code == CONTINUOUS:
        return "UTC"
    if code == FX_WEEK:
        return "America/New_York"
    return str(_library_calendar(code, date(2020, 1, 1), date(2020, 12, 31)).tz)


def _build(code: str, first: date, last: date) -> SessionSchedule:
    if code == CONTINUOUS:
        return _continuous(first, last)
    if code == FX_WEEK:
        return _fx_week(first, last)
    return _exchange(code, first, last)


def _continuous(first: date, last: date) -> SessionSchedule:
    ids = np.arange((first - date(1970, 1, 1)).days, (last - date(1970, 1, 1)).days + 1, dtype=np.int64)
    none = np.zeros(len(ids), np.int64)
    return SessionSchedule(CONTINUOUS, ids, ids * DAY, (ids + 1) * DAY, none.astype(np.bool_), none, none)


def _fx_week(first: date, last: date) -> SessionSchedule:
    """Five sessions a week, each from 17:00 New York of the day before to 17:00 of its own date, DST included."""
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    days = [d for d in days if d.weekday() < 5]

    def close_of(day: date) -> int:
        return from_datetime(datetime.combine(day, _FX_CLOSE, _NEW_YORK).astimezone(UTC))

    ids = np.array([(d - date(1970, 1, 1)).days for d in days], np.int64)
    opens = np.array([close_of(d - timedelta(days=1)) for d in days], np.int64)
    closes = np.array([close_of(d) for d in days], np.int64)
    none = np.zeros(len(ids), np.int64)
    return SessionSchedule(FX_WEEK, ids, opens, closes, none.astype(np.bool_), none, none)


def _library_calendar(code: str, first: date, last: date) -> Any:  # the library has no types
    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own use of pandas, nothing of ours
        try:
            return exchange_calendars.get_calendar(code, start=first.isoformat(), end=last.isoformat())
        except InvalidCalendarName as error:
            known = set(exchange_calendars.get_calendar_names()) | {CONTINUOUS, FX_WEEK}
            raise NotFound.named("trading calendar", code, known, "(crypto: 24/7, FX: 24/5)") from error
        except ValueError as error:
            text = " ".join(str(error).split())
            raise ConfigError(f"calendar {code} cannot cover {first} to {last}: {text}") from error


def _exchange(code: str, first: date, last: date) -> SessionSchedule:
    calendar = _library_calendar(code, first, last)
    frame = calendar.schedule
    ids = frame.index.to_numpy().astype("datetime64[D]").astype(np.int64)

    def column(name: str) -> Ints:
        stamps = frame[name].dt.tz_convert(None).to_numpy().astype("datetime64[ns]")
        result: Ints = np.where(np.isnat(stamps), 0, stamps.astype(np.int64))
        return result

    early = np.isin(frame.index.to_numpy(), calendar.early_closes.to_numpy())
    starts = column("break_start")
    return SessionSchedule(code, ids, column("open"), column("close"), early, starts, column("break_end"))
