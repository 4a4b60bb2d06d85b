"""Errors say what to do and carry the documented exit codes."""

import pytest

from consilience.core import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ConsilienceError, 1),
        (errors.NotFound, 2),
        (errors.NotRunning, 3),
        (errors.FixInput, 4),
        (errors.ConfigError, 4),
        (errors.DataError, 4),
        (errors.StrategyError, 4),
        (errors.TimedOut, 5),
        (errors.RetryLater, 1),
        (errors.HaltTrading, 1),
        (errors.ReportBug, 1),
    ],
)
def test_exit_codes(kind: type[errors.ConsilienceError], code: int) -> None:
    assert kind("what to do").exit_code == code


def test_not_found_suggests_the_nearest_name_or_lists_what_there_is() -> None:
    assert str(errors.NotFound.named("strategy", "macd_cros", ["macd_cross", "rsi"])) == (
        "unknown strategy 'macd_cros'; did you mean 'macd_cross'?"
    )
    assert str(errors.NotFound.named("symbol", "zzz", ["AAPL", "IBM"])) == "unknown symbol 'zzz'; known: AAPL, IBM"
    assert str(errors.NotFound.named("run", "x", [], "(none yet)")) == "unknown run 'x' (none yet)"


def test_a_refused_order_carries_its_reason() -> None:
    error = errors.RefuseOrder("too large", 20)
    assert error.reason == 20
    assert str(error) == "too large"


def test_nearest_ignores_case_and_gives_up_when_nothing_is_near() -> None:
    assert errors.nearest("AAPl", ["AAPL", "IBM"]) == "AAPL"
    assert errors.nearest("qqqqqq", ["AAPL", "IBM"]) is None


def test_a_part_of_a_name_means_the_shortest_that_has_it() -> None:
    known = ["cross_sectional_momentum", "macd_cross", "momentum_breakout"]
    assert errors.nearest("MACD", known) == "macd_cross"
    assert errors.nearest("momentum", [known[0], "long_momentum_breakout_of_lines"]) == known[0]
    assert errors.nearest("ma", known) is None
