"""Market regime by a fitted hidden Markov model."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period
from consilience.features.regime._model import OUTPUTS, PERIOD, regime_outputs


def compose(ta: Any, bar: Any, model: str, period: int) -> tuple[Any, ...]:
    """Observations, their densities in each regime, and the filter, all with the parameters known at the time."""
    return regime_outputs(ta, bar, model, period)


FEATURE = Feature(
    Spec(
        name="hmm_regime",
        summary="`regime`: 1 BULLISH_CALM, 2 BEARISH_VOLATILE, 3 SQUEEZE, the most likely by a fitted hidden Markov "
        "model of log return, volatility, momentum and z-score; `probability` is its probability, then come those "
        "of all three, given the bars up to this one, and the log likelihood of this bar's standardised observation.",
        inputs=("close",),
        params=(
            ParamSpec(
                "model",
                "regime_hmm",
                text="the fitted model: its parameters are the slots <model>.<name>; `regime_hmm@1d` is one of daily "
                "bars, asked when one closes",
            ),
            period(PERIOD, low=2, text="of volatility, momentum and z-score; the model must be fitted with the same"),
        ),
        outputs=OUTPUTS,
        warm_up="period bars, and until the model's first parameters are known",
        convention="filtered: no bar changes what was said before it",
        source="Hamilton, A new approach to the economic analysis of nonstationary time series and the business cycle, "
        "Econometrica 57 (1989); Consilience founding document 004",
        family="regime",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
