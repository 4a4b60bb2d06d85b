"""Facts and ticker changes, brought to the columns and slices of a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from consilience.core.columns import PriceFloats, RawBars
from consilience.core.errors import DataError
from consilience.core.events import CorporateAction
from consilience.core.facts import RawFact
from consilience.core.panel import Floats, Ints, Records
from consilience.core.schemas import FACT_DTYPE

RENAME = "rename"


def fact_records(facts: Sequence[RawFact], symbols: Sequence[str], ts: Ints, names: Mapping[str, str]) -> Records:
    """FACT_DTYPE rows in row order; facts of symbols that are not there, or known after the last slice, are left out.

    ts: int64 [T] slice closes; the row is the first slice that closes when the fact is known, or later. names: under
    which symbol a renamed one goes on.
    """
    columns = {symbol: k for k, symbol in enumerate(symbols)}
    rows = []
    for order, fact in enumerate(facts):
        column = columns.get(names.get(fact.symbol, fact.symbol))
        row = int(np.searchsorted(ts, fact.ts_known, side="left"))
        if column is not None and row < len(ts):
            rows.append((row, fact.ts_known, order, column, int(fact.field), fact.value))
    result = np.zeros(len(rows), FACT_DTYPE)
    for k, (row, known, _, column, field, value) in enumerate(sorted(rows)):
        result[k] = (row, known, column, field, value)
    return result


def join_renamed(raw: Sequence[RawBars], actions: Sequence[CorporateAction]) -> tuple[list[RawBars], dict[str, str]]:
    """Bars with each renamed symbol as one history under its last name, and old names to the one that stands for them.

    Where both histories are there, the old one counts up to the change and the new one after it. Where one is there,
    it stays as it is. All ``actions`` (ticker changes and delistings) of a symbol go with its bars.
    Raises DataError for two histories that do not fit together.
    """
    bars = {one.symbol: one for one in raw}
    names: dict[str, str] = {}

    def final(name: str) -> str:
        while name in names and names[name] != name:
            name = names[name]
        return name

    for action in sorted(actions, key=lambda a: a.ts_event):
        old = final(action.symbol)
        if action.kind == RENAME and action.new_symbol in bars:
            if old in bars and old != action.new_symbol:
                bars[action.new_symbol] = _joined(bars.pop(old), bars[action.new_symbol], action.ts_event)
            names[old] = action.new_symbol
            old = action.new_symbol
        elif action.kind == RENAME:
            names[action.new_symbol] = old
        if old in bars:
            own = bars[old].actions
            bars[old] = replace(bars[old], actions=(*own, _for(action, old)))
    wanted = [final(one.symbol) for one in raw]
    return [bars[symbol] for symbol in dict.fromkeys(wanted)], {name: final(name) for name in names}


def _for(action: CorporateAction, symbol: str) -> CorporateAction:
    return CorporateAction(
        ts_event=action.ts_event,
        ts_known=action.ts_known,
        symbol=symbol,
        kind=action.kind,
        new_symbol=action.new_symbol,
    )


def _joined(old: RawBars, new: RawBars, when: int) -> RawBars:
    before, after = old.take(old.ts <= when), new.take(new.ts > when)
    facts = [(b.duration_ns, b.instrument.currency, b.instrument.lot, b.instrument.multiplier) for b in (old, new)]
    absent = [tuple(c is None for c in (b.ask, b.adj_close, b.bid_size, b.ask_size)) for b in (old, new)]
    if facts[0] != facts[1] or absent[0] != absent[1]:
        raise DataError(
            f"{old.symbol} became {new.symbol}, but their bars differ in length, currency, lot or columns; "
            "import both alike, or leave one out"
        )
    if len(before) == 0 or len(after) == 0:
        return replace(new, actions=(*old.actions, *new.actions))

    def both(a: Floats | None, b: Floats | None) -> Floats | None:
        return None if a is None or b is None else np.concatenate([a, b])

    adjusted = before.adj_close
    if adjusted is not None and after.adj_close is not None:
        # each history is adjusted to its own end: bring the old one to where the new one begins
        adjusted = adjusted * (after.adj_close[0] / after.trade.close[0] / (adjusted[-1] / before.trade.close[-1]))
    known = [b.ts if b.ts_known is None else b.ts_known for b in (before, after)]
    finer = min(old.instrument, new.instrument, key=lambda i: i.price_increment)
    renamed = {name: getattr(new.instrument, name) for name in new.instrument.__struct_fields__}
    return replace(
        after,
        instrument=type(new.instrument)(**{**renamed, "price_increment": finer.price_increment}),
        ts=np.concatenate([before.ts, after.ts]),
        ts_known=None if old.ts_known is None and new.ts_known is None else np.concatenate(known),
        trade=_prices(before.trade, after.trade),
        ask=None if before.ask is None or after.ask is None else _prices(before.ask, after.ask),
        volume=np.concatenate([before.volume, after.volume]),
        bid_size=both(before.bid_size, after.bid_size),
        ask_size=both(before.ask_size, after.ask_size),
        adj_close=both(adjusted, after.adj_close),
        notes=(*old.notes, *new.notes, f"{old.symbol} up to the ticker change, {new.symbol} after it"),
        actions=(*old.actions, *new.actions),
    )


def _prices(a: PriceFloats, b: PriceFloats) -> PriceFloats:
    return PriceFloats(*(np.concatenate(pair) for pair in zip(a.all, b.all, strict=True)))
