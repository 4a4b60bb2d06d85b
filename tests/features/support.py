"""Histories, runs and one small case of every catalogued feature."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from consilience.core.panel import FloatBars
from consilience.features import Bar, Evaluator, FeatureBlock, bar, constant, ta
from consilience.features.catalog import FEATURES
from consilience.features.expression import Node, call_all
from consilience.features.feature import Feature, Kind

MINUTE = 60_000_000_000
GROUPS = {"sector": np.array([0, 1, 0, 1, 2, -1, 0, 1, 2, 0])}
SMALL = {"adx": (4,), "macd": (3, 7, 4), "ema": (6, "sma"), "bollinger": (6, 2.0), "lag": (3,)}
SMALL |= {
    "apo": (3, 6, "ema"),
    "awesome": (3, 7),
    "divergence": (2, 2, 40, "oscillator"),
    "kama": (5, 2, 9),
    "multi_timeframe_rsi": (4, "2m", "3m", "5m"),
    "multi_timeframe_supertrend": (4, 1.0, "2m", "3m", "5m"),
    "ppo": (3, 6, 4, "ema"),
    "supertrend": (5, 1.0),
    "ultimate_oscillator": (3, 5, 8),
    "williams_r": (5, 3, 2, 2),
}
SMALL |= {
    "chaikin_oscillator": (2, 6),
    "klinger_oscillator": (2, 6, 3),
    "volume_at_price": (5, 8, 0.7),
    "volume_profile": (5, 8, 0.7, "range"),
}
SMALL |= {
    "buy_pressure_ratio": (150.0, 9),
    "ofi_trend": (150.0, 9),
    "ofi_window": (150.0, 400.0, 1, 9),
    "span_sum": (150e6, 9),
    "time_window_sum": (150.0, 2),
    "vpin": (1.5, 3, 5, 60),
}
SMALL |= {
    "market_structure_index": (4, 4, 1.2),
    "session_moves": (3,),
    "smart_money_index": (3, 4, "session", 0.6),
    "volatility_breakout": (5, 3, 20, 150, 0.6),
}


def history(rows: int, symbols: int, seed: int = 1, masked: float = 0.0, unknown: float = 0.0) -> FeatureBlock:
    """A random walk of one-minute bars with 40-bar sessions, some masked slices and some NaN fields."""
    rng = np.random.default_rng(seed)
    close = 50.0 + rng.standard_normal((rows, symbols)).cumsum(axis=0) * 0.3
    open_ = close + rng.standard_normal((rows, symbols)) * 0.2
    high = np.maximum(open_, close) + rng.random((rows, symbols)) * 0.2
    low = np.minimum(open_, close) - rng.random((rows, symbols)) * 0.2
    volume = rng.integers(0, 900, (rows, symbols)).astype(np.float64)
    columns = [open_, high, low, close, volume]
    for column in columns:
        column[rng.random((rows, symbols)) < unknown] = np.nan
    ts = (np.arange(rows, dtype=np.int64) + 1) * MINUTE
    session = np.ascontiguousarray(np.broadcast_to((np.arange(rows) // 40)[:, None], (rows, symbols)))
    valid = rng.random((rows, symbols)) >= masked
    columns += quotes(rng, close, unknown)
    return FeatureBlock(ts, FloatBars(*columns), valid, session, session * 40 * MINUTE, MINUTE)


def quotes(rng, close, unknown: float) -> list[np.ndarray]:
    """Bid, ask, their sizes, size and aggressor of a trade: a grid of eighths, so that prices often stay."""
    bid = np.floor(close * 8.0) / 8.0
    ask = bid + rng.integers(1, 4, close.shape) / 8.0
    sizes = [rng.integers(1, 60, close.shape) * 100.0 for _ in range(2)]
    traded = rng.integers(0, 9, close.shape) * 100.0
    columns = [bid, ask, *sizes, traded, rng.integers(-1, 2, close.shape).astype(np.float64)]
    for column in columns:
        column[rng.random(close.shape) < unknown] = np.nan
    return columns


def with_columns(block: FeatureBlock, change) -> FeatureBlock:
    """The block with ``change(name, column)`` applied to a copy of each column."""
    named = zip(FloatBars._fields, block.bars, strict=True)
    return block._replace(bars=FloatBars(*(np.ascontiguousarray(change(n, np.array(c))) for n, c in named)))


def packed(block: FeatureBlock, symbol: int) -> FeatureBlock:
    """The valid bars of one symbol."""
    keep = block.valid[:, symbol]

    def cut(a):
        return np.ascontiguousarray(a[keep, symbol : symbol + 1])

    opens = None if block.session_open is None else cut(block.session_open)
    bars = FloatBars(*(cut(c) for c in block.bars))
    return block._replace(
        ts=block.ts[keep], bars=bars, valid=cut(block.valid), session=cut(block.session), session_open=opens
    )


def with_symbol(block: FeatureBlock, symbol: int) -> FeatureBlock:
    """One symbol, masked slices and all."""

    def cut(a):
        return np.ascontiguousarray(a[:, symbol : symbol + 1])

    opens = None if block.session_open is None else cut(block.session_open)
    bars = FloatBars(*(cut(c) for c in block.bars))
    return block._replace(bars=bars, valid=cut(block.valid), session=cut(block.session), session_open=opens)


def small_params(feature: Feature) -> tuple[object, ...]:
    """Parameters with a short warm-up."""
    if feature.name in SMALL:
        return SMALL[feature.name]
    return tuple(5 if p.unit == "bars" else p.default for p in feature.spec.params)


def swings() -> dict[str, Node]:
    """Inputs of the features that build on swings."""
    swing = ta.swing(bar, 2, 2)
    four = (swing.high, swing.high_confirmed, swing.low, swing.low_confirmed)
    found = dict(zip(("swing_high", "high_confirmed", "swing_low", "low_confirmed"), four, strict=True))
    found["pivot"] = ta.swing_sequence(*four).pivot
    found["bars_since"] = swing.bars_since_high
    found["reach"] = 4.0 * (bar.high - bar.low)
    return found


def outcomes() -> dict[str, Node]:
    """Inputs of the features that count what became of something."""
    rising = bar.close > bar.open
    return {
        "upper": bar.high,
        "lower": bar.low,
        "forecast": bar.low,
        "outcome": rising,
        "bucket": ta.quantile_bucket(bar.volume, 7),
        "exits": ta.range_exit(bar.close, bar.high, bar.low, 5),
        "opening": bar.open,
        "closing": bar.close,
        "settled": rising,
        "condition": rising,
    }


class FittedBar(Bar):
    """A bar whose slots hold the fitted models of the answer files from the first slice on."""

    models = json.loads((Path(__file__).parent / "answers" / "regime_models.json").read_text(encoding="utf-8"))

    def slot(self, name: object) -> Node:
        model, _, rest = str(name).partition(".")
        return constant(self.models[model][rest])


def regimes() -> dict[str, Node]:
    """Inputs of the features that regimes are made of: four observations, three densities, one fitted model."""
    found = {"x0": bar.close - bar.open, "x1": bar.high - bar.low, "x2": bar.close - bar.low, "x3": bar.high - bar.open}
    found |= {
        f"density{k}": d for k, d in enumerate((-abs(found["x0"]), -found["x1"], -2.0 * abs(bar.high - bar.close)))
    }
    found["regime"] = (2.0 + (bar.close > bar.open) - (bar.close < bar.open)) * (bar.volume > 500)
    values = {name: constant(value) for name, value in FittedBar.models["regime_hmm"].items()}
    labels = ("bullish_calm", "bearish_volatile", "squeeze")
    seen = ("log_return", "volatility", "momentum", "zscore")
    found |= {f"mean{k}": values[f"bullish_calm.mean.{name}"] for k, name in enumerate(seen)}
    found |= {f"w{r}{c}": values[f"bullish_calm.whitening.{r}{c}"] for r in range(4) for c in range(r + 1)}
    found["height"] = values["bullish_calm.height"]
    found |= {f"move{a}{b}": values[f"transition.{labels[a]}.{labels[b]}"] for a in range(3) for b in range(3)}
    return found | {f"start{k}": values[f"start.{label}"] for k, label in enumerate(labels)}


def case(name: str) -> tuple[Node, ...]:
    """All outputs of one feature over columns of the bar."""
    feature = FEATURES[name]
    columns = {"a": bar.close, "b": bar.open, "x": bar.close, "low": bar.low, "high": bar.high}
    columns |= {"oscillator": bar.volume}
    columns |= {"price": bar.typical, "volume": bar.volume, "anchor": bar.close > bar.open + 0.3, "implied": bar.high}
    columns |= swings() | outcomes() | regimes()
    columns |= {"time": bar.time, "clock": bar.time, "aggressor": bar.aggressor, "change": bar.close - 50.0}
    columns |= {"size": 2.0 * bar.trade_size + 300.0}
    columns |= {"bid_price": bar.bid, "bid_quantity": bar.bid_size, "ask_price": bar.ask, "ask_quantity": bar.ask_size}
    if feature.kind is Kind.COMPOSED:
        given = (FittedBar(),) if feature.takes_bar else tuple(columns[n] for n in feature.spec.inputs)
        made = getattr(ta, name)(*given, *small_params(feature))
        return tuple(made) if len(feature.outputs) > 1 else (made,)
    if feature.takes_bar:
        inputs = tuple(getattr(bar, n) for n in feature.spec.inputs)
    else:
        inputs = tuple(columns[n] for n in feature.spec.inputs)
    return call_all(name, inputs, small_params(feature))


def all_cases() -> dict[str, tuple[Node, ...]]:
    """One case of every feature, in catalog order."""
    return {name: case(name) for name in FEATURES}


def composed() -> list[Node]:
    """Expressions that mix kinds, timeframes and lags."""
    fast, slow = ta.ema(bar.close, 4), ta.sma(bar.close, 9)
    five = bar.at("5m")
    return [
        ta.crosses_above(fast, slow) & (ta.rsi(bar.close, 5) < 60),
        (fast - slow)[2] / ta.atr(bar, 5),
        ta.last(ta.where(bar.close > slow, bar.close, ta.log(-1.0 * abs(bar.volume)))),
        ta.ema(five.close, 3),
        ta.crosses_above(ta.ema(five.close, 2), five.close[3]),
        bar.close - ta.highest(five.high, 3),
        ta.rank(ta.roc(bar.close, 3)) - ta.rank(five.volume),
        ta.sma(ta.zscore_cross(bar.close), 4),
        ta.group_mean(five.close, "sector") + bar.minute_of_session + bar.hour * 0 + bar.minute_of_day,
        ta.vwap(five),
    ]


def run(nodes, block: FeatureBlock, sizes=4096, evaluator: Evaluator | None = None) -> list[np.ndarray]:
    """Values of ``nodes``, pushed in blocks of ``sizes`` (a number, or block lengths in turn)."""
    rows, symbols = block.valid.shape
    lengths = [sizes] if isinstance(sizes, int) else list(sizes)
    groups = {k: v[:symbols] for k, v in GROUPS.items()}
    ev = evaluator or Evaluator(nodes, symbols, block=max(lengths), groups=groups)
    found: list[list[np.ndarray]] = [[] for _ in nodes]
    start = turn = 0
    while start < rows:
        stop = min(rows, start + lengths[turn % len(lengths)])
        ev.push(block.rows(start, stop))
        for n, node in enumerate(nodes):
            found[n].append(ev.value(node).copy())
        start, turn = stop, turn + 1
    return [np.concatenate(parts) for parts in found]


def kinds(*wanted: Kind) -> list[str]:
    """Names of the features of these kinds."""
    return [name for name, feature in FEATURES.items() if feature.kind in wanted]


def digest() -> str:
    """Hash of every feature and some compositions over a small masked history."""
    nodes = [n for group in all_cases().values() for n in group] + composed()
    values = run(nodes, history(130, 10, seed=3, masked=0.2, unknown=0.01), (37, 1, 20))
    values += run(nodes, history(60, 1, seed=4), 60)
    total = hashlib.blake2b(digest_size=12)
    for value in values:
        # NaN has many bit patterns, which say nothing
        total.update(np.where(np.isnan(value), np.nan, value).tobytes())
    return total.hexdigest()


def same(a, b, text: str = "") -> None:
    """Equal bit for bit, NaN equal to NaN."""
    np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=text, strict=True)
