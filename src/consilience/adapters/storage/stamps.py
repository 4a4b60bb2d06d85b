"""A file's times as UTC nanoseconds of each bar's close: zone, stamp and bar length given, or proven by the data.

What cannot be proven is asked for, by the name of the option; what was inferred is said in a note.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl

from consilience.adapters.calendars import market_hours
from consilience.adapters.storage.import_options import ImportOptions, plain
from consilience.core.columns import SessionSchedule
from consilience.core.errors import ConfigError, DataError
from consilience.core.panel import Bools, Ints
from consilience.core.time import DAY, HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND, Timeframe

_NO_ZONE = "no zone"  # instants are not known yet
_DATES = "dates"
_INSTANTS = "instants"
_DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y")
_SLASHED = ("%m/%d/%Y", "%d/%m/%Y")
_TIME_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
                 "%Y%m%d %H:%M:%S%.f", "%Y%m%d %H:%M", "%Y/%m/%d %H:%M:%S%.f", "%Y/%m/%d %H:%M")  # fmt: skip
_ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z", "%Y-%m-%d %H:%M%#z")
_EPOCH_UNITS = ((10**17, 1), (10**14, MICROSECOND), (10**11, MILLISECOND), (0, SECOND))
_NAMED_ZONES = {"_utc": "UTC", "_ny": "America/New_York"}
_ENOUGH_ROWS = 20  # fewer times prove nothing
_STANDARD = tuple(
    length
    for unit, counts in ((SECOND, (1, 5, 15, 30)), (MINUTE, (1, 2, 3, 5, 10, 15, 20, 30)), (HOUR, (1, 2, 4, 6, 8, 12)))
    for length in (unit * count for count in counts)
)


@dataclass(frozen=True)
class Times:
    """Times of a table's rows as far as they are known.

    values: int64 [N] ns; UTC instants, or wall clock of an unknown zone, or midnights of dates, as ``meaning`` says.
    bad: bool [N], cells that are no time. notes: what was concluded and from what.
    """

    values: Ints
    bad: Bools
    meaning: str
    notes: tuple[str, ...] = field(default=())

    @property
    def dates(self) -> bool:
        """Whether they are days without a time of day."""
        return self.meaning == _DATES


@dataclass(frozen=True)
class Stamped:
    """closes: int64 [N] UTC close of each bar, 0 where bad. duration_ns: bar length. bad, notes: as in Times."""

    closes: Ints
    duration_ns: int
    bad: Bools
    notes: tuple[str, ...]


def stamp(column: pl.Series, options: ImportOptions, source: str, times: Times | None = None) -> Stamped:
    """Closes of the bars whose times are in ``column``. times: what ``parse_times`` made of it, where that is known.

    Raises ConfigError for an unknown zone, DataError when zone, stamp or bar length can be neither taken nor proven.
    """
    times = times or parse_times(column, source)
    good = times.values[~times.bad]
    if len(good) == 0:
        raise DataError(
            f"{source}: no cell of column '{column.name}' is a time; write times like 2024-05-31 or 2024-05-31T14:30"
        )
    start, end = int(good.min()) - 2 * DAY, int(good.max()) + 2 * DAY
    schedule = market_hours.schedule(options.session, start, end)
    if times.meaning == _DATES and not (options.tz or _zone_by_name(str(column.name))):
        return _date_closes(times, schedule, options)
    times = _to_utc(times, column, options, schedule, source)
    duration, notes = _duration(times, options, source)
    times = replace(times, notes=times.notes + notes)
    return _closes(times, duration, column, options, schedule)


def instants(column: pl.Series, options: ImportOptions, source: str) -> Times:
    """UTC moments of single trades or quotes; their zone is found as that of bars is.

    Raises DataError for days without a time of day and for a zone that is neither given nor proven.
    """
    times = parse_times(column, source)
    good = times.values[~times.bad]
    if len(good) == 0 or times.meaning == _DATES:
        raise DataError(f"{source}: column '{column.name}' has no times of day; trades and quotes need them")
    schedule = market_hours.schedule(options.session, int(good.min()) - 2 * DAY, int(good.max()) + 2 * DAY)
    return _to_utc(times, column, options, schedule, source)


def parse_times(column: pl.Series, source: str) -> Times:
    """Read a column of dates, date-times, texts of either, or epoch numbers (their unit told by their size)."""
    kind = column.dtype
    if kind == pl.Date:
        return _times(column.cast(pl.Datetime("ns")), column.is_null(), _DATES)
    if isinstance(kind, pl.Datetime):
        values = column.cast(pl.Datetime("ns", kind.time_zone))
        if kind.time_zone is not None:
            note = (f"times carry the zone {kind.time_zone}",)
            return _times(
                values.dt.convert_time_zone("UTC").dt.replace_time_zone(None), column.is_null(), _INSTANTS, note
            )
        return _times(values, column.is_null(), _DATES if _all_midnight(values) else _NO_ZONE)
    if kind.is_numeric():
        return _epoch_times(column.cast(pl.Float64) if kind.is_float() else column.cast(pl.Int64), column.is_null())
    if kind == pl.String:
        return _text_times(column.str.strip_chars(), source)
    raise DataError(f"{source}: column '{column.name}' is of type {kind}, not a time")


def _all_midnight(values: pl.Series) -> bool:
    clock = values.drop_nulls().cast(pl.Int64).to_numpy()
    return bool(len(clock)) and bool((clock % DAY == 0).all())


def _times(values: pl.Series, bad: pl.Series, meaning: str, notes: tuple[str, ...] = ()) -> Times:
    missing = bad.to_numpy() | values.is_null().to_numpy()
    return Times(values.cast(pl.Int64).fill_null(0).to_numpy().copy(), missing, meaning, notes)


def _epoch_times(column: pl.Series, bad: pl.Series) -> Times:
    largest = float(np.abs(column.drop_nulls().to_numpy()).max(initial=0))
    if 19_000_000 <= largest <= 30_000_000:
        return _text_times(column.cast(pl.Int64).cast(pl.String), "")  # 20240531
    unit = next(unit for floor, unit in _EPOCH_UNITS if largest >= floor)
    values = (column * unit).cast(pl.Int64)
    names = {1: "nanoseconds", MICROSECOND: "microseconds", MILLISECOND: "milliseconds", SECOND: "seconds"}
    return _times(values, bad, _INSTANTS, (f"times read as UTC {names[unit]} since 1970",))


def _text_times(column: pl.Series, source: str) -> Times:
    filled = column.is_not_null() & (column != "")
    if column.str.contains(r"^\d{9,}$").sum() > filled.sum() / 2:
        return _epoch_times(column.cast(pl.Int64, strict=False), column.cast(pl.Int64, strict=False).is_null())
    best: tuple[int, pl.Series, str, str] | None = None
    for meaning, formats in ((_DATES, _DATE_FORMATS), (_INSTANTS, _ZONED), (_NO_ZONE, _TIME_FORMATS)):
        for pattern in formats:
            values = _parsed(column, pattern, meaning)
            count = int(values.is_not_null().sum())
            if count and (best is None or count > best[0]):
                best = (count, values, meaning, pattern)
            if count == len(column):
                break
    if best is None or best[0] < filled.sum() / 2:
        return _slashed_times(column, source, best)
    _, values, meaning, _ = best
    if meaning == _NO_ZONE and _all_midnight(values):
        meaning = _DATES
    return _times(values, values.is_null(), meaning)


def _parsed(column: pl.Series, pattern: str, meaning: str) -> pl.Series:
    if meaning == _INSTANTS:
        zoned = column.str.replace(r"Z$", "+00:00").str.to_datetime(pattern, strict=False, time_unit="ns")
        return zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if meaning == _DATES:
        return column.str.to_date(pattern, strict=False).cast(pl.Datetime("ns"))
    return column.str.to_datetime(pattern, strict=False, time_unit="ns")


def _slashed_times(column: pl.Series, source: str, best: tuple[int, pl.Series, str, str] | None) -> Times:
    """Dates like 1/31/2018: which part is the month must be proven by a part above 12."""
    tried = {pattern: column.str.to_date(pattern, strict=False).cast(pl.Datetime("ns")) for pattern in _SLASHED}
    counts = {pattern: int(values.is_not_null().sum()) for pattern, values in tried.items()}
    month_first, day_first = (counts[pattern] for pattern in _SLASHED)
    if max(month_first, day_first) == 0:
        if best is None:
            return Times(np.zeros(len(column), np.int64), np.ones(len(column), np.bool_), _DATES)
        return _times(best[1], best[1].is_null(), best[2])
    if month_first == day_first:
        raise DataError(f"{source}: dates like {column[0]} may be day/month or month/day; write them as 2024-05-31")
    pattern = _SLASHED[0] if month_first > day_first else _SLASHED[1]
    name = "month/day/year" if pattern == _SLASHED[0] else "day/month/year"
    return _times(
        tried[pattern], tried[pattern].is_null(), _DATES, (f"dates read as {name}: no other reading fits all",)
    )


def _zone_by_name(name: str) -> str | None:
    text = plain(name)
    return next((zone for ending, zone in _NAMED_ZONES.items() if text.endswith(ending)), None)


def _to_utc(times: Times, column: pl.Series, options: ImportOptions, schedule: SessionSchedule, source: str) -> Times:
    if times.meaning == _INSTANTS:
        return times
    zone, note = options.tz, f"zone {options.tz} as given"
    if zone is None:
        zone = _zone_by_name(str(column.name))
        note = f"zone {zone} by the name of column '{column.name}'"
    if zone is None:
        zone = _proven_zone(times, options, schedule)
        if zone is None:
            raise DataError(
                f"{source}: times have no zone and the data does not prove one; give --tz, such as --tz UTC"
            )
        note = f"zone {zone} inferred: only so do all bars fall into the hours of {options.session}"
    values, odd = _localised(times.values, zone)
    return Times(values, times.bad | odd, _INSTANTS, (*times.notes, note))


def _localised(values: Ints, zone: str) -> tuple[Ints, Bools]:
    """Wall clock of ``zone`` as UTC, and which rows exist twice or never there (DST switches)."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"unknown time zone '{zone}'; use an IANA name such as America/New_York or UTC") from error
    wall = pl.Series(values).cast(pl.Datetime("ns"))
    local = wall.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    utc = local.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return utc.cast(pl.Int64).fill_null(0).to_numpy().copy(), utc.is_null().to_numpy()


