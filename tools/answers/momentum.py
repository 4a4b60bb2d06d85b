"""Answers of the family momentum: TA-Lib where it has the indicator, else NumPy and pandas from the formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import talib

Floats = npt.NDArray[np.float64]
Write = Callable[[str, dict[str, Floats], Mapping[str, object]], None]
One = Callable[..., None]
TALIB = f"TA-Lib {talib.__version__}"
PANDAS = f"pandas {pd.__version__}"
NUMPY = f"NumPy {np.__version__}"


def buckets(session: Floats, minutes: int) -> tuple[list[list[int]], list[int]]:
    """Rows of each higher bar of one-minute bars, and how many of those bars are closed after each row.

    Row n closes at minute n + 1. A bar ends with its bucket of the clock, or when a row of the next session arrives.
    """
    rows: list[list[int]] = []
    closed: list[int] = []
    for n, day in enumerate(session):
        number = n // minutes
        if rows and len(closed) and (rows[-1][0] // minutes != number or session[rows[-1][0]] != day):
            rows.append([])
        if not rows:
            rows.append([])
        rows[-1].append(n)
        done = (n + 1) % minutes == 0
        closed.append(len(rows) if done else len(rows) - 1)
    return rows, closed


def on_rows(values: Floats, closed: list[int]) -> Floats:
    """The last closed higher bar's value on each row."""
    return np.array([values[n - 1] if n else np.nan for n in closed])


def talib_writer(write: Write) -> One:
    """Writes one file whose numbers come from TA-Lib."""

    def one(feature: str, values: Floats | tuple[Floats, ...], outputs: str = "value", **params: object) -> None:
        columns = values if isinstance(values, tuple) else (values,)
        about = {"feature": feature, "params": params, "source": TALIB}
        name = "-".join(str(p) for p in (feature, *params.values()))
        write(name, dict(zip(outputs.split(), columns, strict=True)), about)

    return one


def talib_differences(w: dict[str, Floats], one: One) -> None:
    h, l, c = (w[n] for n in ("high", "low", "close"))  # noqa: E741
    for n in (2, 10):
        one("momentum", talib.MOM(c, n), period=n)
    for n in (3, 14):
        one("cmo", talib.CMO(c, n), period=n, smoothing="wilder")
    for fast, slow in ((12, 26), (3, 7)):
        for average, code in (("ema", 1), ("sma", 0)):
            one("apo", talib.APO(c, fast, slow, code), fast=fast, slow=slow, average=average)
            line = talib.PPO(c, fast, slow, code)
            trail_line = talib.EMA(line, 9)
            columns = (line, trail_line, line - trail_line)
            one("ppo", columns, "ppo signal histogram", fast=fast, slow=slow, signal=9, average=average)
    for n, trail in ((15, 9), (4, 3)):
        line = talib.TRIX(c, n)
        one("trix", (line, talib.EMA(line, trail)), "trix signal", period=n, signal=trail)
    for fast, middle, slow in ((7, 14, 28), (2, 5, 11)):
        values = talib.ULTOSC(h, l, c, fast, middle, slow)
        one("ultimate_oscillator", values, fast=fast, middle=middle, slow=slow)


def talib_levels(w: dict[str, Floats], one: One) -> None:
    h, l, c = (w[n] for n in ("high", "low", "close"))  # noqa: E741
    for n, smooth, trail in ((14, 3, 3), (5, 1, 3)):
        k, _ = talib.STOCH(h, l, c, n, smooth, 0, 1, 0)
        _, d = talib.STOCH(h, l, c, n, smooth, 0, trail, 0)
        one("stochastic", (k, d), "k d", period=n, smooth=smooth, signal=trail)
    for n, level in ((20, 100.0), (5, 80.0)):
        index = talib.CCI(h, l, c, n)
        extreme = np.where(np.isnan(index), np.nan, np.abs(index) > level)
        one("cci", (index, extreme, cci_trend(index, level)), "current extreme trend", period=n, level=level)
    middle_of_bar = (h + l) / 2.0
    for fast, slow in ((5, 34), (2, 6)):
        one("awesome", talib.SMA(middle_of_bar, fast) - talib.SMA(middle_of_bar, slow), fast=fast, slow=slow)
    for n, wing in ((14, 5), (5, 2)):
        current = talib.WILLR(h, l, c, n)
        found = divergences(c, current, (wing, wing, 60), on_price=False)
        columns = (current, talib.EMA(current, 9), found["bullish"] - found["bearish"])
        outputs = "current smoothed divergence"
        one("williams_r", columns, outputs, period=n, smooth=9, left=wing, right=wing)
    for n, window, smooth, trail, quiet in ((14, 14, 3, 3, 1.0), (5, 7, 1, 2, 10.0)):
        fast_k, _ = talib.STOCHRSI(c, n, window, 1, 0)
        k = talib.SMA(fast_k, smooth) if smooth > 1 else fast_k
        d = talib.SMA(k, trail)
        params = {"period": n, "window": window, "smooth": smooth, "signal": trail, "quiet": quiet}
        one("stochastic_rsi", (k, d, leading(k, d, quiet)), "k d momentum", **params)


def talib_timeframes(w: dict[str, Floats], one: One) -> None:
    for n, names in ((3, ("5m", "15m", "1h")), (4, ("1m", "4m", "7m"))):
        frames = [frame_bars(w, name) for name in names]
        parts = [on_rows(talib.RSI(bars["close"], n), closed) for bars, closed in frames]
        top, bottom = np.max(parts, axis=0), np.min(parts, axis=0)
        side = np.where(bottom > 50, 1.0, np.where(top < 50, -1.0, 0.0))
        score = np.where(np.isnan(top), np.nan, side * (1 - (top - bottom) / 50))
        given = dict(zip(("fast", "middle", "slow"), names, strict=True))
        one("multi_timeframe_rsi", (*parts, score), "fast middle slow convergence", period=n, **given)


