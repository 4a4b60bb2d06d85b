"""``lookahead_check``: cut and change the future, and see whether the past notices.

Expressions can't peek by construction; what can is code that works on whole columns (pandas-style signals) and a
callback that keeps something it should not. Each is run on all the data, on data that ends at a cut, and on data whose
future is another one. What it said of bars before the cut must be the same each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from consilience.core.errors import DataError, StrategyError
from consilience.core.panel import Floats, Ints, Panel, PriceColumns
from consilience.core.time import format_time
from consilience.engine.columns import ColumnMaker, Graph
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.research.inputs import Data, RunData, run_data
from consilience.research.lookahead_frames import SignalFunction, hide_present, panel_frame, signal_columns
from consilience.strategies.base import Strategy

FEWEST_BARS = 40
# how an order was made; what became of it later is later news
MADE = ["lane", "side", "type", "role", "parent", "group", "created_row"]
SAME = 1e-9  # relative: whole-column code may sum in another order; expressions must agree to the bit


@dataclass(frozen=True)
class Peek:
    """One guilty column: the first bar whose value changed when only later bars did.

    column: decision column, declared feature, returned column, or fills, orders, equity. expression: its text.
    row, ts_ns: the bar. before, after: its value with the true future and without. how: truncated or changed.
    cut: first row of the future that was taken away.
    """

    column: str
    expression: str
    symbol: str
    row: int
    ts_ns: int
    before: float
    after: float
    how: str
    cut: int

    def text(self) -> str:
        """One line."""
        where = f"{self.symbol} at {format_time(self.ts_ns)} (bar {self.row})" if self.symbol else f"bar {self.row}"
        what = f"{self.column} = {self.expression}" if self.expression else self.column
        return f"{what}: {where} was {self.before:.10g}, and {self.after:.10g} with bars from {self.cut} {self.how}"


@dataclass(frozen=True)
class LookaheadReport:
    """peeks: one for each guilty column and symbol, empty when nothing was found. columns: what was compared."""

    name: str
    columns: tuple[str, ...]
    cuts: tuple[int, ...]
    peeks: tuple[Peek, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing in the past noticed the future."""
        return not self.peeks

    def text(self) -> str:
        """The verdict and a line for each peek."""
        if self.ok:
            return f"{self.name}: no look-ahead in {len(self.columns)} columns at {len(self.cuts)} cuts"
        return "\n".join([f"{self.name}: looks ahead", *(f"  {peek.text()}" for peek in self.peeks)])


class _View(NamedTuple):
    """What was said of each bar. columns: [T, S] by name; texts: their expressions. counts: rows of events by name."""

    columns: dict[str, Floats]
    texts: dict[str, str]
    events: dict[str, Any]


Look = Callable[[RunData], _View]


# many parameters: one call states a whole check, and each has a default
def lookahead_check(
    strategy: Strategy | type[Strategy] | SignalFunction,
    data: Data,
    *,
    cuts: int = 8,
    seed: int = 0,
    known: str = "close",
    settings: Settings | None = None,
    name: str = "",
) -> LookaheadReport:
    """Check a strategy, or a function from a frame of bars to columns of signals, for values that know the future.

    A function gets one symbol's bars (ts, open, high, low, close, volume; null where masked) and returns a polars
    frame or a mapping of arrays, a value for each bar. known: 'close' when its values act after their bar, 'open' when
    they act at the open of their own bar, whose high, low, close and volume are then future too.
    cuts: how many places; some early, one in a gap where there is one, the rest at random by ``seed``.
    Raises DataError for fewer than 40 bars, StrategyError for what is neither strategy nor function.
    """
    parts = run_data(data)
    if parts.panel.shape[0] < FEWEST_BARS:
        raise DataError(f"a look-ahead check needs at least {FEWEST_BARS} bars, not {parts.panel.shape[0]}")
    if known not in ("close", "open"):
        raise StrategyError(f"known='{known}' is unknown; use close or open")
    look, tolerance, title = _look_of(strategy, settings or Settings(record="none"), name)
    whole = look(parts)
    random = np.random.default_rng(seed)
    places = _cuts(parts.panel, cuts, random)
    found: dict[tuple[str, str], Peek] = {}
    hides = known == "open" and not isinstance(strategy, (Strategy, type))
    for cut in places:
        for how, future in _futures(parts, cut, random, hides):
            judged = cut + 1 if hides else cut
            for peek in _compare(whole, look(future), parts.panel, (cut, judged, how, tolerance)):
                key = (peek.column, peek.symbol)
                if key not in found or peek.row < found[key].row:
                    found[key] = peek
    ordered = sorted(found.values(), key=lambda peek: (peek.row, peek.column, peek.symbol))
    return LookaheadReport(title, (*whole.columns, *whole.events), tuple(places), tuple(ordered))