def _proven_zone(times: Times, options: ImportOptions, schedule: SessionSchedule) -> str | None:
    """The one zone among the exchange's and UTC in which every bar can lie inside the session hours."""
    if schedule.always_open:
        return None
    zones = dict.fromkeys((market_hours.timezone_of(options.session), "UTC"))
    possible = []
    for zone in zones:
        values, odd = _localised(times.values[~times.bad], zone)
        values = values[~odd]
        if len(values) >= _ENOUGH_ROWS and _inside(values, schedule, closed_left=True).all():
            possible.append(zone)
    return possible[0] if len(possible) == 1 else None


def _inside(values: Ints, schedule: SessionSchedule, *, closed_left: bool) -> Bools:
    """Whether each time lies in a session; ``closed_left`` lets the open count as inside."""
    index = np.minimum(np.searchsorted(schedule.close_ns, values, side="left"), len(schedule) - 1)
    opened = schedule.open_ns[index]
    result: Bools = (values >= opened) if closed_left else (values > opened)
    return result


def _duration(times: Times, options: ImportOptions, source: str) -> tuple[int, tuple[str, ...]]:
    """Bar length: as given, or the commonest step when it is a usual length."""
    if options.timeframe is not None:
        return options.timeframe.duration_ns, ()
    values = np.unique(times.values[~times.bad])
    if len(values) < 2:
        raise DataError(f"{source}: one bar does not show its length; give --timeframe, such as --timeframe 1m")
    steps, counts = np.unique(np.diff(values), return_counts=True)
    step = int(steps[counts.argmax()])
    if step not in _STANDARD and step % DAY:
        raise DataError(f"{source}: the times show no regular bar length; give --timeframe, such as --timeframe 1m")
    if int(steps[0]) * 2 <= step and counts[0] * 100 > counts.sum():
        raise DataError(
            f"{source}: bars lie {Timeframe(step)} and also {Timeframe(int(steps[0]))} apart; give --timeframe"
        )
    return step, (f"bar length {Timeframe(step)} inferred from the commonest step",)


