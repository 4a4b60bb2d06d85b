"""Dealers' gamma, as the options room tells it."""

from __future__ import annotations

from consilience.signals.sources._external import Hearsay, external

SOURCE = external(
    Hearsay(
        name="gamma_exposure",
        summary="Net gamma exposure of option dealers, turned by its feed into a side: -1 it drives price down .. 1 "
        "up.",
        half_life=12.0,
        maximum_age=96.0,
        why="Open interest is published once a day and hedges roll daily, hence 12 hours; 96 hours reach over a long "
        "weekend.",
        sides=("dealers' gamma lifts", "dealers' gamma weighs down", "dealers' gamma is neutral"),
        document="document 000: GammaExposureEngine, weight 0.10",
    ),
    horizon=5,
)
