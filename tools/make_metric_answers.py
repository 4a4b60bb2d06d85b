"""Write tests/portfolio/answers/*.json: the metrics of stored return series by quantstats, empyrical and scipy.

    python -m tools.make_metric_answers

Needs the extra ``oracle``. The series are made here once, from a seed, and stored with the answers; tests read the
files and import none of these libraries. Each answer names the function that gave it.
"""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from pathlib import Path
from typing import Any

import empyrical
import numpy as np
import pandas as pd
import quantstats.stats as qs
from scipy import stats

vars(np).setdefault("NINF", -np.inf)  # empyrical 0.5.9 reads this name, which NumPy 2 dropped

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "portfolio" / "answers"
PERIODS = 252


def series(seed: int, count: int, mean: float, spread: float) -> tuple[list[float], list[float]]:
    """Returns with fat tails and of a benchmark that moves along, rounded so that the file holds them exactly."""
    generator = np.random.default_rng(seed)
    market = generator.standard_t(4, count) * spread * 0.7 + mean / 2
    own = 0.6 * market + generator.standard_t(5, count) * spread * 0.6 + mean
    return [round(float(x), 8) for x in own], [round(float(x), 8) for x in market]


def by_empyrical(own: pd.Series, market: pd.Series, free: float) -> dict[str, Any]:
    """Empyrical's answers; its risk-free rate is per bar."""
    return {
        "total_return": empyrical.cum_returns_final(own),
        "cagr": empyrical.annual_return(own, annualization=PERIODS),
        "volatility": empyrical.annual_volatility(own, annualization=PERIODS),
        "sharpe": empyrical.sharpe_ratio(own, risk_free=free, annualization=PERIODS),
        "sortino": empyrical.sortino_ratio(own, required_return=free, annualization=PERIODS),
        "calmar": empyrical.calmar_ratio(own, annualization=PERIODS),
        "omega": empyrical.omega_ratio(own, risk_free=free),
        "max_drawdown": empyrical.max_drawdown(own),
        "value_at_risk": empyrical.value_at_risk(own),
        "expected_shortfall": empyrical.conditional_value_at_risk(own),
        "tail_ratio": empyrical.tail_ratio(own),
        "beta": empyrical.beta(own, market, risk_free=free),
        "alpha": empyrical.alpha(own, market, risk_free=free, annualization=PERIODS),
        "benchmark_return": empyrical.cum_returns_final(market),
    }


def by_quantstats(own: pd.Series, market: pd.Series, yearly: float) -> dict[str, Any]:
    """Quantstats' answers; its risk-free rate is per year."""
    greeks = qs.greeks(own, market, periods=PERIODS, prepare_returns=False)
    return {
        "total_return": qs.comp(own),
        "cagr": qs.cagr(own, periods=PERIODS),
        "volatility": qs.volatility(own, periods=PERIODS, prepare_returns=False),
        "sharpe": qs.sharpe(own, rf=yearly, periods=PERIODS),
        "sortino": qs.sortino(own, rf=yearly, periods=PERIODS),
        "omega": qs.omega(own, required_return=yearly, periods=PERIODS),
        "max_drawdown": qs.max_drawdown(own),
        "skew": qs.skew(own, prepare_returns=False),
        "kurtosis": qs.kurtosis(own, prepare_returns=False),
        "ulcer_index": qs.ulcer_index(own),
        "tail_ratio": qs.tail_ratio(own, prepare_returns=False),
        "information_ratio": qs.information_ratio(own, market, prepare_returns=False),
        "beta": float(greeks["beta"]),
        "alpha_without_risk_free": float(greeks["alpha"]),
        "value_at_risk": qs.value_at_risk(own, prepare_returns=False),
        "expected_shortfall": qs.conditional_value_at_risk(own, prepare_returns=False),
        "probabilistic_sharpe": qs.probabilistic_sharpe_ratio(own, rf=yearly, periods=PERIODS),
        "treynor": qs.treynor_ratio(own, market, periods=PERIODS, rf=yearly),
    }


def by_scipy(own: pd.Series, market: pd.Series, free: float) -> dict[str, Any]:
    """What needs a distribution or a moment, by scipy; annual factors by hand."""
    excess = (own - free).to_numpy()
    ratio = excess.mean() / excess.std(ddof=1)
    spread = 1 - stats.skew(excess) * ratio + (stats.kurtosis(excess, fisher=False) - 1) / 4 * ratio**2
    slope = stats.linregress((market - free).to_numpy(), excess)
    return {
        "skew": stats.skew(own, bias=False),
        "kurtosis": stats.kurtosis(own, bias=False),
        "value_at_risk": stats.scoreatpercentile(own, 5),
        "correlation": stats.pearsonr(own, market).statistic,
        "beta": slope.slope,
        "alpha": slope.intercept * PERIODS,
        "tracking_error": stats.tstd(own - market) * math.sqrt(PERIODS),
        "probabilistic_sharpe": stats.norm.cdf(ratio * math.sqrt(len(excess) - 1) / math.sqrt(spread)),
    }


def main() -> None:
    """Make the three files: a calm year and a half, a losing stretch with a yearly rate, a short series."""
    cases = (
        ("calm", 7, 400, 0.0006, 0.008, 0.0),
        ("losing", 11, 300, -0.0008, 0.02, 0.03),
        ("short", 3, 12, 0.002, 0.01, 0.01),
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, seed, count, mean, spread, yearly in cases:
        own, market = series(seed, count, mean, spread)
        free = (1 + yearly) ** (1 / PERIODS) - 1
        dates = pd.bdate_range("2020-01-02", periods=count)
        left, right = pd.Series(own, dates), pd.Series(market, dates)
        answers = {
            "empyrical": by_empyrical(left, right, free),
            "quantstats": by_quantstats(left, right, yearly),
            "scipy": by_scipy(left, right, free),
        }
        text = {
            "sources": {
                n: version(p)
                for n, p in (("empyrical", "empyrical-reloaded"), ("quantstats", "quantstats"), ("scipy", "scipy"))
            },
            "periods_per_year": PERIODS,
            "risk_free": yearly,
            "returns": own,
            "benchmark": market,
            "answers": {s: {k: float(v) for k, v in found.items()} for s, found in answers.items()},
        }
        (FOLDER / f"{name}.json").write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {sum(len(a) for a in answers.values())} answers")


if __name__ == "__main__":
    main()
