"""Volume against its average."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, threshold: float, average: str) -> tuple[Any, Any, Any]:
    """Ratio, flag and score."""
    usual = ta.sma(bar.volume, period)
    ratio = bar.volume / (usual if average == "with" else usual[1])
    return ratio, ratio > threshold, ta.minimum(ratio * (50.0 / threshold), 100.0)


FEATURE = Feature(
    Spec(
        name="volume_surge",
        summary="`ratio` is volume / its average of `period` bars; `surge` is 1 where it is above `threshold`, else 0; "
        "`score` 0..100 is 50 at the threshold and 100 from twice the threshold on. NaN where nothing traded.",
        inputs=("volume",),
        params=(
            period(20),
            ParamSpec("threshold", 2.0, low=0.1, high=1000.0, unit="x average"),
            ParamSpec(
                "average",
                "with",
                unit="choice",
                choices=("with", "before"),
                text="'with': it holds the bar itself, so the ratio is at most `period`; 'before': only bars before",
            ),
        ),
        outputs=("ratio", "surge", "score"),
        warm_up="period - 1 bars; period bars with average 'before'",
        convention="relative volume (RVOL): volume / SMA(volume, 20), a surge above 2; the score is ours",
        source="relative volume is common knowledge; this text is the definition of flag and score",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
