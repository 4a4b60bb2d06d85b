"""Answers for the Fibonacci features: each bar from the last two swings known on it."""

from __future__ import annotations

import numpy as np

from tools.answers.structure import NUMPY, RATIOS, TARGETS, Columns, Event, Write, around, level_history, tops


def legs(w: Columns, left: int, right: int) -> tuple[list[tuple[Event, Event] | None], list[Event], list[Event]]:
    """The older and the younger of the last swing high and low on each bar, and all swings."""
    highs = tops(w["high"], left, right, "first")
    lows = [(known, j, -price) for known, j, price in tops(-w["low"], left, right, "first")]
    found: list[tuple[Event, Event] | None] = []
    for t in range(len(w["close"])):
        last_high = [e for e in highs if e[0] <= t][-1:]
        last_low = [e for e in lows if e[0] <= t][-1:]
        if not last_high or not last_low:
            found.append(None)
        elif last_high[0][1] >= last_low[0][1]:
            found.append((last_low[0], last_high[0]))
        else:
            found.append((last_high[0], last_low[0]))
    return found, highs, lows


def retracements(start: float, end: float) -> dict[str, float]:
    """The textbook's two cases, from the high down or from the low up."""
    high, low = max(start, end), min(start, end)
    if end == high:
        return {name: high - (high - low) * ratio for name, ratio in RATIOS.items()}
    return {name: low + (high - low) * ratio for name, ratio in RATIOS.items()}


def table(rows: int, names: tuple[str, ...]) -> Columns:
    return {name: np.full(rows, np.nan) for name in names}


def leg_answers(w: Columns, write: Write, left: int, right: int) -> None:
    rows = len(w["close"])
    found, _, _ = legs(w, left, right)
    plain = table(rows, ("start", "end", "direction", *RATIOS))
    place = table(rows, ("distance", "ratio", "level", "retraced"))
    targets = {basis: table(rows, (*TARGETS, "turn")) for basis in ("leg", "projection")}
    for t, leg in enumerate(found):
        if leg is None:
            continue
        (_, _, start), (_, j, end) = leg
        levels = retracements(start, end)
        up = end > start
        row = {"start": start, "end": end, "direction": 1.0 if up else -1.0, **levels}
        turn = w["low"][j + 1 : t + 1].min() if up else w["high"][j + 1 : t + 1].max()
        close = w["close"][t]
        near = min(RATIOS, key=lambda name: abs(close - levels[name]))
        row |= {"distance": (close - levels[near]) / close * 100, "ratio": RATIOS[near], "level": levels[near]}
        row["retraced"] = (end - close) / (end - start)
        for columns in (plain, place):
            for name, values in columns.items():
                values[t] = row[name]
        for basis, columns in targets.items():
            origin = start if basis == "leg" else turn
            for name, ratio in TARGETS.items():
                columns[name][t] = origin + (end - start) * ratio
            columns["turn"][t] = turn
    params: dict[str, object] = {"left": left, "right": right}
    about: dict[str, object] = {"params": params, "source": NUMPY}
    name = f"{left}-{right}"
    write(f"fibonacci_retracement-{name}", plain, about | {"feature": "fibonacci_retracement"})
    write(f"fibonacci_distance-{name}", place, about | {"feature": "fibonacci_distance"})
    for basis, columns in targets.items():
        about = {"feature": "fibonacci_extension", "params": params | {"basis": basis}, "source": NUMPY}
        write(f"fibonacci_extension-{name}-{basis}", columns, about)


def confluence(w: Columns, swing: int, pivots: int, tolerance: float) -> Columns:
    found, highs, lows = legs(w, swing, swing)
    history = level_history(highs, lows, tolerance / 100 * w["close"], pivots)
    columns = table(len(w["close"]), ("count", "touches"))
    for t, leg in enumerate(found):
        if leg is None:
            continue
        count, touches = 0, 0.0
        for fibonacci in retracements(leg[0][2], leg[1][2]).values():
            low, high, low_size, high_size = around(history[t], fibonacci)
            met = [abs(fibonacci - level) / level < tolerance / 100 for level in (low, high)]
            count += any(met)
            touches += sum(size for size, hit in zip((low_size, high_size), met, strict=True) if hit)
        columns["count"][t], columns["touches"][t] = count, touches
    return columns


def confluence_answers(w: Columns, write: Write, swing: int, pivots: int, tolerance: float) -> None:
    columns = confluence(w, swing, pivots, tolerance)
    params = {"swing": swing, "pivots": pivots, "tolerance": tolerance}
    about: dict[str, object] = {"feature": "fibonacci_confluence", "params": params, "source": NUMPY}
    write(f"fibonacci_confluence-{swing}-{pivots}-{tolerance}", columns, about)


GRID = (0.5, 0.618, 0.786, 1.0, 1.272, 1.618, 2.0, 2.618, 4.236)


