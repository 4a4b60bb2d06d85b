"""Market regime by a fitted hidden Markov model."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind
from consilience.features.regime._model import OUTPUTS, model_params, regime_outputs

FEATURE = Feature(
    Spec(
        name="hmm_regime",
        summary="`regime`: 1 BULLISH_CALM, 2 BEARISH_VOLATILE, 3 SQUEEZE, the most likely by a fitted hidden Markov "
        "model of log return, volatility, momentum and z-score; `probability` is its probability, then come those "
        "of all three, given the bars up to this one, and the log likelihood of this bar's standardised observation.",
        inputs=("close",),
        params=model_params("regime_hmm"),
        outputs=OUTPUTS,
        warm_up="period bars, and until the model's first parameters are known",
        convention="filtered: no bar changes what was said before it",
        source="Hamilton, A new approach to the economic analysis of nonstationary time series and the business cycle, "
        "Econometrica 57 (1989); Consilience founding document 004",
        family="regime",
        nan_rule="as in its parts",
    ),
    regime_outputs,
    kind=Kind.COMPOSED,
    sparse=True,
)