def _closes(
    times: Times, duration: int, column: pl.Series, options: ImportOptions, schedule: SessionSchedule
) -> Stamped:
    meaning, note = _stamp_meaning(times, duration, column, options, schedule)
    closes = times.values
    if meaning == "open":
        closes = closes + duration
        if duration < DAY:  # the last bar of a session ends with it, however short
            index = np.minimum(np.searchsorted(schedule.close_ns, times.values, side="right"), len(schedule) - 1)
            ending = (times.values >= schedule.open_ns[index]) & (closes > schedule.close_ns[index])
            closes = np.where(ending, schedule.close_ns[index], closes)
    return Stamped(closes, duration, times.bad, (*times.notes, note))


def _stamp_meaning(
    times: Times, duration: int, column: pl.Series, options: ImportOptions, schedule: SessionSchedule
) -> tuple[str, str]:
    if options.stamp is not None:
        return options.stamp, f"times mark the bar's {options.stamp}, as given"
    name = plain(str(column.name))
    for word in ("open", "close"):
        if name.startswith(f"{word}_"):
            return word, f"times mark the bar's {word}, by the name of column '{column.name}'"
    proven = _proven_stamp(times.values[~times.bad], duration, schedule)
    if proven is None:
        raise DataError(
            f"whether '{column.name}' marks the open or the close of a bar is not proven by the data; "
            "give --stamp open or --stamp close"
        )
    return proven, f"times mark the bar's {proven}, inferred: only so do all bars fall into the session hours"


def _proven_stamp(values: Ints, duration: int, schedule: SessionSchedule) -> str | None:
    """'open' or 'close' when only that reading puts every bar inside the session hours."""
    if schedule.always_open or duration >= DAY or len(values) < _ENOUGH_ROWS:
        return None
    as_close = bool(_inside(values, schedule, closed_left=False).all())
    as_open = bool(_inside(values + 1, schedule, closed_left=False).all())  # opens lie in [open, close)
    if as_open == as_close:
        return None
    return "open" if as_open else "close"


def _date_closes(times: Times, schedule: SessionSchedule, options: ImportOptions) -> Stamped:
    """Dates become the close of their session; a date without one is a bad row."""
    days = times.values // DAY
    duration = options.timeframe.duration_ns if options.timeframe else DAY
    place = np.minimum(np.searchsorted(schedule.session_id, days), len(schedule) - 1)
    odd = (schedule.session_id[place] != days) & ~times.bad
    closes = np.where(odd | times.bad, 0, schedule.close_ns[place])
    note = f"dates taken as sessions of {options.session}, stamped at the session's close"
    return Stamped(closes, duration, times.bad | odd, (*times.notes, note))
