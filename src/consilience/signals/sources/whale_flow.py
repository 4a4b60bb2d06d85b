"""Large transfers on chain and large prints."""

from __future__ import annotations

from consilience.signals.sources._external import Hearsay, external

SOURCE = external(
    Hearsay(
        name="whale_flow",
        summary="Flow of the largest holders: -1 onto exchanges, to sell .. 1 off them, to keep.",
        half_life=6.0,
        maximum_age=24.0,
        why="A deposit is sold within hours, hence 6; document 004 looks back 24 hours and no further.",
        sides=(
            "large holders take coins off exchanges",
            "large holders bring coins to exchanges",
            "large holders keep still",
        ),
        document="document 004: whale monitoring, WHALE_LOOKBACK_HOURS=24",
    ),
    horizon=5,
)
