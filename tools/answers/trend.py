"""Answers of the family trend: TA-Lib where it has the indicator, else NumPy and pandas from the published formula."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy
import talib
from numpy.lib.stride_tricks import sliding_window_view
from scipy import stats

from tools.answers.momentum import NUMPY, PANDAS, TALIB, Floats, One, Write, frame_bars, on_rows, talib_writer


def windows(x: Floats, length: int) -> Floats:
    """Each row's last ``length`` values, oldest first, NaN rows at the start: [rows, length]."""
    padded = np.concatenate((np.full(length - 1, np.nan), x))
    found: Floats = sliding_window_view(padded, length)
    return found


def middle(h: Floats, l: Floats, length: int) -> Floats:  # noqa: E741
    found: Floats = (windows(h, length).max(axis=1) + windows(l, length).min(axis=1)) / 2
    return found


def lagged(x: Floats, bars: int) -> Floats:
    return np.concatenate((np.full(bars, np.nan), x[:-bars]))


def supertrend(h: Floats, l: Floats, c: Floats, n: int, multiplier: float) -> tuple[Floats, Floats]:  # noqa: E741
    """Final bands first, then the side of the close, as published in spreadsheets."""
    reach = multiplier * talib.ATR(h, l, c, n)
    raw_top, raw_bottom = (h + l) / 2 + reach, (h + l) / 2 - reach
    top, bottom = raw_top.copy(), raw_bottom.copy()
    direction, line = np.full_like(c, np.nan), np.full_like(c, np.nan)
    for t in range(n, len(c)):
        if t > n:
            if c[t - 1] <= top[t - 1]:
                top[t] = min(raw_top[t], top[t - 1])
            if c[t - 1] >= bottom[t - 1]:
                bottom[t] = max(raw_bottom[t], bottom[t - 1])
            broken = c[t] > top[t] if direction[t - 1] < 0 else c[t] < bottom[t]
            direction[t] = -direction[t - 1] if broken else direction[t - 1]
        else:
            direction[t] = -1.0
        line[t] = top[t] if direction[t] < 0 else bottom[t]
    return line, direction


def sar_acceleration(h: Floats, l: Floats, trend: Floats, step: float, limit: float) -> Floats:  # noqa: E741
    """Gains since the turn: one for each bar that makes a new extreme of the trend."""
    out = np.full_like(h, np.nan)
    start = 1
    for t in range(1, len(h)):
        if t > 1 and trend[t] != trend[t - 1]:
            start = t
        part = h[start : t + 1] if trend[t] > 0 else -l[start : t + 1]
        gains = int((np.diff(np.maximum.accumulate(part)) > 0).sum())
        out[t] = min(limit, step * (1 + gains))
    return out


def talib_trend(w: dict[str, Floats], one: One) -> None:
    h, l, c = (w[n] for n in ("high", "low", "close"))  # noqa: E741
    for n in (3, 20):
        one("dema", talib.DEMA(c, n), period=n)
        one("tema", talib.TEMA(c, n), period=n)
        one("kama", talib.KAMA(c, n), period=n, fast=2, slow=30)
    for n in (2, 7, 20):
        one("trima", talib.TRIMA(c, n), period=n)
    for n, factor in ((5, 0.7), (3, 0.3)):
        one("t3", talib.T3(c, n, factor), period=n, volume_factor=factor)
    for n in (4, 14):
        one("midpoint", talib.MIDPOINT(c, n), period=n)
        one("midprice", talib.MIDPRICE(h, l, n), period=n)
        down, up = talib.AROON(h, l, n)
        one("aroon", (up, down, talib.AROONOSC(h, l, n)), "up down oscillator", period=n)
    for n in (5, 20):
        top, bottom = talib.MAX(h, n), talib.MIN(l, n)
        one("donchian", (top, (top + bottom) / 2, bottom), "upper middle lower", period=n)


def talib_systems(w: dict[str, Floats], one: One) -> None:
    h, l, c = (w[n] for n in ("high", "low", "close"))  # noqa: E741
    for n, moderate, strong in ((14, 20.0, 40.0), (4, 25.0, 60.0)):
        index, plus, minus = talib.ADX(h, l, c, n), talib.PLUS_DI(h, l, c, n), talib.MINUS_DI(h, l, c, n)
        strength = np.where(np.isnan(index), np.nan, np.digitize(index, (moderate, strong)))
        columns = (plus, minus, index, strength, np.sign(plus - minus))
        outputs = "plus_di minus_di adx strength direction"
        one("dmi_strength", columns, outputs, period=n, moderate=moderate, strong=strong)
    for start, limit in ((0.02, 0.2), (0.1, 0.25)):
        level = talib.SAR(h, l, start, limit)
        # below the bar's middle in an uptrend: the level never lies inside the range of its bar
        trend = np.where(np.isnan(level), np.nan, np.where(level <= (h + l) / 2, 1.0, -1.0))
        speed = sar_acceleration(h, l, trend, start, limit)
        one("parabolic_sar", (level, trend, speed), "level trend acceleration", acceleration=start, maximum=limit)
    for n, multiplier in ((10, 3.0), (5, 1.5)):
        one("supertrend", supertrend(h, l, c, n, multiplier), "line direction", period=n, multiplier=multiplier)
    for n, names in ((3, ("5m", "15m", "1h")), (4, ("1m", "4m", "7m"))):
        frames = [frame_bars(w, name) for name in names]
        parts = [on_rows(supertrend(b["high"], b["low"], b["close"], n, 1.2)[1], closed) for b, closed in frames]
        given = dict(zip(("fast", "middle", "slow"), names, strict=True))
        one(
            "multi_timeframe_supertrend",
            (*parts, np.mean(parts, axis=0)),
            "fast middle slow confluence",
            period=n,
            multiplier=1.2,
            **given,
        )
    for average, function, nearest in (("ema", talib.EMA, 1e-9), ("sma", talib.SMA, 0.002)):
        ribbon = np.array([function(c, 4 + 3 * n) for n in range(5)])
        apart = ribbon[:-1] / ribbon[1:] - 1
        score = np.where(np.abs(apart) <= nearest, 0.0, np.sign(apart)).mean(axis=0)
        one("ribbon_alignment", score, shortest=4, spacing=3, count=5, average=average, nearest=nearest)


