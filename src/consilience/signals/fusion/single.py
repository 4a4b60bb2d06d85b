"""Fusion of one source: the score is its value times its confidence, and so is its only contribution."""

from __future__ import annotations

from consilience.core.jit import njit
from consilience.core.spec import Spec

SPEC = Spec(
    "single",
    "one source speaks; score = value x confidence, weight 1",
    inputs=("value", "confidence"),
    outputs=("score",),
    family="fusion",
    source="score = sum(w v c) / sum(w) with one source",
)


@njit
def fuse_single_nb(value: float, confidence: float) -> float:
    """Score in [-1, 1]; equals the one contribution bit for bit."""
    return value * confidence
