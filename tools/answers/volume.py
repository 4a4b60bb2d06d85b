"""Answers of the volume features: TA-Lib where it has them, else NumPy from the published formulas."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import talib

from tools.answers.volatility import NUMPY, TALIB, Answer, Floats, answer, before, flags, windows


def flow_answers(w: dict[str, Floats]) -> Iterator[Answer]:
    h, l, c, v = (w[n] for n in ("high", "low", "close", "volume"))  # noqa: E741
    line = talib.AD(h, l, c, v)
    yield answer("money_flow_volume", f"{TALIB} AD, its changes", np.diff(line, prepend=0.0))
    yield answer("accumulation_distribution", TALIB, line)
    for fast, slow in ((3, 10), (6, 20)):
        yield answer("chaikin_oscillator", TALIB, talib.ADOSC(h, l, c, v, fast, slow), fast=fast, slow=slow)
    for n in (2, 14):
        yield answer("mfi", TALIB, talib.MFI(h, l, c, v, n), period=n)
    for n, threshold in ((20, 0.0), (5, 0.05)):
        start = np.concatenate(([0.0], line))
        flow = np.concatenate((np.full(n - 1, np.nan), start[n:] - start[:-n])) / windows(v, n).sum(axis=1)
        trend = np.where(np.abs(flow) > threshold, np.sign(flow), np.where(np.isnan(flow), np.nan, 0.0))
        columns = {"flow": flow, "trend": trend, "strength": 100 * np.abs(flow)}
        yield answer("chaikin_money_flow", f"{TALIB} AD, {NUMPY}", columns, period=n, threshold=threshold)
        change = c - before(c, n)
        against = np.where(np.sign(change) * trend < 0, trend, np.where(np.isnan(change * trend), np.nan, 0.0))
        columns = {"state": trend, "divergence": against}
        yield answer("smart_money", f"{TALIB} AD, {NUMPY}", columns, period=n, threshold=threshold)
    for n in (13, 1):
        force = (c - before(c)) * v
        smooth = talib.EMA(force[1:], n) if n > 1 else force[1:]
        yield answer("force_index", f"{TALIB} EMA, {NUMPY}", np.concatenate(([np.nan], smooth)), period=n)
    for n, divisor in ((14, 1e8), (3, 1e4)):
        middle = (h + l) / 2
        ease = (middle - before(middle)) / ((v / divisor) / (h - l))
        yield answer("ease_of_movement", NUMPY, windows(ease, n).mean(axis=1), period=n, divisor=divisor)
    for fast, slow, signal in ((34, 55, 13), (3, 5, 2)):
        force = np.where(np.diff((h + l + c) / 3) > 0, 1.0, -1.0) * v[1:]
        swing = np.concatenate(([np.nan], talib.EMA(force, fast) - talib.EMA(force, slow)))
        columns = {"oscillator": swing, "signal": talib.EMA(swing, signal)}
        yield answer("klinger_oscillator", f"{TALIB} EMA, {NUMPY}", columns, fast=fast, slow=slow, signal=signal)
    yield answer("price_volume_trend", NUMPY, np.concatenate(([np.nan], np.cumsum(v[1:] * np.diff(c) / c[:-1]))))
    growth, more = c[1:] / c[:-1], np.diff(v)
    columns = {
        "negative": 1000 * np.concatenate(([1.0], np.cumprod(np.where(more < 0, growth, 1.0)))),
        "positive": 1000 * np.concatenate(([1.0], np.cumprod(np.where(more > 0, growth, 1.0)))),
    }
    yield answer("volume_index", f"{NUMPY} cumprod", columns)


def average_answers(w: dict[str, Floats]) -> Iterator[Answer]:
    c, v = w["close"], w["volume"]
    for n in (20, 3):
        weights = windows(v, n)
        yield answer("vwma", NUMPY, (windows(c, n) * weights).sum(axis=1) / weights.sum(axis=1), period=n)
    for n, threshold, average in ((20, 2.0, "with"), (10, 1.5, "before")):
        usual = talib.SMA(v, n) if average == "with" else before(talib.SMA(v, n))
        ratio = v / usual
        score = np.interp(ratio, (0, threshold, 2 * threshold), (0, 50, 100))
        columns = {"ratio": ratio, "surge": flags(ratio > threshold, ratio), "score": score + 0 * ratio}
        params = {"period": n, "threshold": threshold, "average": average}
        yield answer("volume_surge", f"{TALIB} SMA, {NUMPY}", columns, **params)


def since(w: dict[str, Floats], starts: Floats) -> tuple[Floats, Floats]:
    """Weighted average and deviation of the typical prices of each bar's stretch, from all of its bars each time."""
    typical = (w["high"] + w["low"] + w["close"]) / 3
    average, deviation = np.full((2, len(typical)), np.nan)
    for t in range(len(typical)):
        begun = np.flatnonzero(starts[: t + 1])
        if len(begun):
            x, v = typical[begun[-1] : t + 1], w["volume"][begun[-1] : t + 1]
            average[t] = np.average(x, weights=v)
            deviation[t] = np.sqrt(np.average((x - average[t]) ** 2, weights=v))
    return average, deviation


