"""Small runs whose figures can be checked by hand."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np

from consilience.core.time import DAY, HOUR, MINUTE, parse_time
from consilience.research.report.data import (
    Assumption,
    Benchmark,
    Candles,
    EquityCurve,
    FunnelStep,
    FusedDecision,
    FusionNote,
    Manifest,
    Metric,
    QualityCount,
    Rejection,
    ReportData,
    SourceNote,
    SourcePart,
    StateNote,
    StrategyInfo,
    SymbolInfo,
    Trade,
)

START = parse_time("2024-01-30T21:00")
HOSTILE = "<script>alert(1)</script>\"'&</script><!-- \u2028 {{ 7*7 }}"


def metric(key: str, value: float, unit: str = "ratio", **more: Any) -> Metric:
    return Metric(
        key=key, group=more.pop("group", "Return"), name=more.pop("name", key), value=value, unit=unit, **more
    )


def trade(**fields: Any) -> Trade:
    base: dict[str, Any] = {
        "strategy": "Cross",
        "symbol": "AAA",
        "side": "long",
        "entry_ns": START,
        "exit_ns": START + 2 * DAY,
        "entry_price": 10.0,
        "exit_price": 11.5,
        "quantity": 100.0,
        "pnl": 150.0,
        "return_fraction": 0.15,
        "fees": 2.0,
        "slippage": 0.5,
        "bars_held": 2,
        "mae": -0.02,
        "mfe": 0.2,
        "entry_reason": "fast above slow",
        "exit_reason": "take profit",
    }
    return Trade(**{**base, **fields})


def fused_decision(kind: str, parts: list[tuple[str, float, float]], **fields: Any) -> FusedDecision:
    """A decision of (source, value, contribution); a source without a value abstained."""
    shares = tuple(
        SourcePart(source=name, value=value, confidence=0.5 + 0 * value, weight=0.25, contribution=contribution)
        for name, value, contribution in parts
    )
    score = 0.0
    for share in shares:
        score += share.contribution
    base: dict[str, Any] = {
        "symbol": "AAA", "time_ns": START, "gate": "fusion", "reason": "too small", "score": score, "confidence": 0.6,
    }  # fmt: skip
    return FusedDecision(kind=kind, parts=shares, **{**base, **fields})


def fused() -> ReportData:
    """The tiny run as one of a fused strategy; sums of its contributions are not what adding them otherwise gives."""
    parts = [
        ("trend_composite", 0.5, 0.1),
        ("mean_reversion", -0.2, 0.2),
        ("whale_flow", math.nan, 0.0),
        ("a_b_c", -1.0, -0.7),
    ]
    note = FusionNote(
        strategy="fused",
        profile="quick",
        steps=tuple(
            FunnelStep(name=name, count=count) for name, count in (("Looked at", 8), ("Seen", 4), ("Filled", 1))
        ),
        states=(StateNote(state="READY", slices=3, steps=(("faded", 2),)), StateNote(state="SET", slices=1)),
        sources=(SourceNote(source="trend_composite", decisions=4, spoke=3, mean_size=0.1, leading=1),),
        decisions=(
            fused_decision("latest", parts, symbol="AAA"),
            fused_decision("largest", [*parts, ("late", 0.3, 0.3)], symbol="BBB"),
        ),
    )
    return msgspec.structs.replace(tiny(), funnel=(), fusion=(note,))


def curve(values: list[float], step: int = DAY) -> EquityCurve:
    equity = np.asarray(values, dtype=np.float64)
    ts = START + np.arange(len(values), dtype=np.int64) * step
    return EquityCurve(ts=ts, equity=equity, cash=equity / 2, gross=equity / 2)


def candles(symbol: str, values: list[float], step: int = DAY) -> Candles:
    close = np.asarray(values, dtype=np.float64)
    ts = START + np.arange(len(values), dtype=np.int64) * step
    return Candles(symbol=symbol, ts=ts, open=close - 0.1, high=close + 0.2, low=close - 0.3, close=close)


def tiny() -> ReportData:
    """Four daily bars over a month's end, two closed trades and an open one."""
    equity = curve([1000.0, 1100.0, 990.0, 1210.0])
    theirs = (metric("total_return", 0.5, "return"),)
    return ReportData(
        title="Tiny",
        run_id="bt-1",
        mode="backtest",
        timeframe="1d",
        base_currency="USD",
        ledger_exponent=6,
        start_ns=START,
        end_ns=START + 3 * DAY,
        strategies=(
            StrategyInfo(
                name="Cross",
                version="1",
                summary="Long while fast is above slow.",
                parameters=(("fast", 2), ("slow", 3.5), ("mode", "ema")),
                metrics=(metric("total_return", 0.21, "return"),),
            ),
        ),
        symbols=(SymbolInfo(symbol="AAA"), SymbolInfo(symbol="BBB", price_decimals=4, quantity_decimals=3)),
        equity=equity,
        benchmark=Benchmark(name="Index", ts=equity.ts, values=np.asarray([10.0, 9.0, 12.0, 15.0]), metrics=theirs),
        metrics=(
            metric("total_return", 0.21, "return", name="Total return", formula="last / first - 1"),
            metric("sharpe", math.nan, name="Sharpe", nan_reason="fewer than 30 returns"),
            metric("max_drawdown", -0.1, "return", group="Risk", name="Max drawdown"),
            metric("trades", 2.0, "count", group="Trades", name="Closed trades"),
            metric("best_day_at", float(START + DAY), "time", group="Trades", name="Best day on"),
        ),
        trades=(
            trade(),
            trade(
                symbol="BBB", side="short", entry_price=20.1234, exit_price=20.5, quantity=10.125, pnl=-40.0,
                return_fraction=-0.02, entry_ns=START + DAY, exit_ns=START + 2 * DAY, exit_reason="stop loss",
                mae=math.nan, mfe=math.nan,
            ),
            trade(entry_ns=START + 2 * DAY, exit_ns=START + 3 * DAY, pnl=100.0, exit_reason="", is_open=True),
        ),
        candles=(candles("AAA", [10.0, 11.0, 11.5, 12.0]), candles("BBB", [20.0, 20.2, 20.5, 20.1])),
        rejections=(
            Rejection(
                gate="RISK", reason="the position limit is reached", count=3, first_ns=START, last_ns=START + DAY
            ),
        ),
        funnel=tuple(FunnelStep(name=n, count=c) for n, c in (("Signals", 8), ("Risk", 5), ("Filled", 3))),
        assumptions=(Assumption(name="Fills", value="next open", why="a bar is known after its close"),),
        quality=(QualityCount(symbol="AAA", flag="GAP", count=1),),
        manifest=Manifest(data_hash="d1", config_hash="c1", parameter_hash="p1", kernel_hash="k1", seed=7,
                          versions=(("consilience", "0.1.0"),), digests=(("fills", "f1"),), machine="x86_64"),
    )  # fmt: skip


