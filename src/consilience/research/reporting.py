"""From a finished run to the report's data."""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from consilience.core.instruments import Instrument
from consilience.core.panel import Floats
from consilience.core.refits import refit_lines
from consilience.core.time import Timeframe, format_time
from consilience.engine.capital import capital_shares
from consilience.market.quality import FLAG_NAMES, QualityReport
from consilience.portfolio.metric_table import METRICS
from consilience.portfolio.metrics import Performance
from consilience.research import decisions
from consilience.research.assumptions import assumptions
from consilience.research.benchmark import adjusted_prices
from consilience.research.frames import entry_words, reason_words
from consilience.research.fused_report import fusion_notes
from consilience.research.halt_report import halt_notes
from consilience.research.report import data as report
from consilience.research.report.downsample import MAX_CANDLE_SYMBOLS
from consilience.research.report.fill import metrics_from
from consilience.research.violation_report import violation_notes

if TYPE_CHECKING:
    from consilience.research.manifest import FailureNote, Manifest
    from consilience.research.result import BacktestResult

_CURVE_GROUPS = {"growth", "risk", "drawdown"}
_ACTIONS = {"KEEP": "kept", "REPAIR": "repaired", "DROP": "dropped", "STOP_SYMBOL": "symbol stopped"}


def report_data(result: BacktestResult) -> report.ReportData:
    """The run as the report shows it, warm-up left out."""
    panel, judged, manifest = result.panel, slice(result.first_row, None), result.manifest
    ts = panel.ts[judged]
    return report.ReportData(
        title=result.prepared.terms.title or _title(result),
        run_id=manifest.run_id,
        mode=manifest.mode,
        timeframe=str(Timeframe(panel.duration_ns)) if panel.duration_ns else "irregular",
        base_currency=panel.currencies[0],
        ledger_exponent=result.output.exponent,
        start_ns=int(ts[0]),
        end_ns=int(ts[-1]),
        strategies=_strategies(result),
        symbols=tuple(_symbol(i) for i in panel.instruments),
        equity=report.EquityCurve(
            ts=ts,
            equity=result.equity_curve[judged],
            cash=result.cash_curve[judged],
            gross=result.gross_curve[judged],
            sessions=None if result.sessions is None else result.sessions[judged],
        ),
        benchmark=report.Benchmark(
            name=result.benchmark_name,
            ts=ts,
            values=result.benchmark_levels[judged],
            metrics=metrics_from([m for m in METRICS if m.group in _CURVE_GROUPS], result.benchmark_performance.values),
        ),
        risk_free=result.prepared.terms.risk_free,
        days_per_year=result.prepared.year.sessions,
        metrics=_metrics(result.performance),
        trades=_trades(result),
        candles=_candles(result),
        rejections=decisions.rejections(result),
        funnel=decisions.funnel(result),
        fusion=fusion_notes(result),
        halts=halt_notes(result),
        violations=violation_notes(result),
        assumptions=assumptions(result),
        quality=_quality(result.quality),
        manifest=_manifest(manifest),
        created_ns=manifest.created_ns,
        notes=_notes(result),
    )


def _notes(result: BacktestResult) -> tuple[str, ...]:
    quality = result.quality
    if quality is None:
        return ()
    return (*quality.notes, *(f.line() for f in quality.feeds), *refit_lines(quality.refits))


def _title(result: BacktestResult) -> str:
    symbols = result.panel.symbols
    names = ", ".join(result.labels[:4]) + (f" and {len(result.labels) - 4} more" if len(result.labels) > 4 else "")
    listed = ", ".join(symbols[:5]) + (f" and {len(symbols) - 5} more" if len(symbols) > 5 else "")
    return f"{names} on {listed}"


def _metrics(performance: Performance) -> tuple[report.Metric, ...]:
    return metrics_from(METRICS, performance.values)


def _strategies(result: BacktestResult) -> tuple[report.StrategyInfo, ...]:
    shares = dict(zip(result.labels, capital_shares(result.settings, result.labels), strict=True))
    failures = {note.label: failure_text(note) for note in result.manifest.failures}
    return tuple(
        report.StrategyInfo(
            name=label,
            version=strategy.version,
            summary=(inspect.getdoc(type(strategy)) or "").split("\n")[0],
            parameters=tuple(strategy.parameters.items()),
            metrics=_metrics(result.by_strategy[label]),
            capital=shares[label],
            failure=failures.get(label, ""),
        )
        for strategy, label in zip(result.strategies, result.labels, strict=True)
    )


def failure_text(note: FailureNote) -> str:
    """``on_bar, 2012-06-04 20:00: ValueError: ...``: where and when a strategy was set aside, and why."""
    when = "" if note.ts_ns is None else f", {format_time(note.ts_ns)}"
    return f"{note.where}{when}: {note.error}"


