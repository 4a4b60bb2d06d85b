"""The portfolio room's metric table becomes the report's metrics."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest

from consilience.research.report.fill import UNDEFINED, metrics_from


class Row(NamedTuple):
    group: str
    name: str
    label: str
    unit: str
    formula: str = "f"


TABLE = (
    Row("growth", "total_return", "Total return", "fraction"),
    Row("risk", "volatility", "Volatility", "fraction"),
    Row("risk", "probabilistic_sharpe", "PSR", "fraction"),
    Row("activity", "fees", "Fees", "base"),
    Row("trades", "expectancy", "Expectancy", "base"),
    Row("trades", "average_bars", "Average holding", "bars"),
    Row("trades", "sqn", "SQN", "ratio"),
)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("total_return", "return"),
        ("volatility", "fraction"),
        ("probabilistic_sharpe", "probability"),
        ("fees", "money"),
        ("expectancy", "profit"),
        ("average_bars", "bars"),
        ("sqn", "ratio"),
    ],
)
def test_units(name, unit):
    (metric,) = metrics_from(TABLE, {name: 1.0})
    assert (metric.key, metric.unit, metric.nan_reason) == (name, unit, "")


def test_table_order_and_reasons():
    got = metrics_from(TABLE, {"sqn": math.nan, "fees": 3.0, "volatility": math.nan}, {"sqn": "two trades"})
    assert [(m.key, m.group, m.nan_reason) for m in got] == [
        ("volatility", "Risk", UNDEFINED),
        ("fees", "Activity", ""),
        ("sqn", "Trades", "two trades"),
    ]