def frame_bars(w: dict[str, Floats], name: str) -> tuple[dict[str, Floats], list[int]]:
    """The bars of a higher timeframe, and how many are closed on each one-minute row."""
    rows, closed = buckets(w["session"], int(name[:-1]) * (60 if name.endswith("h") else 1))
    bars = {
        "high": np.array([w["high"][r].max() for r in rows]),
        "low": np.array([w["low"][r].min() for r in rows]),
        "close": np.array([w["close"][r[-1]] for r in rows]),
    }
    return bars, closed


def cci_trend(index: Floats, level: float) -> Floats:
    """The last of three events decides: beyond +level, beyond -level, back at zero from the side that is held."""
    out = np.full_like(index, np.nan)
    held = 0
    for n in np.flatnonzero(~np.isnan(index)):
        if abs(index[n]) > level:
            held = 1 if index[n] > 0 else -1
        elif held and (index[n] <= 0 if held == 1 else index[n] >= 0):
            held = 0
        out[n] = held
    return out


def leading(k: Floats, d: Floats, quiet: float) -> Floats:
    change = np.diff(k, prepend=np.nan)
    up, down = (k > d) & (change > quiet), (k < d) & (change < -quiet)
    return np.where(np.isnan(change) | np.isnan(d), np.nan, up * 1.0 - down * 1.0)


def divergences(price: Floats, value: Floats, spans: tuple[int, int, int], *, on_price: bool) -> dict[str, Floats]:
    """All pivots by looking at the whole series first, then each beside the one before it."""
    left, right, most = spans
    swing = price if on_price else value
    names = ("bullish", "bearish", "hidden_bullish", "hidden_bearish")
    first = int(np.flatnonzero(~np.isnan(swing))[0])
    out = {n: np.full(len(price), np.nan) for n in names}
    for column in out.values():
        column[first + left + right :] = 0.0
    for sign, regular, hidden in ((1, "bullish", "hidden_bullish"), (-1, "bearish", "hidden_bearish")):
        x = sign * swing
        pivots = [
            n
            for n in range(first + left, len(x) - right)
            if x[n] <= x[n - left : n].min() and x[n] < x[n + 1 : n + right + 1].min()
        ]
        for before, now in pairwise(pivots):
            if now - before > most:
                continue
            price_change, value_change = sign * (price[now] - price[before]), sign * (value[now] - value[before])
            if price_change < 0 < value_change:
                out[regular][now + right] = 1.0
            if value_change < 0 < price_change:
                out[hidden][now + right] = 1.0
    return out


def numpy_momentum(w: dict[str, Floats], write: Write) -> None:
    c, v = w["close"], w["volume"]
    for left, right, most, on_price in ((5, 5, 60, False), (3, 2, 12, False), (2, 4, 30, True)):
        found = divergences(c, v, (left, right, most), on_price=on_price)
        swings = "price" if on_price else "oscillator"
        params: dict[str, object] = {"left": left, "right": right, "max_bars": most, "pivots": swings}
        about = {"feature": "divergence", "params": params, "source": f"{NUMPY}, pivots of the whole series at once"}
        write(f"divergence-{left}-{right}-{most}-{swings}", found, about)
    change = pd.Series(c).diff()
    for n in (3, 14):
        up, down = (change.clip(lower=0).rolling(n).sum(), (-change).clip(lower=0).rolling(n).sum())
        about = {"feature": "cmo", "params": {"period": n, "smoothing": "sum"}, "source": PANDAS}
        # a window that stood still is 0 by our convention
        still = ((up + down) < 1e-9).to_numpy()
        values = np.where(still, 0.0, (100 * (up - down) / (up + down)).to_numpy())
        write(f"cmo-{n}-sum", {"value": values}, about)
    for slow, fast, trail in ((25, 13, 13), (4, 3, 5)):
        double = [
            x.iloc[1:].ewm(span=slow, adjust=False).mean().iloc[slow - 1 :].ewm(span=fast, adjust=False).mean()
            for x in (change, change.abs())
        ]
        index = (100 * double[0] / double[1]).iloc[fast - 1 :]
        line = index.ewm(span=trail, adjust=False).mean().iloc[trail - 1 :]
        columns = {k: x.reindex(range(len(c))).to_numpy() for k, x in (("tsi", index), ("signal", line))}
        params = {"slow": slow, "fast": fast, "signal": trail, "seed": "first"}
        about = {"feature": "tsi", "params": params, "source": f"{PANDAS} ewm(adjust=False)"}
        write(f"tsi-{slow}-{fast}-{trail}-first", columns, about)
        ema = talib.EMA
        moved = np.diff(c, prepend=np.nan)
        values = 100 * ema(ema(moved, slow), fast) / ema(ema(np.abs(moved), slow), fast)
        params = {**params, "seed": "sma"}
        about = {"feature": "tsi", "params": params, "source": f"{TALIB} EMA"}
        write(f"tsi-{slow}-{fast}-{trail}-sma", {"tsi": values, "signal": ema(values, trail)}, about)


def answers(w: dict[str, Floats], write: Write) -> None:
    """Write the answers of the family over the walk ``w``."""
    one = talib_writer(write)
    talib_differences(w, one)
    talib_levels(w, one)
    talib_timeframes(w, one)
    numpy_momentum(w, write)
