"""Satellites, card payments, web traffic."""

from __future__ import annotations

from consilience.signals.sources._external import Hearsay, external

SOURCE = external(
    Hearsay(
        name="alternative_data",
        summary="What alternative data say of a company's business, -1 worse .. 1 better than expected.",
        half_life=336.0,
        maximum_age=1440.0,
        why="Such data come weekly to monthly and speak of a quarter's result: two weeks, and 60 days at most.",
        sides=("alternative data point up", "alternative data point down", "alternative data are neutral"),
        document="document 001: alternative data (satellite activity, social mentions)",
    ),
    horizon=20,
)
