"""The page's data block: curves, histograms, candles and trades, packed for ``assets/app.js``."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from consilience.research.report.analysis import Analysis
from consilience.research.report.data import FusionNote, ReportData, Times, Trade
from consilience.research.report.downsample import CandleBuckets, choose_candles, kept_rows
from consilience.research.report.encode import pack, pack_names, pack_times
from consilience.research.report.series import Histogram
from consilience.research.report.text import date_text, is_daily

MAX_TRADES = 5_000
_FRACTION_DECIMALS = 6


def page_data(data: ReportData, analysis: Analysis) -> dict[str, Any]:
    """Everything the scripts draw, as plain JSON values."""
    shown = latest_trades(data)
    more = {"fusion": [_fusion(note, data) for note in data.fusion]} if data.fusion else {}
    return {
        **more,
        "currency": data.base_currency,
        "moneyDecimals": data.money_decimals,
        "daily": is_daily(data.timeframe),
        "strategies": len({t.strategy for t in shown}),
        "decimals": {name: data.symbol(name).price_decimals for name in sorted({t.symbol for t in shown})},
        "curve": _curve(data, analysis),
        "rolling": _rolling(analysis),
        "histograms": {"daily": _histogram(analysis.daily_returns), "trades": _histogram(analysis.trade_returns)},
        "candles": [_candles(bars, data) for bars in charted(data, analysis)],
        "trades": _trades(shown, first=len(data.trades) - len(shown) + 1, data=data),
    }


def latest_trades(data: ReportData) -> tuple[Trade, ...]:
    """The trades that the page carries: all, or the last MAX_TRADES by entry."""
    return tuple(sorted(data.trades, key=lambda t: (t.entry_ns, t.exit_ns)))[-MAX_TRADES:]


def charted(data: ReportData, analysis: Analysis) -> list[CandleBuckets]:
    """Candles that the page carries."""
    traded = {g.key: g.trades + g.open_trades for g in analysis.groups["symbol"]}
    return choose_candles(data.candles, traded)


def curve_rows(data: ReportData, analysis: Analysis) -> Times:
    """Rows of the equity curve that the page draws."""
    columns = [data.equity.equity, data.equity.cash, analysis.exposure, analysis.underwater]
    if analysis.benchmark_equity is not None:
        columns.append(analysis.benchmark_equity)
    return kept_rows(columns, len(data.equity.ts))


def to_script(value: object) -> str:
    """JSON that may stand inside a script element: no character that could end it or open a comment."""
    text = msgspec.json.encode(value).decode()
    table: dict[str, str | int | None] = {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
    return text.translate(str.maketrans(table))


def _fusion(note: FusionNote, data: ReportData) -> list[dict[str, Any]]:
    """Decisions to draw. A source that abstained has null; the others' contributions sum, in order, to the score."""
    daily = is_daily(data.timeframe)
    return [
        {
            "kind": d.kind,
            "title": f"{d.symbol} {date_text(d.time_ns, daily=daily)}",
            "score": d.score,
            "confidence": d.confidence,
            "told": " gate: ".join((d.gate, d.reason)) if d.gate != "passed" else "passed every gate",
            "parts": [
                [p.source, p.contribution if p.value == p.value and p.confidence == p.confidence else None,
                 _known(p.value), _known(p.confidence), p.weight]
                for p in d.parts
            ],
        }
        for d in note.decisions
    ]  # fmt: skip


def _known(value: float) -> float | None:
    return value if value == value else None


def _curve(data: ReportData, a: Analysis) -> dict[str, Any]:
    rows, curve, money = curve_rows(data, a), data.equity, data.money_decimals
    last = int(curve.ts[-1]) if len(curve.ts) else 0
    return {
        "t": pack_times(curve.ts[rows]),
        "equity": pack(curve.equity[rows], money),
        "cash": pack(curve.cash[rows], money),
        "exposure": pack(a.exposure[rows], _FRACTION_DECIMALS),
        "drawdown": pack(a.underwater[rows], _FRACTION_DECIMALS),
        "bench": None if a.benchmark_equity is None else pack(a.benchmark_equity[rows], money),
        "benchDrawdown": None
        if a.benchmark_underwater is None
        else pack(a.benchmark_underwater[rows], _FRACTION_DECIMALS),
        "benchName": data.benchmark.name if data.benchmark else "",
        "halts": [{"from": h.since_ns / 1e6, "to": (h.until_ns or last) / 1e6} for h in data.halts],
        "falls": [{"peak": d.peak_ns / 1e6, "until": (d.recovered_ns or last) / 1e6} for d in a.drawdowns],
    }


def _rolling(a: Analysis) -> dict[str, Any]:
    ours, theirs = a.rolling, a.benchmark_rolling
    paired = theirs is not None and theirs.window == ours.window and len(theirs.ts) == len(ours.ts)
    columns = [ours.values, *([theirs.values] if paired and theirs is not None else [])]
    rows = kept_rows(columns, len(ours.ts))
    return {
        "window": ours.window,
        "t": pack_times(ours.ts[rows]),
        "v": pack(ours.values[rows], 4),
        "bench": pack(theirs.values[rows], 4) if paired and theirs is not None else None,
    }


def _histogram(h: Histogram) -> dict[str, Any]:
    return {"edges": [round(float(e), 10) for e in h.edges], "counts": [int(c) for c in h.counts]}


def _candles(bars: CandleBuckets, data: ReportData) -> dict[str, Any]:
    decimals = data.symbol(bars.symbol).price_decimals
    flat = np.column_stack((bars.open, bars.high, bars.low, bars.close)).ravel()
    return {
        "symbol": bars.symbol,
        "decimals": decimals,
        "adjusted": bars.adjusted,
        "bars": bars.bars,
        "each": bars.bars_each,
        "t": pack_times(bars.ts),
        "ohlc": pack(flat, decimals + 2 if bars.adjusted else decimals),
        "f": pack(bars.factor, 9) if bars.adjusted else None,
    }


def _trades(shown: tuple[Trade, ...], first: int, data: ReportData) -> dict[str, Any]:
    def column(field: str, decimals: int) -> dict[str, Any]:
        return pack(np.asarray([getattr(t, field) for t in shown], dtype=np.float64), decimals)

    def times(field: str) -> dict[str, Any]:
        return pack(np.asarray([getattr(t, field) // 1_000_000 for t in shown], dtype=np.float64), 0)

    price = max((data.symbol(name).price_decimals for name in {t.symbol for t in shown}), default=2)
    size = max((data.symbol(name).quantity_decimals for name in {t.symbol for t in shown}), default=0)
    money = data.money_decimals
    return {
        "n": len(shown),
        "first": first,
        "strategy": pack_names([t.strategy for t in shown]),
        "symbol": pack_names([t.symbol for t in shown]),
        "side": pack_names([t.side for t in shown]),
        "entryReason": pack_names([t.entry_reason for t in shown]),
        "exitReason": pack_names([t.exit_reason for t in shown]),
        "entry": times("entry_ns"),
        "exit": times("exit_ns"),
        "entryPrice": column("entry_price", price),
        "exitPrice": column("exit_price", price),
        "quantity": column("quantity", size),
        "pnl": column("pnl", max(money, data.ledger_exponent)),  # exact, so that the page's sums are
        "ret": column("return_fraction", _FRACTION_DECIMALS),
        "fees": column("fees", money),
        "slippage": column("slippage", money),
        "bars": column("bars_held", 0),
        "mae": column("mae", _FRACTION_DECIMALS),
        "mfe": column("mfe", _FRACTION_DECIMALS),
        "open": column("is_open", 0),
    }
