"""``why``: what each strategy thought of a symbol at a time, what came of it, and why nothing did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import polars as pl

from consilience.core.codes import Reason
from consilience.core.errors import ConsilienceError, DataError
from consilience.core.panel import Ints, Panel
from consilience.core.time import DAY, format_time
from consilience.engine.columns import ColumnMaker, Graph
from consilience.market.pipeline import BuiltPanel
from consilience.research.benchmark import base_values
from consilience.research.decision_list import find_symbol
from consilience.research.inputs import Data, RunData, run_data
from consilience.research.replay import FindStrategy, LoadData, Run, frame_of, rerun
from consilience.research.result import BacktestResult
from consilience.research.why_fused import CODES, FusedView, Share, fused_lines, fused_view, is_step
from consilience.research.why_risk import risk_detail
from consilience.strategies.base import CallbackStrategy
from consilience.strategies.catalog import find_strategy

HORIZON_BARS = 10  # what a signal that became no trade is judged by
_CONDITIONS = ("long", "short", "exit_long", "exit_short")


@dataclass(frozen=True)
class Explanation:
    """One strategy's view of one symbol at one bar. bar_ns: close of the bar that was asked for.

    decision_ns: time of the decision that the lines tell of, 0 when there was none up to then. at_bar: it was made
    at that very bar. rederived: it was not recorded, and comes from running again at record level ``full``.
    """

    strategy: str
    symbol: str
    bar_ns: int
    decision_ns: int
    at_bar: bool
    rederived: bool
    lines: tuple[str, ...]
    shares: tuple[Share, ...] = ()

    def __str__(self) -> str:
        return "\n  ".join((f"{self.strategy} {self.symbol} at {format_time(self.bar_ns)}", *self.lines))


# many parameters: the last three are needed only to derive again what a kept run did not record
def why(
    run: Run,
    symbol: str,
    at_ns: int | None = None,
    *,
    load_data: LoadData | None = None,
    find: FindStrategy = find_strategy,
) -> list[Explanation]:
    """One explanation for each strategy of ``run``.

    at_ns: the last bar that closed by then is explained, None for the run's last bar; for bars of a day and longer a
    midnight means the day that starts there. What was not recorded at that bar is derived by running again up to it
    at record level ``full``: from the run's own data, or for a kept run from ``load_data``.
    Raises NotFound for an unknown symbol, DataError for a time before the first bar.
    """
    manifest = run.manifest
    symbol = find_symbol(symbol, manifest.symbols)
    ts = frame_of(run, "equity")["time"].cast(pl.Int64).to_numpy()
    row = _row_at(ts, at_ns, daily=manifest.timeframe[-1:] in ("d", "w"))
    full = _Full(run, load_data, find, row)
    return [_explain(run, note.label, symbol, (row, ts), full) for note in manifest.strategies]


def _row_at(ts: Any, at_ns: int | None, *, daily: bool) -> int:
    if at_ns is None:
        return len(ts) - 1
    limit = at_ns + DAY if daily and at_ns % DAY == 0 else at_ns
    row = int(np.searchsorted(ts, limit, side="right")) - 1
    if row < 0:
        raise DataError(f"{format_time(at_ns)} is before the run's first bar, {format_time(int(ts[0]))}")
    return row


class _Full:
    """The run again at record level ``full`` up to one row, made when it is first needed; None without data."""

    def __init__(self, run: Run, load_data: LoadData | None, find: FindStrategy, row: int) -> None:
        self._run, self._load, self._find, self.row = run, load_data, find, row
        self._made: BacktestResult | None = None
        self._parts: RunData | None = None
        self._data: Data | None = None

    def data(self) -> RunData | None:
        """The run's data."""
        if self._parts is None:
            if isinstance(self._run, BacktestResult):
                self._parts = self._run.prepared.data
            elif self._load is not None:
                self._parts = run_data(self._load(self._run.manifest))
        return self._parts

    def data_or_why(self) -> tuple[RunData | None, str]:
        """The run's data, or why it is not at hand."""
        try:
            parts = self.data()
        except ConsilienceError as error:
            return None, str(error)
        return parts, "" if parts is not None else "give the run's data to evaluate its sources again"

    def result(self) -> BacktestResult | None:
        """The run again, or None when there is no data or no bar could decide yet."""
        parts, manifest = self.data(), self._run.manifest
        if parts is None or self.row < manifest.warm_up_bars:
            return None
        if self._made is None:
            panel = parts.panel.rows(0, self.row + 1)
            opens = parts.session_open
            settings = msgspec.structs.replace(manifest.settings, record="full")
            data: Data = panel
            if opens is not None and parts.quality is not None:
                data = BuiltPanel(panel, parts.quality, opens[: self.row + 1])
            self._made = rerun(manifest, data, self._finder(), settings)
        return self._made

    def _finder(self) -> FindStrategy:
        """The classes of a run in memory are at hand, catalogued or not."""
        if isinstance(self._run, BacktestResult):
            own = {s.strategy_name(): type(s) for s in self._run.strategies}
            return lambda name: own[name]
        return self._find


