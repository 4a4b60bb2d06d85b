"""Liquidity: an order may be only a share of what a recent bar trades."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.core.units import MILLION
from consilience.risk.rule import UNKNOWN, Rule, Severity

MOST_VOLUME = 2**53  # more is counted as this, so that products fit int64
SPEC = Spec(
    "liquidity",
    "lots <= a share of the average volume of a recent bar",
    params=(ParamSpec("max_volume_share", 0.0, 0.0, 100.0, "x volume of a bar", text="0 is no limit"),),
    source="Consilience founding document 001 (liquidity risk)",
    family="risk rule",
)


@njit_inline
def liquidity_nb(request: np.void, limits: np.void) -> int:
    """Lots within the share of volume; UNKNOWN where volume is not known."""
    share = limits["max_volume_ppm"]
    if share <= 0:
        return int(request["lots"])
    volume = request["volume_lots"]
    if volume < 0:
        return UNKNOWN
    volume = min(volume, MOST_VOLUME)
    whole = volume // MILLION
    room = whole * share + (volume - whole * MILLION) * share // MILLION
    return int(min(request["lots"], room))


RULE = Rule(
    SPEC,
    liquidity_nb,
    Reason.ILLIQUID,
    Severity.MEDIUM,
    "trade smaller, or spread the order over time",
)
