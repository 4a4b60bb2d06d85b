"""Volume-synchronised probability of informed trading."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


# many parameters: those of the feature
def compose(ta: Any, bar: Any, bucket: float, buckets: int, average: int, events: int) -> Any:
    """Imbalance of the last buckets over their volume."""
    change = bar.close - bar.close[1]
    told = ta.volume_bucket(
        bar.volume,
        bar.aggressor,
        change / ta.rolling_std(change, average),
        bucket * ta.sma(bar.volume, average),
    )
    imbalance = ta.span_sum(told.imbalance, told.count, buckets - 1.0, events).total
    volume = ta.span_sum(told.finished, told.count, buckets - 1.0, events).total
    # a quotient by false is NaN: nothing is told before there are so many buckets
    return imbalance / volume / (told.count >= buckets)


FEATURE = Feature(
    Spec(
        name="vpin",
        summary="Share of the volume of the last `buckets` buckets that was one-sided, 0..1. A bucket holds `bucket` "
        "times the mean volume of a bar (or event) of the last `average`. Trades whose aggressor is known count by it, "
        "all other volume by the price change of its bar.",
        inputs=("close", "volume", "aggressor"),
        params=(
            ParamSpec("bucket", 20.0, low=0.01, high=1e6, unit="bars", text="of mean volume in a bucket"),
            period(50, high=10_000, name="buckets", text="in the window"),
            period(200, low=2, name="average", text="of the mean volume and of the deviation of price changes"),
            period(10_000, high=1_000_000, name="events", text="the most that the window may hold: it ends there"),
        ),
        warm_up="`average` bars, then `buckets` buckets",
        convention="buckets are of the recent mean volume instead of a fiftieth of a day's",
        source="Easley, Lopez de Prado and O'Hara, Flow toxicity and liquidity in a high-frequency world, Review of "
        "Financial Studies 25 (2012)",
        family="flow",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
