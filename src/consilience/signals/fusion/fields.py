"""Rows of what fusion says of each symbol in each slice, as float64.

SCORE -1..1, CONFIDENCE, CONVICTION, COVERAGE and AGREEMENT 0..1. ALIGNED: number of sources on the score's side.
MULTIPLIER: of the position, above 0. STOP, TARGET: distances from the entry as fractions of the price. STATUS: 0 where
fusion spoke, else the Reason why not; then all but COVERAGE and STATUS are NaN.
"""

from __future__ import annotations

SCORE, CONFIDENCE, CONVICTION, COVERAGE, AGREEMENT, ALIGNED, MULTIPLIER, STOP, TARGET, STATUS = range(10)
FIELDS = 10
NAMES = (
    "score",
    "confidence",
    "conviction",
    "coverage",
    "agreement",
    "aligned",
    "multiplier",
    "stop",
    "target",
    "status",
)