def numpy_trend(w: dict[str, Floats], write: Write) -> None:
    h, l, c = (w[n] for n in ("high", "low", "close"))  # noqa: E741

    def one(feature: str, columns: dict[str, Floats], source: str, **params: object) -> None:
        name = "-".join(str(p) for p in (feature, *params.values()))
        write(name, columns, {"feature": feature, "params": params, "source": source})

    for n in (3, 14):
        smooth = pd.Series(c).ewm(alpha=1 / n, adjust=False).mean().to_numpy().copy()
        smooth[: n - 1] = np.nan
        one("rma", {"value": smooth}, f"{PANDAS} ewm(alpha, adjust=False)", period=n, seed="first")
        seeded = pd.Series(np.concatenate(([c[:n].mean()], c[n:]))).ewm(alpha=1 / n, adjust=False).mean().to_numpy()
        values = np.concatenate((np.full(n - 1, np.nan), seeded))
        one("rma", {"value": values}, f"{PANDAS} ewm(alpha, adjust=False)", period=n, seed="sma")
    for n in (4, 16, 21):
        lead = 2 * talib.WMA(c, n // 2) - talib.WMA(c, n)
        one("hma", {"value": talib.WMA(lead, int(np.sqrt(n)))}, f"{TALIB} WMA", period=n)
    for n, offset, sigma in ((9, 0.85, 6.0), (20, 0.5, 3.0), (6, 1.0, 12.0)):
        weights = np.exp(-((np.arange(n) - offset * (n - 1)) ** 2) / (2 * (n / sigma) ** 2))
        values = windows(c, n) @ (weights / weights.sum())
        one("alma", {"value": values}, NUMPY, period=n, offset=offset, sigma=sigma)
    for n, inner in ((14, 9), (5, 3)):
        one("vidya", {"value": vidya(c, n, inner)}, NUMPY, period=n, cmo_period=inner)
    one("kama", {"value": kama(c, 6, 4, 12)}, NUMPY, period=6, fast=4, slow=12)
    for conversion, base, span, displacement in ((9, 26, 52, 26), (3, 5, 11, 4)):
        tenkan, kijun = middle(h, l, conversion), middle(h, l, base)
        columns = {
            "tenkan": tenkan,
            "kijun": kijun,
            "senkou_a": lagged((tenkan + kijun) / 2, displacement),
            "senkou_b": lagged(middle(h, l, span), displacement),
            "chikou": c,
        }
        given = {"conversion": conversion, "base": base, "span": span, "displacement": displacement}
        one("ichimoku", columns, NUMPY, **given)
    ranges = pd.Series(talib.TRANGE(h, l, c))
    for n in (3, 14):
        moves = {"plus": np.abs(h - lagged(l, 1)), "minus": np.abs(l - lagged(h, 1))}
        whole = ranges.rolling(n).sum()
        columns = {k: (pd.Series(x).rolling(n).sum() / whole).to_numpy() for k, x in moves.items()}
        one("vortex", columns, f"{PANDAS} rolling sums, {TALIB} TRANGE", period=n)
    for n in (2, 5, 14):
        fits = [stats.linregress(np.arange(n), part) for part in sliding_window_view(c, n)]
        flat = [bool((part == part[0]).all()) for part in sliding_window_view(c, n)]
        lines = {
            "value": [f.intercept + f.slope * (n - 1) for f in fits],
            "slope": [f.slope for f in fits],
            "r_squared": [0.0 if still else f.rvalue**2 for f, still in zip(fits, flat, strict=True)],
        }
        columns = {k: np.concatenate((np.full(n - 1, np.nan), x)) for k, x in lines.items()}
        one("linear_regression", columns, f"SciPy {scipy.__version__} linregress", period=n)


def vidya(c: Floats, n: int, inner: int) -> Floats:
    """Chande's recursion from the price before the first value, with the oscillator of plain sums."""
    change = pd.Series(c).diff()
    size = change.abs().rolling(inner).sum()
    moved = np.round(size.to_numpy(), 9) > 0
    strength = np.where(moved, (change.rolling(inner).sum().abs() / size).to_numpy(), 0.0)
    out = np.full_like(c, np.nan)
    before = c[inner - 1]
    for t in range(inner, len(c)):
        k = 2 / (n + 1) * strength[t]
        before = out[t] = k * c[t] + (1 - k) * before
    return out


def kama(c: Floats, n: int, fast: int, slow: int) -> Floats:
    """Kaufman's recursion with other lengths than TA-Lib's fixed ones."""
    out = np.full_like(c, np.nan)
    before = c[n - 1]
    for t in range(n, len(c)):
        path = np.abs(np.diff(c[t - n : t + 1])).sum()
        ratio = abs(c[t] - c[t - n]) / path if path else 1.0
        before = out[t] = before + (ratio * (2 / (fast + 1) - 2 / (slow + 1)) + 2 / (slow + 1)) ** 2 * (c[t] - before)
    return out


def answers(w: dict[str, Floats], write: Write) -> None:
    """Write the answers of the family over the walk ``w``."""
    one = talib_writer(write)
    talib_trend(w, one)
    talib_systems(w, one)
    numpy_trend(w, write)
