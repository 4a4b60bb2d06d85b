"""Writes ``tests/strategies/answers/cointegration.json`` with statsmodels (not a dependency; made with 0.14).

``python tools/make_cointegration_answers.py`` in an environment that has it: seeded series, Engle-Granger statistics
(one lag), critical values and least squares.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from statsmodels.tsa.adfvalues import mackinnoncrit
from statsmodels.tsa.stattools import coint

CASES = ((1, 120, 0.8), (2, 60, 0.8), (3, 150, None), (4, 80, None), (5, 40, 0.2))
TARGET = Path(__file__).parent.parent / "tests" / "strategies" / "answers" / "cointegration.json"


def case(seed: int, count: int, memory: float | None) -> dict[str, object]:
    """One pair of series and what statsmodels says of it. memory: of the spread, None for two independent walks."""
    random = np.random.default_rng(seed)
    second = np.cumsum(random.normal(0, 0.01, count)) + 4.0
    if memory is None:
        first = np.cumsum(random.normal(0, 0.012, count)) + 4.5
    else:
        spread = np.zeros(count)
        for t in range(1, count):
            spread[t] = memory * spread[t - 1] + random.normal(0, 0.01)
        first = 0.7 + 1.3 * second + spread
    first, second = np.round(first, 6), np.round(second, 6)
    statistic = coint(first, second, trend="c", maxlag=1, autolag=None)[0]
    constant, hedge = np.linalg.lstsq(np.column_stack([np.ones(count), second]), first, rcond=None)[0]
    return {
        "first": first.tolist(),
        "second": second.tolist(),
        "statistic": float(statistic),
        "critical": mackinnoncrit(N=2, regression="c", nobs=count).tolist(),
        "constant": float(constant),
        "hedge": float(hedge),
    }


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps([case(*one) for one in CASES]) + "\n", encoding="utf-8")