def _explain(run: Run, label: str, symbol: str, bar: tuple[int, Ints], full: _Full) -> Explanation:
    row, ts = bar
    bar_ns = int(ts[row])
    told: Run = run
    mine = _up_to(frame_of(run, "decisions"), label, symbol, bar_ns)
    last = _last_ns(mine)
    rederived = False
    if last != bar_ns and run.manifest.record_level != "full":
        again = full.result()
        if again is not None:
            everything = _up_to(again.decisions, label, symbol, bar_ns)
            if _last_ns(everything) > last:
                mine, last, rederived, told = everything, _last_ns(everything), True, again
    view: FusedView | None = None
    lines = [] if last == bar_ns else [_silence(run, label, symbol, row, full)]
    lines.extend(_position_line(run, label, symbol, bar_ns))
    if last:
        if last != bar_ns:
            lines.append(f"the last decision before was at {format_time(last)}:")
        elif rederived:
            lines.append("not recorded at the time; derived by running again at record level full:")
        here = list(mine.filter(pl.col("time").cast(pl.Int64) == last).iter_rows(named=True))
        view = _view(told, here, mine, ts, full)
        if view is None:
            for decision in here:
                lines.extend(_decision_lines(run, decision, last, full))
        else:
            lines.extend(fused_lines(view))
            lines.extend(_absent_lines(here, row, full) if last == bar_ns else ())
            for decision in here:
                lines.extend(() if is_step(decision) else _after_lines(run, decision, last, full))
    else:
        lines.append("no decision was made before")
    shares = () if view is None else view.shares
    return Explanation(label, symbol, bar_ns, last, last == bar_ns, rederived, tuple(lines), shares)


def _view(told: Run, here: list[dict[str, Any]], mine: pl.DataFrame, ts: Ints, full: _Full) -> FusedView | None:
    """The decisions ``here`` as those of a fused strategy; None for those of another. told: the run they are from."""
    if here[0].get("state") is None:
        return None
    label, symbol = here[0]["strategy"], here[0]["symbol"]
    parts = frame_of(told, "contributions").filter((pl.col("strategy") == label) & (pl.col("symbol") == symbol))
    note = next(note for note in told.manifest.strategies if note.label == label)
    data, missing = full.data_or_why()
    given = (note.parameters, told.manifest.settings)
    view = replace(fused_view(here, mine, parts, ts, given, data), missing=missing)
    if data is not None and here[-1]["gate"] == "risk" and view.row == full.row:
        again = full.result()
        return view if again is None or again.risk is None else replace(view, risk=again.risk[0])
    return view


def _up_to(frame: pl.DataFrame, label: str, symbol: str, ns: int) -> pl.DataFrame:
    mine = frame.filter((pl.col("strategy") == label) & (pl.col("symbol") == symbol))
    time = next(c for c in ("time", "entry_time", "created") if c in mine.columns)
    return mine.filter(pl.col(time).cast(pl.Int64) <= ns)


def _last_ns(frame: pl.DataFrame) -> int:
    return int(frame["time"].cast(pl.Int64)[-1]) if len(frame) else 0


def _silence(run: Run, label: str, symbol: str, row: int, full: _Full) -> str:
    """Why there was no decision at the bar."""
    manifest, parts = run.manifest, full.data()
    if row < manifest.warm_up_bars:
        return f"warming up: bar {row + 1} of {manifest.warm_up_bars} that come before the first decision"
    if parts is None:
        return "nothing was recorded at this bar (give the run's data to derive it again)"
    failed = next((note for note in manifest.failures if note.label == label), None)
    if failed is not None and (failed.ts_ns is None or int(parts.panel.ts[row]) >= failed.ts_ns):
        return f"the strategy failed in {failed.where} and was set aside: {failed.error}"
    column = parts.panel.symbols.index(symbol)
    if not parts.panel.valid[row, column]:
        return f"no valid bar in this slice: {_absence(parts.panel, row, column)}"
    number = [note.label for note in manifest.strategies].index(label)
    again = full.result()
    if again is None or isinstance(again.strategies[number], CallbackStrategy):
        return "a callback strategy that sent nothing at this bar" if again else "nothing was recorded at this bar"
    return _conditions_text(again, number, column)


