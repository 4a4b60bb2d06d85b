"""Futures as one series: which contract is the front one at each time, and the roll as a forward factor.

The front contract is chosen on what was known before, and never goes back. A roll is a "roll" action with the ratio
old close / new close of the last time both were seen, so F keeps the series continuous and no past value changes:
back-adjusting, which rewrites the past at every roll, is not offered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from consilience.core.columns import SessionSchedule
from consilience.core.errors import ConfigError, DataError
from consilience.core.events import CorporateAction
from consilience.core.instruments import Instrument
from consilience.core.panel import Floats, Ints, PriceColumns
from consilience.core.time import DAY, format_time
from consilience.market.quality_bars import GatedBars
from consilience.market.sessions import session_ids
from consilience.market.slices import AlignedBars, align


@dataclass(frozen=True)
class RollRule:
    """When to leave a contract for the next one.

    by: 'volume' or 'open_interest': when the next contract's beat the front's in the last ``confirm`` sessions;
    'expiry': ``days`` days before the front's expiry. A contract is left at its expiry in any case.
    """

    by: str = "volume"
    days: int = 5
    confirm: int = 1

    def __post_init__(self) -> None:
        if self.by not in ("volume", "open_interest", "expiry"):
            raise ConfigError(f"a futures roll goes by volume, open_interest or expiry, not '{self.by}'")
        if self.days < 0 or self.confirm < 1:
            raise ConfigError("a futures roll needs days >= 0 and confirm >= 1")


@dataclass(frozen=True)
class Continuous:
    """One series made of several contracts.

    bars: the front contract's bars, in its own raw ticks. front: int64 [N] index of the contract behind each bar.
    rolls: one "roll" action per change, of the series' symbol. contracts: in expiry order.
    """

    bars: GatedBars
    front: Ints
    rolls: tuple[CorporateAction, ...]
    contracts: tuple[Instrument, ...]


def front_contracts(activity: Floats, ts: Ints, session: Ints, expiry_ns: Ints, rule: RollRule) -> Ints:
    """Index of the front contract at each slice, int64 [T], never descending.

    activity: float64 [T, K] volume or open interest of K contracts in expiry order, NaN where a contract has no bar.
    ts: int64 [T] closes. session: int64 [T] session ids, ascending. expiry_ns: int64 [K], 0 for unknown.
    Whole sessions are compared, so one odd minute rolls nothing: volumes add up over a session, of open interest its
    last value counts. The choice for slice t uses sessions that ended before it, and t's own time; the series starts
    with the first contract that has a bar and is not past its expiry.
    """
    rows, contracts = activity.shape
    front = np.zeros(rows, np.int64)
    current = _first_contract(activity, ts, expiry_ns)
    early = rule.days * DAY if rule.by == "expiry" else 0
    totals = [0.0] * contracts
    streak = 0
    for t in range(rows):
        if t > 0 and session[t] != session[t - 1]:
            if current + 1 < contracts and rule.by != "expiry":
                streak = streak + 1 if totals[current + 1] > totals[current] else 0
                if streak >= rule.confirm:
                    current, streak = current + 1, 0
            totals = [0.0] * contracts
        while current + 1 < contracts and 0 < expiry_ns[current] - early < ts[t]:
            current, streak = current + 1, 0
        front[t] = current
        for contract in range(contracts):
            value = float(activity[t, contract])
            if value == value:
                totals[contract] = value if rule.by == "open_interest" else totals[contract] + value
    return front


def _first_contract(activity: Floats, ts: Ints, expiry_ns: Ints) -> int:
    valid = ~np.isnan(activity)
    if len(ts) == 0 or not valid.any():
        raise DataError("no contract has a bar; import data for at least one")
    first = int(np.flatnonzero(valid.any(axis=1))[0])
    for contract in range(valid.shape[1]):
        if valid[first, contract] and (expiry_ns[contract] == 0 or ts[first] <= expiry_ns[contract]):
            return contract
    return int(np.flatnonzero(valid[first])[0])


def continuous_series(
    symbol: str,
    contracts: Sequence[GatedBars],
    schedule: SessionSchedule,
    rule: RollRule,
    open_interest: Floats | None = None,
) -> Continuous:
    """The front contract's bars as one instrument ``symbol`` (terms of the first contract, no expiry).

    ``contracts``: in expiry order, one price grid. ``open_interest``: float64 [T, K] on the union of the contracts'
    closes, known at each; needed when the rule goes by it. Slices in which the front contract has no bar are left out.
    Raises DataError when the grids differ, when there is no open interest, or a roll finds no common close before it.
    """
    if not contracts:
        raise DataError("a continuous series needs at least one contract")
    instruments = tuple(bars.instrument for bars in contracts)
    if len({i.price_increment for i in instruments}) > 1:
        raise DataError(f"{symbol}: the contracts have different price grids; import them with one --price-increment")
    if rule.by == "open_interest" and open_interest is None:
        raise DataError(f"{symbol}: rolling by open interest needs open interest; hand it in or roll by volume")
    aligned = align(contracts)
    # a bar of unknown volume still shows that the contract trades
    volume = np.where(aligned.valid & np.isnan(aligned.volume), 0.0, aligned.volume)
    activity = open_interest if rule.by == "open_interest" and open_interest is not None else volume
    expiries = np.array([i.expiry_ns for i in instruments], np.int64)
    front = front_contracts(activity, aligned.ts, session_ids(schedule, aligned.ts), expiries, rule)
    rolls = _rolls(symbol, aligned, front, instruments)
    kept = np.flatnonzero(aligned.valid[np.arange(len(front)), front])
    return Continuous(_picked(symbol, aligned, front, kept, contracts), front[kept], rolls, instruments)


def _rolls(
    symbol: str, aligned: AlignedBars, front: Ints, instruments: Sequence[Instrument]
) -> tuple[CorporateAction, ...]:
    """One action per change: old close / new close where both were last seen, effective just before the new bar."""
    result = []
    close = aligned.bid.close
    for t in np.flatnonzero(np.diff(front)) + 1:
        old, new = int(front[t - 1]), int(front[t])
        both = np.flatnonzero(aligned.valid[:t, old] & aligned.valid[:t, new])
        if len(both) == 0:
            raise DataError(
                f"{symbol}: {instruments[old].symbol} and {instruments[new].symbol} never traded together before the "
                f"roll at {format_time(int(aligned.ts[t]))}; import more history of the later one"
            )
        seen = both[-1]
        result.append(
            CorporateAction(
                ts_event=int(aligned.ts[t - 1]),
                ts_known=int(aligned.ts_known[t - 1]),
                symbol=symbol,
                kind="roll",
                numerator=int(close[seen, old]),
                denominator=int(close[seen, new]),
                new_symbol=instruments[new].symbol,
            )
        )
    return tuple(result)


def _picked(symbol: str, aligned: AlignedBars, front: Ints, kept: Ints, contracts: Sequence[GatedBars]) -> GatedBars:
    columns = front[kept]

    def pick(column: Ints) -> Ints:
        return np.ascontiguousarray(column[kept, columns])

    is_trade = aligned.ask is aligned.bid
    bid, bid_size = PriceColumns(*(pick(c) for c in aligned.bid)), pick(aligned.bid_size)
    return GatedBars(
        instrument=msgspec.structs.replace(contracts[0].instrument, symbol=symbol, expiry_ns=0, rolls=True),
        ts=aligned.ts[kept],
        ts_known=aligned.ts_known[kept],
        bid=bid,
        ask=bid if is_trade else PriceColumns(*(pick(c) for c in aligned.ask)),
        bid_size=bid_size,
        ask_size=bid_size if is_trade else pick(aligned.ask_size),
        volume=np.ascontiguousarray(aligned.volume[kept, columns]),
        flags=np.ascontiguousarray(aligned.flags[kept, columns]),
        source_row=kept,
        dropped_ts=aligned.ts[:0],
        dropped_flags=aligned.flags[:0, 0],
        duration_ns=contracts[0].duration_ns,
    )
