"""What a fitted regime model and the features that read it agree on: observations, labels and the names of slots.

A model called ``regime_hmm`` fills the slots ``regime_hmm.NAME`` for every NAME of ``SLOTS``. All numbers but the
centre and the scale are in standard units: (observation - centre) / scale of the training sample. A name such as
``regime_hmm@1d`` says that the model was fitted to bars of that length, and is asked when one of them closes.
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


def split_model(model: str) -> tuple[str, str]:
    """Name and bar length of ``regime_hmm@1d``; the length is empty where the model is of the run's own bars."""
    name, _, bars = model.partition("@")
    return name, bars


def closing(ta: Any, bar: Any, bars: str) -> Any:
    """1 on slices in which a bar of ``bars`` closes, 0 on the others, NaN before the first."""
    count = ta.cumulative_sum(bar.at(bars).close * 0.0 + 1.0)
    return ta.changed(ta.last(count))  # the last one as it stands on the slices


def regime_outputs(ta: Any, bar: Any, model: str, period: int) -> tuple[Any, ...]:
    """Probabilities of the regimes by a fitted model: (regime, probability, one for each label, log likelihood).

    Observations, their densities in each regime, and the filter, all with the parameters known at the time.
    """

    def read(names: tuple[str, ...]) -> tuple[Any, ...]:
        return tuple(bar.slot(f"{model}.{name}") for name in names)

    _, bars = split_model(model)
    price = bar.at(bars).close if bars else bar.close
    standard = read(standard_slots())
    count = len(OBSERVATIONS)
    seen = tuple(
        (x - center) / scale
        for x, center, scale in zip(observations(ta, price, period), standard[:count], standard[count:], strict=True)
    )
    densities = tuple(ta.regime_density(*seen, *read(density_slots(label))) for label in LABELS)
    chain = read(chain_slots())
    if bars:
        closed = closing(ta, bar, bars)
        # the chain moves once a bar of the model: the logarithm of 0 is NaN, with which nothing moves, that of 1 is 0
        chain = (chain[0] + ta.log(closed), *chain[1:])
        known = tuple(ta.value_when(closed, x) for x in ta.regime_filter(*densities, *chain))
    else:
        known = tuple(ta.regime_filter(*densities, *chain))
    bullish, bearish, squeeze, log_likelihood = known
    best = ta.maximum(ta.maximum(bullish, bearish), squeeze)
    regime = ta.where(
        bullish == best,
        float(MarketRegime.BULLISH_CALM),
        ta.where(bearish == best, float(MarketRegime.BEARISH_VOLATILE), float(MarketRegime.SQUEEZE)),
    )
    return regime, best, bullish, bearish, squeeze, log_likelihood


def model_params(model: str) -> tuple[ParamSpec, ParamSpec]:
    """(model, period) of a feature that reads a fitted model; model: its usual name."""
    return (
        ParamSpec(
            "model",
            model,
            text=f"the fitted model: its parameters are the slots <model>.<name>; `{model}@1d` is one of daily bars, "
            "asked when one closes",
        ),
        bars(PERIOD, low=2, text="of volatility, momentum and z-score; the model must be fitted with the same"),
    )


OUTPUTS = ("regime", "probability", *LABELS, "log_likelihood")
