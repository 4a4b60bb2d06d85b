"""Write tests/risk/answers/*.json: value at risk, expected shortfall and correlation by scipy, numpy and pandas.

    python -m tools.make_risk_answers

Needs the extra ``oracle``. Returns are made here once, from a seed, and stored with the answers; tests read the files
and import none of these libraries. Expected shortfall is the least value of Rockafellar and Uryasev's linear program,
the parametric one an integral of the normal distribution: neither is the way our kernels go.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import integrate, optimize, signal, stats

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "risk" / "answers"
LEVELS = (0.9, 0.95, 0.975, 0.99)
DECAY = 0.94


def make_returns(seed: int, bars: int, symbols: int, holes: float) -> Any:
    """Correlated returns with fat tails and volatility that comes in waves; some unknown."""
    generator = np.random.default_rng(seed)
    wave = 0.01 * (1.0 + 0.6 * np.sin(np.arange(bars) / 17.0))[:, None]
    market = generator.standard_t(4, (bars, 1))
    own = generator.standard_t(5, (bars, symbols))
    made = np.round(wave * (0.6 * market + 0.8 * own), 8)
    made[generator.random((bars, symbols)) < holes] = np.nan
    return made


def shortfall_by_program(losses: Any, level: float) -> float:
    """min over v of v + mean(max(loss - v, 0)) / (1 - level), as a linear program."""
    count = len(losses)
    cost = np.concatenate(([1.0], np.full(count, 1.0 / (count * (1.0 - level)))))
    beyond = np.hstack((-np.ones((count, 1)), -np.eye(count)))
    bounds = [(None, None)] + [(0.0, None)] * count
    found = optimize.linprog(cost, A_ub=beyond, b_ub=-losses, bounds=bounds, method="highs")
    return float(found.fun)


def filtered(returns: Any) -> Any:
    """Each column scaled to its EWMA volatility after the last bar; unknown returns leave the volatility as it is."""
    scaled = np.zeros_like(returns)
    for column in range(returns.shape[1]):
        known = ~np.isnan(returns[:, column])
        r = returns[known, column]
        start = np.mean(r * r)
        after, _ = signal.lfilter([1.0 - DECAY], [1.0, -DECAY], r * r, zi=[DECAY * start])
        before = np.concatenate(([start], after[:-1]))
        scaled[known, column] = r * np.sqrt(after[-1] / before)
    return scaled


def measures(returns: Any, values: Any, level: float) -> dict[str, float]:
    """Every measure of one book at one level."""
    plain = -(np.nan_to_num(returns) @ values)
    scaled = -(filtered(returns) @ values)
    normal = stats.norm(plain.mean(), np.sqrt(values @ np.cov(np.nan_to_num(returns), rowvar=False) @ values))
    tail = integrate.quad(normal.ppf, level, 1.0)[0] / (1.0 - level)
    return {
        "historical_var": float(np.quantile(plain, level, method="inverted_cdf")),
        "historical_shortfall": shortfall_by_program(plain, level),
        "filtered_var": float(np.quantile(scaled, level, method="inverted_cdf")),
        "filtered_shortfall": shortfall_by_program(scaled, level),
        "parametric_var": float(normal.ppf(level)),
        "parametric_shortfall": float(tail),
    }


def answer(name: str, *, seed: int, bars: int, values: list[float], holes: float = 0.0) -> None:
    """One file: the returns, the book, its measures by level, and correlations by pair."""
    returns = make_returns(seed, bars, len(values), holes)
    frame = pd.DataFrame(returns)
    content = {
        "made_by": {lib: version(lib) for lib in ("numpy", "scipy", "pandas")},
        "decay": DECAY,
        "values": values,
        "returns": [[None if np.isnan(x) else x for x in row] for row in returns],
        "levels": {str(level): measures(returns, np.array(values), level) for level in LEVELS},
        "correlation": [[float(x) for x in row] for row in frame.corr(method="pearson").to_numpy()],
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


def main() -> None:
    """Write every file."""
    answer("long_book", seed=11, bars=250, values=[40_000.0, 25_000.0, 30_000.0])
    answer("hedged_book", seed=12, bars=137, values=[50_000.0, -48_000.0, 10_000.0, -5_000.0])
    answer("holes", seed=13, bars=90, values=[10_000.0, 20_000.0], holes=0.1)


if __name__ == "__main__":
    main()