def _absent_lines(here: list[dict[str, Any]], row: int, full: _Full) -> Iterator[str]:
    """What a fused decision leaves out about a symbol that had no bar."""
    data, _ = full.data_or_why()
    if data is not None and here[-1]["gate"] == "universe":
        column = data.panel.symbols.index(here[-1]["symbol"])
        if not data.panel.valid[row, column]:
            yield _absence(data.panel, row, column)


def _absence(panel: Panel, row: int, column: int) -> str:
    """Why a symbol has no valid bar in a row, as far as its other bars tell."""
    name, rows = panel.symbols[column], np.flatnonzero(panel.valid[:, column])
    if not len(rows):
        return f"{name} has no valid bar in the data"
    if row < rows[0]:
        return f"{name} has no valid bar before {format_time(int(panel.ts[rows[0]]))}"
    if row > rows[-1]:
        return f"{name} has no valid bar after {format_time(int(panel.ts[rows[-1]]))}"
    return "halt, holiday, or refused by the quality gate"


def _conditions_text(again: BacktestResult, number: int, column: int) -> str:
    """Values of the conditions in the last row, by evaluating the strategy's expressions up to it."""
    panel, opens = again.panel, again.session_open
    graph = Graph([again.strategies[number]], feeds=panel.feeds)
    maker = ColumnMaker(graph, len(panel.symbols))
    start = 0
    for start in range(0, len(panel.ts), maker.block):
        maker.push(panel, start, min(start + maker.block, len(panel.ts)), opens)
    last = len(panel.ts) - 1 - start
    nodes = graph.columns[0]
    values = {name: float(maker.value(nodes[name])[last, column]) for name in _CONDITIONS if name in nodes}
    true = [name.replace("_", " ") for name, value in values.items() if value > 0.5]
    unknown = [name.replace("_", " ") for name, value in values.items() if value != value]
    if true:
        return f"{' and '.join(true)} was true, but there was nothing for it to change"
    tail = f" ({', '.join(unknown)} had no value yet: the symbol is still warming up)" if unknown else ""
    return f"no condition was true{tail}"


def _position_line(run: Run, label: str, symbol: str, bar_ns: int) -> Iterator[str]:
    fills = _up_to(frame_of(run, "fills"), label, symbol, bar_ns)
    held = float(fills["position"][-1]) if len(fills) else 0.0
    yield f"position at this bar's close: {held:g}" if held else "position at this bar's close: flat"


def _decision_lines(run: Run, decision: dict[str, Any], ns: int, full: _Full) -> Iterator[str]:
    side = {1.0: "long", -1.0: "short"}.get(decision["direction"], "exit")
    if side == "exit":
        yield f"exit of {decision['wanted']:g}: {decision['reason'] or 'exit signal'}"
    else:
        yield (
            f"{side}: value {decision['value']:+.4g}, confidence {decision['confidence']:.4g}, "
            f"weight {decision['weight']:.4g}, contribution {decision['contribution']:+.4g}, "
            f"score {decision['score']:+.4g}"
        )
        own = _entry_reason(run, decision["strategy"])
        if own:
            yield f"because: {own}"
    sizes = f"wanted {decision['wanted']:g}, approved {decision['approved']:g}" if decision["wanted"] else ""
    if decision["gate"] == "passed":
        shrunk = (
            f" ({decision['reason']}{_limit(run, decision, 0, full)})" if decision["reason"] and side != "exit" else ""
        )
        yield f"passed every gate{': ' + sizes if sizes else ''}{shrunk}"
    else:
        reason = decision["reason"] or "the score was zero"
        limit = _limit(run, decision, ns, full) if decision["gate"] == "risk" else ""
        yield f"stopped at the {decision['gate']} gate: {reason}{limit}{'; ' + sizes if sizes else ''}"
    yield from _after_lines(run, decision, ns, full)


