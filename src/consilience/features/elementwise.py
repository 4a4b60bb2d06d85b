"""Values of one bar from values of the same bar: arithmetic, comparison, logic, choice.

NaN on any side gives NaN, comparisons too (1.0 and 0.0 otherwise; a condition takes NaN for false). A result that
is undefined or beyond LARGEST is NaN: no infinity enters a graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from consilience.core.spec import Spec
from consilience.features.arithmetic import LARGEST, NAN
from consilience.features.feature import Feature, Kind, NanRule

_LN_2 = 0.6931471805599453


def add(a: float, b: float) -> float:
    """a + b"""
    result = a + b
    return result if abs(result) <= LARGEST else NAN


def subtract(a: float, b: float) -> float:
    """a - b"""
    result = a - b
    return result if abs(result) <= LARGEST else NAN


def multiply(a: float, b: float) -> float:
    """a * b"""
    result = a * b
    return result if abs(result) <= LARGEST else NAN


def divide(a: float, b: float) -> float:
    """a / b, NaN where b is 0"""
    divisor = b if b != 0.0 else NAN
    result = a / divisor
    return result if abs(result) <= LARGEST else NAN


def negative(a: float) -> float:
    """-a"""
    return -a


def absolute(a: float) -> float:
    """|a|"""
    return abs(a)


def less(a: float, b: float) -> float:
    """1 where a < b, else 0"""
    known = a + b
    return (1.0 if a < b else 0.0) if known == known else NAN


def less_equal(a: float, b: float) -> float:
    """1 where a <= b, else 0"""
    known = a + b
    return (1.0 if a <= b else 0.0) if known == known else NAN


def greater(a: float, b: float) -> float:
    """1 where a > b, else 0"""
    known = a + b
    return (1.0 if a > b else 0.0) if known == known else NAN


def greater_equal(a: float, b: float) -> float:
    """1 where a >= b, else 0"""
    known = a + b
    return (1.0 if a >= b else 0.0) if known == known else NAN


def equal(a: float, b: float) -> float:
    """1 where a == b, else 0"""
    known = a + b
    return (1.0 if a == b else 0.0) if known == known else NAN


def not_equal(a: float, b: float) -> float:
    """1 where a != b, else 0"""
    known = a + b
    return (1.0 if a != b else 0.0) if known == known else NAN


def both(a: float, b: float) -> float:
    """1 where a and b are both other than 0, else 0"""
    known = a + b
    return (1.0 if a != 0.0 and b != 0.0 else 0.0) if known == known else NAN


def either(a: float, b: float) -> float:
    """1 where a or b is other than 0, else 0"""
    known = a + b
    return (1.0 if a != 0.0 or b != 0.0 else 0.0) if known == known else NAN


def invert(a: float) -> float:
    """1 where a is 0, else 0"""
    return (1.0 if a == 0.0 else 0.0) if a == a else NAN


def where(condition: float, a: float, b: float) -> float:
    """a where the condition is other than 0, else b; NaN where the condition is NaN"""
    chosen = a if condition != 0.0 else b
    return chosen if condition == condition else NAN


def clip(x: float, low: float, high: float) -> float:
    """x held between low and high; NaN where any is NaN"""
    raised = low if x < low else x
    held = high if raised > high else raised
    known = (x + low) + high
    return held if known == known else NAN


def maximum(a: float, b: float) -> float:
    """The larger of a and b"""
    known = a + b
    return (a if a > b else b) if known == known else NAN


def minimum(a: float, b: float) -> float:
    """The smaller of a and b"""
    known = a + b
    return (a if a < b else b) if known == known else NAN


def coalesce(a: float, b: float) -> float:
    """a, or b where a is NaN"""
    return a if a == a else b


def typical(high: float, low: float, close: float) -> float:
    """(high + low + close) / 3"""
    return ((high + low) + close) / 3.0


def log(a: float) -> float:
    """Natural logarithm, NaN where a <= 0"""
    return math.log(a) if a > 0.0 else NAN


def sqrt(a: float) -> float:
    """Square root, NaN where a < 0"""
    return math.sqrt(a) if a >= 0.0 else NAN


def half_life(a: float, b: float) -> float:
    """What is left after an age of a with a half-life of b: 0.5 to the power of a / b; NaN where a < 0 or b <= 0"""
    return math.exp(-_LN_2 * (a / b)) if a >= 0.0 and b > 0.0 else NAN


_STEPS = (
    add, subtract, multiply, divide, negative, absolute, less, less_equal, greater, greater_equal, equal, not_equal,
    both, either, invert, where, clip, maximum, minimum, coalesce, typical, log, sqrt, half_life,
)  # fmt: skip
_OWN = {"where": "NaN where the condition or the chosen side is NaN", "coalesce": "NaN only where both are NaN"}
_SCALE = {
    "add": 1,
    "subtract": 1,
    "divide": 0,
    "negative": 1,
    "absolute": 1,
    "maximum": 1,
    "minimum": 1,
    "clip": 1,
    "typical": 1,
    "half_life": 0,
}


def _feature(step: Callable[..., float]) -> Feature:
    name = step.__name__
    code = step.__code__
    own = _OWN.get(name)
    return Feature(
        Spec(
            name=name,
            summary=str(step.__doc__) + ".",
            inputs=code.co_varnames[: code.co_argcount],
            nan_rule=own or NanRule.POINT.value,
            convention="IEEE 754 double; undefined or beyond 1e100 gives NaN",
            family="elementwise",
        ),
        step,
        kind=Kind.ELEMENTWISE,
        nan=NanRule.OWN if own else NanRule.POINT,
        scale=_SCALE.get(name),
    )


FEATURES = tuple(_feature(step) for step in _STEPS)
