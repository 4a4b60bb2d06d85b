"""Metrics against quantstats, empyrical and scipy (``tools/make_metric_answers.py``), and where ours differ and why."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consilience.portfolio.metrics import Performance, performance
from tests.portfolio.helpers import DAY, levels_of

FOLDER = Path(__file__).parent / "answers"
CASES = {p.stem: json.loads(p.read_text()) for p in sorted(FOLDER.glob("*.json"))}

# source, metric: why ours is another number
DIFFERENT = {
    ("empyrical", "alpha"): "compounds the bar's alpha to a year; ours is Jensen's, times the bars of a year",
    ("quantstats", "ulcer_index"): "divides by the returns less one; ours by the levels, as Martin does",
    ("quantstats", "information_ratio"): "is not annualised",
    ("quantstats", "alpha_without_risk_free"): "ignores the risk-free rate",
    ("quantstats", "value_at_risk"): "fits a normal distribution; ours is historical",
    ("quantstats", "expected_shortfall"): "averages below the normal fit's value at risk",
    ("quantstats", "probabilistic_sharpe"): "takes sample moments and excess kurtosis; the paper population moments",
    ("quantstats", "treynor"): "divides the whole run's return, not the yearly mean excess",
}


def ours(case: dict[str, Any], risk_free: float | None = None) -> Performance:
    equity = levels_of(case["returns"])
    return performance(
        equity,
        np.arange(len(equity), dtype=np.int64) * DAY + 1,
        periods_per_year=case["periods_per_year"],
        benchmark=levels_of(case["benchmark"]),
        risk_free=case["risk_free"] if risk_free is None else risk_free,
    )


ANSWERS = [(c, s, m) for c, case in CASES.items() for s, found in case["answers"].items() for m in found]


@pytest.mark.parametrize(("name", "source", "metric"), [a for a in ANSWERS if a[1:] not in DIFFERENT])
def test_ours_agree(name: str, source: str, metric: str) -> None:
    expected = CASES[name]["answers"][source][metric]
    assert ours(CASES[name])[metric] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_there_are_answers_of_every_source_and_every_difference_is_real() -> None:
    assert len(ANSWERS) == 120
    for source, metric in DIFFERENT:
        for case in CASES.values():
            value = ours(case).values.get(metric, math.nan)
            assert value != pytest.approx(case["answers"][source][metric], rel=1e-7), (source, metric)


@pytest.mark.parametrize("name", CASES)
def test_the_differences_are_the_stated_ones(name: str) -> None:
    case = CASES[name]
    mine, year = ours(case), case["periods_per_year"]
    quantstats, empyrical = case["answers"]["quantstats"], case["answers"]["empyrical"]
    count = len(case["returns"])
    assert math.pow(1 + mine["alpha"] / year, year) - 1 == pytest.approx(empyrical["alpha"], rel=1e-9)
    assert mine["ulcer_index"] * math.sqrt((count + 1) / (count - 1)) == pytest.approx(quantstats["ulcer_index"])
    assert mine["information_ratio"] / math.sqrt(year) == pytest.approx(quantstats["information_ratio"])
    assert ours(case, risk_free=0.0)["alpha"] == pytest.approx(quantstats["alpha_without_risk_free"])
    assert mine["probabilistic_sharpe"] == pytest.approx(quantstats["probabilistic_sharpe"], rel=1e-3)
    whole = (mine["total_return"] - case["risk_free"]) / mine["beta"]
    assert whole == pytest.approx(quantstats["treynor"], rel=1e-9)
