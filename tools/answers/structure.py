"""Answers for features/structure: candles from TA-Lib, swings and levels bar by bar from their definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import talib
import talib.abstract
from scipy import signal

Floats = npt.NDArray[np.float64]
Columns = dict[str, Floats]
Write = Callable[[str, Columns, Mapping[str, object]], None]
Event = tuple[int, int, float]  # bar that confirms it, bar where it happened, price
TALIB = f"TA-Lib {talib.__version__}"
NUMPY = f"NumPy {np.__version__}"
RATIOS = {"level_236": 0.236, "level_382": 0.382, "level_500": 0.5, "level_618": 0.618, "level_786": 0.786}
TARGETS = {"level_1272": 1.272, "level_1414": 1.414, "level_1618": 1.618, "level_2000": 2.0, "level_2618": 2.618}


def candles(seed: int, rows: int) -> Columns:
    """Bars with bodies, shadows and gaps of very different sizes, so that every shape comes up."""
    rng = np.random.default_rng(seed)
    out = np.zeros((4, rows))
    close, lean = 100.0, 1.0
    for t in range(rows):
        if rng.random() < 0.25:
            lean = -lean
        gap = rng.choice([0.0, 0.1, -0.3, 0.5], p=[0.3, 0.35, 0.2, 0.15]) * rng.choice([-1, 1])
        if rng.random() < 0.35:
            gap = -0.2 * lean  # a step back into the last body
        body = rng.choice([0.0, 0.1, 0.5, 1.2], p=[0.06, 0.24, 0.3, 0.4])
        open_ = close + gap + 0.02 * (100 - close)
        close = open_ + body * (0.7 + 0.6 * rng.random()) * (lean if rng.random() < 0.85 else -lean)
        upper, lower = rng.choice([0.0, 0.01, 0.2, 0.8], p=[0.35, 0.25, 0.2, 0.2], size=2) * rng.random(2)
        out[:, t] = open_, max(open_, close) + upper, min(open_, close) - lower, close
    return dict(zip(("open", "high", "low", "close"), np.round(out, 2), strict=True))


def candle_answers(bars: Columns, write: Write) -> None:
    """TA-Lib's verdicts as signs; ours may know a bar more at the start, so the answers name their first row."""
    given = tuple(bars[n] for n in ("open", "high", "low", "close"))
    shapes: dict[str, tuple[str, dict[str, float]]] = {
        "doji": ("CDLDOJI", {}),
        "hammer": ("CDLHAMMER", {}),
        "hanging_man": ("CDLHANGINGMAN", {}),
        "inverted_hammer": ("CDLINVERTEDHAMMER", {}),
        "shooting_star": ("CDLSHOOTINGSTAR", {}),
        "engulfing": ("CDLENGULFING", {}),
        "harami": ("CDLHARAMI", {}),
        "piercing_line": ("CDLPIERCING", {}),
        "dark_cloud_cover": ("CDLDARKCLOUDCOVER", {"penetration": 0.5}),
        "morning_star": ("CDLMORNINGSTAR", {"penetration": 0.3}),
        "evening_star": ("CDLEVENINGSTAR", {"penetration": 0.3}),
        "three_white_soldiers": ("CDL3WHITESOLDIERS", {}),
        "three_black_crows": ("CDL3BLACKCROWS", {}),
    }
    for feature, (name, params) in shapes.items():
        found = np.sign(getattr(talib, name)(*given, **params)).astype(np.float64)
        first = talib.abstract.Function(name, **params).lookback
        found[:first] = np.nan
        assert (found[first:] != 0).sum() >= 5, f"{feature}: {(found[first:] != 0).sum()} in the sample"
        about = {"feature": feature, "params": params, "source": TALIB, "input": "candles", "first": first}
        write(feature, {"value": found}, about)


def tops(x: Floats, left: int, right: int, ties: str) -> list[Event]:
    """Bars higher than those to their left, and than (or as high as) those to their right."""
    if ties == "none" and left == right:
        found = signal.argrelextrema(x, np.greater, order=left)[0]
        return [(int(j) + right, int(j), float(x[j])) for j in found if left <= j < len(x) - right]
    events = []
    for j in range(left, len(x) - right):
        after = x[j + 1 : j + right + 1].max()
        if x[j] > x[j - left : j].max() and (x[j] > after or (ties == "first" and x[j] == after)):
            events.append((j + right, j, float(x[j])))
    return events


def held(events: list[Event], rows: int, first: int) -> Columns:
    """The last event's price, its age, and a mark where it is confirmed."""
    value, since, confirmed = np.full(rows, np.nan), np.full(rows, np.nan), np.zeros(rows)
    for known, happened, price in events:
        value[known:] = price
        since[known:] = np.arange(known, rows) - happened
        confirmed[known] = 1.0
    confirmed[:first] = np.nan
    return {"value": value, "bars_since": since, "confirmed": confirmed}