def _look_of(strategy: Any, settings: Settings, name: str) -> tuple[Look, float, str]:
    if isinstance(strategy, type) and issubclass(strategy, Strategy):
        strategy = strategy()
    if isinstance(strategy, Strategy):
        kind, parameters = type(strategy), dict(strategy.parameters)
        return lambda parts: _strategy_view(kind(**parameters), parts, settings), 0.0, name or repr(strategy)
    if callable(strategy):
        title = name or getattr(strategy, "__name__", "signals")
        return lambda parts: _function_view(strategy, parts), SAME, title
    raise StrategyError(f"{strategy!r} is neither a strategy nor a function of a frame")


# ---- the future ------------------------------------------------------------------------------------------------------
def _cuts(panel: Panel, count: int, random: np.random.Generator) -> list[int]:
    """Rows where the future begins: two early ones, one inside a gap, the rest anywhere; ascending."""
    rows = panel.shape[0]
    chosen = {int(random.integers(2, 10)), int(random.integers(10, max(11, rows // 8)))}
    masked = np.flatnonzero(~panel.valid.all(axis=1))
    inside = masked[(masked > 1) & (masked < rows - 2)]
    if len(inside):
        chosen.add(int(inside[random.integers(0, len(inside))]) + 1)
    wanted = min(max(count, 1), rows // 4)
    while len(chosen) < wanted:
        chosen.add(int(random.integers(2, rows - 1)))
    return sorted(chosen)[: max(wanted, 1)] if len(chosen) > wanted else sorted(chosen)


def _futures(
    parts: RunData, cut: int, random: np.random.Generator, present_hidden: bool
) -> Iterator[tuple[str, RunData]]:
    """The data without a future, and with another one. With ``present_hidden`` bar ``cut`` keeps only its open."""
    panel, opens = parts.panel, parts.session_open
    other = _changed(panel, cut, random)
    if present_hidden:
        other = hide_present(other, panel, cut)
        yield "truncated", parts._replace(panel=other.rows(0, cut + 1), session_open=_head(opens, cut + 1))
    else:
        yield "truncated", parts._replace(panel=panel.rows(0, cut), session_open=_head(opens, cut))
    yield "changed", parts._replace(panel=other)


def _head(opens: Ints | None, rows: int) -> Ints | None:
    return None if opens is None else opens[:rows]


def _changed(panel: Panel, cut: int, random: np.random.Generator) -> Panel:
    """The panel with other prices, volumes and gaps from row ``cut`` on; actions, facts and signals are gone."""
    rows, symbols = panel.shape
    after = rows - cut
    factor = np.ones((rows, symbols))
    factor[cut:] = np.exp(np.cumsum(random.normal(0.0, 0.02, (after, symbols)), axis=0)) * random.choice([0.7, 1.4])
    noise = np.ones((rows, symbols))
    noise[cut:] = random.uniform(0.2, 5.0, (after, symbols))
    valid = panel.valid.copy()
    valid[cut:] &= random.random((after, symbols)) > 0.05

    def scaled(columns: PriceColumns) -> PriceColumns:
        return PriceColumns(*(np.maximum(np.rint(c * factor), 1.0).astype(np.int64) for c in columns))

    bid = scaled(panel.bid)
    sizes = np.rint(panel.bid_size * noise).astype(np.int64)
    return replace(
        panel,
        bid=bid,
        ask=scaled(panel.ask) if panel.is_bid_ask else bid,
        bid_size=sizes,
        ask_size=sizes if panel.ask_size is panel.bid_size else np.rint(panel.ask_size * noise).astype(np.int64),
        volume=panel.volume * noise,
        valid=valid,
        factor=_frozen(panel.factor, cut),
        split_factor=_frozen(panel.split_factor, cut),
        actions=panel.actions[panel.actions["row"] < cut],
        facts=panel.facts[panel.facts["row"] < cut],
        signals=panel.signals[panel.signals["row"] < cut],
    )


def _frozen(factor: Floats | None, cut: int) -> Floats | None:
    if factor is None:
        return None
    result = factor.copy()
    result[cut:] = factor[cut - 1]
    return result


# ---- looking ---------------------------------------------------------------------------------------------------------
def _strategy_view(strategy: Strategy, parts: RunData, settings: Settings) -> _View:
    """Decision columns or declared features of every bar, and what the engine did."""
    panel = parts.panel
    graph = Graph([strategy], feeds=panel.feeds)
    nodes = {**graph.columns[0], **graph.declared[0]}
    columns = {name: np.full(panel.shape, np.nan) for name in nodes}
    maker = ColumnMaker(graph, panel.shape[1])
    for start in range(0, panel.shape[0], maker.block):
        stop = min(start + maker.block, panel.shape[0])
        maker.push(panel, start, stop, parts.session_open)
        for name, node in nodes.items():
            columns[name][start:stop] = maker.value(node)
    session = Session(panel, [strategy], settings)
    session.run(panel, parts.session_open)
    session.stop()
    output = session.output()
    events = {"fills": output.fills, "orders": output.orders, "equity": output.curves[:, 0]}
    return _View(columns, {name: repr(node) for name, node in nodes.items()}, events)


def _function_view(function: SignalFunction, parts: RunData) -> _View:
    """Columns of a frame function, called once for each symbol."""
    panel = parts.panel
    columns: dict[str, Floats] = {}
    for symbol in range(panel.shape[1]):
        for name, values in signal_columns(function, panel_frame(panel, symbol)).items():
            columns.setdefault(name, np.full(panel.shape, np.nan))[:, symbol] = values
    return _View(columns, {}, {})


# ---- comparing -------------------------------------------------------------------------------------------------------
def _compare(whole: _View, other: _View, panel: Panel, at: tuple[int, int, str, float]) -> Iterator[Peek]:
    """Peeks of every column and event list, the first changed bar of each symbol."""
    cut, judged, how, tolerance = at
    for name, values in whole.columns.items():
        before, after = values[:judged], other.columns.get(name, np.full(panel.shape, np.nan))[:judged]
        changed = ~_same(before, after, tolerance)
        for symbol in np.flatnonzero(changed.any(axis=0)).tolist():
            row = int(np.argmax(changed[:, symbol]))
            yield Peek(
                name, whole.texts.get(name, ""), panel.symbols[symbol], row, int(panel.ts[row]),
                float(before[row, symbol]), float(after[row, symbol]), how, cut,
            )  # fmt: skip
    for name, rows in whole.events.items():
        yield from _event_peeks(name, rows, other.events[name], panel, at)


def _same(before: Floats, after: Floats, tolerance: float) -> Any:
    both = np.isnan(before) & np.isnan(after)
    with np.errstate(invalid="ignore"):
        close = np.abs(before - after) <= tolerance * np.maximum(np.abs(before), np.abs(after))
    return both | (before == after) | close


def _event_peeks(name: str, whole: Any, other: Any, panel: Panel, at: tuple[int, int, str, float]) -> Iterator[Peek]:
    cut, _, how, _ = at
    if whole.dtype.names is None:
        changed = whole[:cut] != other[:cut]
        if changed.any():
            row = int(np.argmax(changed))
            yield Peek(name, "", "", row, int(panel.ts[row]), float(whole[row]), float(other[row]), how, cut)
        return
    row_field = "row" if name == "fills" else "created_row"
    fields = list(whole.dtype.names) if name == "fills" else MADE
    first, second = (x[x[row_field] < cut] for x in (whole, other))
    told, retold = first[fields].tolist(), second[fields].tolist()
    for k in range(max(len(told), len(retold))):
        if told[k : k + 1] == retold[k : k + 1]:
            continue
        event = first[k] if k < len(first) else second[k]
        row, symbol = int(event[row_field]), panel.symbols[int(event["lane"]) % panel.shape[1]]
        lots = [float(x[k]["side"] * x[k]["lots"]) if k < len(x) else float("nan") for x in (first, second)]
        yield Peek(name, "signed lots", symbol, row, int(panel.ts[row]), lots[0], lots[1], how, cut)
        return