def _symbol(instrument: Instrument) -> report.SymbolInfo:
    return report.SymbolInfo(
        symbol=instrument.symbol,
        currency=instrument.currency,
        price_decimals=_decimals(instrument.price_increment),
        quantity_decimals=_decimals(instrument.lot),
    )


def _decimals(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _trades(result: BacktestResult) -> tuple[report.Trade, ...]:
    trades = result.round_trips
    records = trades.records
    symbols = result.panel.symbols
    money = {name: trades.money(name).tolist() for name in ("net", "fees", "slippage")}
    entered, left = trades.prices("entry_ticks").tolist(), (trades.prices("exit_ticks") / _split_ratio(result)).tolist()
    quantity, returns = trades.quantities("entry_lots").tolist(), trades.returns().tolist()
    entry, leave = entry_words(result, records["lane"], records["entry_reason"]), reason_words(records["exit_reason"])
    return tuple(
        report.Trade(
            strategy=result.labels[int(row["lane"]) // len(symbols)],
            symbol=symbols[int(row["symbol"])],
            side="long" if row["side"] > 0 else "short",
            entry_ns=int(row["entry_ts"]),
            exit_ns=int(row["exit_ts"]),
            entry_price=entered[k],
            exit_price=left[k],
            quantity=quantity[k],
            pnl=money["net"][k],
            return_fraction=returns[k],
            fees=money["fees"][k],
            slippage=money["slippage"][k],
            bars_held=int(row["bars"]),
            mae=float(row["mae"]),
            mfe=float(row["mfe"]),
            entry_reason=entry[k],
            exit_reason=leave[k],
            is_open=bool(row["still_open"]),
        )
        for k, row in enumerate(records)
    )


def _split_ratio(result: BacktestResult) -> Floats:
    """By how much splits inside each round trip divided the price: its exit price is kept in the entry's terms."""
    records, factor = result.round_trips.records, result.panel.split_factor
    if factor is None:
        return np.ones(len(records))
    ratio: Floats = factor[records["exit_row"], records["symbol"]] / factor[records["entry_row"], records["symbol"]]
    return ratio


def _candles(result: BacktestResult) -> tuple[report.Candles, ...]:
    """Forward-adjusted bars of the most traded symbols, as many as the page can carry."""
    panel = result.panel
    counts = np.bincount(result.round_trips.records["symbol"], minlength=len(panel.symbols))
    chosen = np.argsort(-counts, kind="stable")[:MAX_CANDLE_SYMBOLS]
    found = []
    for column in sorted(chosen.tolist()):
        rows = np.flatnonzero(panel.valid[:, column])
        if not len(rows):
            continue
        factor = None if panel.factor is None else panel.factor[rows, column]
        found.append(
            report.Candles(
                symbol=panel.symbols[column],
                ts=panel.ts[rows],
                **{name: adjusted_prices(panel, column, name)[rows] for name in ("open", "high", "low", "close")},
                factor=factor,
            )
        )
    return tuple(found)


def _quality(quality: QualityReport | None) -> tuple[report.QualityCount, ...]:
    if quality is None:
        return ()
    found = []
    for symbol in quality.symbols:
        for flag, name in FLAG_NAMES.items():
            count = symbol.counts.get(name, 0)
            if count:
                action = _ACTIONS[quality.policies.of(flag).name]
                found.append(
                    report.QualityCount(symbol=symbol.symbol, flag=name.replace("_", " "), count=count, action=action)
                )
        if symbol.missing:
            found.append(
                report.QualityCount(symbol=symbol.symbol, flag="missing bars", count=symbol.missing, action="masked")
            )
    return tuple(found)


def _manifest(manifest: Manifest) -> report.Manifest:
    extra = {
        "Data source": ", ".join(f"{k}: {v}" for k, v in manifest.data_source.items()),
        "Annualisation": f"{manifest.periods_per_year:.6g} bars a year: {manifest.periods_rule}",
        "Books": f"balanced: {manifest.books.fills:,} fills, {manifest.books.postings:,} postings, double entry exact",
    }
    return report.Manifest(
        data_hash=manifest.data_hash,
        config_hash=manifest.config_hash,
        parameter_hash=manifest.parameter_hash,
        kernel_hash=manifest.kernel_hash,
        versions=tuple(manifest.versions.items()),
        machine=manifest.machine,
        seed=manifest.seed,
        digests=tuple(manifest.digests.items()),
        record_level=manifest.record_level,
        warm_up_bars=manifest.warm_up_bars,
        extra=tuple((name, value) for name, value in extra.items() if value),
    )
