"""Time: int64 UTC nanoseconds, timeframes and their text. There is no clock here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from consilience.core.errors import ConfigError, DataError

NANOSECOND = 1
MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_TIMEFRAME = re.compile(r"^(\d+)([smhdw])$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, order=True)
class Timeframe:
    """A bar length: ``duration_ns`` nanoseconds, written like ``15m``, ``1h``, ``1d``."""

    duration_ns: int

    @classmethod
    def parse(cls, text: str) -> Timeframe:
        """Read ``<count><s|m|h|d|w>``. Raises ConfigError otherwise."""
        match = _TIMEFRAME.match(text.strip().lower())
        if not match or int(match[1]) == 0:
            raise ConfigError(f"'{text}' is not a timeframe; write it like 1m, 15m, 1h, 1d or 1w")
        return cls(int(match[1]) * _UNITS[match[2]])

    @property
    def is_intraday(self) -> bool:
        """Shorter than a day."""
        return self.duration_ns < DAY

    def __str__(self) -> str:
        for letter in ("w", "d", "h", "m", "s"):
            count, rest = divmod(self.duration_ns, _UNITS[letter])
            if rest == 0:
                return f"{count}{letter}"
        return f"{self.duration_ns}ns"


def from_datetime(moment: datetime) -> int:
    """UTC nanoseconds of an aware datetime. Raises DataError for a naive one."""
    if moment.tzinfo is None:
        raise DataError(f"{moment} has no time zone")
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds * MICROSECOND


def to_datetime(ns: int) -> datetime:
    """Aware UTC datetime of ``ns`` (microseconds kept, the rest floored)."""
    seconds, rest = divmod(int(ns), SECOND)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest // MICROSECOND)


def parse_time(text: str) -> int:
    """UTC nanoseconds of an ISO date or date-time; without a zone it is UTC. Raises ConfigError."""
    compact = text.strip()
    if re.fullmatch(r"\d{8}", compact):
        compact = f"{compact[:4]}-{compact[4:6]}-{compact[6:]}"
    try:
        moment = datetime.fromisoformat(compact)
    except ValueError as error:
        raise ConfigError(f"'{text}' is not a date; write it like 2012-06-30 or 2012-06-30T14:30") from error
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def format_time(ns: int) -> str:
    """Shortest ISO text in UTC: the date alone at midnight, else date and time with a Z."""
    moment = to_datetime(ns)
    if ns % DAY == 0:
        return moment.strftime("%Y-%m-%d")
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = int(ns) % SECOND
    return f"{text}{f'.{fraction:09d}'.rstrip('0') if fraction else ''}Z"
