"""Answers of the volatility and rank features: TA-Lib where it has them, else NumPy and SciPy over whole windows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy
import talib
from numpy.lib.stride_tricks import sliding_window_view
from scipy import stats

Floats = npt.NDArray[np.float64]
Answer = tuple[str, dict[str, Floats], dict[str, Any]]
TALIB = f"TA-Lib {talib.__version__}"
NUMPY = f"NumPy {np.__version__}"
SCIPY = f"SciPy {scipy.__version__}"
TIES = {"half": "mean", "all": "weak", "none": "strict"}


def answer(feature: str, source: str, columns: dict[str, Floats] | Floats, **params: Any) -> Answer:
    """One file: its name, its columns and what it says of itself."""
    named = columns if isinstance(columns, dict) else {"value": columns}
    variant = "-".join(str(p) for p in params.values())
    about = {"feature": feature, "params": params, "source": source}
    return f"{feature}{'-' + variant if variant else ''}", named, about


def windows(x: Floats, period: int) -> Floats:
    """The last ``period`` values of each row, [rows, period], with NaN before the first."""
    return sliding_window_view(np.concatenate((np.full(period - 1, np.nan), x)), period)


def before(x: Floats, bars: int = 1) -> Floats:
    return np.concatenate((np.full(bars, np.nan), x[:-bars]))


def ranked(x: Floats, period: int, ties: str = "half") -> Floats:
    found = np.full(len(x), np.nan)
    for t, window in enumerate(windows(x, period)):
        if not np.isnan(window).any():
            found[t] = stats.percentileofscore(window[:-1], window[-1], kind=TIES[ties])
    return found


def flags(condition: npt.NDArray[np.bool_], *known: Floats) -> Floats:
    missing = np.isnan(np.array(known)).any(axis=0)
    return np.where(missing, np.nan, condition.astype(np.float64))


def rank_answers(w: dict[str, Floats]) -> Iterator[Answer]:
    c = w["close"]
    for n, ties in ((5, "half"), (5, "all"), (30, "none")):
        yield answer("percent_rank", f"{SCIPY} percentileofscore", ranked(c, n, ties), period=n, ties=ties)
    yield answer("changed", f"{NUMPY} diff", (np.diff(c, prepend=0.0) != 0).astype(np.float64))
    yield answer("cumulative_sum", f"{NUMPY} cumsum", np.cumsum(c))
    for n, divisor, ddof in ((20, "population", 0), (5, "sample", 1)):
        grid = windows(c, n)
        with np.errstate(invalid="ignore"):
            spread = grid.std(axis=1, ddof=ddof)
            score = (c - grid.mean(axis=1)) / np.where(np.ptp(grid, axis=1) == 0, np.nan, spread)
        yield answer("rolling_zscore", f"{NUMPY} mean and std of each window", score, period=n, divisor=divisor)
    yield answer("rolling_variance", TALIB, talib.VAR(c, 20, 1.0), period=20, divisor="population")
    sample = windows(c, 5).var(axis=1, ddof=1)
    yield answer("rolling_variance", f"{NUMPY} var of each window", sample, period=5, divisor="sample")


def band_answers(w: dict[str, Floats]) -> Iterator[Answer]:
    h, l, c = (w[n] for n in ("high", "low", "close"))  # noqa: E741
    for n, width in ((20, 2.0), (6, 1.5)):
        upper, middle, lower = talib.BBANDS(c, n, width, width, 0)
        yield answer("percent_b", f"{TALIB} BBANDS", (c - lower) / (upper - lower), period=n, width=width)
        yield answer("bandwidth", f"{TALIB} BBANDS", (upper - lower) / middle, period=n, width=width)
    for n, width, rule, window, keltner in (
        (20, 2.0, "lowest", 30, 1.5),
        (10, 2.0, "decile", 40, 1.5),
        (20, 2.0, "keltner", 125, 1.5),
    ):
        upper, middle, lower = talib.BBANDS(c, n, width, width, 0)
        spread = (upper - lower) / middle
        if rule == "keltner":
            centre, reach = talib.EMA(c, n), keltner * talib.ATR(h, l, c, n)
            high, low = centre + reach, centre - reach
            narrow = flags((upper < high) & (lower > low), upper, high)
            wide = flags((upper > high) & (lower < low), upper, high)
        elif rule == "decile":
            place = ranked(spread, window)
            narrow, wide = flags(place <= 10, place), flags(place >= 90, place)
        else:
            low, high = windows(spread, window).min(axis=1), windows(spread, window).max(axis=1)
            narrow, wide = flags(spread == low, low), flags((spread == high) & (high > low), low)
        params = {"period": n, "width": width, "rule": rule, "window": window, "keltner_width": keltner}
        source = f"{TALIB} BBANDS, EMA and ATR; {NUMPY}; {SCIPY}"
        yield answer("bollinger_squeeze", source, {"squeeze": narrow, "expansion": wide}, **params)


def range_answers(w: dict[str, Floats]) -> Iterator[Answer]:
    h, l, c = (w[n] for n in ("high", "low", "close"))  # noqa: E741
    for n in (2, 14):
        yield answer("natr", TALIB, talib.NATR(h, l, c, n), period=n)
    source = f"{TALIB} ATR and NATR, {SCIPY} percentileofscore"
    yield answer("atr_percentile", source, ranked(talib.ATR(h, l, c, 14), 30), period=14, window=30, of="price")
    yield answer("atr_percentile", source, ranked(talib.NATR(h, l, c, 5), 50), period=5, window=50, of="percent")
    for smooth, n in ((9, 25), (3, 4)):
        once = talib.EMA(h - l, smooth)
        mass = windows(once / talib.EMA(once, smooth), n).sum(axis=1)
        yield answer("mass_index", f"{TALIB} EMA, {NUMPY}", mass, smooth=smooth, period=n)
    for n, change in ((10, 10), (3, 5)):
        smooth = talib.EMA(h - l, n)
        value = 100 * (smooth - before(smooth, change)) / before(smooth, change)
        yield answer("chaikin_volatility", f"{TALIB} EMA, {NUMPY}", value, period=n, change=change)
    for n in (14, 3):
        fall = 100 * (c - windows(c, n).max(axis=1)) / windows(c, n).max(axis=1)
        value = np.sqrt((windows(fall, n) ** 2).mean(axis=1))
        yield answer("ulcer_index", f"{NUMPY}, Martin's formula", value, period=n)


def volatility(w: dict[str, Floats], n: int, method: str) -> Floats:
    """Variance a bar by the formula of each paper, over windows."""
    o, h, l, c = (np.log(w[name]) for name in ("open", "high", "low", "close"))  # noqa: E741
    last = before(c)
    # all relative to the open, in the letters of Yang and Zhang: normalised high, low and close, and the gap
    u, d, e, gap = h - o, l - o, c - o, o - last
    rogers = windows(u * (u - e) + d * (d - e), n).mean(axis=1)
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    found: dict[str, Floats] = {
        "close": windows(c - last, n).var(axis=1, ddof=1),
        "parkinson": windows((u - d) ** 2, n).sum(axis=1) / (4 * n * np.log(2)),
        "garman_klass": windows(0.5 * (h - l) ** 2 - (2 * np.log(2) - 1) * e**2, n).mean(axis=1),
        "rogers_satchell": rogers,
        "yang_zhang": windows(gap, n).var(axis=1, ddof=1) + k * windows(e, n).var(axis=1, ddof=1) + (1 - k) * rogers,
    }
    return found[method]


def realised_answers(w: dict[str, Floats]) -> Iterator[Answer]:
    for method in ("close", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"):
        for n, year in ((20, 252.0), (5, 365.0)):
            value = np.sqrt(year * volatility(w, n, method))
            params = {"period": n, "method": method, "periods_per_year": year}
            yield answer("realised_volatility", f"{NUMPY}, the formulas of the papers", value, **params)
    realised = np.sqrt(365 * volatility(w, 10, "close"))
    implied = w["open"] / 500
    columns = {"ratio": implied / realised, "premium": implied - realised}
    yield answer("implied_realised_ratio", NUMPY, columns, period=10, periods_per_year=365.0)


def answers(w: dict[str, Floats]) -> Iterator[Answer]:
    """All files of the family from the bars ``w``."""
    for part in (rank_answers, band_answers, range_answers, realised_answers):
        yield from part(w)
