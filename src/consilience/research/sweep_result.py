"""What a sweep found: a table of sets with their metrics, the best, heat tables, and what luck alone would give."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import Floats, Records
from consilience.core.units import ledger_exponent
from consilience.portfolio.metric_table import METRICS
from consilience.portfolio.stats_nb import ZERO_SPREAD

# columns of the frame after the parameters; ``final_equity`` and ``fills`` are the account's, the rest are METRICS
FIGURES = (
    "final_equity", "net_profit", "total_return", "cagr", "volatility", "sharpe", "max_drawdown", "calmar",
    "exposure_time", "fills", "trades", "win_rate", "profit_factor", "expectancy", "fees", "slippage",
)  # fmt: skip
LOWER_IS_BETTER = frozenset(m.name for m in METRICS if m.better == "lower") & frozenset(FIGURES)
_EULER = 0.5772156649015329


def require_metric(name: str) -> None:
    """Raises NotFound when a sweep has no such column."""
    if name not in FIGURES:
        raise NotFound.named("sweep metric", name, FIGURES)


@dataclass(frozen=True)
class SweepResult:
    """frame: one row a set, in the grid's order: parameters, then FIGURES (NaN where undefined).

    refused: sets that the constraint left out. bars, symbols: of the panel. periods_per_year: bars in a year.
    """

    frame: pl.DataFrame
    parameters: tuple[str, ...]
    metric: str
    refused: int
    periods_per_year: float
    bars: int
    symbols: tuple[str, ...]
    strategy: str

    @property
    def tried(self) -> int:
        """How many sets ran: every one is a chance to be lucky."""
        return self.frame.height

    def ranked(self, metric: str | None = None) -> pl.DataFrame:
        """The frame, best first; undefined values last, ties in the grid's order."""
        name = metric or self.metric
        require_metric(name)
        key = pl.col(name).fill_nan(None)
        order = self.frame.with_row_index("_row").sort(
            key, "_row", descending=[name not in LOWER_IS_BETTER, False], nulls_last=True
        )
        return order.drop("_row")

    def best(self, count: int = 1, metric: str | None = None) -> list[dict[str, Any]]:
        """The best sets as dictionaries of parameters and figures."""
        return self.ranked(metric).head(count).to_dicts()

    def best_parameters(self, metric: str | None = None) -> dict[str, Any]:
        """Parameters of the best set, to build the strategy with."""
        row = self.best(1, metric)[0]
        return {name: row[name] for name in self.parameters}

    def heat_table(self, across: str, down: str, metric: str | None = None, reduce: str = "best") -> pl.DataFrame:
        """``metric`` by two parameters: first column ``down``, one column for each value of ``across``.

        reduce: how sets that differ in other parameters meet: best, mean or worst.
        """
        name = metric or self.metric
        require_metric(name)
        for parameter in (across, down):
            if parameter not in self.parameters:
                raise NotFound.named("parameter of the sweep", parameter, self.parameters)
        if across == down:
            raise ConfigError("a heat table needs two different parameters")
        lower = name in LOWER_IS_BETTER
        kinds = {"best": "min" if lower else "max", "worst": "max" if lower else "min", "mean": "mean"}
        if reduce not in kinds:
            raise ConfigError(f"reduce='{reduce}' is unknown; use best, mean or worst")
        known = self.frame.select(down, across, pl.col(name).cast(pl.Float64).fill_nan(None)).sort(down, across)
        return known.pivot(on=across, index=down, values=name, aggregate_function=kinds[reduce])  # type: ignore[arg-type]

    def luck(self) -> float:
        """The best yearly Sharpe ratio to expect of ``tried`` sets without any skill, given how theirs spread.

        Expected maximum of that many normal draws (Bailey and Lopez de Prado, The Deflated Sharpe Ratio, 2014). The
        sets of a grid resemble each other, so it is too high rather than too low. NaN for fewer than two.
        """
        values = self.frame["sharpe"].to_numpy()
        values = values[np.isfinite(values)]
        count = len(values)
        if count < 2:
            return math.nan
        normal = NormalDist()
        high = normal.inv_cdf(1.0 - 1.0 / count)
        higher = normal.inv_cdf(1.0 - 1.0 / (count * math.e))
        return float(values.std(ddof=1)) * ((1.0 - _EULER) * high + _EULER * higher)

    def summary(self) -> str:
        """What a reader must know before believing the best row; of luck nothing where no two sets can be compared."""
        top = self.best(1)[0]
        chosen = ", ".join(f"{name}={top[name]}" for name in self.parameters)
        value, luck = top[self.metric], self.luck()
        shown = "none, it is undefined" if value is None or math.isnan(value) else f"{value:.4g}"
        line = f"best of {self.tried} {'set' if self.tried == 1 else 'sets'} by {self.metric}: {chosen} with {shown}"
        if math.isnan(luck):
            return line
        return f"{line}\nluck alone would bring the best Sharpe ratio of that many sets to about {luck:.2f}"


def metric_columns(
    sets: Sequence[Mapping[str, Any]], stats: Records, accounts: Records, terms: tuple[str, float]
) -> pl.DataFrame:
    """The sweep's frame. ``terms``: base currency, bars in a year. Definitions: ``portfolio.metric_table``."""
    unit = 10.0 ** ledger_exponent(terms[0])
    with np.errstate(all="ignore"):
        figures = _figures(stats, accounts, unit, terms[1])
    parameters = {name: [one[name] for one in sets] for name in sets[0]}
    return pl.DataFrame({**parameters, **{name: figures[name] for name in FIGURES}})


def _figures(stats: Records, accounts: Records, unit: float, year: float) -> dict[str, Any]:
    first, last = stats["first"].astype(np.float64), stats["last"].astype(np.float64)
    count = (stats["rows"] - 1).astype(np.float64)  # returns
    sound = (stats["ruined"] == 0) & (count > 0)
    mean = stats["total"] / count
    spread = stats["squares"] - stats["total"] * mean
    wide = spread > (ZERO_SPREAD * np.abs(mean)) ** 2 * count
    deviation = np.where(wide, np.sqrt(np.where(wide, spread, 0.0) / (count - 1.0)), 0.0)
    closed = stats["trades"].astype(np.float64)
    growth = np.where(last > 0.0, (last / first) ** (year / count) - 1.0, -1.0)
    deepest = np.where(sound, stats["deepest"], np.nan)
    cagr = _where(sound & np.isfinite(growth), growth)
    return {
        "final_equity": accounts["equity"] / unit,
        "net_profit": (last - first) / unit,
        "total_return": last / first - 1.0,
        "cagr": cagr,
        "volatility": _where(sound & (count > 1), deviation * math.sqrt(year)),
        "sharpe": _where(sound & (deviation > 0.0), mean / deviation * math.sqrt(year)),
        "max_drawdown": deepest,
        "calmar": _where(sound & (deepest < 0.0), cagr / -deepest),
        "exposure_time": _where(sound, stats["held"] / stats["rows"]),
        "fills": stats["fills"],
        "trades": stats["trades"],
        "win_rate": _where(closed > 0, stats["wins"] / closed),
        "profit_factor": _where(stats["lost"] < 0, stats["gained"] / -stats["lost"].astype(np.float64)),
        "expectancy": _where(closed > 0, (stats["gained"] + stats["lost"]) / closed / unit),
        "fees": accounts["fees"] / unit,
        "slippage": accounts["slippage"] / unit,
    }


def _where(known: Any, values: Any) -> Floats:
    result: Floats = np.where(known, values, np.nan).astype(np.float64)
    return result
