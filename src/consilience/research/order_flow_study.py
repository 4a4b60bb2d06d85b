"""How much of the price change order flow imbalance explains: the regression of Cont, Kukanov and Stoikov (2014).

Windows of ten seconds; change of the middle in ticks against the imbalance of the same window. The paper found a mean
R squared of about 0.65 over fifty NYSE stocks, in samples of half an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from consilience.core.columns import SessionSchedule
from consilience.core.errors import DataError
from consilience.core.instruments import Instrument
from consilience.core.panel import Floats, Ints, Records
from consilience.core.time import MINUTE, SECOND, format_time
from consilience.core.units import step_fraction
from consilience.market.flow_bars import FlowBars
from consilience.market.sessions import session_index

FEWEST = 30  # windows of a regression
SAMPLE_NS = 30 * MINUTE  # the paper's samples
BLOCK_WINDOWS = 12  # neighbours that are drawn together
DRAWS = 2000


@dataclass(frozen=True)
class Line:
    """Least squares of y on x with a constant.

    n: windows. r2: share of the variance explained; NaN where x or y never moved. slope: of y for a unit of x, with its
    t-value by Newey and West (1987), lags as they advise for n. low, high: 95 % interval of r2 by a moving block
    bootstrap.
    """

    n: int
    r2: float
    slope: float
    t: float
    low: float
    high: float


@dataclass(frozen=True)
class FlowStudy:
    """One session of one instrument.

    symbol, start_ns, end_ns: what was looked at, edges left out. quotes: usable updates in it. line: mid-price change
    in ticks on units of imbalance. depth: mean units at one side of the best quote. even_book: slope x 2 x depth, 1 if
    the book were as even as the paper's model. half_hours, mean_r2: the paper's figure, the mean of r2 over the half
    hours with at least FEWEST windows. ahead: the line of the next window's change on this window's imbalance, which is
    what a forecast could use; ``line`` is no forecast.
    """

    symbol: str
    start_ns: int
    end_ns: int
    quotes: int
    line: Line
    depth: float
    even_book: float
    half_hours: int
    mean_r2: float
    ahead: Line


def order_flow_study(
    quotes: Records,
    instrument: Instrument,
    schedule: SessionSchedule,
    *,
    window_ns: int = 10 * SECOND,
    edge_ns: int = 15 * MINUTE,
    seed: int = 0,
) -> list[FlowStudy]:
    """One study for each session of TICK_DTYPE rows, quotes with both sides in order of ``ts_known``.

    The first and last ``edge_ns`` of each session are left out; of a market that never closes, and of a recording that
    begins or ends inside a session, what lies outside the recording is left out instead. Raises DataError where no
    session holds FEWEST windows, and for quotes without sizes.
    """
    known = quotes["ts_known"]
    if len(quotes) and not ((quotes["bid_size"] > 0) & (quotes["ask_size"] > 0)).any():
        raise DataError(f"{instrument.symbol}: its quotes have no sizes; order flow is counted in sizes")
    found = []
    for k in sorted(set(session_index(schedule, known + 1).tolist())):
        first, last = int(schedule.open_ns[k]), int(schedule.close_ns[k])
        inside = known[(known > first) & (known <= last)]
        if len(inside) == 0:
            continue
        if schedule.always_open:
            first, last = max(first, int(inside[0])), min(last, int(inside[-1]))
        else:
            first, last = max(first + edge_ns, int(inside[0])), min(last - edge_ns, int(inside[-1]))
        closes = np.arange(first, last + 1, window_ns, dtype=np.int64)
        if len(closes) > FEWEST:
            found.append(_session(quotes, instrument, closes, window_ns, seed))
    if not found:
        span = f"{format_time(int(known[0]))} to {format_time(int(known[-1]))}" if len(known) else "none"
        raise DataError(
            f"{instrument.symbol}: no session holds {FEWEST} windows of {window_ns / SECOND:g} s (quotes: {span}); "
            "give a shorter --window or a longer recording, or --session 24/7 for quotes outside of the hours"
        )
    return found


def _session(quotes: Records, instrument: Instrument, closes: Ints, window_ns: int, seed: int) -> FlowStudy:
    values = FlowBars(instrument).close(quotes, closes)
    flow, depths, mid = values[0, 1:], values[1, 1:], values[6]
    price = step_fraction(instrument.price_increment)
    change = np.diff(mid) * price[1] / price[0]
    line = regression(flow, change, seed)
    good = np.isfinite(depths)
    depth = float(depths[good].mean()) if good.any() else np.nan
    per_sample = max(1, SAMPLE_NS // window_ns)
    samples = []
    for start in range(0, len(flow), per_sample):
        part = slice(start, start + per_sample)
        if len(flow[part]) >= FEWEST:
            samples.append(r_squared(flow[part], change[part]))
    told = [s for s in samples if np.isfinite(s)]
    known = quotes["ts_known"]
    inside = (known > closes[0]) & (known <= closes[-1])
    return FlowStudy(
        symbol=instrument.symbol,
        start_ns=int(closes[0]),
        end_ns=int(closes[-1]),
        quotes=int(np.count_nonzero(inside)),
        line=line,
        depth=depth,
        even_book=line.slope * 2.0 * depth,
        half_hours=len(told),
        mean_r2=float(np.mean(told)) if told else np.nan,
        ahead=regression(flow[:-1], change[1:], seed),
    )


def r_squared(x: Floats, y: Floats) -> float:
    """Squared correlation, NaN where either never moves."""
    x, y = _usable(x, y)
    x, y = x - x.mean(), y - y.mean()
    below = float(x @ x) * float(y @ y)
    return float(x @ y) ** 2 / below if below > 0.0 else np.nan


def _usable(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    good = np.isfinite(x) & np.isfinite(y)
    return x[good], y[good]


def regression(x: Floats, y: Floats, seed: int = 0) -> Line:
    """``Line`` of y on x; rows where either is not known are left out."""
    x, y = _usable(x, y)
    n = len(x)
    away, moved = x - x.mean(), y - y.mean()
    spread = float(away @ away)
    if n < FEWEST or spread == 0.0:
        return Line(n, *[float("nan")] * 5)
    slope = float(away @ moved) / spread
    score = away * (moved - slope * away)
    variance = float(score @ score)
    lags = int(4.0 * (n / 100.0) ** (2.0 / 9.0))
    for lag in range(1, lags + 1):
        variance += 2.0 * (1.0 - lag / (lags + 1.0)) * float(score[lag:] @ score[:-lag])
    error = float(np.sqrt(variance)) / spread if variance > 0.0 else np.nan
    low, high = _interval(x, y, seed)
    return Line(n, r_squared(x, y), slope, slope / error, low, high)


def _interval(x: Floats, y: Floats, seed: int) -> tuple[float, float]:
    """Middle 95 % of r squared over samples of neighbouring windows drawn with replacement."""
    n = len(x)
    length = min(BLOCK_WINDOWS, n)
    sums = np.cumsum(np.array([np.ones(n), x, y, x * x, y * y, x * y]), axis=1)
    sums = np.concatenate((np.zeros((6, 1)), sums), axis=1)
    blocks = sums[:, length:] - sums[:, :-length]
    random = np.random.default_rng(seed)
    chosen = random.integers(0, blocks.shape[1], (DRAWS, -(-n // length)))
    count, sx, sy, sxx, syy, sxy = blocks[:, chosen].sum(axis=2)
    xx, yy, xy = sxx - sx * sx / count, syy - sy * sy / count, sxy - sx * sy / count
    good = (xx > 0.0) & (yy > 0.0)
    if not good.any():
        return np.nan, np.nan
    low, high = np.percentile(xy[good] ** 2 / (xx[good] * yy[good]), [2.5, 97.5])
    return float(low), float(high)


def as_document(studies: Sequence[FlowStudy]) -> list[dict[str, object]]:
    """The studies as plain values, for a JSON document; null where a figure is not known."""
    names = ("n", "r2", "low", "high", "slope", "t")

    def plain(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    return [
        {
            "symbol": one.symbol,
            "start": format_time(one.start_ns),
            "end": format_time(one.end_ns),
            "quotes": one.quotes,
            **{name: plain(getattr(one.line, name)) for name in names},
            **{name: plain(getattr(one, name)) for name in ("depth", "even_book", "half_hours", "mean_r2")},
            "ahead": {name: plain(getattr(one.ahead, name)) for name in names},
        }
        for one in studies
    ]
