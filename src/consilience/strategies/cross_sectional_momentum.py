"""Cross-sectional momentum: hold what rose most."""

from __future__ import annotations

from consilience.strategies._cross_section import CrossSection
from consilience.strategies.entry import Entry


class CrossSectionalMomentum(CrossSection):
    """Hold the symbols that rose most over the past months, the last one left out; change them every month.

    After Jegadeesh and Titman, Returns to Buying Winners and Selling Losers (1993), whose portfolios are of the best
    and worst tenth; six months here, and the skipped month of the later literature.
    """

    terms = Entry(long=False, reason="past return ranks at the top of the universe")
