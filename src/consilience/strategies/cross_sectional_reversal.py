"""Cross-sectional reversal: hold what fell most."""

from __future__ import annotations

from typing import ClassVar

from consilience.strategies._cross_section import CrossSection
from consilience.strategies.base import Param
from consilience.strategies.entry import Entry


class CrossSectionalReversal(CrossSection):
    """Hold the symbols that fell most over the past week; change them every week.

    After Lehmann, Fads, Martingales, and Market Efficiency (1990): weekly losers beat weekly winners in the next week,
    before costs.
    """

    best: ClassVar[float] = -1.0
    terms = Entry(long=False, reason="past return ranks at the bottom of the universe")

    lookback = Param(5, low=1, high=2000, unit="bars", text="over which the return is measured")
    skip = Param(0, low=0, high=400, unit="bars", text="latest bars that are left out of it")
    every = Param(5, low=1, high=2000, unit="slices", text="between two rebalancings")