def runs(events: list[Event], rows: int) -> tuple[Floats, Floats]:
    """How many in a row were higher, and how many lower, than the one before."""
    up, down = np.zeros(rows), np.zeros(rows)
    signs = np.sign(np.diff([price for _, _, price in events]))
    for n, (known, _, _) in enumerate(events[1:]):
        back = signs[n::-1]
        other = np.flatnonzero(back != back[0])
        same = 0 if back[0] == 0 else int(other[0]) if len(other) else len(back)
        up[known:], down[known:] = (same, 0) if back[0] > 0 else (0, same)
    return up, down


def clusters(prices: list[float], reach: float) -> list[tuple[float, int]]:
    """Centre and size of each group of sorted prices that spans at most ``reach``."""
    groups: list[list[float]] = []
    for price in sorted(prices):
        if groups and price <= groups[-1][0] + reach:
            groups[-1].append(price)
        else:
            groups.append([price])
    return [(float(np.mean(g)), len(g)) for g in groups]


def around(levels: list[tuple[float, int]], x: float) -> tuple[float, float, float, float]:
    """The level at or below, the level above, and their sizes."""
    below = [level for level in levels if level[0] <= x]
    above = [level for level in levels if level[0] > x]
    nothing = (np.nan, np.nan)
    (low, low_size), (high, high_size) = (below[-1] if below else nothing), (above[0] if above else nothing)
    return low, high, low_size, high_size


def level_history(highs: list[Event], lows: list[Event], reach: Floats, pivots: int) -> list[list[tuple[float, int]]]:
    """The levels that are known on each bar."""
    news = sorted([(known, 0, price) for known, _, price in highs] + [(known, 1, price) for known, _, price in lows])
    both = {known for known, _, _ in highs} & {known for known, _, _ in lows}
    news = sorted((known + (side == 1 and known in both), side, price) for known, side, price in news)
    found: list[list[tuple[float, int]]] = []
    for t in range(len(reach)):
        past = [n for n in news if n[0] <= t]
        width = next((r for r in reach[past[-1][0] : t + 1] if r == r), np.nan) if past else np.nan
        found.append(clusters([p for _, _, p in past[-pivots:]], width) if width == width else [])
    return found


def swing_answers(w: Columns, write: Write) -> None:
    high, low, close = w["high"], w["low"], w["close"]
    rows = len(close)
    for left, right, ties in ((3, 3, "first"), (2, 2, "none"), (5, 2, "first")):
        params = {"left": left, "right": right, "ties": ties}
        name = "-".join(str(p) for p in params.values())
        source = f"SciPy argrelextrema, {NUMPY}" if ties == "none" else NUMPY
        first = left + right
        for feature, x, sign in (("pivot_high", close, 1.0), ("pivot_low", close, -1.0)):
            columns = held(tops(sign * x, left, right, ties), rows, first)
            columns["value"] = sign * columns["value"]
            write(f"{feature}-{name}", columns, {"feature": feature, "params": params, "source": source})
        up = held(tops(high, left, right, ties), rows, first)
        down = held(tops(-low, left, right, ties), rows, first)
        columns = {"high": up["value"], "low": -down["value"]}
        columns |= {"bars_since_high": up["bars_since"], "bars_since_low": down["bars_since"]}
        columns |= {"high_confirmed": up["confirmed"], "low_confirmed": down["confirmed"]}
        write(f"swing-{name}", columns, {"feature": "swing", "params": params, "source": source})


def sequence(w: Columns, swing: int) -> Columns:
    rows = len(w["close"])
    highs, lows = tops(w["high"], swing, swing, "first"), tops(-w["low"], swing, swing, "first")
    higher_highs, lower_highs = runs(highs, rows)
    lower_lows, higher_lows = runs(lows, rows)
    trend = np.sign(higher_highs) * np.sign(higher_lows) - np.sign(lower_highs) * np.sign(lower_lows)
    columns = {"higher_highs": higher_highs, "lower_highs": lower_highs}
    columns |= {"higher_lows": higher_lows, "lower_lows": lower_lows, "trend": trend}
    for values in columns.values():
        values[: 2 * swing] = np.nan
    return columns


def sequence_answers(w: Columns, write: Write) -> None:
    rows, close = len(w["close"]), w["close"]
    columns = sequence(w, 2)
    pivot = np.full(rows, np.nan)
    low_events = {known: -price for known, _, price in tops(-w["low"], 2, 2, "first")}
    for known, _, price in tops(w["high"], 2, 2, "first"):
        pivot[known] = price
        if known in low_events and known + 1 < rows:
            pivot[known + 1] = low_events.pop(known)
    for known, price in low_events.items():
        pivot[known] = price
    about: dict[str, object] = {"feature": "swing_sequence", "params": {}, "source": NUMPY}
    write("swing_sequence", columns | {"pivot": pivot}, about)
    columns = sequence(w, 4)
    top = held(tops(w["high"], 4, 4, "first"), rows, 8)["value"]
    bottom = -held(tops(-w["low"], 4, 4, "first"), rows, 8)["value"]
    broken = (close > top).astype(np.float64) - (close < bottom)
    columns["broken"] = np.where(np.isnan(top) | np.isnan(bottom), np.nan, broken)
    about = {"feature": "market_structure", "params": {"left": 4, "right": 4}, "source": NUMPY}
    write("market_structure-4-4", columns, about)