def expansion_row(close: float, high: float, low: float) -> dict[str, float]:
    """Where the close stands on the leg: all levels as prices first, then the ones next to it."""
    top, bottom = max(high, low), min(high, low)
    up = close - bottom >= top - close
    sign, origin = (1.0, bottom) if up else (-1.0, top)
    level = abs(close - origin) / (top - bottom)
    prices = {ratio: origin + sign * ratio * (top - bottom) for ratio in GRID}
    behind = [p for r, p in prices.items() if r <= level][-1]
    ahead = [p for r, p in prices.items() if r > level][:1]
    targets = [p for r, p in prices.items() if r > level and r >= 1][:2]
    first, second = ([*targets, np.nan, np.nan])[:2]
    around_it = [behind, *ahead, *([np.nan] * (1 - len(ahead)))]
    row = {"level": level, "direction": sign, "zone": 1.0 + np.searchsorted((0.618, 1.0, 1.618, 2.618), level, "right")}
    row |= dict(zip(("support", "resistance") if up else ("resistance", "support"), around_it, strict=True))
    return row | {"target": first, "target_after": second}


SIZES = {1: (0.8, 0.8), 2: (1.2, 1.0), 3: (1.0, 1.0), 4: (0.6, 0.7), 5: (0.3, 0.4)}  # of the zones, from the Spec


def expansion_answers(w: Columns, write: Write, swing: int, pivots: int, tolerance: float) -> None:
    """The zones of the whole walk, with the confluence counted as in ``confluence_answers``."""
    counts = confluence(w, swing, pivots, tolerance)["count"]
    keys = ("support", "resistance", "target", "target_after")
    touches = ("support_touches", "resistance_touches")
    order = ("level", "direction", "zone", "multiplier", "risk_adjustment", "confluence", *keys, *touches)
    _, highs, lows = legs(w, swing, swing)
    history = level_history(highs, lows, tolerance / 100 * w["close"], pivots)
    columns = table(len(w["close"]), order)
    for t, (high, low) in enumerate(last_swings(w, swing)):
        if high is None or low is None:
            continue
        row = expansion_row(w["close"][t], high, low)
        row["multiplier"], row["risk_adjustment"] = SIZES[int(row["zone"])]
        row["confluence"] = counts[t] / 5
        for name, key in zip(touches, keys, strict=False):
            below, above, below_size, above_size = around(history[t], row[key])
            sizes = ((below, below_size), (above, above_size))
            met = [size for price, size in sizes if abs(row[key] - price) / price < tolerance / 100]
            row[name] = np.nan if np.isnan(row[key]) else sum(met)
        for name, values in columns.items():
            values[t] = row[name]
    params = {"swing": swing, "pivots": pivots, "tolerance": tolerance}
    about: dict[str, object] = {"feature": "fibonacci_expansion", "params": params, "source": NUMPY}
    write(f"fibonacci_expansion-{swing}-{pivots}-{tolerance}", columns, about)


def last_swings(w: Columns, swing: int) -> list[tuple[float | None, float | None]]:
    """Prices of the last confirmed swing high and low on each bar."""
    highs = tops(w["high"], swing, swing, "first")
    lows = tops(-w["low"], swing, swing, "first")
    found: list[tuple[float | None, float | None]] = []
    for t in range(len(w["close"])):
        high = [price for known, _, price in highs if known <= t][-1:]
        low = [-price for known, _, price in lows if known <= t][-1:]
        found.append((high[0] if high else None, low[0] if low else None))
    return found


def leg_expansion_answers(w: Columns, write: Write) -> None:
    """The same of the close between the swings of two bars to each side."""
    names = ("level", "direction", "zone", "support", "resistance", "target", "target_after")
    columns = table(len(w["close"]), names)
    for t, (high, low) in enumerate(last_swings(w, 2)):
        if high is not None and low is not None:
            row = expansion_row(w["close"][t], high, low)
            for name, values in columns.items():
                values[t] = row[name]
    assert set(columns["zone"][~np.isnan(columns["zone"])]) == {1, 2, 3, 4, 5}
    write("leg_expansion", columns, {"feature": "leg_expansion", "params": {}, "source": NUMPY})


def since_answers(w: Columns, write: Write) -> None:
    low, close = np.full(len(w["close"]), np.nan), w["close"]
    for t in range(len(close)):
        known = [j for confirmed, j, _ in tops(w["high"], 2, 2, "first") if confirmed <= t]
        if known:
            low[t] = close[known[-1] + 1 : t + 1].min()
    write("lowest_since-2", {"value": low}, {"feature": "lowest_since", "params": {"longest": 2}, "source": NUMPY})


def answers(w: Columns, write: Write) -> None:
    """All answers of the Fibonacci features; ``w`` is the walk."""
    for left, right in ((5, 5), (4, 2)):
        leg_answers(w, write, left, right)
    for swing, pivots, tolerance in ((5, 12, 0.5), (3, 8, 1.0)):
        confluence_answers(w, write, swing, pivots, tolerance)
        expansion_answers(w, write, swing, pivots, tolerance)
    leg_expansion_answers(w, write)
    since_answers(w, write)
