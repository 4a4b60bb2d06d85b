"""Parameter specs judge values in one line."""

import pytest

from consilience.core.spec import ParamSpec

WHOLE = ParamSpec("period", 14, 2, 200, "bars")
REAL = ParamSpec("width", 2.0, 0.0, 10.0)
CHOICE = ParamSpec("kind", "ema", choices=("ema", "sma"))
FLAG = ParamSpec("short", False)
TEXT = ParamSpec("note", "x")


@pytest.mark.parametrize(
    ("spec", "value", "problem"),
    [
        (WHOLE, 14, None),
        (WHOLE, 2, None),
        (WHOLE, 1, "period=1 is outside 2..200"),
        (WHOLE, 14.5, "period=14.5 must be a whole number"),
        (WHOLE, True, "period=True is not a number"),
        (WHOLE, "14", "period='14' is not a number"),
        (REAL, 3, None),
        (REAL, float("nan"), "width=nan is not a number"),
        (REAL, 10.5, "width=10.5 is outside 0.0..10.0"),
        (CHOICE, "sma", None),
        (CHOICE, "wma", "kind='wma' is not one of ema, sma"),
        (FLAG, True, None),
        (FLAG, 1, "short=1 is not true or false"),
        (TEXT, "y", None),
        (TEXT, 3, "note=3 is not a text"),
    ],
)
def test_problems(spec: ParamSpec, value: object, problem: str | None) -> None:
    assert spec.problem_with(value) == problem
