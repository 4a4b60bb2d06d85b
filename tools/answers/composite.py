"""Answers for features/composite: their parts from TA-Lib, everything counted afresh on each bar."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import talib
from scipy import stats

from tools.answers.structure import NUMPY, TALIB, Columns, Floats, Write

BOTH = f"{NUMPY}, {TALIB}"


def sides(value: Floats, border: Floats | float) -> Floats:
    """1 above, -1 below, NaN where unknown."""
    found: Floats = np.sign(value - border)
    return found


def efficiency(x: Floats, period: int) -> Floats:
    ratio = np.full(len(x), np.nan)
    for t in range(period, len(x)):
        window = x[t - period : t + 1]
        way = np.abs(np.diff(window)).sum()
        ratio[t] = abs(window[-1] - window[0]) / way if way > 0 else 0.0
    return ratio


def trend_answers(w: Columns, write: Write) -> None:
    high, low, close = w["high"], w["low"], w["close"]
    for period in (2, 10):
        about: dict[str, object] = {"feature": "efficiency_ratio", "params": {"period": period}, "source": NUMPY}
        write(f"efficiency_ratio-{period}", {"value": efficiency(close, period)}, about)
    for period, adx_period, expansion in ((10, 14, 1.2), (4, 5, 1.1)):
        ribbon = [talib.EMA(close, n * period) for n in (1, 2, 3, 4)]
        order = np.array([sides(a, b) for a, b in pairwise(ribbon)]).sum(axis=0)
        adx = np.minimum(talib.ADX(high, low, close, adx_period) / 50, 1)
        score = (adx + efficiency(close, period) + np.abs(order) / 3) / 3 * 100
        upper, middle, lower = talib.BBANDS(close, 2 * period, 2.0, 2.0, 0)
        width = (upper - lower) / middle
        growth = width / np.array([width[max(t - 2 * period + 1, 0) : t + 1].mean() for t in range(len(width))])
        growth[: 4 * period - 2] = np.nan
        breakout = ((close > upper) | (close < lower)) & (growth >= expansion)
        unknown = np.isnan(score) | np.isnan(growth)
        columns = {
            "score": score,
            "regime": np.where(unknown, np.nan, np.where(breakout, 2, score >= 50)),
            "confidence": np.where(
                unknown, np.nan, np.where(breakout, np.clip(growth - 1, 0, 1), np.abs(score / 50 - 1))
            ),
            "direction": np.sign(order),
        }
        params = {"period": period, "adx_period": adx_period, "expansion": expansion}
        about = {"feature": "market_structure_index", "params": params, "source": BOTH}
        write(f"market_structure_index-{period}-{adx_period}-{expansion}", columns, about)
    for period in (14, 5):
        macd, _, histogram = talib.MACD(close)
        percent_k = talib.STOCHF(high, low, close, period, 1)[0]
        votes = np.array(
            [
                sides(talib.RSI(close, period), 50.0),
                sides(macd, 0.0),
                sides(histogram, 0.0),
                sides(talib.ROC(close, period), 0.0),
                sides(percent_k, 50.0),
            ]
        ).sum(axis=0)
        alignment = np.abs(votes) / 5
        strength = np.where(np.isnan(votes), np.nan, (alignment >= 0.5) * 1.0 + (alignment >= 0.9))
        columns = {"alignment": alignment, "strength": strength, "direction": np.sign(votes)}
        about = {"feature": "momentum_convergence", "params": {"period": period}, "source": BOTH}
        write(f"momentum_convergence-{period}", columns, about)


def buckets(x: Floats, period: int) -> Floats:
    found = np.full(len(x), np.nan)
    for t in range(period - 1, len(x)):
        window = x[t - period + 1 : t]
        if not np.isnan(window).any():
            found[t] = min(4, np.floor(stats.percentileofscore(window, x[t], kind="mean") / 20 + 1e-12))
    return found


def exits(close: Floats, upper: Floats, lower: Floats, bars: int) -> Floats:
    """Outcome of the bar ``bars`` ago, told on the bar at hand."""
    found = np.full(len(close), np.nan)
    for t in range(bars, len(close)):
        start = t - bars
        if np.isnan(upper[start] + lower[start]):
            continue
        after = close[start + 1 : t + 1]
        beyond = np.flatnonzero((after > upper[start]) | (after < lower[start]))
        found[t] = 0 if not len(beyond) else (beyond[0] + 1) * (1 if after[beyond[0]] > upper[start] else -1)
    return found


def frequencies(bucket: Floats, outcome: Floats, horizon: int, memory: int) -> Columns:
    """Count the bars of today's bucket among the last ``memory`` outcomes."""
    rows = len(bucket)
    columns = {name: np.full(rows, np.nan) for name in ("share", "up", "bars", "samples")}
    then = np.concatenate((np.full(horizon, np.nan), bucket[:-horizon]))
    for t in np.flatnonzero(~np.isnan(bucket)):
        window = slice(max(t - memory + 1, 0), t + 1)
        found = outcome[window][(then[window] == bucket[t]) & ~np.isnan(outcome[window])]
        left = found[found != 0]
        columns["samples"][t] = len(found)
        if len(found):
            columns["share"][t] = len(left) / len(found)
        if len(left):
            columns["up"][t], columns["bars"][t] = (left > 0).mean(), np.abs(left).mean()
    return columns


