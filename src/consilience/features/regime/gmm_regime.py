"""Market regime by a fitted Gaussian mixture."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind
from consilience.features.regime._model import OUTPUTS, model_params, regime_outputs

FEATURE = Feature(
    Spec(
        name="gmm_regime",
        summary="`regime`: 1 BULLISH_CALM, 2 BEARISH_VOLATILE, 3 SQUEEZE, the most likely by a fitted Gaussian mixture "
        "of log return, volatility, momentum and z-score; `probability` is its probability, then come those of all "
        "three, given this bar, and the log likelihood of its standardised observation. Each bar is judged by itself: "
        "the model's rows of transitions all hold the weights of the mixture.",
        inputs=("close",),
        params=model_params("regime_gmm"),
        outputs=OUTPUTS,
        warm_up="period bars, and until the model's first parameters are known",
        convention="filtered: no bar changes what was said before it",
        source="McLachlan and Peel, Finite Mixture Models (2000); Consilience founding document 004",
        family="regime",
        nan_rule="as in its parts",
    ),
    regime_outputs,
    kind=Kind.COMPOSED,
    sparse=True,
)
