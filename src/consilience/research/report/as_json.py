"""The report as one stable JSON document: schema version, NaN as null, times in ISO UTC."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np

from consilience.research.report.aggregate import Group
from consilience.research.report.analysis import Analysis, analyse
from consilience.research.report.data import (
    FusionNote,
    HaltNote,
    Manifest,
    Metric,
    Record,
    ReportData,
    StrategyInfo,
    Trade,
    ViolationNote,
)
from consilience.research.report.downsample import kept_rows
from consilience.research.report.series import Histogram, MonthRow, Rolling
from consilience.research.report.text import iso
from consilience.research.report.violations import SEVERITIES

SCHEMA = "consilience.report"
SCHEMA_VERSION = 1
MAX_JSON_ROWS = 20_000


def to_json(data: ReportData, analysis: Analysis | None = None, *, indent: int = 2) -> bytes:
    """UTF-8 JSON of ``document``, keys in a fixed order, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(document(data, analysis)), indent=indent) + b"\n"


def document(data: ReportData, analysis: Analysis | None = None) -> dict[str, Any]:
    """Plain dicts, lists, texts and numbers. Curves above MAX_JSON_ROWS rows are thinned, and say so."""
    a = analysis or analyse(data)
    facts: dict[str, Any] = {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "run": _run(data),
        "metrics": [metric_row(m) for m in data.metrics],
        "benchmark": _benchmark(data),
        "strategies": [strategy_row(s) for s in data.strategies],
        "cautions": [{"key": c.key, "level": c.level, "title": c.title, "text": c.text} for c in a.cautions],
        "trades": [trade_row(t) for t in data.trades],
        "trade_totals": group_row(a.total),
        "trades_by": {by: [group_row(g) for g in groups] for by, groups in a.groups.items()},
        "drawdowns": [
            {
                "peak": iso(d.peak_ns),
                "trough": iso(d.trough_ns),
                "recovered": iso(d.recovered_ns),
                "depth": num(d.depth),
                "money": num(d.money),
                "days_down": num(d.days_down),
                "days_total": num(d.days_total),
            }
            for d in a.drawdowns
        ],
        "monthly_returns": [_month(m) for m in a.months],
        "benchmark_monthly_returns": [_month(m) for m in a.benchmark_months],
        "rolling_sharpe": _rolling(a.rolling),
        "daily_return_histogram": _histogram(a.daily_returns),
        "trade_return_histogram": _histogram(a.trade_returns),
        "curves": _curves(data, a),
        "halts": [halt_row(halt) for halt in data.halts],
        "risk_violations": [violation_row(note) for note in data.violations],
        "funnel": [{"name": f.name, "count": f.count, "text": f.text} for f in data.funnel],
        "rejections": [
            {
                "gate": r.gate,
                "reason": r.reason,
                "count": r.count,
                "first": iso(r.first_ns),
                "last": iso(r.last_ns),
                "example": r.example,
            }
            for r in data.rejections
        ],
        "assumptions": [
            {"name": x.name, "value": x.value, "why": x.why, "optimistic": x.optimistic} for x in data.assumptions
        ],
        "data_quality": [
            {"symbol": q.symbol, "flag": q.flag, "count": q.count, "action": q.action} for q in data.quality
        ],
        "manifest": manifest_row(data.manifest),
        "notes": list(data.notes),
    }
    if data.fusion:
        facts["fusion"] = [fusion_row(note) for note in data.fusion]
    return facts


def halt_row(halt: HaltNote) -> dict[str, Any]:
    """One halt; ``until`` is null where it lasts at the end."""
    return {
        "since": iso(halt.since_ns),
        "until": iso(halt.until_ns),
        "raised": halt.raised,
        "cause": halt.cause,
        "effect": halt.effect,
        "bars": halt.bars,
        "refused": halt.refused,
    }


def violation_row(note: ViolationNote) -> dict[str, Any]:
    """One episode of a limit exceeded; value and limit are those of its worst bar."""
    return {
        "rule": note.rule,
        "severity": SEVERITIES[note.severity],
        "cause": note.cause,
        "action": note.action,
        "since": iso(note.since_ns),
        "last": iso(note.last_ns),
        "lasts": note.lasts,
        "bars": note.bars,
        "worst": iso(note.worst_ns),
        "value": num(note.value),
        "limit": num(note.limit),
        "unit": note.unit,
    }


def fusion_row(note: FusionNote) -> dict[str, Any]:
    """A fused strategy's funnel, states, sources and shown decisions; the contributions sum to the score exactly."""
    return {
        "strategy": note.strategy,
        "profile": note.profile,
        "funnel": [{"name": f.name, "count": f.count, "text": f.text} for f in note.steps],
        "states": [
            {"state": s.state, "slices": s.slices, "steps": dict(s.steps) if s.counted else None} for s in note.states
        ],
        "sources": [
            {
                "source": s.source,
                "decisions": s.decisions,
                "spoke": s.spoke,
                "mean_size": num(s.mean_size),
                "leading": s.leading,
            }
            for s in note.sources
        ],
        "decisions": [
            {
                "kind": d.kind,
                "symbol": d.symbol,
                "time": iso(d.time_ns),
                "gate": d.gate,
                "reason": d.reason,
                "score": num(d.score),
                "confidence": num(d.confidence),
                "contributions": [
                    {
                        "source": p.source,
                        "value": num(p.value),
                        "confidence": num(p.confidence),
                        "weight": num(p.weight),
                        "contribution": num(p.contribution),
                    }
                    for p in d.parts
                ],
            }
            for d in note.decisions
        ],
        **survey_row(note),
    }


_SURVEY = ("horizon", "ranks", "calibrates", "quality", "reliability", "ranking", "conditions", "signals", "classes")