def vwap_answers(w: dict[str, Floats]) -> Iterator[Answer]:
    source = f"{NUMPY} average with weights"
    average, deviation = since(w, (w["close"] > w["open"] + 0.5).astype(np.float64))
    yield answer("anchored_vwap", source, {"vwap": average, "deviation": deviation})
    c, h, l = w["close"], w["high"], w["low"]  # noqa: E741
    average, deviation = since(w, np.diff(w["session"], prepend=-1.0))
    alone = np.diff(w["session"], prepend=-1.0) != 0
    for width in (2.0, 0.5):
        score = (c - average) / np.where(alone, np.nan, deviation)
        columns = {"upper": average + width * deviation, "middle": average, "lower": average - width * deviation}
        yield answer("vwap_bands", source, {**columns, "score": score}, width=width)
    for n, reach in ((14, 0.25), (5, 1.0)):
        atr, last = talib.ATR(h, l, c, n), before(c)
        support = (last > average) & (c >= average) & ((l - average) / atr <= reach)
        resistance = (last < average) & (c <= average) & ((average - h) / atr <= reach)
        columns = {
            "support": flags(support, atr),
            "resistance": flags(resistance, atr),
            "distance": (c - average) / atr,
        }
        yield answer("vwap_levels", f"{source}, {TALIB} ATR", columns, atr_period=n, reach=reach)


def profile(lower: Floats, upper: Floats, volume: Floats, bins: int) -> tuple[Floats, Floats]:
    """(edges, volume in each bin): by the volume below each edge, of bars that are uniform over their range."""
    edges = np.linspace(lower.min(), upper.max(), bins + 1)
    # a bar of one price is a very short range just above it, so that rounding cannot put it below an edge
    width = np.where(upper > lower, upper - lower, 1e-8)
    start = np.where(upper > lower, lower, lower + 1e-8)
    below = np.clip((edges[:, None] - start) / width, 0, 1)
    below[-1] = 1.0
    return edges, np.diff((below * volume).sum(axis=1))


def area(held: Floats, share: float) -> tuple[int, int, int]:
    """Grow one bin at a time from the fullest towards the fuller side."""
    fullest = int(np.argmax(held))
    inside = [fullest]
    while held[inside].sum() < share * held.sum() and len(inside) < len(held):
        sides = [n for n in (max(inside) + 1, min(inside) - 1) if 0 <= n < len(held)]
        inside.append(max(sides, key=lambda n: held[n]))
    return fullest, min(inside), max(inside)


def profile_answers(w: dict[str, Floats]) -> Iterator[Answer]:
    h, l, v = w["high"], w["low"], w["volume"]  # noqa: E741
    typical = (h + l + w["close"]) / 3
    source = f"{NUMPY}, volume below each edge of the bins"
    names = ("poc", "value_area_high", "value_area_low", "concentration")
    for feature, n, bins, share, spread in (
        ("volume_profile", 50, 24, 0.7, "range"),
        ("volume_profile", 30, 10, 0.9, "typical"),
        ("volume_at_price", 20, 12, 0.5, "range"),
    ):
        lower, upper = (l, h) if spread == "range" else (typical, typical)
        found = np.full((4, len(v)), np.nan)
        for t in range(n - 1, len(v)):
            rows = slice(t - n + 1, t + 1)
            edges, held = profile(lower[rows], upper[rows], v[rows], bins)
            fullest, low, high = area(held, share)
            crowd = (np.sum((held / held.sum()) ** 2) * bins - 1) / (bins - 1)
            found[:, t] = edges[fullest : fullest + 2].mean(), edges[high + 1], edges[low], crowd
        params = {"period": n, "bins": bins, "value_area": share}
        more = {"spread": spread} if feature == "volume_profile" else {}
        yield answer(feature, source, dict(zip(names, found, strict=True)), **params, **more)
    shares = np.full((10, len(v)), np.nan)
    for t in range(29, len(v)):
        held = profile(l[t - 29 : t + 1], h[t - 29 : t + 1], v[t - 29 : t + 1], 10)[1]
        shares[:, t] = held / held.sum()
    columns = {f"tenth_{n + 1}": row for n, row in enumerate(shares)}
    yield answer("volume_distribution", source, columns, period=30)


def answers(w: dict[str, Floats]) -> Iterator[Answer]:
    """All files of the family from the bars ``w``."""
    for part in (flow_answers, average_answers, vwap_answers, profile_answers):
        yield from part(w)
