"""What a run leaves."""

from __future__ import annotations

from dataclasses import dataclass

from consilience.core.panel import Ints, Records


@dataclass(frozen=True)
class RunOutput:
    """What a run left.

    ts: int64 [T]. curves: int64 [T, 3], equity, cash and gross exposure after each slice, base ledger units.
    fills, orders, records, lanes, account: see ``core.schemas``; slice numbers count from the run's first slice.
    cash_start: starting cash in units of 10**-exponent.
    """

    ts: Ints
    curves: Ints
    fills: Records
    orders: Records
    records: Records
    lanes: Records
    account: Records
    cash_start: int
    exponent: int
