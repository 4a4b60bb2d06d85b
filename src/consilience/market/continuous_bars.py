"""A continuous futures series as bars that can be stored: contracts judged, joined, and the rolls kept with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np

from consilience.core.columns import PriceFloats, RawBars, SessionSchedule
from consilience.core.errors import DataError, NotFound
from consilience.core.panel import Floats, Ints
from consilience.core.time import DAY, format_time
from consilience.core.units import step_fraction
from consilience.market.continuous import Continuous, RollRule, continuous_series
from consilience.market.quality import QualityPolicies, SymbolQuality
from consilience.market.quality_bars import GatedBars, gate_bars
from consilience.market.slices import align

MONTH_CODES = "FGHJKMNQUVXZ"  # January to December
ADJUSTMENT = (
    "adjusted forward: prices are those of the contracts, features see them times the ratios old close / new close of "
    "the rolls so far; no past value changes"
)


class ContinuousBars(NamedTuple):
    """bars: the series, with its rolls as actions. series: which contract led when. findings: the gate on each one."""

    bars: RawBars
    series: Continuous
    findings: tuple[SymbolQuality, ...]


def with_expiries(
    contracts: Sequence[RawBars], expiries: Mapping[str, int], schedule: SessionSchedule
) -> list[RawBars]:
    """``contracts`` with the last trading times in ``expiries`` (UTC ns; a midnight means that date's session close).

    Raises NotFound for an unknown contract, DataError for a date without a session, and for an order that is not that
    of the expiries, or of the months where all the names end in one (``201312``, ``Z13``, ``Z2013``).
    """
    known = [bars.symbol for bars in contracts]
    for name in expiries:
        if name not in known:
            raise NotFound.named("contract", name, known, "in the expiries")
    result = []
    for bars in contracts:
        expiry = bars.instrument.expiry_ns
        if bars.symbol in expiries:
            expiry = _session_close(bars.symbol, expiries[bars.symbol], schedule)
        result.append(replace(bars, instrument=msgspec.structs.replace(bars.instrument, expiry_ns=expiry)))
    dated = [(b.instrument.expiry_ns, b.symbol) for b in result if b.instrument.expiry_ns]
    months = [(contract_month(name), name) for name in known]
    for order in (dated, months if all(month for month, _ in months) else []):
        for (when, one), (later, other) in pairwise(order):
            if when >= later:
                raise DataError(f"{one} does not expire before {other}; name the contracts in the order of expiry")
    return result


def contract_month(symbol: str) -> int:
    """Year and month in which a contract of this name ends, as 201312; 0 where the name does not say it surely."""
    digits = re.search(r"(?:^|\D)((?:19|20)\d\d)(0[1-9]|1[0-2])$", symbol)
    if digits:
        return int(digits[1]) * 100 + int(digits[2])
    letter = re.search(rf"([{MONTH_CODES}])((?:19|20)?\d\d)$", symbol.upper())
    if not letter:
        return 0
    year = int(letter[2])
    if year < 100:
        year += 1900 if year >= 70 else 2000
    return year * 100 + MONTH_CODES.index(letter[1]) + 1


def _session_close(symbol: str, moment: int, schedule: SessionSchedule) -> int:
    if moment % DAY:
        return moment
    place = int(np.searchsorted(schedule.session_id, moment // DAY))
    if place == len(schedule) or schedule.session_id[place] != moment // DAY:
        raise DataError(f"{symbol} cannot expire on {format_time(moment)[:10]}: {schedule.code} has no session then")
    return int(schedule.close_ns[place])


def continuous_bars(
    symbol: str,
    contracts: Sequence[RawBars],
    schedule: SessionSchedule,
    rule: RollRule,
    policies: QualityPolicies,
    open_interest: Mapping[str, tuple[Ints, Floats]] | None = None,
) -> ContinuousBars:
    """The continuous series ``symbol`` of ``contracts``, in expiry order; other terms as in ``continuous_series``.

    ``open_interest``: by contract, the moments at which a number became known, ascending, and the numbers; of each
    slice counts the last one that was known by its close. ``policies`` judge each contract before they are joined.
    Raises DataError when the bars differ in kind or length, and when what the rule goes by is missing: a contract's
    volume or open interest, or the expiry of one before the last.
    """
    _require_alike(symbol, contracts, rule)
    judged = [gate_bars(bars, schedule, policies) for bars in contracts]
    gated = [clean for clean, _ in judged if len(clean.ts)]
    if len(gated) < len(judged):
        empty = next(finding for clean, finding in judged if not len(clean.ts))
        raise DataError(f"{empty.line()}: nothing is left of this contract; mend it or leave it out")
    interest = None
    if rule.by == "open_interest":
        interest = _interest(symbol, gated, open_interest or {})
    series = continuous_series(symbol, gated, schedule, rule, interest)
    notes = (_contracts_note(series), _rule_note(rule), *_roll_notes(series), ADJUSTMENT)
    bars = replace(raw_of(series.bars), actions=series.rolls, notes=notes)
    return ContinuousBars(bars, series, tuple(finding for _, finding in judged))


def _require_alike(symbol: str, contracts: Sequence[RawBars], rule: RollRule) -> None:
    terms = ("kind", "currency", "session", "multiplier", "lot")
    for bars in contracts[1:]:
        first = contracts[0]
        if bars.is_bid_ask != first.is_bid_ask or bars.duration_ns != first.duration_ns:
            raise DataError(f"{symbol}: the bars of {first.symbol} and {bars.symbol} differ in length or kind")
        for name in terms:
            one, other = getattr(first.instrument, name), getattr(bars.instrument, name)
            if one != other:
                raise DataError(f"{symbol}: {first.symbol} has {name} {one}, {bars.symbol} has {other}; import alike")
    for bars in contracts:
        if rule.by == "volume" and not bool((bars.volume > 0.0).any()):
            raise DataError(f"{symbol}: {bars.symbol} has no volumes to roll by; roll by expiry")
    for bars in contracts[:-1]:
        if rule.by == "expiry" and not bars.instrument.expiry_ns:
            name = bars.symbol
            raise DataError(f"{symbol}: the expiry of {name} is not known; give --expiry {name}=DATE")


def _interest(symbol: str, gated: Sequence[GatedBars], known: Mapping[str, tuple[Ints, Floats]]) -> Floats:
    """Open interest [T, K] on the union of the contracts' closes, NaN before it was known for the first time."""
    ts = align(gated).ts
    result = np.full((len(ts), len(gated)), np.nan)
    for column, bars in enumerate(gated):
        name = bars.instrument.symbol
        moments, numbers = known.get(name, (ts[:0], result[:0, 0]))
        if len(moments) == 0:
            raise DataError(f"{symbol}: {name} has no open interest to roll by; add it to the file or roll by volume")
        row = np.searchsorted(moments, ts, side="right") - 1
        result[row >= 0, column] = numbers[row[row >= 0]]
    return result


def raw_of(gated: GatedBars) -> RawBars:
    """Judged bars as raw columns again: the same prices, as doubles."""
    instrument = gated.instrument
    price, lot = step_fraction(instrument.price_increment), step_fraction(instrument.lot)

    def scaled(column: Ints, fraction: tuple[int, int]) -> Floats:
        result: Floats = column.astype(np.float64) * fraction[0] / fraction[1]
        return result

    quoted = gated.ask is not gated.bid
    return RawBars(
        instrument=instrument,
        ts=gated.ts,
        trade=PriceFloats(*(scaled(c, price) for c in gated.bid)),
        volume=gated.volume,
        duration_ns=gated.duration_ns,
        ask=PriceFloats(*(scaled(c, price) for c in gated.ask)) if quoted else None,
        bid_size=scaled(gated.bid_size, lot) if quoted else None,
        ask_size=scaled(gated.ask_size, lot) if quoted else None,
        ts_known=None if np.array_equal(gated.ts_known, gated.ts) else gated.ts_known,
    )


def _contracts_note(series: Continuous) -> str:
    parts = []
    for contract in series.contracts:
        end = f" (expires {format_time(contract.expiry_ns)})" if contract.expiry_ns else ""
        parts.append(f"{contract.symbol}{end}")
    return f"continuous futures of {', '.join(parts)}"


def _rule_note(rule: RollRule) -> str:
    if rule.by == "expiry":
        return f"rolled {rule.days} days before a contract's expiry" if rule.days else "rolled at a contract's expiry"
    what = rule.by.replace("_", " ")
    sessions = f"the last {rule.confirm} sessions" if rule.confirm > 1 else "the session before"
    return f"rolled when the next contract's {what} was the larger in {sessions}"


def _roll_notes(series: Continuous) -> list[str]:
    notes = []
    old = series.contracts[int(series.front[0])].symbol
    for roll in series.rolls:
        closes = " to ".join(str(series.bars.instrument.ticks_to_price(t)) for t in (roll.numerator, roll.denominator))
        notes.append(f"roll after {format_time(roll.ts_event)}: {old} to {roll.new_symbol}, {closes}")
        old = roll.new_symbol
    return notes or [f"no roll: {old} led all the time"]