def survey_row(note: FusionNote) -> dict[str, Any]:
    """What a fused strategy saw, by the names of ``survey_data``; NaN is null, and times are ISO UTC."""
    return {name: _plain(getattr(note, name)) for name in (*_SURVEY, "reach")}


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        told = msgspec.structs.asdict(value)
        return {key.removesuffix("_ns"): iso(one) if key.endswith("_ns") else _plain(one) for key, one in told.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return num(value) if isinstance(value, float) else value


def num(value: float) -> float | None:
    """The number, or None for NaN and infinity."""
    return float(value) if math.isfinite(value) else None


def metric_row(metric: Metric) -> dict[str, Any]:
    """One metric; ``nan_reason`` only where there is no value."""
    row: dict[str, Any] = {
        "key": metric.key,
        "group": metric.group,
        "name": metric.name,
        "value": num(metric.value),
        "unit": metric.unit,
        "formula": metric.formula,
    }
    if row["value"] is None:
        row["nan_reason"] = metric.nan_reason
    elif metric.unit == "time":
        row["value"] = iso(int(metric.value))
    return row


def strategy_row(strategy: StrategyInfo) -> dict[str, Any]:
    """One strategy with its parameters and metrics."""
    return {
        "name": strategy.name,
        "version": strategy.version,
        "summary": strategy.summary,
        "parameters": {name: plain(value) for name, value in strategy.parameters},
        "metrics": [metric_row(m) for m in strategy.metrics],
        "capital": strategy.capital,
        "failure": strategy.failure,
    }


def plain(value: object) -> Any:
    """A parameter's value as JSON can hold it."""
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return num(float(value))
    return str(value)


def trade_row(trade: Trade) -> dict[str, Any]:
    """One trade; an open one has no exit time, and its exit price is the last mark."""
    return {
        "strategy": trade.strategy,
        "symbol": trade.symbol,
        "side": trade.side,
        "entry_time": iso(trade.entry_ns),
        "exit_time": None if trade.is_open else iso(trade.exit_ns),
        "entry_price": num(trade.entry_price),
        "exit_price": num(trade.exit_price),
        "quantity": num(trade.quantity),
        "pnl": num(trade.pnl),
        "return": num(trade.return_fraction),
        "fees": num(trade.fees),
        "slippage": num(trade.slippage),
        "bars_held": trade.bars_held,
        "mae": num(trade.mae),
        "mfe": num(trade.mfe),
        "entry_reason": trade.entry_reason,
        "exit_reason": trade.exit_reason,
        "open": trade.is_open,
    }


def group_row(group: Group) -> dict[str, Any]:
    """One row of an aggregate table."""
    row = {name: getattr(group, name) for name in group.__struct_fields__}
    return {name: num(value) if isinstance(value, float) else value for name, value in row.items()}


def manifest_row(manifest: Manifest) -> dict[str, Any]:
    """The manifest's facts."""
    return {
        "data_hash": manifest.data_hash,
        "config_hash": manifest.config_hash,
        "parameter_hash": manifest.parameter_hash,
        "kernel_hash": manifest.kernel_hash,
        "versions": dict(manifest.versions),
        "machine": manifest.machine,
        "seed": manifest.seed,
        "digests": dict(manifest.digests),
        "record_level": manifest.record_level,
        "warm_up_bars": manifest.warm_up_bars,
        "extra": dict(manifest.extra),
    }


def _run(data: ReportData) -> dict[str, Any]:
    return {
        "title": data.title,
        "id": data.run_id,
        "mode": data.mode,
        "timeframe": data.timeframe,
        "base_currency": data.base_currency,
        "ledger_exponent": data.ledger_exponent,
        "start": iso(data.start_ns),
        "end": iso(data.end_ns),
        "bars": len(data.equity.ts),
        "symbols": [s.symbol for s in data.symbols],
        "risk_free": num(data.risk_free),
        "days_per_year": num(data.days_per_year),
        "sets_tried": data.sets_tried,
        "created": iso(data.created_ns),
    }


def _benchmark(data: ReportData) -> dict[str, Any] | None:
    if data.benchmark is None:
        return None
    return {"name": data.benchmark.name, "metrics": [metric_row(m) for m in data.benchmark.metrics]}


def _month(row: MonthRow) -> dict[str, Any]:
    return {"year": row.year, "months": [num(m) for m in row.months], "total": num(row.total)}


def _rolling(rolling: Rolling) -> dict[str, Any]:
    rows = kept_rows([rolling.values], len(rolling.ts), limit=MAX_JSON_ROWS)
    return {
        "window_days": rolling.window,
        "time": [iso(int(t)) for t in rolling.ts[rows]],
        "value": [num(v) for v in rolling.values[rows]],
    }


def _histogram(h: Histogram) -> dict[str, Any]:
    return {"edges": [num(e) for e in h.edges], "counts": [int(c) for c in h.counts]}


def _curves(data: ReportData, a: Analysis) -> dict[str, Any]:
    curve = data.equity
    columns = {
        "equity": curve.equity,
        "cash": curve.cash,
        "gross": curve.gross,
        "drawdown": a.underwater,
        "exposure": a.exposure,
    }
    if a.benchmark_equity is not None:
        columns["benchmark"] = a.benchmark_equity
    rows = kept_rows(list(columns.values()), len(curve.ts), limit=MAX_JSON_ROWS)
    kept = {name: [num(v) for v in column[rows]] for name, column in columns.items()}
    sampling = "all" if len(rows) == len(curve.ts) else "first, last, lowest and highest row of each bucket"
    return {
        "rows": len(curve.ts),
        "kept": len(rows),
        "sampling": sampling,
        "time": [iso(int(t)) for t in curve.ts[rows]],
        **kept,
    }
