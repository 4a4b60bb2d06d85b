"""Where volume was traded, and on which side it flows."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.feature import period
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import coherence, known, mean, price, side, speak

VALUE_AREA = 0.7  # of the volume
STRONG_FLOW = 0.25  # Chaikin money flow beyond a quarter of the volume is as strong as it gets


def define(bar: Bar, period: int, bins: int, flow_period: int, spread: str) -> Voice:
    """Place in the profile, money flow and on-balance volume; a surge makes them surer."""
    profile = ta.volume_profile(bar, period, bins, VALUE_AREA, spread)
    area = profile.value_area_high - profile.value_area_low
    place = ta.where(area > 0.0, (bar.close - profile.poc) / area, 0.0)
    flow = ta.chaikin_money_flow(bar, flow_period).flow
    line = ta.linear_regression(ta.obv(bar), flow_period)
    drift = ((line.slope > 0.0) - (line.slope < 0.0)) * line.r_squared
    surge = ta.volume_surge(bar, flow_period)
    parts = (ta.clip(place, -1.0, 1.0), ta.clip(flow / STRONG_FLOW, -1.0, 1.0), drift)
    confidence = coherence(parts) * (0.5 + surge.score / 200.0)
    numbers = {
        "poc": profile.poc,
        "place": place,
        "flow": flow,
        "surge": surge.ratio,
        "traded": ta.rolling_sum(bar.volume, flow_period),
        "volume": bar.volume,
    }
    return speak(mean(parts), confidence, numbers, prices=("poc",))


def words(value: float, numbers: Numbers) -> str:
    """Place, flow and surge."""
    where = "above" if numbers["place"] >= 0.0 else "below"
    return (
        f"{side(value, 'volume for a rise', 'volume for a fall', 'volume takes no side')}: the close is "
        f"{abs(numbers['place']):.1f} value areas {where} the point of control at {price(numbers['poc'])}, money flow "
        f"{numbers['flow']:+.2f}, volume {numbers['surge']:.1f} x its average"
    )


def silence(numbers: Numbers) -> str:
    """A market without volume has no profile."""
    if not known(numbers, "volume"):
        return "the market gives no volume"
    if known(numbers, "traded") and numbers["traded"] == 0.0:
        return "nothing was traded lately: the market gives no volume"
    return "too few bars with volume yet"


SOURCE = Source(
    Spec(
        name="volume_profile",
        summary="Mean of three, each -1..1: the close less the point of control in widths of the value area; Chaikin "
        "money flow / 0.25; the regression of on-balance volume, its r squared with the sign of its slope. "
        "Confidence: |sum| / sum of the sizes of the three (at least 1.5), 1 where they agree, times 0.5 to 1 by "
        "the volume's surge score (0.75 at twice the average, 1 at four times). Abstains in a market without volume.",
        inputs=("high", "low", "close", "volume"),
        params=(
            period(100, low=2, high=1000, text="of the profile; each bar looks through all of them"),
            ParamSpec("bins", 24, low=2, high=200, unit="bins"),
            period(20, low=2, name="flow_period", text="of money flow, on-balance volume and average volume"),
            ParamSpec(
                "spread",
                "range",
                unit="choice",
                choices=("range", "typical"),
                text="'range': volume lies over the bar's range; 'typical': at one price, for a third of the cost",
            ),
        ),
        outputs=("value", "confidence"),
        warm_up="the longer of period - 1 and flow_period - 1 bars",
        nan_rule="abstains",
        convention="ours: price accepted above value is strength; value area of 70 %",
        source="document 000: volume profile; Steidlmayer and Koy, Markets and Market Logic (1986)",
        family="technical",
    ),
    define,
    words,
    horizon=5,
    silence=silence,
)
