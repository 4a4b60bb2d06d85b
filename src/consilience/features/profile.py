"""Volume at price: how much of a window's volume fell into each of some equal price bins."""

from __future__ import annotations

from consilience.features.arithmetic import NAN, bare
from consilience.features.feature import Floats

_ON_EDGE = 1e-9  # of a bin: a price this near below an edge is on it, and belongs to the bin above
_NO_RANGE = 1e-290  # a bin smaller than this has no finite inverse


@bare
def spread_nb(
    shares: Floats, bottom: float, size: float, bins_a_price: float, low: float, high: float, volume: float
) -> None:
    """Add ``volume`` to the bins that ``low .. high`` covers, evenly over that range.

    shares: [3, bins]: what is added; for the bins that are covered whole, by how much the volume in a bin changes from
    the bin before (``fill_nb`` adds it up), and how many bars begin less how many end there.
    """
    last_bin = shares.shape[1] - 1
    first = min(int((low - bottom) * bins_a_price + _ON_EDGE), last_bin)
    last = min(int((high - bottom) * bins_a_price + _ON_EDGE), last_bin)
    # choices instead of branches that nobody can foresee; to add 0 changes nothing
    one = first >= last
    a_price = volume / (1.0 if one else high - low)
    below = bottom + (first + 1) * size - low
    above = high - (bottom + last * size)
    shares[0, first] += volume if one else (below * a_price if below > 0.0 else 0.0)
    shares[0, last] += above * a_price if above > 0.0 and not one else 0.0
    whole = last - first > 1
    begin = first + 1 if whole else first
    a_bin = size * a_price if whole else 0.0
    bar = 1.0 if whole else 0.0
    shares[1, begin] += a_bin
    shares[1, last] -= a_bin
    shares[2, begin] += bar
    shares[2, last] -= bar


@bare
def fill_nb(shares: Floats) -> None:
    """Add to each bin what the bars that cover it whole have there; exactly nothing where there are none."""
    held, bars = 0.0, 0.0
    for n in range(shares.shape[1]):
        held += shares[1, n]
        bars += shares[2, n]
        if bars == 0.0:
            held = 0.0
        if held > 0.0:  # what is left of larger volumes that ended may be a rounding error below zero
            shares[0, n] += held


@bare
def histogram_nb(
    i: int, s: int, lower: Floats, upper: Floats, volume: Floats, period: int, shares: Floats
) -> tuple[float, float, float]:
    """Fill ``shares[0]`` (of zeros [3, bins]) with the last ``period`` rows: (bottom price, bin size, volume).

    The cost is ``period`` and the bins, however many of them a row covers. NaN, three times, where a row is NaN. A size
    of 0 says that all of it was at one price; the first bin holds it.
    """
    bottom = lower[i, s]
    top = upper[i, s]
    known = 0.0
    for k in range(period):
        low = lower[i - k, s]
        high = upper[i - k, s]
        known += (low + high) + volume[i - k, s]
        bottom = low if low < bottom else bottom
        top = high if high > top else top
    if known != known:
        return NAN, NAN, NAN
    size = (top - bottom) / shares.shape[1]
    if size < _NO_RANGE:
        size = 0.0
    bins_a_price = 1.0 / size if size > 0.0 else 0.0
    total = 0.0
    for k in range(period):
        v = volume[i - k, s]
        total += v
        if size > 0.0:
            spread_nb(shares, bottom, size, bins_a_price, lower[i - k, s], upper[i - k, s], v)
        else:
            shares[0, 0] += v
    fill_nb(shares)
    return bottom, size, total


@bare
def area_nb(shares: Floats, wanted: float) -> tuple[int, int, int]:
    """(fullest bin, lowest and highest bin of the area round it that holds ``wanted``); ties: the lower, then up."""
    fullest = 0
    for n in range(1, shares.shape[0]):
        if shares[n] > shares[fullest]:
            fullest = n
    low, high, held = fullest, fullest, shares[fullest]
    last = shares.shape[0] - 1
    while held < wanted and (low > 0 or high < last):
        below = shares[low - 1] if low > 0 else -1.0
        above = shares[high + 1] if high < last else -1.0
        if above >= below:
            high += 1
            held += above
        else:
            low -= 1
            held += below
    return fullest, low, high
