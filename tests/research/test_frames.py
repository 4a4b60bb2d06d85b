"""The frames' columns and kinds are a promise to notebooks: a change here is a change for every reader."""

from __future__ import annotations

import polars as pl
import pytest

from consilience.core.time import to_datetime
from consilience.research.backtest import backtest
from tests.research.helpers import Above, panel_of

TIME, TEXT, REAL, WHOLE, FLAG = pl.Datetime("ns", "UTC"), pl.String, pl.Float64, pl.Int64, pl.Boolean

SCHEMAS = {
    "trades": {
        "strategy": TEXT, "symbol": TEXT, "side": TEXT, "entry_time": TIME, "exit_time": TIME, "entry_price": REAL,
        "exit_price": REAL, "quantity": REAL, "pnl": REAL, "return": REAL, "fees": REAL, "slippage": REAL,
        "dividends": REAL, "bars": WHOLE, "mae": REAL, "mfe": REAL, "entry_reason": TEXT, "exit_reason": TEXT,
        "open": FLAG,
    },
    "equity": {
        "time": TIME, "equity": REAL, "cash": REAL, "gross": REAL, "drawdown": REAL, "benchmark": REAL, "warm_up": FLAG,
    },
    "orders": {
        "order": WHOLE, "strategy": TEXT, "symbol": TEXT, "side": TEXT, "type": TEXT, "time_in_force": TEXT,
        "role": TEXT, "status": TEXT, "reason": TEXT, "quantity": REAL, "filled": REAL, "average_price": REAL,
        "limit": REAL, "stop": REAL, "parent": WHOLE, "created": TIME, "ended": TIME,
    },
    "fills": {
        "time": TIME, "strategy": TEXT, "symbol": TEXT, "side": TEXT, "role": TEXT, "reason": TEXT, "quantity": REAL,
        "price": REAL, "fee": REAL, "slippage": REAL, "cash": REAL, "realised": REAL, "position": REAL, "maker": FLAG,
        "order": WHOLE,
    },
    "decisions": {
        "time": TIME, "strategy": TEXT, "symbol": TEXT, "gate": TEXT, "reason": TEXT, "direction": REAL, "value": REAL,
        "confidence": REAL, "weight": REAL, "contribution": REAL, "score": REAL, "wanted": REAL, "approved": REAL,
        "order": WHOLE,
    },
    "positions": {
        "strategy": TEXT, "symbol": TEXT, "quantity": REAL, "average_cost": REAL, "value": REAL, "unrealised": REAL,
        "realised": REAL, "fees": REAL, "dividends": REAL,
    },
}  # fmt: skip


def test_schemas_hold_with_rows_and_without(demo_run):
    empty = backtest(panel_of({"AAA": [1.0, 2.0, 3.0]}), Above)
    for name, schema in SCHEMAS.items():
        assert dict(getattr(demo_run, name).schema) == schema, name
        assert dict(getattr(empty, name).schema) == schema, name
        assert len(getattr(demo_run, name)) > 0
        assert len(getattr(empty, name)) == (3 if name == "equity" else 0)


def test_values_agree_with_the_records(demo_run):
    fills, output = demo_run.fills, demo_run.output
    assert fills["time"][0] == to_datetime(int(output.fills["ts"][0]))
    assert fills["cash"].sum() == pytest.approx(demo_run.cash_curve[-1] - demo_run.settings.cash, abs=1e-6)
    assert demo_run.trades["pnl"].sum() == pytest.approx(demo_run.equity_curve[-1] - demo_run.settings.cash, abs=1e-6)
    filled = demo_run.orders.filter(pl.col("filled") > 0)
    by_order = fills.filter(pl.col("order").is_not_null()).group_by("order").agg(pl.col("price").mean())
    both = filled.join(by_order, on="order")
    assert (both["average_price"] - both["price"]).abs().max() < 0.5
    splits = fills.filter(pl.col("reason") == "split")
    assert set(splits["side"]) == {"none"} and splits["order"].null_count() == len(splits)
    assert demo_run.positions["value"].abs().sum() == pytest.approx(demo_run.gross_curve[-1])
