"""Make the answer files of tests/features/answers from TA-Lib, NumPy and SciPy.

    python -m tools.make_indicator_answers

Needs the `oracle` extra. The input, a seeded random walk, is stored beside the answers, so the tests need neither the
generator nor TA-Lib. Each answer file starts with a comment line: feature, parameters, source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy
import talib
from scipy import signal, stats

from tools.answers import composite, fibonacci, flow, momentum, regime, structure, trend, volatility, volume

Floats = npt.NDArray[np.float64]
FOLDER = Path(__file__).resolve().parent.parent / "tests" / "features" / "answers"
ROWS, PEERS = 260, 6
TALIB = f"TA-Lib {talib.__version__}"


def write(name: str, columns: dict[str, Floats], about: Mapping[str, object]) -> None:
    lines = ["# " + json.dumps(about), ",".join(columns)]
    rows = zip(*columns.values(), strict=True)
    lines += [",".join("" if np.isnan(v) else repr(float(v)) for v in row) for row in rows]
    (FOLDER / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def walk(seed: int, rows: int) -> dict[str, Floats]:
    """Bars on a grid of 0.01 with some flat stretches and a few equal closes."""
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.standard_normal(rows) * 0.01)), 2)
    close[60:64] = close[60]
    open_ = np.round(np.concatenate(([100.0], close[:-1])) * (1 + rng.standard_normal(rows) * 0.001), 2)
    high = np.round(np.maximum(open_, close) * (1 + np.abs(rng.standard_normal(rows)) * 0.004), 2)
    low = np.round(np.minimum(open_, close) * (1 - np.abs(rng.standard_normal(rows)) * 0.004), 2)
    volume = rng.integers(1, 5000, rows).astype(np.float64)
    session = (np.arange(rows) // 39).astype(np.float64)
    return {"open": open_, "high": high, "low": low, "close": close, "volume": volume, "session": session}


def lagged(x: Floats, bars: int) -> Floats:
    return np.concatenate((np.full(bars, np.nan), x[:-bars]))


def talib_answers(w: dict[str, Floats]) -> None:
    h, l, c, v = (w[n] for n in ("high", "low", "close", "volume"))  # noqa: E741

    def one(feature: str, values: Floats | tuple[Floats, ...], outputs: str = "value", **params: object) -> None:
        columns = values if isinstance(values, tuple) else (values,)
        about = {"feature": feature, "params": params, "source": TALIB}
        variant = "-".join(str(p) for p in params.values())
        write(f"{feature}{'-' + variant if variant else ''}", dict(zip(outputs.split(), columns, strict=True)), about)

    for n in (1, 5, 20):
        one("sma", talib.SMA(c, n) if n > 1 else c, period=n)
    for n in (2, 10, 30):
        one("ema", talib.EMA(c, n), period=n, seed="sma")
    for n in (2, 20):
        one("wma", talib.WMA(c, n), period=n)
        one("rolling_std", talib.STDDEV(c, n, 1.0), period=n)
        one("rolling_sum", talib.SUM(c, n), period=n)
        one("highest", talib.MAX(c, n), period=n)
        one("lowest", talib.MIN(c, n), period=n)
    for n in (2, 14):
        one("rsi", talib.RSI(c, n), period=n)
        adx = (talib.ADX(h, l, c, n), talib.PLUS_DI(h, l, c, n), talib.MINUS_DI(h, l, c, n))
        one("adx", adx, "adx plus_di minus_di", period=n)
        one("roc", talib.ROC(c, n), period=n)
    for n in (2, 14):
        one("atr", talib.ATR(h, l, c, n), period=n)
    for fast, slow, smooth in ((12, 26, 9), (3, 10, 16)):
        out = talib.MACD(c, fast, slow, smooth)
        one("macd", out, "macd signal histogram", fast=fast, slow=slow, signal=smooth)
    for n, atr, width in ((20, 10, 2.0), (5, 3, 1.5)):
        middle, reach = talib.EMA(c, n), width * talib.ATR(h, l, c, atr)
        bands = (middle + reach, middle, middle - reach, 2.0 * reach / middle)
        names = "upper middle lower channel_width"
        one("keltner", bands, names, period=n, atr_period=atr, width=width, basis="close")
    for n, width in ((20, 2.0), (5, 1.5)):
        one("bollinger", talib.BBANDS(c, n, width, width, 0), "upper middle lower", period=n, width=width)
    one("true_range", talib.TRANGE(h, l, c))
    one("obv", talib.OBV(c, v))


def numpy_answers(w: dict[str, Floats]) -> None:
    o, h, l, c, v = (w[n] for n in ("open", "high", "low", "close", "volume"))  # noqa: E741
    source = f"NumPy {np.__version__}"

    def one(feature: str, values: Floats, **params: object) -> None:
        write(feature, {"value": values}, {"feature": feature, "params": params, "source": source})

    one("log_return", np.log(c / lagged(c, 3)), period=3)
    for n in (2, 10, 30):
        alpha = 2 / (n + 1)
        smooth, _ = signal.lfilter([alpha], [1, alpha - 1], c, zi=[(1 - alpha) * c[0]])
        smooth[: n - 1] = np.nan
        write(
            f"ema-{n}-first",
            {"value": smooth},
            {
                "feature": "ema",
                "params": {"period": n, "seed": "first"},
                "source": f"SciPy {scipy.__version__} lfilter",
            },
        )
    one("lag", lagged(c, 5), bars=5)
    one("last", c)
    typical = (h + l + c) / 3
    parts = [
        np.cumsum((typical * v)[w["session"] == day]) / np.cumsum(v[w["session"] == day])
        for day in np.unique(w["session"])
    ]
    one("vwap", np.concatenate(parts))
    before_c, before_o = lagged(c, 1), lagged(o, 1)
    above, below = (before_c <= before_o) & (c > o), (before_c >= before_o) & (c < o)
    one("crosses_above", np.where(np.isnan(before_c), np.nan, above.astype(np.float64)))
    one("crosses_below", np.where(np.isnan(before_c), np.nan, below.astype(np.float64)))


def cross_answers() -> None:
    rng = np.random.default_rng(99)
    peers = np.round(100 + rng.standard_normal((80, PEERS)) * 3, 1)
    peers[5:9, 2] = np.nan
    peers[20, :] = np.nan
    peers[21, 1:] = np.nan
    peers[30:34, 1] = peers[30:34, 0]
    keys = np.array([0, 0, 1, 1, 1, -1])
    names = [f"s{n}" for n in range(PEERS)]
    write("peers", dict(zip(names, peers.T, strict=True)), {"input": "values of six symbols", "keys": keys.tolist()})
    rank, score = np.full_like(peers, np.nan), np.full_like(peers, np.nan)
    mean, inner = np.full_like(peers, np.nan), np.full_like(peers, np.nan)
    for row, r, z, m, g in zip(peers, rank, score, mean, inner, strict=True):
        known = ~np.isnan(row)
        r[known] = places(row[known])
        z[known] = stats.zscore(row[known]) if known.sum() > 1 else 0.0
        for key in (0, 1):
            members = known & (keys == key)
            if members.any():
                m[members] = row[members].mean()
                g[members] = places(row[members])
    for feature, values in (("rank", rank), ("zscore_cross", score), ("group_mean", mean), ("group_rank", inner)):
        params = {"key": "sector"} if feature.startswith("group") else {}
        about = {"feature": feature, "params": params, "source": "SciPy rankdata and zscore, NumPy mean"}
        write(feature, dict(zip(names, values.T, strict=True)), about)


def places(values: Floats) -> Floats:
    if len(values) == 1:
        return np.array([0.5])
    ranks: Floats = (stats.rankdata(values) - 1) / (len(values) - 1)
    return ranks


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.csv"):
        old.unlink()
    w = walk(20, ROWS)
    write("walk", w, {"input": "a seeded random walk on a grid of 0.01"})
    talib_answers(w)
    numpy_answers(w)
    momentum.answers(w, write)
    trend.answers(w, write)
    cross_answers()
    for family in (volatility, volume):
        for name, columns, about in family.answers(w):
            write(name, columns, about)
    structure.answers(w, write)
    fibonacci.answers(w, write)
    composite.answers(w, write)
    regime.answers(w, write)
    flow.answers(write)
    print(f"{len(list(FOLDER.glob('*.csv')))} files in {FOLDER.name}/")


if __name__ == "__main__":
    main()
