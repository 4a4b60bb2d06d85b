"""Whether forecasts of a probability come true as often as they say."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import add_exact_nb, ratio_nb
from consilience.features.feature import Feature, Floats, NanRule

State = tuple[float, float, float, float, float, float, float]
Four = tuple[float, float, float, float]


def step(state: State, i: int, s: int, forecast: Floats, outcome: Floats) -> tuple[State, Four]:
    """Compensated sums of forecasts, outcomes and squared errors, and their count."""
    said, said_carry, happened, happened_carry, wrong, wrong_carry, count = state
    p = forecast[i, s]
    y = outcome[i, s]
    known = p + y
    if known == known:
        said, said_carry = add_exact_nb(said, said_carry, p)
        happened, happened_carry = add_exact_nb(happened, happened_carry, y)
        wrong, wrong_carry = add_exact_nb(wrong, wrong_carry, (p - y) * (p - y))
        count += 1.0
    new = (said, said_carry, happened, happened_carry, wrong, wrong_carry, count)
    brier = ratio_nb(wrong + wrong_carry, count)
    return new, (ratio_nb(said + said_carry, count), ratio_nb(happened + happened_carry, count), brier, count)


FEATURE = Feature(
    Spec(
        name="calibration",
        summary="Since the beginning: mean of `forecast` (0..1), mean of its `outcome` (1 it happened, 0 not), the "
        "mean squared error (Brier score, 0 best) and how many pairs counted. Give the forecast as it was made, lagged "
        "to the bar on which its outcome is known. Means are NaN until the first pair.",
        inputs=("forecast", "outcome"),
        outputs=("mean_forecast", "mean_outcome", "brier", "samples"),
        warm_up="none beyond its inputs",
        nan_rule="a pair with NaN is left out; the values stay",
        convention="Brier score of a binary event",
        source="Brier, Verification of Forecasts Expressed in Terms of Probability, Monthly Weather Review 78 (1950)",
        family="composite",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    nan=NanRule.OWN,
    sparse=True,
)
