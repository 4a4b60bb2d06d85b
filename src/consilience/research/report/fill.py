"""From the portfolio room's metric table and values to the report's metrics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Protocol

from consilience.research.report.data import Metric

UNDEFINED = "undefined here: too few values, no spread, nothing lost, or not recorded"

# Fractions and amounts whose sign is part of the message; the table's unit does not say so.
_SIGNED = frozenset(
    "total_return cagr net_profit best_day worst_day value_at_risk expected_shortfall max_drawdown benchmark_return "
    "alpha expectancy average_trade average_win average_loss best_trade worst_trade average_mae average_mfe".split()
)
_PROBABILITIES = frozenset({"probabilistic_sharpe"})


class TableRow(Protocol):
    """What a row of the metric table offers. unit: fraction, ratio, bars, days, count or base (currency)."""

    @property
    def group(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def formula(self) -> str: ...


def metrics_from(
    table: Iterable[TableRow], values: Mapping[str, float], nan_reasons: Mapping[str, str] | None = None
) -> tuple[Metric, ...]:
    """One report metric per row of ``table`` that ``values`` has, in the table's order.

    nan_reasons: why a value is NaN, by name, where more is known than that it is undefined.
    """
    reasons = nan_reasons or {}
    return tuple(
        Metric(
            key=row.name,
            group=row.group.capitalize(),
            name=row.label,
            value=float(values[row.name]),
            unit=_unit(row),
            formula=row.formula,
            nan_reason="" if math.isfinite(values[row.name]) else reasons.get(row.name, UNDEFINED),
        )
        for row in table
        if row.name in values
    )


def _unit(row: TableRow) -> str:
    signed = row.name in _SIGNED
    if row.name in _PROBABILITIES:
        return "probability"
    if row.unit == "fraction":
        return "return" if signed else "fraction"
    if row.unit == "base":
        return "profit" if signed else "money"
    return row.unit
