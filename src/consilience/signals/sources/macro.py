"""Economic releases and central banks."""

from __future__ import annotations

from consilience.signals.sources._external import Hearsay, external

SOURCE = external(
    Hearsay(
        name="macro",
        summary="Net effect of the last economic events, -1 risk off .. 1 risk on.",
        half_life=168.0,
        maximum_age=1080.0,
        why="Rates and prices are released monthly or every six weeks and hold until the next time: a week, and 45 "
        "days at most.",
        sides=("the macro picture favours risk", "the macro picture is against risk", "the macro picture is neutral"),
        document="document 004: macro news integration, CPI, rates, yields",
    ),
    horizon=20,
)
