"""Answers of the order flow features and of sums over time: plain loops over the quotes, pandas for windows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

Floats = npt.NDArray[np.float64]
Write = Callable[[str, dict[str, Floats], Mapping[str, object]], None]
PLAIN, PANDAS = "plain Python from the published formula", f"pandas {pd.__version__} rolling"
ROWS = 300


def quotes(seed: int) -> dict[str, Floats]:
    """Quotes and trades at uneven times: prices on a grid of 0.01 that often stay, sizes of hundreds, some gaps."""
    rng = np.random.default_rng(seed)
    bid = np.round(100.0 + np.cumsum(rng.choice([-0.01, 0.0, 0.0, 0.0, 0.01], ROWS)), 2)
    ask = np.round(bid + 0.01 * rng.integers(1, 4, ROWS), 2)
    sizes = [100.0 * rng.integers(1, 20, ROWS) for _ in range(2)]
    traded = np.where(rng.random(ROWS) < 0.4, 100.0 * rng.integers(1, 9, ROWS), 0.0)
    side = np.where(traded > 0, rng.choice([-1.0, 0.0, 1.0], ROWS), 0.0)
    steps = rng.choice([0, 1_000, 90_000, 400_000, 1_000_000, 7_000_000], ROWS, p=[0.1, 0.1, 0.3, 0.3, 0.15, 0.05])
    close = np.round((bid + ask) / 2, 3)
    flat = dict.fromkeys(("open", "high", "low", "close"), close)
    columns = {**flat, "volume": traded, "bid": bid, "ask": ask, "bid_size": sizes[0], "ask_size": sizes[1]}
    columns |= {"trade_size": traded, "aggressor": side, "session": np.zeros(ROWS)}
    return {**columns, "time": np.cumsum(steps).astype(np.float64)}


def flows(q: dict[str, Floats]) -> list[float]:
    """e_n by the indicator formula as the paper prints it, event by event."""
    found = [math.nan]
    for n in range(1, ROWS):
        b, a, sb, sa = (q[k] for k in ("bid", "ask", "bid_size", "ask_size"))
        bid = (b[n] >= b[n - 1]) * sb[n] - (b[n] <= b[n - 1]) * sb[n - 1]
        ask = (a[n] <= a[n - 1]) * sa[n] - (a[n] >= a[n - 1]) * sa[n - 1]
        found.append(bid - ask)
    return found


def over(values: Floats, time: Floats, seconds: float) -> Floats:
    """Sums over the last seconds, both ends included: pandas up to each row, so that equal times do not see ahead."""
    stamps = pd.to_datetime(time * 1000.0)
    result = np.full(len(values), np.nan)
    for n in range(len(values)):
        inside = pd.Series(values[: n + 1], stamps[: n + 1])
        first = stamps[n] - pd.Timedelta(seconds=seconds)
        result[n] = inside[(inside.index >= first)].sum(skipna=True) if not np.isnan(values[n]) else np.nan
    return result


def window_answers(q: dict[str, Floats], write: Write) -> None:
    e, time = np.array(flows(q)), q["time"]
    about = {"source": PLAIN, "input": "quotes"}
    write("level_flow", {"value": e}, {"feature": "level_flow", "params": {}, **about})
    write("order_flow_imbalance", {"value": e}, {"feature": "order_flow_imbalance", "params": {"levels": 1}, **about})
    about = {"source": PANDAS, "input": "quotes"}
    for seconds in (1.0, 5.0):
        total = over(e, time, seconds)
        lookback = 4.0 * seconds
        known = np.where(np.isnan(e), np.nan, 1.0)
        rows = over(known, time, lookback)
        depth = over((q["bid_size"] + q["ask_size"]) / 2, time, lookback) / over(np.ones(ROWS), time, lookback)
        usual = np.sqrt(over(total * total, time, lookback) / rows)
        with np.errstate(invalid="ignore", divide="ignore"):
            columns = {
                "total": total,
                "by_depth": total / (2 * depth),
                "by_deviation": np.where(usual > 0, total / usual, np.nan),
                "depth": depth,
                "updates": over(np.where(np.isnan(e), np.nan, e != 0), time, seconds),
            }
            params = {"seconds": seconds, "lookback": lookback, "levels": 1, "events": 1000}
            write(f"ofi_window-{seconds}", columns, {"feature": "ofi_window", "params": params, **about})
            params = {"seconds": seconds, "events": 1000}
            older = over(e, time, 2 * seconds) - total
            write(f"ofi_trend-{seconds}", {"value": total - older}, {"feature": "ofi_trend", "params": params, **about})
            bought = over(np.where(np.isnan(e), np.nan, np.maximum(e, 0)), time, seconds)
            share = bought / over(np.abs(e), time, seconds)
            about_share = {"feature": "buy_pressure_ratio", "params": params, **about}
            write(f"buy_pressure_ratio-{seconds}", {"value": share}, about_share)
    close = q["close"]
    for seconds in (1.0, 10.0):
        sums = over(close, time, seconds)
        params = {"seconds": seconds, "events": 1000}
        write(f"time_window_sum-{seconds}", {"value": sums}, {"feature": "time_window_sum", "params": params, **about})
    for seconds, most in ((1.0, 1000), (10.0, 1000), (1000.0, 3)):
        held = [
            [k for k in range(max(0, n - most + 1), n + 1) if time[k] >= time[n] - seconds * 1e6] for n in range(ROWS)
        ]
        columns = {
            "total": np.array([sum(e[k] for k in rows if k > 0) for rows in held]),
            "size": np.array([sum(abs(e[k]) for k in rows if k > 0) for rows in held]),
            "moves": np.array([float(sum(e[k] != 0 for k in rows if k > 0)) for rows in held]),
            "rows": np.array([float(sum(k > 0 for k in rows)) for rows in held]),
        }
        for column in columns.values():
            column[0] = np.nan  # the first update has no flow
        params = {"span": seconds * 1e6, "most": most}
        write(f"span_sum-{seconds}", columns, {**about, "feature": "span_sum", "params": params, "source": PLAIN})


def quote_answers(q: dict[str, Floats], write: Write) -> None:
    b, a, sb, sa = (q[k] for k in ("bid", "ask", "bid_size", "ask_size"))
    about = {"params": {}, "source": PLAIN, "input": "quotes"}
    weight = sb / (sb + sa)
    write("micro_price", {"value": weight * a + (1 - weight) * b}, {"feature": "micro_price", **about})
    columns = {"absolute": a - b, "relative": 2 * (a - b) / (a + b)}
    write("spread", columns, {"feature": "spread", **about})
    write("quote_imbalance", {"value": 2 * weight - 1}, {"feature": "quote_imbalance", **about})


def buckets(volume: Floats, leaning: Floats, sizes: Floats) -> list[tuple[float, float]]:
    """(bought - sold, size) of each finished bucket, unit by unit of 1, with the row that finished it as an index."""
    done: list[tuple[int, float, float]] = []
    filled, net, size = 0.0, 0.0, 0.0
    for row in range(len(volume)):
        left = volume[row]
        while left > 0 and not np.isnan(sizes[row]) and (size > 0 or sizes[row] > 0):
            size = size if size > 0 else sizes[row]
            part = min(left, size - filled)
            filled, net, left = filled + part, net + part * leaning[row], left - part
            if size - filled < 1e-9 * size:
                done.append((row, net, size))
                filled, net, size = 0.0, 0.0, 0.0
    return done  # type: ignore[return-value]


def volume_answers(q: dict[str, Floats], write: Write) -> None:
    source = f"{PLAIN}, SciPy normal distribution"

    def leanings(change: Floats) -> Floats:
        bulk = np.where(np.isnan(change), 0.0, 2 * stats.norm.cdf(change) - 1)
        known: Floats = np.where(q["aggressor"] != 0, q["aggressor"], bulk)
        return known

    def columns(change: Floats, sizes: Floats) -> tuple[dict[str, Floats], list[tuple[int, float, float]]]:
        done = buckets(q["volume"], leanings(change), sizes)
        shape = {name: np.where(np.isnan(sizes), np.nan, 0.0) for name in ("imbalance", "finished", "count")}
        for row, net, size in done:  # type: ignore[misc]
            shape["imbalance"][row] += abs(net)
            shape["finished"][row] += size
            shape["count"][row:] += 1
        return shape, done  # type: ignore[return-value]

    change = (q["close"] - 100.0) * 10.0
    found, _ = columns(change, 2.0 * q["bid_size"] + 300.0)
    about = {"feature": "volume_bucket", "params": {}, "source": source, "input": "quotes"}
    write("volume_bucket", found, about)
    for size, count, average in ((5.0, 8, 20), (0.7, 5, 30)):
        moves = pd.Series(q["close"]).diff()
        deviation = moves.rolling(average).std(ddof=0)
        standard = (moves / deviation).replace([np.inf, -np.inf], np.nan).to_numpy()
        sizes = size * pd.Series(q["volume"]).rolling(average).mean().to_numpy()
        found, done = columns(standard, sizes)
        values = np.full(ROWS, np.nan)
        for row in range(ROWS):
            so_far = [d for d in done if d[0] <= row]
            if len(so_far) >= count:
                # the rows that hold the last buckets, each with all that it finished
                first = so_far[-count][0]
                last = [d for d in so_far if d[0] >= first]
                values[row] = sum(abs(d[1]) for d in last) / sum(d[2] for d in last)
        params = {"bucket": size, "buckets": count, "average": average, "events": 1000}
        write(f"vpin-{size}", {"value": values}, {**about, "feature": "vpin", "params": params})


def answers(write: Write) -> None:
    """The quotes and all files of the family."""
    q = quotes(31)
    write("quotes", q, {"input": "seeded quotes and trades at uneven times"})
    window_answers(q, write)
    quote_answers(q, write)
    volume_answers(q, write)
