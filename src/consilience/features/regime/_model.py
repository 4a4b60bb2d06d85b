"""What a fitted regime model and the features that read it agree on: observations, labels and the names of slots.

A model called ``regime_hmm`` fills the slots ``regime_hmm.NAME`` for every NAME of ``SLOTS``. All numbers but the
centre and the scale are in standard units: (observation - centre) / scale of the training sample.
"""

from __future__ import annotations

from typing import Any

from consilience.core.codes import MarketRegime
from consilience.core.spec import ParamSpec
from consilience.features.feature import period as bars

OBSERVATIONS = ("log_return", "volatility", "momentum", "zscore")
LABELS = tuple(label.name.lower() for label in MarketRegime if label is not MarketRegime.UNKNOWN)
LOWER = tuple((row, column) for row in range(len(OBSERVATIONS)) for column in range(row + 1))  # a triangle by rows
PERIOD = 20  # bars of volatility, momentum and z-score


def standard_slots() -> tuple[str, ...]:
    """Centre and scale of each observation in the training sample."""
    return tuple(f"{what}.{name}" for what in ("center", "scale") for name in OBSERVATIONS)


def density_slots(label: str) -> tuple[str, ...]:
    """One regime's Gaussian: its mean, the rows of its whitening matrix, and the logarithm of its height.

    The whitening matrix W is lower triangular, W'W is the inverse of the covariance.
    """
    means = tuple(f"{label}.mean.{name}" for name in OBSERVATIONS)
    return (*means, *(f"{label}.whitening.{row}{column}" for row, column in LOWER), f"{label}.height")


def chain_slots() -> tuple[str, ...]:
    """Probability of each regime after each, by rows, then of each regime at the start."""
    moves = tuple(f"transition.{one}.{other}" for one in LABELS for other in LABELS)
    return (*moves, *(f"start.{label}" for label in LABELS))


SLOTS = (*standard_slots(), *(name for label in LABELS for name in density_slots(label)), *chain_slots())


def observations(ta: Any, price: Any, period: int) -> tuple[Any, ...]:
    """The four observations of a price, in the order of OBSERVATIONS."""
    change = ta.log_return(price, 1)
    return change, ta.rolling_std(change, period), ta.roc(price, period), ta.rolling_zscore(price, period)


def regime_outputs(ta: Any, bar: Any, model: str, period: int) -> tuple[Any, ...]:
    """Probabilities of the regimes by a fitted model: (regime, probability, one for each label, log likelihood).

    Observations, their densities in each regime, and the filter, all with the parameters known at the time.
    """

    def read(names: tuple[str, ...]) -> tuple[Any, ...]:
        return tuple(bar.slot(f"{model}.{name}") for name in names)

    standard = read(standard_slots())
    count = len(OBSERVATIONS)
    seen = tuple(
        (x - center) / scale
        for x, center, scale in zip(
            observations(ta, bar.close, period), standard[:count], standard[count:], strict=True
        )
    )
    densities = tuple(ta.regime_density(*seen, *read(density_slots(label))) for label in LABELS)
    filtered = ta.regime_filter(*densities, *read(chain_slots()))
    bullish, bearish, squeeze = filtered.probability0, filtered.probability1, filtered.probability2
    best = ta.maximum(ta.maximum(bullish, bearish), squeeze)
    regime = ta.where(
        bullish == best,
        float(MarketRegime.BULLISH_CALM),
        ta.where(bearish == best, float(MarketRegime.BEARISH_VOLATILE), float(MarketRegime.SQUEEZE)),
    )
    return regime, best, bullish, bearish, squeeze, filtered.log_likelihood


def model_params(model: str) -> tuple[ParamSpec, ParamSpec]:
    """(model, period) of a feature that reads a fitted model; model: its usual name."""
    return (
        ParamSpec("model", model, text="the fitted model: its parameters are the slots <model>.<name>"),
        bars(PERIOD, low=2, text="of volatility, momentum and z-score; the model must be fitted with the same"),
    )


OUTPUTS = ("regime", "probability", *LABELS, "log_likelihood")