def calibrations(forecast: Floats, outcome: Floats) -> Columns:
    columns = {name: np.full(len(forecast), np.nan) for name in ("mean_forecast", "mean_outcome", "brier")}
    columns["samples"] = np.zeros(len(forecast))
    for t in range(len(forecast)):
        known = ~np.isnan(forecast[: t + 1] + outcome[: t + 1])
        p, y = forecast[: t + 1][known], outcome[: t + 1][known]
        columns["samples"][t] = len(p)
        if len(p):
            columns["mean_forecast"][t], columns["mean_outcome"][t] = p.mean(), y.mean()
            columns["brier"][t] = ((p - y) ** 2).mean()
    return columns


def breakout_answers(w: Columns, write: Write) -> None:
    high, low, close = w["high"], w["low"], w["close"]
    source = f"{NUMPY}, SciPy percentileofscore"
    for period in (7, 60):
        about: dict[str, object] = {"feature": "quantile_bucket", "params": {"period": period}, "source": source}
        write(f"quantile_bucket-{period}", {"value": buckets(close, period)}, about)
    write(
        "range_exit-5",
        {"value": exits(close, high, low, 5)},
        {"feature": "range_exit", "params": {"bars": 5}, "source": NUMPY},
    )
    columns = frequencies(buckets(w["volume"], 7), exits(close, high, low, 5), 5, 40)
    about = {"feature": "exit_frequency", "params": {"horizon": 5, "memory": 40}, "source": source}
    write("exit_frequency-5-40", columns, about)
    columns = calibrations(low, (close > w["open"]).astype(np.float64))
    write("calibration", columns, {"feature": "calibration", "params": {}, "source": NUMPY})
    for period, horizon, history, memory, lean in ((20, 10, 60, 150, 0.6), (5, 4, 30, 120, 0.55)):
        upper, lower = talib.MAX(high, period), talib.MIN(low, period)
        bucket = buckets((upper - lower) / close, history)
        outcome = exits(close, upper, lower, horizon)
        past = frequencies(bucket, outcome, horizon, memory)
        few = ~(past["samples"] >= 20)
        probability = np.where(few, np.nan, past["share"])
        up = np.where(np.isnan(past["up"]), 0.5, past["up"])
        made = np.concatenate((np.full(horizon, np.nan), probability[:-horizon]))
        said = calibrations(made, np.where(np.isnan(outcome), np.nan, outcome != 0))
        columns = {
            "probability": probability,
            "direction": np.where(few, np.nan, np.where(up >= lean, 1, np.where(up <= 1 - lean, -1, 0))),
            "expected_bars": np.where(few, np.nan, past["bars"]),
            "samples": past["samples"],
            "mean_forecast": said["mean_forecast"],
            "realised": said["mean_outcome"],
        }
        params = {"period": period, "horizon": horizon, "history": history, "memory": memory, "lean": lean}
        about = {"feature": "volatility_breakout", "params": params, "source": f"{source}, {TALIB} MAX and MIN"}
        write("volatility_breakout-" + "-".join(str(p) for p in params.values()), columns, about)