def _limit(run: Run, decision: Mapping[str, Any], ns: int, full: _Full) -> str:
    """Which number met which limit of ``[risk]``; '' where none is known. ns: of a decision that was refused, or 0."""
    data, _ = full.data_or_why() if ns else (None, "")
    again = full.result() if data is not None and int(data.panel.ts[full.row]) == ns else None
    state = None if again is None or again.risk is None else again.risk[0]
    text = risk_detail(CODES.get(decision["reason"], Reason.NONE), state, run.manifest.settings)
    return f": {text}" if text else ""


def _after_lines(run: Run, decision: Mapping[str, Any], ns: int, full: _Full) -> Iterator[str]:
    """What came of it."""
    if decision["order"] is not None:
        yield from _order_lines(run, decision)
    elif decision["direction"]:
        yield from _forward_line(decision, ns, full)


def _entry_reason(run: Run, label: str) -> str:
    if isinstance(run, BacktestResult):
        return run.entry_reasons[run.labels.index(label)]
    mine = run.frame("trades").filter(pl.col("strategy") == label)
    return str(mine["entry_reason"][0]) if len(mine) else ""


def _order_lines(run: Run, decision: Mapping[str, Any]) -> Iterator[str]:
    orders, fills = frame_of(run, "orders"), frame_of(run, "fills")
    number = int(decision["order"])
    for order in orders.filter((pl.col("order") == number) | (pl.col("parent") == number)).iter_rows(named=True):
        prices = [f"{name} {order[name]:g}" for name in ("stop", "limit") if order[name] == order[name]]
        kind = ", ".join(prices) if order["type"] != "market" else "at the market"
        size = f" {order['quantity']:g}" if order["quantity"] else ""
        what = f"{order['role']} order {order['order']}: {order['side']}{size}"
        ended = f" at {_text(order['ended'])}" if order["ended"] is not None else ""
        reason = f", {order['reason']}" if order["reason"] and order["status"] != "filled" else ""
        yield f"{what} {kind}; {order['status']}{reason}{ended}"
    mine = fills.filter(pl.col("order") == number)
    for fill in mine.iter_rows(named=True):
        yield (
            f"filled {fill['quantity']:g} at {fill['price']:g} on {_text(fill['time'])}, fee {fill['fee']:.2f}, "
            f"slippage {fill['slippage']:.2f}"
        )
    who = pl.col("strategy").eq(decision["strategy"]) & pl.col("symbol").eq(decision["symbol"])
    for split in fills.filter(who & (pl.col("reason") == "split")).iter_rows(named=True):
        if len(mine) and split["time"] > mine["time"][0] and decision["direction"]:
            yield f"the orders are shown as the split of {_text(split['time'])} left them"
            break
    if len(mine):
        yield from _outcome_line(run, decision, mine["time"][0], mine["time"][-1])


def _outcome_line(run: Run, decision: Mapping[str, Any], first: Any, last: Any) -> Iterator[str]:
    """What the round trip made that the order opened or closed."""
    mine = pl.col("strategy").eq(decision["strategy"]) & pl.col("symbol").eq(decision["symbol"])
    trades = frame_of(run, "trades").filter(mine)
    if decision["direction"]:
        found = trades.filter((pl.col("entry_time") <= first) & (pl.col("exit_time") >= first))
        found = found.sort("entry_time").tail(1)
    else:
        found = trades.filter(pl.col("exit_time") == last)
    for trade in found.iter_rows(named=True):
        ending = "still open, marked" if trade["open"] else f"closed by {trade['exit_reason'] or 'a fill'}"
        yield (
            f"outcome: {trade['pnl']:+,.2f} ({trade['return']:+.2%}) over {trade['bars']} bars, "
            f"{ending} at {_text(trade['exit_time'])}"
        )


def _forward_line(decision: Mapping[str, Any], ns: int, full: _Full) -> Iterator[str]:
    """What the price did after a signal that became no order."""
    parts, _ = full.data_or_why()
    if parts is None:
        return
    panel: Panel = parts.panel
    values = base_values(panel, panel.symbols.index(decision["symbol"]))
    row = int(np.searchsorted(panel.ts, ns))
    later = min(row + HORIZON_BARS, len(values) - 1)
    if later == row:
        yield "no later bar tells what it would have made"
        return
    change = (values[later] / values[row] - 1.0) * decision["direction"]
    yield f"had it gone: {change:+.2%} in its direction over the next {later - row} bars, before costs"


def _text(moment: Any) -> str:
    return format_time(int(pl.Series([moment]).cast(pl.Datetime("ns", "UTC")).cast(pl.Int64)[0]))
