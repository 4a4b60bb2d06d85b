"""Names for numbers: the class of a score, the tier of a conviction, the level of a confidence."""

from __future__ import annotations

from enum import IntEnum

from consilience.core.codes import SignalClass
from consilience.core.jit import njit_inline
from consilience.signals.fusion.terms import FusionProfile


class ConvictionTier(IntEnum):
    """How much a fused decision means: conviction in quarters."""

    LOW = 0
    MODERATE = 1
    HIGH = 2
    VERY_HIGH = 3


# Conviction is confidence times how far the score is towards strong, so its quarters are a fair ladder.
TIERS = (0.25, 0.5, 0.75)
# Document 000 trades above 0.62; the other steps halve what is left on either side of it.
CONFIDENCE_LEVELS = ((0.81, "very high"), (0.62, "high"), (0.31, "medium"), (0.0, "low"))


@njit_inline
def signal_class_nb(score: float, buy: float, strong: float) -> int:
    """SignalClass code of a score; a score on a threshold has reached it; NaN is NEUTRAL."""
    if score >= buy:
        return 2 if score >= strong else 1
    if score <= -buy:
        return -2 if score <= -strong else -1
    return 0


def signal_class(score: float, profile: FusionProfile) -> SignalClass:
    """STRONG_BUY .. STRONG_SELL by the profile's thresholds; a silent fusion (NaN) is NEUTRAL."""
    return SignalClass(signal_class_nb(score, profile.thresholds.buy, profile.thresholds.strong))


@njit_inline
def conviction_tier_nb(conviction: float) -> int:
    """ConvictionTier code; NaN is LOW."""
    tier = 0
    if conviction >= TIERS[0]:
        tier = 1
    if conviction >= TIERS[1]:
        tier = 2
    if conviction >= TIERS[2]:
        tier = 3
    return tier


def conviction_tier(conviction: float) -> ConvictionTier:
    """Quarter of the range 0..1 that a conviction is in; NaN is LOW."""
    return ConvictionTier(conviction_tier_nb(conviction))


def confidence_level(confidence: float) -> str:
    """A confidence in a word: low, medium, high (document 000 trades there), very high; NaN is low."""
    return next((word for floor, word in CONFIDENCE_LEVELS if confidence >= floor), "low")