def moves(w: Columns, interval: int) -> Columns:
    """Early and late change of each whole session, shown from the next one's first bar on."""
    columns = {name: np.full(len(w["close"]), np.nan) for name in ("opening", "closing", "volume")}
    columns["settled"] = np.zeros(len(w["close"]))
    days = np.unique(w["session"])
    for day, following in pairwise(days[1:]):
        (rows,) = np.nonzero(w["session"] == day)
        known = np.flatnonzero(w["session"] == following)[0]
        if len(rows) >= 2 * interval:
            columns["opening"][known:] = w["close"][rows[interval - 1]] - w["open"][rows[0]]
            columns["closing"][known:] = w["close"][rows[-1]] - w["close"][rows[-1 - interval]]
            columns["volume"][known:] = w["volume"][rows[-interval:]].sum()
            columns["settled"][known] = 1.0
    return columns


def balances(opening: Floats, closing: Floats, settled: Floats, period: int) -> Columns:
    columns = {name: np.full(len(opening), np.nan) for name in ("index", "early", "late")}
    (news,) = np.nonzero((settled == 1) & ~np.isnan(opening + closing))
    for n, t in enumerate(news):
        past = news[: n + 1]
        rate = 2 / (period + 1)
        weights = np.array([(1.0 if k == 0 else rate) * (1 - rate) ** (n - k) for k in range(n + 1)])
        columns["index"][t:] = (closing[past] - opening[past]).sum()
        columns["early"][t:] = (weights * opening[past]).sum()
        columns["late"][t:] = (weights * closing[past]).sum()
    return columns


def smart_money_answers(w: Columns, write: Write) -> None:
    o, c, rising = w["open"], w["close"], (w["close"] > w["open"]).astype(np.float64)
    for interval in (5, 19):
        found = moves(w, interval)
        about: dict[str, object] = {"feature": "session_moves", "params": {"interval": interval}, "source": NUMPY}
        write(f"session_moves-{interval}", {n: found[n] for n in ("opening", "closing", "settled")}, about)
    about = {"feature": "smart_money_balance", "params": {"period": 6}, "source": NUMPY}
    write("smart_money_balance-6", balances(o, c, rising, 6), about)
    events = [c[np.flatnonzero(rising[: t + 1])[-1]] if rising[: t + 1].any() else np.nan for t in range(len(c))]
    write("value_when", {"value": np.array(events)}, {"feature": "value_when", "params": {}, "source": NUMPY})
    for interval, period, basis, threshold in ((5, 3, "session", 0.6), (30, 10, "bar", 0.7)):
        if basis == "session":
            found = moves(w, interval)
        else:
            before = np.concatenate(([np.nan], c[:-1]))
            found = {"opening": o - before, "closing": c - o, "settled": np.ones(len(c)), "volume": w["volume"]}
        balance = balances(found["opening"], found["closing"], found["settled"], period)
        early, late = np.abs(balance["early"]), np.abs(balance["late"])
        share = late / (late + early)
        columns = {
            "index": balance["index"],
            "flow": np.where(np.isnan(share), np.nan, np.where(share >= threshold, np.sign(balance["late"]), 0)),
            "confidence": np.where(share >= threshold, share, 1 - share),
            "volume": found["volume"],
        }
        params = {"interval": interval, "period": period, "basis": basis, "threshold": threshold}
        about = {"feature": "smart_money_index", "params": params, "source": NUMPY}
        write(f"smart_money_index-{interval}-{period}-{basis}-{threshold}", columns, about)


def answers(w: Columns, write: Write) -> None:
    """All answers of the family; ``w`` is the walk."""
    trend_answers(w, write)
    breakout_answers(w, write)
    smart_money_answers(w, write)
