"""Logarithm of one regime's density at four standardised observations."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import LARGEST, NAN
from consilience.features.feature import Feature, Floats, NanRule
from consilience.features.regime._model import LOWER

_INPUTS = (
    *("x0", "x1", "x2", "x3"),
    *("mean0", "mean1", "mean2", "mean3"),
    *(f"w{row}{column}" for row, column in LOWER),
    "height",
)


def step(i: int, s: int, *given: Floats) -> float:
    """Whiten the distance from the mean; what is left is a sum of squares."""
    a = given[0][i, s] - given[4][i, s]
    b = given[1][i, s] - given[5][i, s]
    c = given[2][i, s] - given[6][i, s]
    d = given[3][i, s] - given[7][i, s]
    first = given[8][i, s] * a
    second = given[9][i, s] * a + given[10][i, s] * b
    third = (given[11][i, s] * a + given[12][i, s] * b) + given[13][i, s] * c
    fourth = ((given[14][i, s] * a + given[15][i, s] * b) + given[16][i, s] * c) + given[17][i, s] * d
    distance = ((first * first + second * second) + third * third) + fourth * fourth
    value = given[18][i, s] - 0.5 * distance
    return value if abs(value) <= LARGEST else NAN


FEATURE = Feature(
    Spec(
        name="regime_density",
        summary="Log density of a Gaussian in four dimensions: height - |W (x - mean)|^2 / 2, with W lower triangular "
        "(w10 is row 1, column 0), W'W the inverse of the covariance and height = log det W - 2 log(2 pi).",
        inputs=_INPUTS,
        warm_up="none beyond its inputs",
        nan_rule=NanRule.POINT.value,
        convention="natural logarithm",
        source="Bishop, Pattern Recognition and Machine Learning (2006), 2.43",
        family="regime",
    ),
    step,
    nan=NanRule.POINT,
)
