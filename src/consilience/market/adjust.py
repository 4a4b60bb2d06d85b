"""Corporate actions point in time: a forward factor that never changes the past.

F is 1 on the first bar. At a split's ex-date it is multiplied by the ratio (2 for 2:1), at a cash dividend D by
1 / (1 - D / previous close). ``raw price x F`` is then continuous through the action, and no earlier value moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from consilience.core.errors import DataError, NotFound
from consilience.core.events import CorporateAction
from consilience.core.instruments import Instrument
from consilience.core.panel import Bools, Floats, Ints, Records
from consilience.core.schemas import (
    ACTION_DELISTING,
    ACTION_DIVIDEND,
    ACTION_DTYPE,
    ACTION_RENAME,
    ACTION_ROLL,
    ACTION_SPLIT,
)
from consilience.core.time import format_time
from consilience.core.units import step_fraction

ACTION_KINDS = {
    "split": ACTION_SPLIT,
    "dividend": ACTION_DIVIDEND,
    "delisting": ACTION_DELISTING,
    "roll": ACTION_ROLL,
    "rename": ACTION_RENAME,
}


class Factors(NamedTuple):
    """factor, split_factor: float64 [T, S], both 1 on the first row; None when no action changes a price."""

    factor: Floats | None
    split_factor: Floats | None


def action_records(actions: Sequence[CorporateAction], instruments: Sequence[Instrument], ts: Ints) -> Records:
    """``actions`` as ACTION_DTYPE rows in (row, symbol, kind) order; a split comes before a dividend of the same row.

    ``ts``: int64 [T] slice closes. The row is the first slice that closes after the action took effect. Actions that
    took effect before the first slice, or after the last, are left out: F starts at 1. ``dividend`` is in ledger
    units per lot, rounded half to even once.
    Raises NotFound for an unknown symbol, DataError for an unknown kind or a ratio that is not positive.
    """
    columns = {instrument.symbol: k for k, instrument in enumerate(instruments)}
    rows: list[tuple[int, int, int, int, int, int, int]] = []
    for action in actions:
        if action.symbol not in columns:
            raise NotFound.named("symbol", action.symbol, columns, "in the corporate actions")
        if action.kind not in ACTION_KINDS:
            raise NotFound.named("corporate action", action.kind, ACTION_KINDS)
        if action.numerator <= 0 or action.denominator <= 0:
            ratio = f"{action.numerator}:{action.denominator}"
            raise DataError(f"{action.symbol}: a {action.kind} needs a positive ratio, not {ratio}")
        row = int(np.searchsorted(ts, action.ts_event, side="right"))
        if row in (0, len(ts)):
            continue
        symbol = columns[action.symbol]
        dividend = round(action.dividend_units * Fraction(instruments[symbol].lot))  # half to even
        kind = ACTION_KINDS[action.kind]
        rows.append((row, symbol, kind, action.ts_event, action.numerator, action.denominator, dividend))
    result = np.zeros(len(rows), ACTION_DTYPE)
    for k, (row, symbol, kind, when, numerator, denominator, dividend) in enumerate(sorted(rows)):
        result[k] = (row, when, symbol, kind, numerator, denominator, dividend)
    return result


def forward_factors(actions: Records, close: Ints, valid: Bools, instruments: Sequence[Instrument]) -> Factors:
    """F and its split part over a history.

    ``actions``: ACTION_DTYPE rows. ``close``: int64 [T, S] ticks. ``valid``: bool [T, S]. A dividend is measured
    against the last valid close before its row (after a split of the same row, that close divided by the ratio); one
    with no close before it leaves F alone. Raises DataError when a dividend is not smaller than that close.
    """
    moving = actions[(actions["kind"] != ACTION_DELISTING) & (actions["kind"] != ACTION_RENAME)]
    if len(moving) == 0:
        return Factors(None, None)
    factor, split_factor = np.ones(close.shape), np.ones(close.shape)
    split_today: dict[tuple[int, int], float] = {}
    for action in moving:
        row, symbol, kind = int(action["row"]), int(action["symbol"]), int(action["kind"])
        ratio = int(action["numerator"]) / int(action["denominator"])
        if kind == ACTION_DIVIDEND:
            previous = _last_close(close, valid, row, symbol, instruments[symbol])
            if previous is None:
                continue
            previous /= split_today.get((row, symbol), 1.0)
            ratio = _dividend_ratio(action, previous, instruments[symbol])
        elif kind == ACTION_SPLIT:
            split_today[row, symbol] = split_today.get((row, symbol), 1.0) * ratio
            split_factor[row:, symbol] *= ratio
        factor[row:, symbol] *= ratio
    return Factors(factor, split_factor)


def _last_close(close: Ints, valid: Bools, row: int, symbol: int, instrument: Instrument) -> float | None:
    """Last valid close before ``row`` in price units, or None."""
    seen = np.flatnonzero(valid[:row, symbol])
    if len(seen) == 0:
        return None
    numerator, denominator = step_fraction(instrument.price_increment)
    return int(close[seen[-1], symbol]) * numerator / denominator


def _dividend_ratio(action: Records, previous: float, instrument: Instrument) -> float:
    per_unit: float = int(action["dividend"]) / float(instrument.lot) / 10.0**instrument.cash_exponent
    if not 0 <= per_unit < previous:
        raise DataError(
            f"{instrument.symbol}: a dividend of {per_unit} on {format_time(int(action['ts']))} does not fit a "
            f"previous close of {previous}; correct the corporate action"
        )
    ratio: float = 1.0 / (1.0 - per_unit / previous)
    return ratio
