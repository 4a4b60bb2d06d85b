"""Fitted parameters as columns: each value from the time it was known until the next one was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from consilience.core.errors import DataError
from consilience.core.events import Parameters
from consilience.core.panel import Floats, Ints


def slot_columns(
    events: Iterable[Parameters], slots: Sequence[str], ts: Ints, symbols: Sequence[str] | None = None
) -> Floats:
    """Columns of ``slots``, named ``MODEL.NAME``, at the times ``ts`` (int64 [T], ascending).

    An event's value is a number for all symbols, or a mapping from symbol to number. float64 [N, T] without
    ``symbols``, [N, T, S] with them; NaN before the first event that names the slot was known (for that symbol). Of
    two events known at one time the later in ``events`` stands. Raises DataError for a value of each symbol where no
    ``symbols`` are given, and for one that is no number.
    """
    place = {name: n for n, name in enumerate(slots)}
    width = 1 if symbols is None else len(symbols)
    columns = np.full((len(slots), len(ts), width), np.nan)
    for event in sorted(events, key=lambda one: one.ts_known):
        first = int(np.searchsorted(ts, event.ts_known, side="left"))
        if first == len(ts):
            break
        for name, value in event.values.items():
            n = place.get(f"{event.model}.{name}")
            if n is not None:
                _fill(columns[n, first:], value, symbols, event)
    return columns[:, :, 0] if symbols is None else columns


def _fill(column: Floats, value: object, symbols: Sequence[str] | None, event: Parameters) -> None:
    if isinstance(value, Mapping):
        if symbols is None:
            raise DataError(f"the parameters of {event.model} {event.version} are of single symbols; name the symbols")
        for s, symbol in enumerate(symbols):
            if symbol in value:
                column[:, s] = _number(value[symbol], event)
    else:
        column[:] = _number(value, event)


def _number(value: object, event: Parameters) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DataError(f"the parameters of {event.model} {event.version} hold {value!r}, which is no number")
    return float(value)