def empty(**fields: Any) -> ReportData:
    """A run without bars, trades or metrics."""
    base = tiny()
    bare = msgspec.structs.replace(
        base, equity=curve([]), benchmark=None, metrics=(), trades=(), candles=(), rejections=(), funnel=(),
        assumptions=(), quality=(), strategies=(), symbols=(), manifest=Manifest(),
    )  # fmt: skip
    return msgspec.structs.replace(bare, **fields)


def hostile() -> ReportData:
    """Every text a data source or a strategy could bring is an attempt to break out."""
    base = tiny()
    bad = HOSTILE
    return msgspec.structs.replace(
        base,
        title=bad,
        run_id=bad,
        symbols=(SymbolInfo(symbol=bad),),
        strategies=(StrategyInfo(name=bad, version=bad, summary=bad, parameters=((bad, bad),)),),
        trades=(trade(symbol=bad, strategy=bad, entry_reason=bad, exit_reason=bad),),
        candles=(candles(bad, [10.0, 11.0, 11.5, 12.0]),),
        rejections=(Rejection(gate=bad, reason=bad, count=1, first_ns=START, last_ns=START, example=bad),),
        funnel=(FunnelStep(name=bad, count=1, text=bad),),
        assumptions=(Assumption(name=bad, value=bad, why=bad, optimistic=True),),
        quality=(QualityCount(symbol=bad, flag=bad, count=1, action=bad),),
        benchmark=Benchmark(name=bad, ts=base.equity.ts, values=base.equity.equity),
        metrics=(metric("sharpe", math.nan, name=bad, formula=bad, nan_reason=bad, group=bad),),
        manifest=Manifest(data_hash=bad, machine=bad, extra=((bad, bad),)),
        notes=(bad,),
    )


def long_run(bars: int, seed: int = 5) -> ReportData:
    """Minute bars of a random walk with one planted spike up and one down."""
    rng = np.random.default_rng(seed)
    equity = 100_000.0 * np.exp(np.cumsum(rng.normal(0.0, 1e-4, bars)))
    equity[bars // 3] *= 1.5
    equity[bars // 2] *= 0.4
    shape = curve(equity.tolist(), MINUTE)
    price = candles("AAA", (equity / 1000).tolist(), MINUTE)
    return empty(
        equity=shape, candles=(price,), timeframe="1m", symbols=(SymbolInfo(symbol="AAA"),),
        end_ns=int(shape.ts[-1]), start_ns=START - HOUR, trades=(trade(),),
    )  # fmt: skip
