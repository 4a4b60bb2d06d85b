"""Splits and dividends read out of a raw close and an adjusted close, robust against rounding in the source.

Between two actions adjusted / raw close is one constant, known only up to the rounding of both columns. Each row
gives an interval for that constant; a run of rows whose intervals share a point is one stretch, and an empty
intersection proves an action. So honest rounding can never make one up, however coarse it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from consilience.core.events import CorporateAction
from consilience.core.jit import njit
from consilience.core.panel import Floats, Ints
from consilience.core.units import ledger_exponent, to_units

SPLIT_TOLERANCE = 1e-6  # of the jump, for sources that are precise enough
COMPUTED_NOISE = 1e-6  # relative: adjusted closes are computed, often in single precision and over several steps
LEAST_DIVIDEND = 5e-5  # of the price; what is smaller is the source's noise
LARGEST_TERM = 50  # splits like 50:1 and 1:50; with both terms above one, up to MIXED_TERM
MIXED_TERM = 20
SURE_SPLIT = 0.2  # a jump beyond 20 % that fits a simple ratio within the noise is a split even in a coarse source
EXACT_DECIMALS = 4  # raw closes with more places than this were computed, so they are rounded too
CENT_STEPS = (2, 3, 4)  # decimals tried for a dividend's amount
FIT = 0.35  # an amount fits a grid when it lies within this share of a step, after its own noise


@dataclass(frozen=True)
class Derived:
    """Actions of one symbol, oldest first, and what they were read from.

    doubtful: how many of them lie between a clear split and a plausible dividend (over 20 % of the price).
    convention: which close the source divides a dividend by, 'previous_close' or 'ex_close'.
    """

    actions: tuple[CorporateAction, ...]
    splits: int
    dividends: int
    doubtful: int
    convention: str

    def line(self, symbol: str) -> str:
        """One line for a person."""
        tail = f", {self.doubtful} of them doubtful" if self.doubtful else ""
        return f"{symbol}: {self.splits} splits and {self.dividends} dividends read from the adjusted close{tail}"


@njit
def stretches_nb(low: Floats, high: Floats) -> tuple[Ints, Floats, Floats]:
    """Greedy stretches of intervals with a common point.

    low, high: float64 [N]. Returns (start, level_low, level_high): first row of each stretch and its intersection.
    """
    count = low.shape[0]
    start = np.empty(count, np.int64)
    level_low = np.empty(count)
    level_high = np.empty(count)
    used = 0
    for i in range(count):
        if used == 0 or low[i] > level_high[used - 1] or high[i] < level_low[used - 1]:
            start[used] = i
            level_low[used] = low[i]
            level_high[used] = high[i]
            used += 1
        else:
            level_low[used - 1] = max(level_low[used - 1], low[i])
            level_high[used - 1] = min(level_high[used - 1], high[i])
    return start[:used], level_low[:used], level_high[:used]


def decimals_of(values: Floats) -> int:
    """Most decimal places in the shortest text of any finite value, at most 15; 0 for an empty column."""
    scale = 1.0
    finite = values[np.isfinite(values)]
    for places in range(15):
        if bool((np.rint(finite * scale) / scale == finite).all()):
            return places
        scale *= 10.0
    return 15


def derive_actions(symbol: str, currency: str, effective_ns: Ints, close: Floats, adj_close: Floats) -> Derived:
    """Splits and cash dividends behind ``adj_close``.

    effective_ns: int64 [N] when an action into each row takes effect (the open of its session), ascending.
    close, adj_close: float64 [N] raw and adjusted; rows where either is not positive are skipped.
    A jump of adjusted / raw within 1e-6 of a ratio of small integers is a split, every other one a cash dividend of
    previous close x (1 - 1 / jump), or close x (jump - 1) where the source measures dividends against the ex-date's
    close; the convention under which more amounts are round is taken. Amounts are rounded to the fewest decimals that
    the source's noise allows.
    """
    usable = np.flatnonzero((close > 0.0) & (adj_close > 0.0))
    if len(usable) < 2:
        return Derived((), 0, 0, 0, "previous_close")
    raw, adjusted = close[usable], adj_close[usable]
    low, high = _intervals(raw, adjusted)
    start, level_low, level_high = stretches_nb(low, high)
    jumps = [_Jump.between(k, start, level_low, level_high, low, high) for k in range(1, len(start))]
    jumps = [jump for jump in jumps if abs(jump.size - 1.0) > LEAST_DIVIDEND]
    splits = {jump.row: jump.ratio() for jump in jumps}
    dividends = [jump for jump in jumps if splits[jump.row] is None]
    convention, amounts = _amounts(dividends, raw)
    actions: list[CorporateAction] = []
    doubtful = 0
    for jump in jumps:
        when = int(effective_ns[usable[jump.row]])
        ratio = splits[jump.row]
        if ratio is not None:
            actions.append(_split(symbol, when, ratio))
            continue
        doubtful += abs(jump.size - 1.0) > SURE_SPLIT
        units = to_units(amounts[jump.row], ledger_exponent(currency))
        if units > 0:
            actions.append(_dividend(symbol, when, units))
    found = sum(a.kind == "split" for a in actions)
    return Derived(tuple(actions), found, len(actions) - found, doubtful, convention)


def _split(symbol: str, when: int, ratio: tuple[int, int]) -> CorporateAction:
    return CorporateAction(
        ts_event=when, ts_known=when, symbol=symbol, kind="split", numerator=ratio[0], denominator=ratio[1]
    )


def _dividend(symbol: str, when: int, units: int) -> CorporateAction:
    return CorporateAction(ts_event=when, ts_known=when, symbol=symbol, kind="dividend", dividend_units=units)


def _intervals(raw: Floats, adjusted: Floats) -> tuple[Floats, Floats]:
    """Where the true adjusted / raw may lie, by row, given how many decimals each column shows."""
    half_adjusted = 0.5 * 10.0 ** -decimals_of(adjusted) + adjusted * COMPUTED_NOISE
    raw_places = decimals_of(raw)
    half_raw = 0.5 * 10.0**-raw_places if raw_places > EXACT_DECIMALS else 0.0
    low = np.maximum(adjusted - half_adjusted, 0.0) / (raw + half_raw)
    high = (adjusted + half_adjusted) / np.maximum(raw - half_raw, 1e-300)
    return low, high


@dataclass(frozen=True)
class _Jump:
    """A change of adjusted / raw into ``row``: at least ``low``, at most ``high``, best guess ``size``."""

    row: int
    low: float
    high: float
    size: float

    @classmethod
    def between(cls, k: int, start: Ints, level_low: Floats, level_high: Floats, low: Floats, high: Floats) -> _Jump:
        """The jump from stretch ``k - 1`` into stretch ``k``."""
        end = int(start[k + 1]) if k + 1 < len(start) else len(low)
        row, new_low, new_high = _reach_back(int(start[k]), int(start[k - 1]), end, low, high)
        old_low, old_high = float(level_low[k - 1]), float(level_high[k - 1])
        return cls(row, new_low / old_high, new_high / old_low, (new_low + new_high) / (old_low + old_high))

    def ratio(self) -> tuple[int, int] | None:
        """The simple ratio that this jump is, or None: then it is a dividend."""
        noise = max(self.high - self.size, self.size - self.low)
        sure = abs(self.size - 1.0) > SURE_SPLIT
        found = _simple_ratio(self.size, max(SPLIT_TOLERANCE * self.size, noise) if sure else SPLIT_TOLERANCE)
        # near 1 a coarse source cannot tell 20:19 from a dividend, and the dividend is the likelier
        return found if sure or noise <= 10 * SPLIT_TOLERANCE else None


def _reach_back(row: int, first: int, end: int, low: Floats, high: Floats) -> tuple[int, float, float]:
    """First row that the new level also explains, and that level: with coarse rounding the greedy run notices late."""
    new_low, new_high = float(low[row:end].max()), float(high[row:end].min())
    earliest = row
    while earliest - 1 > first and low[earliest - 1] <= new_high and high[earliest - 1] >= new_low:
        earliest -= 1
        new_low, new_high = max(new_low, float(low[earliest])), min(new_high, float(high[earliest]))
    if earliest == row:
        return row, new_low, new_high
    # anywhere from earliest to row would do; the largest step of the midpoints is the likeliest day
    middle = (low[earliest - 1 : row + 1] + high[earliest - 1 : row + 1]) * 0.5
    likeliest = earliest + int(np.argmax(middle[1:] / middle[:-1]))
    return likeliest, float(low[likeliest:end].max()), float(high[likeliest:end].min())


def _simple_ratio(value: float, tolerance: float) -> tuple[int, int] | None:
    """The ratio of the smallest integers within ``tolerance`` of ``value``, other than 1:1, or None."""
    best: tuple[int, int] | None = None
    for denominator in range(1, LARGEST_TERM + 1):
        numerator = round(value * denominator)
        if numerator < 1 or numerator == denominator or max(numerator, denominator) > LARGEST_TERM:
            continue
        if min(numerator, denominator) > 1 and max(numerator, denominator) > MIXED_TERM:
            continue
        if abs(numerator / denominator - value) <= tolerance:
            best = (numerator, denominator)
            break
    return best


def _amounts(dividends: list[_Jump], raw: Floats) -> tuple[str, dict[int, Decimal]]:
    """Dividend by row under the convention that makes more of them round amounts."""
    tables: dict[str, dict[int, Decimal]] = {"previous_close": {}, "ex_close": {}}
    scores = dict.fromkeys(tables, 0)
    for jump in dividends:
        before, after = float(raw[jump.row - 1]), float(raw[jump.row])
        noise = max(jump.high - jump.size, jump.size - jump.low)
        exact = {"previous_close": before * (1.0 - 1.0 / jump.size), "ex_close": after * (jump.size - 1.0)}
        for name, value in exact.items():
            amount, places = _rounded(value, noise * max(before, after))
            tables[name][jump.row] = amount
            scores[name] += places <= CENT_STEPS[-1]
            scores[name] += places == CENT_STEPS[0]
    winner = "ex_close" if scores["ex_close"] > scores["previous_close"] else "previous_close"
    return winner, tables[winner]


def _rounded(value: float, noise: float) -> tuple[Decimal, int]:
    """``value`` at the fewest decimals that agree with it within ``noise``; six where none does."""
    for places in CENT_STEPS:
        candidate = round(value, places)
        if abs(candidate - value) <= min(noise, FIT * 10.0**-places) and candidate > 0.0:
            return Decimal(f"{candidate:.{places}f}"), places
    # the amount is not a round one, or the source is too coarse to tell: keep what the noise supports
    places = 6 if noise < 5e-5 else CENT_STEPS[-1]
    return Decimal(f"{max(value, 0.0):.{places}f}"), CENT_STEPS[-1] + 1
