"""News and social media."""

from __future__ import annotations

from consilience.signals.sources._external import Hearsay, external

SOURCE = external(
    Hearsay(
        name="sentiment",
        summary="Sentiment of news and social media, -1 bearish .. 1 bullish.",
        half_life=6.0,
        maximum_age=72.0,
        why="News is scored hourly and is mostly in the price after a day, hence 6 hours; 72 hours reach over a "
        "weekend.",
        sides=("sentiment is bullish", "sentiment is bearish", "sentiment is neutral"),
        document="document 004: sentiment analysis, hourly, older articles decay",
    ),
    horizon=5,
)
