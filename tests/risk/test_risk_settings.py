"""Limits as a person writes them: presets that hold together, contradictions in one line, sections read."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.core.errors import ConfigError, NotFound
from consilience.risk.catalog import FULL_RULES
from consilience.risk.limits import limits_record
from consilience.risk.presets import CONSERVATIVE, PRESETS, STANDARD, STUDENT, risk_settings
from consilience.risk.settings import RiskSettings

PROBLEMS = [
    ({"max_position": 0.5, "max_gross": 0.4}, "max_position=0.5 is above max_gross=0.4"),
    ({"max_position": 0.5, "max_symbol": 0.4}, "max_position=0.5 is above max_symbol=0.4"),
    ({"max_symbol": 0.5, "max_sector": 0.4}, "max_symbol=0.5 is above max_sector=0.4"),
    ({"max_symbol": 0.5, "max_gross": 0.4}, "max_symbol=0.5 is above max_gross=0.4"),
    ({"max_sector": 0.5, "max_gross": 0.4}, "max_sector=0.5 is above max_gross=0.4"),
    ({"max_net": 2.0, "max_gross": 1.0}, "max_net=2 is above max_gross=1"),
    ({"max_zero_dte": 2.0, "max_gross": 1.0}, "max_zero_dte=2 is above max_gross=1"),
    ({"risk_per_trade": 0.2, "max_position": 0.1}, "risk_per_trade=0.2 is above max_position=0.1"),
    ({"risk_per_trade": 0.2, "max_heat": 0.1}, "risk_per_trade=0.2 is above max_heat=0.1"),
    ({"risk_per_trade": 0.2, "max_daily_loss": 0.1}, "risk_per_trade=0.2 is above max_daily_loss=0.1"),
    ({"max_drawdown": 0.3, "halt_drawdown": 0.2}, "the halt would come before the pause"),
    ({"max_daily_loss": 0.3, "halt_daily_loss": 0.2}, "the halt would come before the pause"),
    ({"max_losses": 6, "halt_losses": 5}, "max_losses=6 is above halt_losses=5"),
    ({"max_daily_loss": 0.3, "max_drawdown": 0.2}, "the drawdown would stop the day first"),
    ({"halt_daily_loss": 0.3, "halt_drawdown": 0.2}, "the drawdown would halt the day first"),
    ({"leverage": 4.0, "leverage_confident": 2.0}, "confidence would lower the leverage"),
    ({"leverage_confident": 2.0}, "leverage_confident without leverage"),
    ({"max_var": 0.3, "max_shortfall": 0.2}, "max_var would never act"),
    ({"minimum_days": 1, "max_zero_dte": 0.1}, "minimum_days forbids what max_zero_dte allows"),
    ({"skip_first_minutes": 5}, "need trading_hours = true"),
    ({"max_gross": -1.0}, "max_gross=-1 is outside 0..100"),
    ({"max_drawdown": 1.5}, "max_drawdown=1.5 is outside 0..1"),
    ({"max_drawdown": float("nan")}, "max_drawdown=nan is outside 0..1"),
    ({"order_rate": -1}, "order_rate=-1 is outside"),
    ({"halt_losses_level": 4}, "halt_losses_level=4 is outside 1..3"),
    ({"var_level": 1.0}, "var_level=1 is outside 0.5..0.999"),
    ({"var_bars": 5}, "var_bars=5 is outside 20..5000"),
    ({"var_method": "monte"}, "var_method='monte' is unknown; use historical, parametric, filtered"),
    ({"when_unknown": "maybe"}, "when_unknown='maybe' is unknown; use pass, refuse"),
]


@pytest.mark.parametrize(("settings", "words"), PROBLEMS)
def test_limits_that_contradict_each_other_are_one_line(settings, words):
    with pytest.raises(ConfigError) as caught:
        RiskSettings(**settings)
    assert words in str(caught.value)
    assert str(caught.value).startswith("risk: ")
    assert "\n" not in str(caught.value)


def test_a_limit_that_is_off_contradicts_nothing():
    assert RiskSettings(max_position=5.0, max_drawdown=0.9).problems() == ()
    assert RiskSettings(halt_drawdown=0.2, halt_losses=5).problems() == ()


@pytest.mark.parametrize("name", PRESETS)
def test_presets_hold_together_and_run_on_bars_alone(name):
    preset = PRESETS[name]
    assert preset.preset == name
    assert preset.problems() == ()
    assert not preset.needs & {"vix", "sectors"}


def test_presets_have_the_numbers_of_the_founding_documents():
    assert (STUDENT.risk_per_trade, STUDENT.max_position, STUDENT.max_positions) == (0.02, 0.1, 10)  # 001
    assert (STUDENT.leverage, STUDENT.minimum_days) == (1.0, 1)  # no borrowed money, no zero-DTE
    for preset in (STUDENT, STANDARD):
        assert (preset.halt_drawdown, preset.halt_daily_loss, preset.halt_losses, preset.atr_breaker) == (
            0.2,
            0.1,
            5,
            3.0,
        )
        assert preset.max_slippage == 0.005  # 003


NO_LIMITS = {"leverage_confidence", "var_level", "var_decay", "order_window_seconds", "halt_losses_level"}
CAREFUL_IS_MORE = {"minimum_days", "skip_first_minutes", "skip_last_minutes", "trading_hours", "duplicate_seconds"}


def test_conservative_is_nowhere_looser_than_standard():
    for name in RiskSettings.__struct_fields__:
        careful, usual = getattr(CONSERVATIVE, name), getattr(STANDARD, name)
        if name in NO_LIMITS or isinstance(usual, str | tuple):
            continue
        if name in CAREFUL_IS_MORE:
            assert careful >= usual, name
        elif usual and name != "max_zero_dte":  # forbidden by minimum_days
            assert 0 < careful <= usual, name


def test_a_section_stands_on_its_preset():
    made = risk_settings({"preset": "student", "max_positions": 5, "restricted": ["GME"]})
    assert (made.max_positions, made.restricted, made.max_position) == (5, ("GME",), STUDENT.max_position)
    assert risk_settings({}) == RiskSettings()
    assert risk_settings({"preset": "standard"}) == STANDARD


BAD_SECTIONS = [
    ({"preset": "studnet"}, NotFound, "unknown risk preset 'studnet'; did you mean 'student'?"),
    ({"max_positon": 0.1}, ConfigError, "risk has no limit 'max_positon'; did you mean 'max_position'?"),
    ({"zzz": 1}, ConfigError, "risk has no limit 'zzz'; limits are preset, risk_per_trade"),
    ({"max_gross": "much"}, ConfigError, "risk: Expected `float`"),
    ({"preset": "student", "max_position": 0.9}, ConfigError, "max_position=0.9 is above max_symbol=0.1"),
]


@pytest.mark.parametrize(("table", "error", "words"), BAD_SECTIONS)
def test_a_bad_section_is_one_line(table, error, words):
    with pytest.raises(error) as caught:
        risk_settings(table)
    assert words in str(caught.value)


NOT_IN_KERNELS = {"preset", "restricted", "sectors"}  # the last two are read by symbol
OTHER: dict[str, Any] = {"var_method": "filtered", "when_unknown": "refuse", "trading_hours": True}
NEEDS: dict[str, dict[str, Any]] = {
    "leverage_confident": {"leverage": 0.5},
    "skip_first_minutes": {"trading_hours": True},
    "skip_last_minutes": {"trading_hours": True},
}


@pytest.mark.parametrize("name", sorted(set(RiskSettings.__struct_fields__) - NOT_IN_KERNELS))
def test_every_limit_reaches_the_kernels(name):
    """Change one setting: the record changes, so none is forgotten."""
    default = getattr(RiskSettings(), name)
    other: Any = OTHER.get(name, 2 if default in (1, 3) and name.endswith("_level") else None)
    if other is None:
        other = default + 1 if isinstance(default, int) else 0.75
    more = NEEDS.get(name, {})
    assert limits_record(RiskSettings(**{name: other}, **more)) != limits_record(RiskSettings(**more))
    assert len(FULL_RULES) < 63  # bits of a mask


def test_what_the_run_must_know():
    assert RiskSettings().needs == frozenset()
    assert RiskSettings(vix=30, max_sector=0.3, max_volume_share=0.1).needs == {"vix", "sectors", "volume"}
    assert RiskSettings(max_correlation=0.8).needs == {"returns"}
    assert RiskSettings(minimum_days=1, halt_daily_loss=0.1).needs == {"expiries", "sessions"}