def level_answers(w: Columns, write: Write) -> None:
    high, low, close = w["high"], w["low"], w["close"]

    def events(swing: int) -> tuple[list[Event], list[Event]]:
        bottoms = [(known, j, -price) for known, j, price in tops(-low, swing, swing, "first")]
        return tops(high, swing, swing, "first"), bottoms

    names = ("below", "above", "below_touches", "above_touches")
    history = level_history(*events(2), 4.0 * (high - low), 9)
    columns = dict(zip(names, np.array([around(v, c) for v, c in zip(history, close, strict=True)]).T, strict=True))
    write("level_cluster-9", columns, {"feature": "level_cluster", "params": {"pivots": 9}, "source": NUMPY})
    for swing, pivots, tolerance, unit in ((5, 12, 0.5, "atr"), (3, 8, 1.5, "percent")):
        reach = tolerance * talib.ATR(high, low, close, 14) if unit == "atr" else tolerance / 100 * close
        history = level_history(*events(swing), reach, pivots)
        found = np.array([around(v, c) for v, c in zip(history, close, strict=True)]).T
        if unit == "atr":
            found[:, :14] = np.nan
        strength = [np.where(np.isnan(n), np.nan, np.clip(n - 1, 0, 2)) for n in found[2:]]
        names = ("support", "resistance", "support_touches", "resistance_touches")
        columns = dict(zip(names, found, strict=True))
        columns |= {"support_strength": strength[0], "resistance_strength": strength[1]}
        params = {"swing": swing, "pivots": pivots, "tolerance": tolerance, "unit": unit}
        name = "-".join(str(p) for p in params.values())
        about: dict[str, object] = {
            "feature": "support_resistance",
            "params": params,
            "source": f"{NUMPY}, {TALIB} ATR",
        }
        write(f"support_resistance-{name}", columns, about)
        support, resistance = found[:2]
        columns = {
            "to_support": (1 - support / close) * 100,
            "to_resistance": (resistance / close - 1) * 100,
            "place": (close - support) / (resistance - support),
        }
        write(f"level_distance-{name}", columns, about | {"feature": "level_distance"})


def box_answers(w: Columns, write: Write) -> None:
    """The longest run of bars within the height, one longer than the last at most."""
    high, low, close = w["high"], w["low"], w["close"]

    def boxes(reach: Floats) -> tuple[Floats, Floats, Floats]:
        bars, top, bottom = (np.full(len(close), np.nan) for _ in range(3))
        for t in np.flatnonzero(~np.isnan(reach)):
            before = 0 if t == 0 or np.isnan(bars[t - 1]) else int(bars[t - 1])
            fits = [
                n
                for n in range(1, before + 2)
                if np.ptp(np.r_[high[t - n + 1 : t + 1], low[t - n + 1 : t + 1]]) <= reach[t]
            ]
            bars[t] = max(fits, default=0)
            start = t - max(int(bars[t]), 1) + 1
            top[t], bottom[t] = high[start : t + 1].max(), low[start : t + 1].min()
        return bars, top, bottom

    columns = dict(zip(("bars", "top", "bottom"), boxes(4.0 * (high - low)), strict=True))
    write("price_box-60", columns, {"feature": "price_box", "params": {"longest": 60}, "source": NUMPY})
    for width, atr_period, least in ((3.0, 14, 10), (1.5, 5, 4)):
        atr = talib.ATR(high, low, close, atr_period)
        bars, top, bottom = boxes(width * atr)
        columns = {"bars": bars, "top": top, "bottom": bottom, "height": (top - bottom) / atr}
        columns["active"] = np.where(np.isnan(bars), np.nan, bars >= least)
        params = {"width": width, "atr_period": atr_period, "least": least}
        about = {"feature": "consolidation", "params": params, "source": f"{NUMPY}, {TALIB} ATR"}
        write(f"consolidation-{width}-{atr_period}-{least}", columns, about)


def answers(w: Columns, write: Write) -> None:
    """All answers of the family; ``w`` is the walk."""
    bars = candles(5, 900)
    filler = {"volume": np.ones(900), "session": np.zeros(900)}
    write("candles", bars | filler, {"input": "seeded candles of every shape on a grid of 0.01"})
    candle_answers(bars, write)
    swing_answers(w, write)
    sequence_answers(w, write)
    level_answers(w, write)
    box_answers(w, write)
