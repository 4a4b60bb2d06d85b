"""Percentile of the average true range."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, window: int, of: str) -> Any:
    """Rank of the range now among those of the window."""
    return ta.percent_rank(ta.atr(bar, period) if of == "price" else ta.natr(bar, period), window)


FEATURE = Feature(
    Spec(
        name="atr_percentile",
        summary="Where the average true range stands within its last `window` values: 0 (calmest) .. 100 (wildest). "
        "On days against the last thirty: ta.atr_percentile(bar.at('1d'), 14, 30).",
        inputs=("high", "low", "close"),
        params=(
            period(14),
            period(100, low=2, name="window"),
            ParamSpec(
                "of",
                "price",
                unit="choice",
                choices=("price", "percent"),
                text="rank ranges in price units (atr) or in percent of the price (natr)",
            ),
        ),
        warm_up="period + window - 1 bars",
        convention="percent_rank of Wilder's ATR, equal values count half",
        source="Wilder, New Concepts in Technical Trading Systems (1978), for the range; the rank as in percent_rank",
        family="volatility",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
