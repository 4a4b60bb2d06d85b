"""A run's records as polars frames: UTC times, prices and quantities as floats, codes as words."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from consilience.core.codes import Gate, OrderRole, OrderStatus, OrderType, Reason, Side, TimeInForce
from consilience.core.panel import Floats, Ints, Records
from consilience.core.reason_text import REASON_TEXT
from consilience.core.units import step_fraction
from consilience.research.fused_frames import with_fusion

if TYPE_CHECKING:
    from consilience.research.result import BacktestResult

TIME = pl.Datetime("ns", "UTC")


def words(codes: Ints, kind: type[IntEnum]) -> list[str]:
    """Names of codes in lower case with spaces."""
    table = {int(c): c.name.lower().replace("_", " ") for c in kind}
    return [table[c] for c in codes.tolist()]


def reason_words(codes: Ints) -> list[str]:
    """Reasons as the house words them; empty for none."""
    table = {int(reason): text for reason, text in REASON_TEXT.items()}
    return [table[c] for c in codes.tolist()]


def entry_words(result: BacktestResult, lanes: Ints, codes: Ints) -> list[str]:
    """Reasons of entries: the strategy's own words where it signalled and has some."""
    plain, symbols = reason_words(codes), len(result.panel.symbols)
    own = [result.entry_reasons[lane // symbols] for lane in lanes.tolist()]
    return [
        mine if mine and code in (Reason.ENTRY_SIGNAL, Reason.REVERSED) else text
        for mine, text, code in zip(own, plain, codes.tolist(), strict=True)
    ]


def times(ns: Ints) -> pl.Series:
    """Times from int64 UTC nanoseconds."""
    return pl.Series(ns, dtype=pl.Int64).cast(TIME)


class _Facts:
    """What turns a run's integers into numbers and names."""

    def __init__(self, result: BacktestResult) -> None:
        instruments = result.panel.instruments
        # num / den and not times a float: 289,000 ticks of 0.0001 are 28.9 and not 28.900000000000002
        self.tick = np.array([step_fraction(i.price_increment) for i in instruments], np.int64)
        self.lot = np.array([float(i.lot) for i in instruments])
        self.unit = float(10**result.output.exponent)
        self.symbols = result.panel.symbols
        self.labels = result.labels
        self.ts = result.output.ts

    def who(self, lanes: Ints) -> dict[str, Any]:
        """Strategy and symbol columns of lanes."""
        count = len(self.symbols)
        return {
            "strategy": pl.Series([self.labels[x // count] for x in lanes.tolist()], dtype=pl.String),
            "symbol": pl.Series([self.symbols[x % count] for x in lanes.tolist()], dtype=pl.String),
        }

    def price(self, ticks: Ints, symbols: Ints) -> Floats:
        """Ticks as prices; NaN for 0, which means none."""
        num, den = self.tick[symbols].T
        result: Floats = np.where(ticks == 0, np.nan, ticks * num / den)
        return result

    def at(self, rows: Ints) -> pl.Series:
        """Close times of rows; null for -1."""
        found = times(self.ts[np.maximum(rows, 0)])
        return found.set(pl.Series(rows < 0), None) if len(rows) else found


def _texts(values: list[str]) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def trades_frame(result: BacktestResult) -> pl.DataFrame:
    """Round trips in order of opening. Prices and quantities are those of the entry's day."""
    facts, trades = _Facts(result), result.round_trips
    r = trades.records
    still = r["still_open"] == 1
    return pl.DataFrame(
        {
            **facts.who(r["lane"]),
            "side": _texts(["long" if s > 0 else "short" for s in r["side"].tolist()]),
            "entry_time": times(r["entry_ts"]),
            "exit_time": times(r["exit_ts"]),
            "entry_price": trades.prices("entry_ticks"),
            "exit_price": trades.prices("exit_ticks"),
            "quantity": trades.quantities("entry_lots"),
            "pnl": trades.money("net"),
            "return": trades.returns(),
            "fees": trades.money("fees"),
            "slippage": trades.money("slippage"),
            "dividends": trades.money("dividends"),
            "bars": r["bars"],
            "mae": r["mae"],
            "mfe": r["mfe"],
            "entry_reason": _texts(entry_words(result, r["lane"], r["entry_reason"])),
            "exit_reason": _texts(reason_words(r["exit_reason"])),
            "open": still,
        }
    )


def equity_frame(result: BacktestResult) -> pl.DataFrame:
    """The account after each bar. warm_up: the bar came before the first that could decide."""
    equity = result.equity_curve
    return pl.DataFrame(
        {
            "time": times(result.output.ts),
            "equity": equity,
            "cash": result.cash_curve,
            "gross": result.gross_curve,
            "drawdown": equity / np.maximum.accumulate(equity) - 1.0,
            "benchmark": result.benchmark_levels,
            "warm_up": np.arange(len(equity)) < result.first_row,
        }
    )


def orders_frame(result: BacktestResult) -> pl.DataFrame:
    """Orders by number. reason: why it was made while alive, why it ended once final."""
    facts, o = _Facts(result), result.output.orders
    lots = facts.lot[o["symbol"]]
    unit = np.array([10.0**i.cash_exponent for i in result.panel.instruments])[o["symbol"]]
    filled = o["filled"] * lots
    multiplier = np.array([float(i.multiplier) for i in result.panel.instruments])[o["symbol"]]
    average = np.full(len(o), np.nan)
    np.divide(o["value_units"] / unit, filled * multiplier, out=average, where=filled > 0)
    return pl.DataFrame(
        {
            "order": np.arange(len(o)),
            **facts.who(o["lane"]),
            "side": _texts(words(o["side"], Side)),
            "type": _texts(words(o["type"], OrderType)),
            "time_in_force": _texts(words(o["time_in_force"], TimeInForce)),
            "role": _texts(words(o["role"], OrderRole)),
            "status": _texts(words(o["status"], OrderStatus)),
            "reason": _texts(reason_words(o["reason"])),
            "quantity": o["lots"] * lots,
            "filled": filled,
            "average_price": average,
            "limit": facts.price(o["limit"], o["symbol"]),
            "stop": facts.price(o["stop"], o["symbol"]),
            "parent": pl.Series([None if p < 0 else p for p in o["parent"].tolist()], dtype=pl.Int64),
            "created": facts.at(o["created_row"]),
            "ended": facts.at(o["done_row"]),
        }
    )


def fills_frame(result: BacktestResult) -> pl.DataFrame:
    """Fills in order of execution. A row with side ``none`` is a dividend, a split or cash in lieu of a fraction."""
    facts, f = _Facts(result), result.output.fills
    sides = {1: "buy", -1: "sell", 0: "none"}
    return pl.DataFrame(
        {
            "time": times(f["ts"]),
            **facts.who(f["lane"]),
            "side": _texts([sides[s] for s in f["side"].tolist()]),
            "role": _texts(words(f["role"], OrderRole)),
            "reason": _texts(reason_words(f["reason"])),
            "quantity": f["lots"] * facts.lot[f["symbol"]],
            "price": facts.price(f["ticks"], f["symbol"]),
            "fee": f["fee_base"] / facts.unit,
            "slippage": f["slippage_base"] / facts.unit,
            "cash": f["cash"] / facts.unit,
            "realised": f["realised"] / facts.unit,
            "position": f["position"] * facts.lot[f["symbol"]],
            "maker": f["maker"] == 1,
            "order": pl.Series([None if o < 0 else o for o in f["order"].tolist()], dtype=pl.Int64),
        }
    )


def decisions_frame(result: BacktestResult) -> pl.DataFrame:
    """Decision records in order. gate: where the decision ended, ``passed`` when it became an order.

    Of a run with fused strategies it also says what fusion said, see ``fused_frames.with_fusion``.
    """
    facts, d = _Facts(result), result.output.records
    lots = facts.lot[d["lane"] % len(facts.symbols)]
    frame = pl.DataFrame(
        {
            "time": times(d["ts"]),
            **facts.who(d["lane"]),
            "gate": _texts(words(d["gate"], Gate)),
            "reason": _texts(reason_words(d["reason"])),
            "direction": d["direction"],
            "value": d["value"],
            "confidence": d["confidence"],
            "weight": d["weight"],
            "contribution": d["contribution"],
            "score": d["score"],
            "wanted": d["lots_wanted"] * lots,
            "approved": d["lots_approved"] * lots,
            "order": pl.Series([None if o < 0 else o for o in d["order"].tolist()], dtype=pl.Int64),
        }
    )
    return with_fusion(frame, result)


def positions_frame(result: BacktestResult) -> pl.DataFrame:
    """Positions open after the last slice. average_cost: base currency for one unit."""
    facts, lanes = _Facts(result), result.output.lanes
    held = np.flatnonzero(lanes["lots"] != 0)
    chosen: Records = lanes[held]
    quantity = chosen["lots"] * facts.lot[held % len(facts.symbols)]
    return pl.DataFrame(
        {
            **facts.who(held),
            "quantity": quantity,
            "average_cost": chosen["cost"] / facts.unit / quantity,
            "value": chosen["value"] / facts.unit,
            "unrealised": (chosen["value"] - chosen["cost"]) / facts.unit,
            "realised": chosen["realised"] / facts.unit,
            "fees": chosen["fees"] / facts.unit,
            "dividends": chosen["dividends"] / facts.unit,
        }
    )
