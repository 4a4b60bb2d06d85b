"""How to trade in each market regime: size, stop and target."""

from __future__ import annotations

from typing import Any

from consilience.core.codes import MarketRegime
from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind

# (multiplier of the size, stop, target), the latter as fractions of the price
PARAMETERS = {
    MarketRegime.BULLISH_CALM: (1.2, 0.02, 0.05),
    MarketRegime.BEARISH_VOLATILE: (0.5, 0.03, 0.03),
    MarketRegime.SQUEEZE: (0.7, 0.015, 0.025),
}


def compose(ta: Any, regime: Any) -> tuple[Any, ...]:
    """A table; the root of -1 stands for unknown."""
    found = (ta.sqrt(-1.0),) * 3
    for label, row in PARAMETERS.items():
        here = regime == float(label)
        found = tuple(ta.where(here, value, other) for value, other in zip(row, found, strict=True))
    return found


FEATURE = Feature(
    Spec(
        name="regime_parameters",
        summary="From a market regime (1 BULLISH_CALM, 2 BEARISH_VOLATILE, 3 SQUEEZE): `multiplier` of the position's "
        "size (1.2, 0.5, 0.7), and the distances of `stop` (0.02, 0.03, 0.015) and `target` (0.05, 0.03, 0.025) as "
        "fractions of the price; NaN for any other regime.",
        inputs=("regime",),
        outputs=("multiplier", "stop", "target"),
        warm_up="none beyond its input",
        convention="document 004; where its words (tighter stops at 3 % than at 2 %) and its numbers differ, the "
        "numbers",
        source="Consilience founding document 004, regime-adaptive intelligence",
        family="regime",
        nan_rule="NaN in gives NaN out",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
